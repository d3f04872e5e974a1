using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Tests.Protocol;

/// <summary>A retransmit buffer in memory, for tests of the node alone: durable when the test says so.</summary>
public sealed class MemoryBuffer : IRetransmitBuffer
{
    private readonly SortedDictionary<uint, Stream> _streams = [];
    private readonly SortedDictionary<string, (byte[] Key, byte[] Value)> _facts = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, (uint, ulong)> _tags = [];
    private uint _lastId;

    public ulong Ticket { get; private set; }

    public long Capacity { get; set; } = 64 << 20;

    public bool PastUncertain { get; set; }

    /// <summary>Someone waits; whoever gives durability takes it back.</summary>
    public bool Hurried { get; set; }

    /// <summary>Messages that do not read back, of streams that go out.</summary>
    public HashSet<ulong> Unreadable { get; } = [];

    /// <summary>Messages that do not read back, of streams that came in.</summary>
    public HashSet<ulong> UnreadableHere { get; } = [];

    /// <summary>Releases are asked for and never come to the flash.</summary>
    public bool ReleasesFail { get; set; }

    /// <summary>As if damage had taken it before the last start.</summary>
    public void Lose(ulong sequence, StreamDirection direction = StreamDirection.Outgoing) => _streams.Values.Single(stream => stream.Direction == direction).Remove(sequence);

    public IReadOnlyList<MessageStream> Streams() => [.. _streams.Values.Select(stream => stream.View)];

    public IReadOnlyList<(byte[] Key, byte[] Value)> Facts(ReadOnlySpan<byte> prefix)
    {
        var found = new List<(byte[], byte[])>();
        foreach (var fact in _facts.Values)
            if (fact.Key.AsSpan().StartsWith(prefix))
                found.Add(fact);
        return found;
    }

    public MessageStream Open(StreamDirection direction, in StreamKey key)
    {
        foreach (var stream in _streams.Values)
            if (stream.Direction == direction && stream.Key == key)
                return stream.View;
        var opened = new Stream(++_lastId, direction, key);
        _streams[opened.Id] = opened;
        return opened.View;
    }

    public ulong Forget(uint stream)
    {
        _streams.Remove(stream);
        return ++Ticket;
    }

    public long CostBytes(int totalBytes) => totalBytes + 64;

    public long AppendCostBytes(int totalBytes) => CostBytes(totalBytes);

    public long RoomBytes(StreamDirection direction) => Capacity - UsedBytes(direction);

    public long UsedBytes(StreamDirection direction) => _streams.Values.Where(stream => stream.Direction == direction).Sum(stream => stream.UsedBytes);

    public long ShareBytes => Capacity;

    /// <summary>So that a message may take a quarter.</summary>
    public long ReservedBytes => Capacity / 7 * 2;

    public void Claim(StreamDirection direction, long bytes)
    {
        // Each direction has a capacity of its own here.
    }

    public long UsedBytes(uint stream) => _streams[stream].UsedBytes;

    public bool TryAppend(uint stream, ulong sequence, int totalBytes, int offset, ReadOnlySpan<byte> bytes, UInt128 tag, out ulong ticket)
    {
        ticket = Ticket;
        var target = _streams[stream];
        if (RoomBytes(target.Direction) < bytes.Length + 64)
            return false;
        if (!target.Messages.TryGetValue(sequence, out var message))
        {
            target.Messages[sequence] = message = new Message(new byte[totalBytes]);
            target.UsedBytes += 64;
        }
        bytes.CopyTo(message.Bytes.AsSpan(offset));
        target.UsedBytes += message.Add(new ByteRange(offset, bytes.Length));
        target.Next = Math.Max(target.Next, sequence + 1);
        if (tag != UInt128.Zero)
            _tags[tag] = (stream, sequence);
        ticket = ++Ticket;
        return true;
    }

    public ulong Release(uint stream, ulong next)
    {
        if (ReleasesFail)
            return ++Ticket;
        var target = _streams[stream];
        target.Base = Math.Max(target.Base, next);
        while (target.Released.Remove(target.Base))
            target.Base++;
        target.Next = Math.Max(target.Next, next);
        while (target.Messages.Count > 0 && target.Messages.Keys.First() is var first && first < next)
            target.Remove(first);
        return ++Ticket;
    }

