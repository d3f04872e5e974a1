namespace EdgePeer.Store;

internal enum PendingKind : byte
{
    Open,
    Range,
    Release,
    Fact,
    Forget,
    Void,
    ReleaseRange,
}

/// <summary>Something asked of the journal and not yet durable.</summary>
internal sealed class PendingOperation
{
    public required PendingKind Kind { get; init; }
    public required ulong Ticket { get; init; }
    public StreamState? Stream { get; init; }

    /// <summary>Of a range its message; of a release the new base; of a void the first sequence.</summary>
    public ulong Sequence { get; init; }
    public int TotalBytes { get; init; }
    public int Offset { get; init; }
    public TagState? Tag { get; init; }
    public FactState? Fact { get; init; }
    public VoidMark? Mark { get; init; }

    /// <summary>Of a release above the base: one past its last message, and all that is so released after it.</summary>
    public ulong Through { get; init; }
    public (ulong From, ulong To)[] Runs { get; init; } = [];

    /// <summary>The record in the block of the batch that is out carries the tag.</summary>
    public bool Tagged { get; set; }

    /// <summary>A range's bytes or a fact's value.</summary>
    public byte[] Bytes { get; init; } = [];

    /// <summary>Its place in the queue since the start.</summary>
    public int Number { get; set; }

    /// <summary>Its record in the block of the batch that is out; zero when a later one of the same batch says more.</summary>
    public int Position { get; set; }
    public int SizeBytes { get; set; }

    /// <summary>The largest record that it can become; known once it waits.</summary>
    public int SizeMax { get; set; }

    public int Measure() => Kind switch
    {
        PendingKind.Open => RecordWriter.OpenedSize(Stream!.Id, 0, 0, Stream.Key.Length),
        PendingKind.Range => RecordWriter.RangeSize(Stream!.Id, Sequence, TotalBytes, Offset, Bytes.Length) + (Tag is null ? 0 : RecordWriter.TagBytes),
        PendingKind.Release => RecordWriter.ReleaseSize(Stream!.Id, Sequence),
        PendingKind.Void => RecordWriter.VoidedSize(Stream!.Id, Sequence, Mark!.Batch),
        PendingKind.ReleaseRange => RecordWriter.ReleasedRunsSize(Stream!.Id, Runs),
        PendingKind.Fact => RecordWriter.FactSize(Fact!.Key.Length, Bytes.Length),
        _ => RecordWriter.ForgottenSize(Stream!.Id),
    };
}

/// <summary>What waits to be written or to become durable, in the order in which it was asked.</summary>
internal sealed class PendingQueue
{
    private readonly List<PendingOperation> _operations = [];
    private int _head;
    private int _nextNumber;

    public int Count => _operations.Count - _head;

    /// <summary>All of it as records, at most.</summary>
    public long SizeBytes { get; private set; }

    public PendingOperation this[int index] => _operations[_head + index];

    public void Add(PendingOperation operation)
    {
        operation.Number = _nextNumber;
        _nextNumber = (_nextNumber + 1) & int.MaxValue;
        SizeBytes += operation.SizeMax = operation.Measure();
        _operations.Add(operation);
    }

    /// <summary>By the number that it was given; it must still wait.</summary>
    public PendingOperation Numbered(int number) => this[(number - this[0].Number) & int.MaxValue];

    public void RemoveFirst(int count)
    {
        for (int i = 0; i < count; i++)
        {
            SizeBytes -= this[i].SizeMax;
            _operations[_head + i] = null!;
        }
        _head += count;
        if (_head * 2 < _operations.Count)
            return;
        _operations.RemoveRange(0, _head);
        _head = 0;
    }
}
