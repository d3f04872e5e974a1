using System.Diagnostics;
using System.Globalization;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>A way for messages from here to there over one broker.</summary>
internal interface IMqttRival : IDisposable
{
    string Name { get; }

    /// <summary>Returns when so many have been sent and received.</summary>
    void Pass(int messages);
}

/// <summary>Messages of 256 bytes over one mosquitto: libmosquitto alone and the transport in turns, so that what else the machine does hits both.</summary>
internal static class MqttRivals
{
    public const int MessageBytes = 256;

    public static void Run()
    {
        using var broker = new BenchmarkBroker();
        Compare(
        [
            new PlainMosquitto(broker.Port),
            new ThroughTransport(broker.Port, "transport, journals on disk", Path.GetTempPath()),
            new ThroughTransport(broker.Port, "transport, journals in memory", "/dev/shm"),
        ]);
    }

    public static void RunBridge()
    {
        using var broker = new BenchmarkBroker();
        Compare(
        [
            new PlainMosquitto(broker.Port),
            new ThroughBridge(broker.Port, "bridge, journal on disk", Path.GetTempPath()),
            new ThroughBridge(broker.Port, "bridge, journal in memory", "/dev/shm"),
        ]);
    }

    private static void Compare(List<IMqttRival> rivals)
    {
        var seconds = rivals.ConvertAll(_ => new List<double>());
        for (int round = -2; round < Rounds; round++)
            for (int i = 0; i < rivals.Count; i++)
            {
                var watch = Stopwatch.StartNew();
                rivals[i].Pass(Messages);
                if (round >= 0)
                    seconds[i].Add(watch.Elapsed.TotalSeconds);
            }
        for (int i = 0; i < rivals.Count; i++)
        {
            // Of each round's ratio the median: neighbours in time had the same machine.
            double ratio = Median([.. seconds[0].Zip(seconds[i], (plain, own) => plain / own)]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rivals[i].Name}: {Messages / Median(seconds[i]):N0} messages a second, {ratio:0.00} of libmosquitto's"));
        }
        foreach (var rival in rivals)
            rival.Dispose();
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private const int Messages = 10_000;
    private const int Rounds = 9;
}
