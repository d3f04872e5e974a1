namespace EdgePeer.Wire;

/// <summary>
/// Names one order of messages: an output endpoint (sender and pipe), a lane of it, and one life of its sequence numbers.
/// A message is a stream and a sequence number.
/// </summary>
public readonly record struct StreamKey(PeerId Sender, PipeName Pipe, byte Lane, Incarnation Incarnation) : IComparable<StreamKey>
{
    /// <summary>Lanes are priorities 0 (least) to 7 (most urgent).</summary>
    public const int LaneCount = 8;

    public int CompareTo(StreamKey other) =>
        Sender.CompareTo(other.Sender) is not 0 and var bySender ? bySender
        : Pipe.CompareTo(other.Pipe) is not 0 and var byPipe ? byPipe
        : Lane.CompareTo(other.Lane) is not 0 and var byLane ? byLane
        : Incarnation.CompareTo(other.Incarnation);

    public override string ToString() => $"{Sender.ToShortString()}/{Pipe}:{Lane}#{Incarnation}";
}
