using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>The end of a pipe that is read here, of all its writers elsewhere, and of this peer where it is bound so; readers of it compete.</summary>
internal sealed class InputEndpoint(NodeContext node, PipeName pipe, EndpointName name)
{
    private readonly List<Reader> _readers = [];
    private readonly List<IReadStream> _streams = [];
    private int _turn;

    public PipeName Pipe { get; } = pipe;

    public EndpointName Name { get; } = name;

    public bool HasReaders => _readers.Count > 0;

    public void Add(IReadStream stream)
    {
        _streams.Add(stream);
        // Urgent lanes first; of one lane the incarnation that came before.
        _streams.Sort((a, b) => a.Key.Lane != b.Key.Lane ? b.Key.Lane.CompareTo(a.Key.Lane)
            : a.Retired != b.Retired ? (a.Retired ? -1 : 1)
            : a.Stored.CompareTo(b.Stored));
    }

    /// <summary>A lane that is written here: once, however often it is said.</summary>
    public void AddOwn(OutStream lane)
    {
        if (!_streams.Exists(stream => stream is OwnLane && stream.Stored == lane.Stored) || node.Has(NodeFaults.OwnLaneTwice))
            Add(new OwnLane(lane));
    }

    /// <summary>The pipe of those lanes is bound here no more.</summary>
    public void RemoveOwn()
    {
        foreach (var reader in _readers)
            reader.Outstanding.RemoveAll(held => held.Stream is OwnLane);
        _streams.RemoveAll(stream => stream is OwnLane);
    }

    public void Remove(IReadStream stream) => _streams.Remove(stream);

    public void Open(ReaderId id, int window) => _readers.Add(new Reader(id, Math.Clamp(window, 1, Limits.ReaderWindowMax)));

    /// <returns>False when there is no such reader here.</returns>
    public bool Close(ReaderId id)
    {
        int index = _readers.FindIndex(reader => reader.Id == id);
        if (index < 0)
            return false;
        foreach (var (stream, sequence) in _readers[index].Outstanding)
            stream.OnReturned(sequence);
        _readers.RemoveAt(index);
        return true;
    }

    /// <summary>Hands over what is kept, in the order of each stream, to readers that have room.</summary>
    public void Pump(Instant now)
    {
        while (NextReader() is { } reader)
        {
            bool handed = false;
            // By index: a stream that turns out to be drained leaves the list.
            for (int i = 0; i < _streams.Count; i++)
            {
                var stream = _streams[i];
                if (!stream.TryTakeNext(now, out ulong sequence, out int totalBytes))
                    continue;
                reader.Outstanding.Add((stream, sequence));
                node.Do(new Delivery(reader.Id, Name, stream.Key, sequence, totalBytes));
                handed = true;
                break;
            }
            if (!handed)
                return;
        }
    }

    /// <summary>For the simulator's fault alone: hands a message over that was handed over before.</summary>
    public void HandOverAgain(InStream stream, ulong sequence, int totalBytes)
    {
        if (NextReader() is { } reader)
            node.Do(new Delivery(reader.Id, Name, stream.Key, sequence, totalBytes));
    }

    public void Consume(ReaderId id, in StreamKey key, ulong sequence)
    {
        var reader = _readers.Find(reader => reader.Id == id);
        if (reader is null)
            return;
        // Before it in the order of handing over: what another reader gave back comes after later ones.
        var wanted = key;
        int last = reader.Outstanding.FindLastIndex(held => held.Stream.Key == wanted && held.Sequence == sequence);
        int others = 0;
        for (int i = 0; i <= last; i++)
        {
            var (stream, handed) = reader.Outstanding[i];
            if (stream.Key == key)
                stream.OnTaken(handed);
            else
                reader.Outstanding[others++] = (stream, handed);
        }
        reader.Outstanding.RemoveRange(others, last + 1 - others);
    }

    /// <summary>The reader could not read it: it goes on behind it.</summary>
    public void PassBy(ReaderId id, in StreamKey key, ulong sequence, Instant now)
    {
        var wanted = key;
        var held = _readers.Find(reader => reader.Id == id)?.Outstanding;
        int index = held?.FindIndex(held => held.Stream.Key == wanted && held.Sequence == sequence) ?? -1;
        if (index < 0)
            return;
        var stream = held![index].Stream;
        held.RemoveAt(index);
        stream.PassBy(sequence, now);
    }

    private Reader? NextReader()
    {
        for (int i = 0; i < _readers.Count; i++)
        {
            var reader = _readers[(_turn + i) % _readers.Count];
            if (reader.Outstanding.Count >= reader.Window)
                continue;
            _turn = (_turn + i + 1) % _readers.Count;
            return reader;
        }
        return null;
    }

    private sealed class Reader(ReaderId id, int window)
    {
        public ReaderId Id { get; } = id;

        public int Window { get; } = window;

        public List<(IReadStream Stream, ulong Sequence)> Outstanding { get; } = [];
    }
}
