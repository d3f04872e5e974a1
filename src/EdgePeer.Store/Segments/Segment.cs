namespace EdgePeer.Store;

internal enum SegmentState : byte
{
    /// <summary>Holds nothing that counts; known from durable records.</summary>
    Free,

    /// <summary>Takes the next block.</summary>
    Active,
    Closed,
}

/// <summary>One segment file as the journal sees it now.</summary>
internal sealed class Segment(uint number)
{
    public uint Number { get; } = number;
    public SegmentState State { get; set; }

    /// <summary>The file is there, whole and of the length that new segments have.</summary>
    public bool Usable { get; set; }

    /// <summary>A file of that number is there, usable or not.</summary>
    public bool Exists { get; set; }
    public ulong Generation { get; set; }
    public uint Seed { get; set; }
    public ulong Nonce { get; set; }

    /// <summary>Where its durable blocks end.</summary>
    public int End { get; set; }

    /// <summary>The last batch that wrote to it.</summary>
    public ulong LastBatch { get; set; }

    /// <summary>Where its summary lies; a segment of zero while it has none.</summary>
    public uint SummarySegment { get; set; }
    public int SummaryPosition { get; set; }

    /// <summary>Bytes of the records that live here, without summaries: a segment that holds nothing else is free, and they are written again.</summary>
    public long LiveBytes { get; set; }

    /// <summary>Closed, and nothing lives in it.</summary>
    public bool Dead => State == SegmentState.Closed && LiveBytes == 0;
}

/// <summary>Where a piece of state lies on flash; nowhere while <see cref="SizeBytes"/> is zero.</summary>
internal struct Home
{
    public uint Segment { get; set; }
    public int Position { get; set; }
    public int SizeBytes { get; set; }

    public readonly bool Within(in FlashRegion region) => SizeBytes > 0 && region.Holds(Segment, Position);
}

/// <summary>Bytes of a segment, from an offset up to, not with, another.</summary>
internal readonly record struct FlashRegion(uint Segment, int From, int Through)
{
    public bool Holds(uint segment, int position) => segment == Segment && position >= From && position < Through;
}
