namespace EdgePeer.Store;

/// <summary>One fact: as asked, and as written by the batches handed out so far.</summary>
internal sealed class FactState(byte[] key)
{
    public byte[] Key { get; } = key;

    /// <summary>Empty when the fact is removed.</summary>
    public byte[] Value { get; set; } = [];
    public byte[] Written { get; set; } = [];

    /// <summary>Puts not yet durable.</summary>
    public int Queued { get; set; }

    /// <summary>Of a removal: the newest segment generation that may hold the fact.</summary>
    public ulong RemovedGeneration { get; set; }

    public Home Home;
}

/// <summary>All facts by the order of their keys, with removals that older segments still make necessary.</summary>
internal sealed class FactTable
{
    private readonly SortedDictionary<byte[], FactState> _facts = new(ByteOrder.Instance);

    /// <summary>Records of all facts that are not removed.</summary>
    public long RecordBytes { get; private set; }

    public int Removals { get; private set; }

    public IEnumerable<FactState> All => _facts.Values;

    public FactState? Find(ReadOnlySpan<byte> key) => _facts.GetValueOrDefault(key.ToArray());

    public FactState Obtain(ReadOnlySpan<byte> key)
    {
        byte[] owned = key.ToArray();
        if (!_facts.TryGetValue(owned, out var fact))
        {
            _facts.Add(owned, fact = new FactState(owned));
            Removals++;
        }
        return fact;
    }

    public void Set(FactState fact, byte[] value)
    {
        RecordBytes += Cost(fact, value) - Cost(fact, fact.Value);
        Removals += (value.Length == 0 ? 1 : 0) - (fact.Value.Length == 0 ? 1 : 0);
        fact.Value = value;
    }

    public void Drop(FactState fact)
    {
        _facts.Remove(fact.Key);
        Removals--;
    }

    public static int Cost(FactState fact, byte[] value) => value.Length == 0 ? 0 : RecordWriter.FactSize(fact.Key.Length, value.Length);
}
