namespace EdgePeer.Wire;

/// <summary>Heard, kept and consumed of a quiet channel in three bytes. WIRE.md, "Short kept".</summary>
/// <param name="ButOneConsumed">All messages below the last of those kept are consumed.</param>
/// <param name="Heard">Low byte of the highest packet number heard on this path.</param>
/// <param name="Delay">From its arrival to this; as exact as <see cref="DelayCode"/>.</param>
/// <param name="Next">Low byte of the first sequence that is not kept.</param>
public readonly record struct ShortKeptItem(int Channel, bool ButOneConsumed, byte Heard, TimeSpan Delay, byte Next)
{
    public const int BodyBytes = 3;

    /// <summary>As many packets that end with <see cref="Heard"/> have come, or all from number 0.</summary>
    public const int RunLength = 64;

    public ItemKind Kind => (ItemKind)((int)(ButOneConsumed ? ItemKind.ShortKeptConsumed : ItemKind.ShortKept) + Channel);

    public static bool Is(ItemKind kind) => kind >= ItemKind.ShortKept;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(Heard);
        writer.WriteByte(DelayCode.Of(Delay));
        writer.WriteByte(Next);
    }

    public static bool TryRead(ItemKind kind, ReadOnlySpan<byte> body, out ShortKeptItem item)
    {
        var reader = new WireReader(body);
        int channel = ((int)kind - (int)ItemKind.ShortKept) % Channels.ShortKeptCount;
        item = new ShortKeptItem(channel, kind >= ItemKind.ShortKeptConsumed, reader.ReadByte(), DelayCode.ToTime(reader.ReadByte()), reader.ReadByte());
        return !reader.Failed;
    }
}
