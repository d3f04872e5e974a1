using System.Diagnostics;
using System.Globalization;
using EdgePeer.SystemTests.Support;

namespace EdgePeer.SystemTests.Mqtt;

/// <summary>A message as a consumer gets it, and the topic that it came by.</summary>
internal sealed record Consumed(string Topic, string Peer, ulong Sequence, string Id, int Number);

/// <summary>A `mosquitto_sub` of MQTT 5 that keeps its session, and knows again by its id what it has had.</summary>
internal sealed class Consumer : IDisposable
{
    private readonly int _port;
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _ids = [];
    private readonly List<Consumed> _messages = [];
    private int _repeats, _probes, _probesSeen;

    public Consumer(int port, string filter)
    {
        Tool.Require("mosquitto_sub", "mosquitto-clients");
        _port = port;
        _process = Process.Start(new ProcessStartInfo(
            "mosquitto_sub",
            ["-p", $"{port}", "-V", "mqttv5", "-q", "1", "-c", "-i", "consumer", "-x", "3600", "-t", filter, "-t", Probe, "-F", "%t\t%P\t%p"]) { RedirectStandardOutput = true })!;
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
            await Tool.Run("mosquitto_pub", "-p", $"{_port}", "-t", Probe, "-m", $"{wanted}");
            await Task.Delay(100);
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
                return;
            }
            var words = properties.Split(' ').Select(word => word.Split(':', 2)).ToDictionary(word => word[0], word => word[^1]);
            if (!_ids.Add(words["id"]))
                _repeats++;
            else
                _messages.Add(new Consumed(topic, words["peer"], ulong.Parse(words["sequence"], CultureInfo.InvariantCulture), words["id"], int.Parse(payload.AsSpan(0, payload.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture)));
        }
    }

    private const string Probe = "probe";
}
