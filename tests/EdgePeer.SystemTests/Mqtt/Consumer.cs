using System.Diagnostics;
using System.Globalization;
using EdgePeer.SystemTests.Support;

namespace EdgePeer.SystemTests.Mqtt;

/// <summary>A message as a consumer gets it, and the topic that it came by.</summary>
internal sealed record Consumed(string Topic, string Peer, ulong Sequence, string Id, int Number);

/// <summary>A `mosquitto_sub` that keeps its session, and knows again by its id what it has had.</summary>
internal sealed class Consumer : IDisposable
{
    private readonly int _port;
    private readonly bool _idInTopic;
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _ids = [];
    private readonly List<Consumed> _messages = [];
    private int _repeats, _probes, _probesSeen;
    private TaskCompletionSource? _probeSeen;

    /// <param name="idInTopic">With MQTT 3.1.1: the id is the topic's last level; else a property of MQTT 5.</param>
    public Consumer(int port, string filter, bool idInTopic = false)
    {
        Tool.Require("mosquitto_sub", "mosquitto-clients");
        _port = port;
        _idInTopic = idInTopic;
        string[] version = idInTopic ? ["-V", "mqttv311", "-F", "%t\t\t%p"] : ["-V", "mqttv5", "-x", "3600", "-F", "%t\t%P\t%p"];
        string[] arguments = ["-p", $"{port}", .. version, "-q", "1", "-c", "-i", "consumer", "-t", filter, "-t", Probe];
        _process = Process.Start(new ProcessStartInfo("mosquitto_sub", arguments) { RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
    }

    /// <summary>Each once, in the order in which they came first.</summary>
    public IReadOnlyList<Consumed> Messages
    {
        get
        {
            lock (_lock)
                return [.. _messages];
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _messages.Count;
        }
    }

    public int Repeats
    {
        get
        {
            lock (_lock)
                return _repeats;
        }
    }

    /// <summary>Returns when what is published reaches it: it is connected, and subscribed.</summary>
    public async Task HearsAsync()
    {
        int wanted = ++_probes;
        await Wait.UntilAsync("the consumer is subscribed", async () =>
        {
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
                _probeSeen = seen;
            await Tool.Run("mosquitto_pub", "-p", $"{_port}", "-V", "mqttv311", "-q", "1", "-t", Probe, "-m", $"{wanted}");
            // Published before it was subscribed, it never comes.
            await Task.WhenAny(seen.Task, Task.Delay(500));
            lock (_lock)
                return _probesSeen == wanted;
        });
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line?.Split('\t') is not [var topic, var properties, var payload])
            return;
        lock (_lock)
        {
            if (topic == Probe)
            {
                _probesSeen = int.Parse(payload, CultureInfo.InvariantCulture);
                _probeSeen?.TrySetResult();
                return;
            }
            if (_idInTopic)
                properties = $"peer:? id:{topic[(topic.LastIndexOf('/') + 1)..]} sequence:{topic[(topic.LastIndexOf('-') + 1)..]}";
            var words = properties.Split(' ').Select(word => word.Split(':', 2)).ToDictionary(word => word[0], word => word[^1]);
            if (!_ids.Add(words["id"]))
                _repeats++;
            else
                _messages.Add(new Consumed(topic, words["peer"], ulong.Parse(words["sequence"], CultureInfo.InvariantCulture), words["id"], int.Parse(payload.AsSpan(0, payload.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture)));
        }
    }

    private const string Probe = "probe";
}
