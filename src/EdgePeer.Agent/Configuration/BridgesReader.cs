using System.Collections.Immutable;
using EdgePeer.Agent.Bridges;
using EdgePeer.Protocol;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Configuration;

/// <summary>Reads <c>bridges</c>.</summary>
/// <param name="node">All of <c>transports</c>: one that has faults of its own is there too.</param>
internal sealed class BridgesReader(
    string file, ICollection<ConfigurationFault> faults, ConfigurationNode? node, ImmutableArray<TransportConfiguration> transports, IReadOnlyDictionary<PipeName, PipeOptions> pipes)
{
    public ImmutableArray<BridgeConfiguration> Read(ConfigurationNode? list)
    {
        var bridges = ImmutableArray.CreateBuilder<BridgeConfiguration>();
        if (list is null)
            return [];
        if (list.Kind != NodeKind.Array)
        {
            Fault(list, $"\"bridges\" is {list.KindName}", "write [ { \"pipe\": \"readings\", \"transport\": \"cloud\", \"topic\": \"farm/{name}/readings\", \"direction\": \"to-broker\" } ]");
            return [];
        }
        if (list.Items.Length > Limits.BridgesMax)
            Fault(list, $"{list.Items.Length} bridges", $"keep to {Limits.BridgesMax}");
        var bridged = new HashSet<PipeName>();
        foreach (var item in list.Items)
        {
            if (ReadBridge(item) is not { } bridge)
                continue;
            // Two would share the endpoint, and one in each direction would give the broker its own messages back.
            if (!bridged.Add(bridge.Pipe))
                Fault(item, $"a second bridge of pipe \"{bridge.Pipe}\"", "give each bridge a pipe of its own");
            else
                bridges.Add(bridge);
        }
        return bridges.ToImmutable();
    }

    private BridgeConfiguration? ReadBridge(ConfigurationNode item)
    {
        // The direction decides which keys are known.
        string? direction = item.Members.IsDefaultOrEmpty ? null : item.Members.FirstOrDefault(member => member.Key == "direction")?.Value is { Kind: NodeKind.Text, Text: var text } ? text : null;
        bool inward = direction == FromBrokerConfiguration.Word;
        if (ObjectReader.TryOpen(file, faults, item, inward ? ConfigurationKeys.FromBroker : ConfigurationKeys.ToBroker, inward ? "a bridge from-broker" : "a bridge") is not { } bridge)
            return null;
        string pipe = bridge.Name("pipe") ?? bridge.Missing("pipe", "add \"pipe\": \"readings\"");
        string transport = bridge.Text("transport") ?? bridge.Missing("transport", "add \"transport\": \"cloud\", a transport of type mqtt");
        string topic = bridge.Text("topic") ?? bridge.Missing("topic", "add \"topic\": \"farm/{name}/readings\"");
        if (bridge.Value("direction") is null)
            bridge.Missing("direction", "add \"direction\": \"to-broker\" or \"from-broker\"");
        bridge.Choice("direction", Directions, []);
        var envelope = ReadEnvelope(bridge, inward);
        var template = ReadTopic(bridge, topic, inward ? TopicUse.Subscribed : envelope == BridgeEnvelope.Unwrap ? TopicUse.Unwrapped : TopicUse.Published);
        var mqtt = FindTransport(bridge, transport);
        if (mqtt is not null && template is not null)
            KeepApart(bridge, mqtt.Broker, template, inward);
        var expiry = bridge.Duration("sessionExpiry", SessionExpiryMin, SessionExpiryMax) ?? SessionExpiryDefault;
        var replay = new ReplayWindow(
            bridge.Number("replayMessages", 0, Limits.ReplayMessagesMax) ?? ReplayDefault.Messages, bridge.Duration("replayTime", TimeSpan.Zero, SessionExpiryMax) ?? ReplayDefault.Time,
            bridge.Choice("replay", ReplayWords, []) == "always");
        if (bridge.Text("contentType") is { Length: 0 or > Limits.ContentTypeCharsMax })
            bridge.Refuse("contentType", $"\"contentType\" has not 1 to {Limits.ContentTypeCharsMax} characters", "write one such as \"application/json\"");
        if (mqtt is null || template is null || !PipeName.TryParse(pipe, out var name))
            return null;
        return inward
            ? new FromBrokerConfiguration(name, transport, mqtt.Broker, template, expiry, envelope)
            : new ToBrokerConfiguration(
                name, transport, mqtt.Broker, template, expiry, envelope, bridge.Flag("retain") ?? false, bridge.Text("contentType"),
                bridge.Duration("expiry", ConfigurationReader.TtlMin, ConfigurationReader.TtlMax), replay, pipes.GetValueOrDefault(name)?.CapacityBytes);
    }

    private static BridgeEnvelope ReadEnvelope(ObjectReader bridge, bool inward)
    {
        if (inward && bridge.Value("envelope") is { Kind: NodeKind.Text, Text: "unwrap" })
        {
            bridge.Refuse("envelope", "\"envelope\": \"unwrap\" in a bridge from-broker", "write \"wrap\" here, and \"unwrap\" in the bridge to-broker that publishes the pipe");
            return BridgeEnvelope.None;
        }
        var envelope = bridge.Choice("envelope", inward ? EnvelopeWords[..2] : EnvelopeWords, []) is { } word ? (BridgeEnvelope)Math.Max(0, EnvelopeWords.IndexOf(word)) : BridgeEnvelope.None;
        foreach (string key in envelope == BridgeEnvelope.Unwrap ? OfEnvelope : [])
            if (bridge.Value(key) is not null)
                bridge.Refuse(key, $"\"{key}\" beside \"envelope\": \"unwrap\", where each message brings its own", "remove it");
        return envelope;
    }

    private static TopicTemplate? ReadTopic(ObjectReader bridge, string text, TopicUse use)
    {
        if (bridge.Value("topic") is not { Kind: NodeKind.Text })
            return null;
        if (TopicTemplate.TryParse(text, use, out var template, out string? fault))
            return template;
        if (use != TopicUse.Unwrapped && text.Contains(TopicTemplate.OfEnvelope, StringComparison.Ordinal))
            bridge.Refuse("topic", $"\"topic\" is \"{text}\", and {{topic}} is that of an envelope which is taken off", "leave it out, or add \"envelope\": \"unwrap\" to a bridge to-broker");
        else
            bridge.Refuse("topic", $"\"topic\" is \"{text}\", which {fault}", use == TopicUse.Subscribed ? "write one such as \"farm/{name}/commands/#\"" : "write one such as \"farm/{name}/readings\"");
        return null;
    }

    // Each frame that a transport publishes would become a message, and that leads to frames; what is published among frames, peers take for some.
    private void KeepApart(ObjectReader bridge, MqttBroker broker, TopicTemplate topic, bool inward)
    {
        foreach (var transport in transports.OfType<MqttConfiguration>())
            if (transport.Broker.Host == broker.Host && transport.Broker.Port == broker.Port && MqttOptions.CarriesFrames(transport.TopicRoot, topic.Text))
                bridge.Refuse(
                    "topic", $"\"topic\" is \"{topic.Text}\", {(inward ? "and frames" : "where frames")} of transport \"{transport.Name}\" {(inward ? "are among its messages" : "go")}",
                    $"write one beside \"{transport.TopicRoot}/\"{(inward ? ", such as \"farm/{name}/commands/#\"" : "")}");
    }

    private MqttConfiguration? FindTransport(ObjectReader bridge, string name)
    {
        if (transports.FirstOrDefault(transport => transport.Name == name) is MqttConfiguration mqtt)
            return mqtt;
        // One that is there and has a fault is named where that stands.
        bool broken = node is { Kind: NodeKind.Object } && node.Members.Any(member => member.Key == name) && !transports.Any(transport => transport.Name == name);
        if (name.Length > 0 && !broken)
            bridge.Refuse("transport", $"\"transport\" is \"{name}\", and no transport of type mqtt is called so", Mend());
        return null;
    }

    private string Mend() => transports.OfType<MqttConfiguration>().Select(transport => $"\"{transport.Name}\"").ToList() is { Count: > 0 } names
        ? $"write {string.Join(" or ", names)}"
        : "add one to \"transports\": { \"cloud\": { \"type\": \"mqtt\", … } }";

    private void Fault(ConfigurationNode at, string what, string mend) => faults.Add(new ConfigurationFault(file, at.Line, at.Column, what, mend));

    private static readonly ImmutableArray<string> Directions = [ToBrokerConfiguration.Word, FromBrokerConfiguration.Word];

    // In the order of BridgeEnvelope.
    private static readonly ImmutableArray<string> EnvelopeWords = ["none", "wrap", "unwrap"];

    private static readonly ImmutableArray<string> OfEnvelope = ["retain", "contentType", "expiry"];

    private static readonly ImmutableArray<string> ReplayWords = ["forgotten", "always"];

    // The latest second or two of a busy pipe, and long enough for a broker to be started again; who waits for consumed waits no longer than this.
    private static readonly ReplayWindow ReplayDefault = new(1_000, TimeSpan.FromSeconds(10));

    // A device may be away for days; one that never comes back must not fill a broker for ever.
    private static readonly TimeSpan SessionExpiryDefault = TimeSpan.FromDays(7);
    private static readonly TimeSpan SessionExpiryMin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SessionExpiryMax = TimeSpan.FromDays(3_650);
}
