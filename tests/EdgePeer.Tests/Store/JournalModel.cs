using System.Globalization;
using System.Text;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Tests.Store;

/// <summary>What a journal should hold, kept the simple way; two equal pictures mean two equal contents.</summary>
internal sealed class JournalModel
{
    private readonly SortedDictionary<string, ModelStream> _streams = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _facts = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _tags = new(StringComparer.Ordinal);

    private sealed class ModelStream
    {
        public uint Id;
        public ulong Base;
        public ulong Next;
        public SortedDictionary<ulong, byte?[]> Messages = [];
        public SortedSet<ulong> Released = [];
    }

    public JournalModel Clone()
    {
        var clone = new JournalModel();
        foreach (var (name, stream) in _streams)
        {
            var copy = new ModelStream { Id = stream.Id, Base = stream.Base, Next = stream.Next };
            foreach (var (sequence, message) in stream.Messages)
                copy.Messages.Add(sequence, [.. message]);
            copy.Released.UnionWith(stream.Released);
            clone._streams.Add(name, copy);
        }
        foreach (var (key, value) in _facts)
            clone._facts.Add(key, value);
        foreach (var (tag, place) in _tags)
            clone._tags.Add(tag, place);
        return clone;
    }

    public void Open(string name, uint id) => _streams.TryAdd(name, new ModelStream { Id = id });

    public void Forget(string name) => _streams.Remove(name);

    public void Append(string name, ulong sequence, int total, int offset, byte[] bytes, UInt128 tag)
    {
        var stream = _streams[name];
        if (!stream.Messages.TryGetValue(sequence, out var message))
            stream.Messages.Add(sequence, message = new byte?[total]);
        for (int i = 0; i < bytes.Length; i++)
            message[offset + i] ??= bytes[i];
        stream.Next = ulong.Max(stream.Next, sequence + 1);
        if (tag != 0)
            _tags[tag.ToString(CultureInfo.InvariantCulture)] = $"{stream.Id}:{sequence}";
    }

    public void Release(string name, ulong next)
    {
        var stream = _streams[name];
        stream.Base = ulong.Max(stream.Base, next);
        while (stream.Released.Contains(stream.Base))
            stream.Base++;
        stream.Next = ulong.Max(stream.Next, next);
        foreach (ulong sequence in stream.Messages.Keys.Where(sequence => sequence < next).ToList())
            stream.Messages.Remove(sequence);
    }

    public void Release(string name, ulong from, ulong to)
    {
        var stream = _streams[name];
        for (ulong sequence = from; sequence < to; sequence++)
        {
            stream.Released.Add(sequence);
            stream.Messages.Remove(sequence);
        }
        while (stream.Released.Contains(stream.Base))
            stream.Base++;
    }

    public void Truncate(string name, ulong next)
    {
        var stream = _streams[name];
        stream.Next = next;
        foreach (ulong sequence in stream.Messages.Keys.Where(sequence => sequence >= next).ToList())
        {
            stream.Messages.Remove(sequence);
            foreach (string tag in _tags.Where(tag => tag.Value == $"{stream.Id}:{sequence}").Select(tag => tag.Key).ToList())
                _tags.Remove(tag);
        }
    }

    public void Put(string key, byte[] value)
    {
        _facts.Remove(key);
        if (value.Length > 0)
            _facts.Add(key, value);
    }

    public string Picture()
    {
        var text = new StringBuilder();
        foreach (var (name, stream) in _streams)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{name} {stream.Id} {stream.Base} {stream.Next}");
            foreach (var (sequence, message) in stream.Messages)
                text.AppendLine(CultureInfo.InvariantCulture, $" {sequence} {Digest(message)}");
        }
        foreach (var (key, value) in _facts)
            text.AppendLine(CultureInfo.InvariantCulture, $"{key}={Convert.ToHexString(value)}");
        return text.ToString();
    }

    /// <summary>The same of a journal, read through its surface.</summary>
    public static string PictureOf(Journal journal)
    {
        var text = new StringBuilder();
        foreach (var stream in journal.Streams())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{(int)stream.Share}{Encoding.ASCII.GetString(stream.Key.Span)} {stream.Id.Value} {stream.Base} {stream.Next}");
            for (ulong from = 0; journal.TryFind(stream.Id, from, out var message); from = message.Sequence + 1)
            {
                var bytes = new byte?[message.TotalBytes];
                foreach (var range in message.Ranges)
                {
                    var held = new byte[range.Length];
                    if (!journal.TryRead(stream.Id, message.Sequence, range.Offset, held))
                        text.AppendLine("unreadable");
                    for (int i = 0; i < held.Length; i++)
                        bytes[range.Offset + i] = held[i];
                }
                text.AppendLine(CultureInfo.InvariantCulture, $" {message.Sequence} {Digest(bytes)}");
            }
        }
        foreach (var (key, value) in journal.Facts())
            text.AppendLine(CultureInfo.InvariantCulture, $"{Encoding.ASCII.GetString(key.Span)}={Convert.ToHexString(value.Span)}");
        return text.ToString();
    }

    /// <summary>The first lines that differ; null when none do.</summary>
    public static string? Difference(string found, string expected)
    {
        string[] has = found.Split('\n'), wants = expected.Split('\n');
        int first = has.Zip(wants).TakeWhile(pair => pair.First == pair.Second).Count();
        return found == expected ? null : $"found '{has.ElementAtOrDefault(first)}' where '{wants.ElementAtOrDefault(first)}' was expected";
    }

    /// <summary>The first tag that the journal does not find where the model has it; null when all are there.</summary>
    public string? MissingTag(Journal journal)
    {
        foreach (var (tag, place) in _tags)
            if (!journal.TryFindTag(UInt128.Parse(tag, CultureInfo.InvariantCulture), out var stream, out ulong sequence) || $"{stream.Value}:{sequence}" != place)
                return $"{tag} at {place}";
        return null;
    }

    private static string Digest(byte?[] message)
    {
        uint crc = 0;
        int held = 0;
        foreach (byte? part in message)
        {
            held += part is null ? 0 : 1;
            crc = Crc32C.Compute([part is null ? (byte)0 : (byte)1, part ?? 0], crc);
        }
        return string.Create(CultureInfo.InvariantCulture, $"{held}/{message.Length} {crc:x8}");
    }
}
