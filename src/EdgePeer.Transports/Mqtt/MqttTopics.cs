using System.Text;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Mqtt;

/// <summary>The topics of one peer on one broker: MQTT.md.</summary>
internal sealed class MqttTopics
{
    private readonly string _beacons, _to, _toOwn;

    public MqttTopics(string root, LinkAddress own)
    {
        _beacons = $"{root}/beacon/";
        _to = $"{root}/to/";
        _toOwn = $"{_to}{own}/";
        Own = own;
        OwnBeacon = _beacons + own;
    }

    public LinkAddress Own { get; }

    /// <summary>Where this peer's beacon is kept.</summary>
    public string OwnBeacon { get; }

    /// <summary>What is published here comes back.</summary>
    public string Echo => _toOwn + Own;

    /// <summary>All that is meant for this peer, the echo too.</summary>
    public string Inbox => _toOwn + "+";

    public string Beacons => _beacons + "+";

    public string To(in LinkAddress peer) => $"{_to}{peer}/{Own}";

    /// <summary>Whose the topic's messages are.</summary>
    /// <returns>False for a topic of another form, and for this peer's own.</returns>
    public bool TryReadSender(string topic, out LinkAddress from)
    {
        from = default;
        string parent = topic.StartsWith(_beacons, StringComparison.Ordinal) ? _beacons : _toOwn;
        return topic.StartsWith(parent, StringComparison.Ordinal) && TryReadAddress(topic.AsSpan(parent.Length), out from) && from != Own;
    }

    public static bool IsRoot(string? text) =>
        text is { Length: > 0 } && Encoding.UTF8.GetByteCount(text) <= RootBytesMax && text[0] != '/' && text[^1] != '/' && !text.AsSpan().ContainsAny("+#\0");

    /// <summary>Whether topics that the filter, or topic, stands for can be a peer's beacon or inbox below that root.</summary>
    public static bool Overlaps(string root, string filter)
    {
        string[] levels = filter.Split('/');
        if (levels is ["$share", _, ..])
            levels = levels[2..];
        return Meet(levels, $"{root}/beacon/+".Split('/')) || Meet(levels, $"{root}/to/+/+".Split('/'));
    }

    private static bool Meet(ReadOnlySpan<string> filter, ReadOnlySpan<string> topics)
    {
        for (int i = 0; i < filter.Length; i++)
            // A # stands for the level above it too (MQTT 5 §4.7.1.2).
            if (filter[i] == "#")
                return i <= topics.Length;
            else if (i >= topics.Length || (filter[i] != "+" && topics[i] != "+" && filter[i] != topics[i]))
                return false;
        return filter.Length == topics.Length;
    }

    private static bool TryReadAddress(ReadOnlySpan<char> text, out LinkAddress address)
    {
        address = default;
        Span<byte> bytes = stackalloc byte[AddressBytes];
        if (text.Length != TextLength || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        address = new LinkAddress(bytes);
        return true;
    }

    /// <summary>Random, so that two of a group do not meet on one: 64 bits.</summary>
    public const int AddressBytes = 8;

    /// <summary>Brokers take topics of 64 KiB; some clouds 256 bytes.</summary>
    public const int RootBytesMax = 128;

    private const int TextLength = AddressBytes * 2;
}
