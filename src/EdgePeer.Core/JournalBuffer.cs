using System.Buffers.Binary;
using System.Text;
using EdgePeer.Protocol;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Core;

/// <summary>The journal as the node's retransmit buffer: stream keys become the journal's opaque keys, and back.</summary>
internal sealed class JournalBuffer(Journal journal) : IRetransmitBuffer
{
    public bool PastUncertain => journal.Recovery.PastUncertain;

    public IReadOnlyList<MessageStream> Streams()
    {
        var streams = new List<MessageStream>();
        foreach (var stream in journal.Streams())
            streams.Add(Translate(stream));
        return streams;
    }

    public IReadOnlyList<(byte[] Key, byte[] Value)> Facts(ReadOnlySpan<byte> prefix)
    {
        var facts = new List<(byte[], byte[])>();
        foreach (var (key, value) in journal.Facts())
            if (key.Span.StartsWith(prefix))
                facts.Add((key.ToArray(), value.ToArray()));
        return facts;
    }

    public MessageStream Open(StreamDirection direction, in StreamKey key)
    {
        Span<byte> bytes = stackalloc byte[StreamKeyBytesMax];
        return Translate(journal.Open((JournalShare)direction, bytes[..WriteKey(bytes, key)]));
    }

    public ulong Forget(uint stream) => journal.Forget(new StreamId(stream)).Value;

    public long CostBytes(int totalBytes) => Journal.CostBytes(totalBytes);

    public long AppendCostBytes(int totalBytes) => Journal.AppendCostBytes(totalBytes);

    public long RoomBytes(StreamDirection direction) => journal.RoomBytes((JournalShare)direction);

    public long UsedBytes(StreamDirection direction) => journal.UsedBytes((JournalShare)direction);

    public long ShareBytes => journal.ShareBytes;

    public long ReservedBytes => journal.ReservedBytes;

    public void Claim(StreamDirection direction, long bytes) => journal.Claim((JournalShare)direction, bytes);

    public long UsedBytes(uint stream) => journal.UsedBytes(new StreamId(stream));

    public bool TryAppend(uint stream, ulong sequence, int totalBytes, int offset, ReadOnlySpan<byte> bytes, UInt128 tag, out ulong ticket)
    {
        bool appended = journal.TryAppend(new StreamId(stream), sequence, totalBytes, offset, bytes, tag, out var place);
        ticket = place.Value;
        return appended;
    }

    public ulong Release(uint stream, ulong next) => journal.Release(new StreamId(stream), next).Value;

    public bool TryRelease(uint stream, ulong from, ulong to, out ulong ticket)
    {
        bool released = journal.TryRelease(new StreamId(stream), from, to, out var place);
        ticket = place.Value;
        return released;
    }

    public IReadOnlyList<(ulong From, ulong To)> ReleasedRuns(uint stream) => journal.ReleasedRuns(new StreamId(stream));

    public ulong Truncate(uint stream, ulong next) => journal.Truncate(new StreamId(stream), next).Value;

    public ulong Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => journal.Put(key, value).Value;

    public bool TryFind(uint stream, ulong from, out BufferedMessage message)
    {
        bool found = journal.TryFind(new StreamId(stream), from, out var stored);
        message = found ? new BufferedMessage(stored.Sequence, stored.TotalBytes, Translate(stored.Ranges)) : default;
        return found;
    }

    public bool TryFindTag(UInt128 tag, out uint stream, out ulong sequence)
    {
        bool found = journal.TryFindTag(tag, out var id, out sequence);
        stream = id.Value;
        return found;
    }

    public bool TryRead(uint stream, ulong sequence, int offset, Span<byte> into) => journal.TryRead(new StreamId(stream), sequence, offset, into);

    public void Hurry() => journal.Hurry();

    private static MessageStream Translate(JournalStream stream) =>
        new(stream.Id.Value, (StreamDirection)stream.Share, ReadKey(stream.Key.Span), stream.Base, stream.Next);

    private static ByteRange[] Translate(IReadOnlyList<StoredRange> ranges)
    {
        var held = new ByteRange[ranges.Count];
        for (int i = 0; i < held.Length; i++)
            held[i] = new ByteRange(ranges[i].Offset, ranges[i].Length);
        return held;
    }

    private static int WriteKey(Span<byte> bytes, in StreamKey key)
    {
        key.Sender.Write(bytes);
        bytes[PeerId.SizeBytes] = key.Lane;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(PeerId.SizeBytes + 1)..], key.Incarnation.Value);
        return PipeOffset + Encoding.ASCII.GetBytes(key.Pipe.Text, bytes[PipeOffset..]);
    }

    internal static StreamKey ReadKey(ReadOnlySpan<byte> bytes) => new(
        PeerId.Read(bytes),
        PipeName.Parse(Encoding.ASCII.GetString(bytes[PipeOffset..])),
        bytes[PeerId.SizeBytes],
        new Incarnation(BinaryPrimitives.ReadUInt64BigEndian(bytes[(PeerId.SizeBytes + 1)..])));

    private const int PipeOffset = PeerId.SizeBytes + 1 + 8;
    private const int StreamKeyBytesMax = PipeOffset + 64;
}
