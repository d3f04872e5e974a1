namespace EdgePeer.Wire;

/// <summary>What an item of a packet is. Its octet's high bit says that the item reaches to the packet's end and has no length. WIRE.md, "Items".</summary>
public enum ItemKind : byte
{
    Ping = 1,
    Heard = 2,
    Hello = 3,
    Query = 4,
    Offer = 5,
    Bind = 6,
    Bound = 7,
    Refused = 8,
    Message = 9,
    Range = 10,
    Kept = 11,
    KeptAnswer = 12,
    Ask = 13,
    Consumed = 14,
    Watch = 15,

    /// <summary>What a path is: stands first in the packets that open one.</summary>
    Join = 16,

    /// <summary>A part of the signed member list.</summary>
    ListPart = 17,

    Advertisement = 18,
    AdvertisementsKnown = 19,

    /// <summary>Messages that will not come.</summary>
    Skip = 20,

    /// <summary>What of them had been kept.</summary>
    Skipped = 21,

    /// <summary>And the 31 after it: <see cref="Message"/> on the channel of as many more.</summary>
    ShortMessage = 64,

    /// <summary>And the 15 after it: <see cref="ShortKeptItem"/> of the channel of as many more.</summary>
    ShortKept = 96,

    /// <summary>And the 15 after it: the same, and all but the last kept are consumed.</summary>
    ShortKeptConsumed = 112,
}

public static class ItemKinds
{
    /// <summary>The item tells what came, and wants no word of itself: so two peers do not answer each other's answers for ever.</summary>
    public static bool IsAnswer(this ItemKind kind) => kind is ItemKind.Heard or ItemKind.Kept or ItemKind.KeptAnswer || ShortKeptItem.Is(kind);

    public static bool IsMessage(this ItemKind kind) => kind is ItemKind.Message or (>= ItemKind.ShortMessage and < ItemKind.ShortKept);
}

/// <summary>Walks the items of an opened packet; unknown kinds are skipped by their length.</summary>
public ref struct ItemReader(ReadOnlySpan<byte> items)
{
    public const byte ToTheEnd = 0x80;

    private WireReader _reader = new(items);

    public readonly bool Failed => _reader.Failed;

    public bool TryNext(out ItemKind kind, out ReadOnlySpan<byte> body)
    {
        kind = default;
        body = default;
        if (_reader.Failed || _reader.Remaining == 0)
            return false;
        byte octet = _reader.ReadByte();
        kind = (ItemKind)(octet & ~ToTheEnd);
        body = octet >= ToTheEnd ? _reader.ReadRest() : _reader.ReadBytes(_reader.ReadVarint(int.MaxValue));
        return !_reader.Failed;
    }
}
