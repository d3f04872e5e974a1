namespace EdgePeer.Wire;

/// <summary>
/// A start of the peer in which a lane was used, as the lane's journal has counted it, with a random part: two copies of one journal that each go on have
/// different ones. WIRE.md, "Bind".
/// </summary>
public readonly record struct LaneLife(uint Number, uint Nonce)
{
    /// <summary>None is known: of a version that has none, or nothing was taken as yet.</summary>
    public static readonly LaneLife Unknown;

    /// <summary>Answers a binding of a stream that nothing more is taken of: no sender has had it.</summary>
    public static readonly LaneLife Nobodys = new(uint.MaxValue, uint.MaxValue);

    internal void WriteUnlessUnknown(ref WireWriter writer)
    {
        if (this == Unknown)
            return;
        writer.WriteUInt32(Number);
        writer.WriteUInt32(Nonce);
    }

    internal static LaneLife Read(ref WireReader reader) => reader.Remaining < SizeBytes ? Unknown : new LaneLife(reader.ReadUInt32(), reader.ReadUInt32());

    private const int SizeBytes = 8;
}