    public bool TryRelease(uint stream, ulong from, ulong to, out ulong ticket)
    {
        var target = _streams[stream];
        for (ulong sequence = from; sequence < to; sequence++)
        {
            target.Remove(sequence);
            target.Released.Add(sequence);
        }
        while (target.Released.Remove(target.Base))
            target.Base++;
        ticket = ++Ticket;
        return true;
    }

    public IReadOnlyList<(ulong From, ulong To)> ReleasedRuns(uint stream)
    {
        var runs = new List<(ulong From, ulong To)>();
        foreach (ulong sequence in _streams[stream].Released.Where(sequence => sequence >= _streams[stream].Base))
            if (runs is [.., var last] && last.To == sequence)
                runs[^1] = (last.From, sequence + 1);
            else
                runs.Add((sequence, sequence + 1));
        return runs;
    }

    public ulong Truncate(uint stream, ulong next)
    {
        var target = _streams[stream];
        foreach (ulong sequence in target.Messages.Keys.Where(sequence => sequence >= next).ToArray())
            target.Remove(sequence);
        target.Next = next;
        return ++Ticket;
    }

    public ulong Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        string name = Convert.ToHexString(key);
        if (value.IsEmpty)
            _facts.Remove(name);
        else
            _facts[name] = (key.ToArray(), value.ToArray());
        return ++Ticket;
    }

    public bool TryFind(uint stream, ulong from, out BufferedMessage message)
    {
        if (_streams[stream].Messages.TryGetValue(from, out var there))
        {
            message = new BufferedMessage(from, there.Bytes.Length, there.Ranges.ToArray());
            return true;
        }
        foreach (var (sequence, held) in _streams[stream].Messages)
            if (sequence >= from)
            {
                message = new BufferedMessage(sequence, held.Bytes.Length, held.Ranges.ToArray());
                return true;
            }
        message = default;
        return false;
    }

    public bool TryFindTag(UInt128 tag, out uint stream, out ulong sequence)
    {
        bool found = _tags.TryGetValue(tag, out var place);
        (stream, sequence) = place;
        return found;
    }

    public bool TryRead(uint stream, ulong sequence, int offset, Span<byte> into)
    {
        if (Unreadable.Contains(sequence) && _streams[stream].Direction == StreamDirection.Outgoing)
            return false;
        if (UnreadableHere.Contains(sequence) && _streams[stream].Direction == StreamDirection.Incoming)
            return false;
        if (!_streams[stream].Messages.TryGetValue(sequence, out var message))
            return false;
        message.Bytes.AsSpan(offset, into.Length).CopyTo(into);
        return true;
    }

    public void Hurry() => Hurried = true;

    private sealed class Stream(uint id, StreamDirection direction, StreamKey key)
    {
        public uint Id { get; } = id;

        public StreamDirection Direction { get; } = direction;

        public StreamKey Key { get; } = key;

        public ulong Base { get; set; }

        public ulong Next { get; set; }

        public SortedDictionary<ulong, Message> Messages { get; } = [];

        public SortedSet<ulong> Released { get; } = [];

        public long UsedBytes { get; set; }

        public void Remove(ulong sequence)
        {
            if (Messages.Remove(sequence, out var message))
                UsedBytes -= 64 + message.Ranges.Sum(range => (long)range.Length);
        }

        public MessageStream View => new(Id, Direction, Key, Base, Next);
    }

    private sealed class Message(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public List<ByteRange> Ranges { get; private set; } = [];

        /// <returns>By how many bytes more is held.</returns>
        public long Add(ByteRange added)
        {
            long before = Ranges.Sum(range => (long)range.Length);
            var merged = new List<ByteRange>();
            foreach (var range in Ranges.Append(added).OrderBy(range => range.Offset))
                if (merged.Count > 0 && range.Offset <= merged[^1].End)
                    merged[^1] = new ByteRange(merged[^1].Offset, Math.Max(merged[^1].End, range.End) - merged[^1].Offset);
                else
                    merged.Add(range);
            Ranges = merged;
            return Ranges.Sum(range => (long)range.Length) - before;
        }
    }
}
