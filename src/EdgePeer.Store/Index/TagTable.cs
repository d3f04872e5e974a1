namespace EdgePeer.Store;

/// <summary>One remembered tag.</summary>
internal sealed class TagState(UInt128 tag, uint stream, ulong sequence)
{
    public UInt128 Tag { get; } = tag;
    public uint Stream { get; } = stream;
    public ulong Sequence { get; } = sequence;

    /// <summary>The generation of the segment in which it was first written; zero before that.</summary>
    public ulong Generation { get; set; }

    public Home Home;

    /// <summary>Newer ones have pushed it out.</summary>
    public bool Dropped { get; set; }
}

/// <summary>The last tags, oldest first.</summary>
internal sealed class TagTable(int max)
{
    private readonly Dictionary<UInt128, TagState> _byTag = [];
    private readonly Queue<TagState> _order = new();

    /// <summary>Oldest first.</summary>
    public IEnumerable<TagState> All => _order.Where(tag => !tag.Dropped);

    public TagState? Find(UInt128 tag) => _byTag.GetValueOrDefault(tag);

    /// <summary>Notes the tag of a message; the same tag on another message takes its place.</summary>
    /// <returns>Those that have to go.</returns>
    public IReadOnlyList<TagState> Add(TagState added)
    {
        var gone = new List<TagState>();
        if (_byTag.TryGetValue(added.Tag, out var old))
            Drop(old, gone);
        _byTag.Add(added.Tag, added);
        _order.Enqueue(added);
        while (_byTag.Count > max)
            DropOldest(gone);
        while (_order.TryPeek(out var first) && first.Dropped)
            _order.Dequeue();
        return gone;
    }

    private void DropOldest(List<TagState> gone)
    {
        var first = _order.Dequeue();
        if (!first.Dropped)
            Drop(first, gone);
    }

    private void Drop(TagState tag, List<TagState> gone)
    {
        tag.Dropped = true;
        _byTag.Remove(tag.Tag);
        gone.Add(tag);
    }
}
