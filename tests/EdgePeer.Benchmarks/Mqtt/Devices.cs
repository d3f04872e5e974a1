using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Configuration;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Store;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>
/// Many devices in one process, each with an identity, a journal, a pipe and a bridge of its own, into one broker: how long they take to be there, how
/// many messages a second all of them bring to one consumer, and what memory they take. What breaks first is the number of open files, some twelve a device.
/// </summary>
internal static class Devices
{
    public static void Run(string[] args)
    {
        if (args is ["process", var port])
        {
            RunProcess(Number(port));
            return;
        }
        int most = args is [var count, ..] ? Number(count) : 1_000;
        using var broker = new BenchmarkBroker();
        using var consumer = new CountingSubscriber(new MqttBroker { Host = "127.0.0.1", Port = broker.Port }, "devices/#");
        using var process = StartProcess(broker.Port);
        for (int devices = 0; devices < most;)
        {
            devices = Math.Min(most, devices + Step);
            var watch = Stopwatch.StartNew();
            string up = Ask(process, $"up {devices}");
            Say($"{devices} devices, {up} after {watch.Elapsed.TotalSeconds:0.0} s");
            if (process.HasExited)
                return;
            Burst(process, devices, consumer);
            long resident = MemoryMiB(process.Id);
            int threads = Directory.GetDirectories($"/proc/{process.Id}/task").Length, files = Directory.GetFiles($"/proc/{process.Id}/fd").Length;
            Say($"  {resident} MiB resident, {resident * 1024 / devices} KiB a device; {threads} threads, {files} open files; the broker {MemoryMiB(broker.ProcessId)} MiB");
        }
        process.StandardInput.Close();
        process.WaitForExit();
    }

    private static Process StartProcess(int port) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["devices", "process", $"{port}"])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static string Ask(Process process, FormattableString question)
    {
        process.StandardInput.WriteLine(question.ToString(CultureInfo.InvariantCulture));
        if (process.StandardOutput.ReadLine() is { } answer)
            return answer;
        process.WaitForExit();
        return "their process has failed";
    }

    /// <summary>Does what each line asks for, and answers with a line: `up N` makes more devices, `send` lets all of them send.</summary>
    private static void RunProcess(int port)
    {
        var directory = Directory.CreateTempSubdirectory("edgepeer-devices-");
        var devices = new List<Device>();
        while (Console.ReadLine() is { } line)
        {
            if (line.Split(' ') is not ["up", var wanted])
            {
                Task.WhenAll(devices.Select(device => device.SendAsync(MessagesEach))).Wait();
                Say($"sent");
                continue;
            }
            while (devices.Count < Number(wanted))
                devices.Add(new Device(devices.Count, port, directory.CreateSubdirectory($"{devices.Count}").FullName));
            long up = WaitFor(() => devices.Count(device => device.IsUp), devices.Count);
            Say($"{up} of {devices.Count} up{(devices.Find(device => !device.IsUp) is { } down ? $", {down.DownReason}," : "")}");
        }
        devices.ForEach(static device => device.Dispose());
        directory.Delete(recursive: true);
    }

    /// <summary>Each device sends so many, one behind the other's durable receipt; over when the consumer has all.</summary>
    private static void Burst(Process process, int devices, CountingSubscriber consumer)
    {
        long before = consumer.Count, wanted = (long)devices * MessagesEach;
        var watch = Stopwatch.StartNew();
        Ask(process, $"send");
        long come = WaitFor(() => consumer.Count - before, wanted);
        double seconds = watch.Elapsed.TotalSeconds;
        Say($"  {come} of {wanted} messages of {MessageBytes} bytes at the consumer after {seconds:0.0} s: {come / seconds:N0} a second, each durable on its device before it left");
    }

    /// <summary>Returns what was reached when it no longer grows, or what was wanted.</summary>
    private static long WaitFor(Func<long> reached, long wanted)
    {
        long last = -1;
        for (var since = Stopwatch.StartNew(); since.Elapsed < WaitMost;)
        {
            long now = reached();
            if (now >= wanted)
                return now;
            if (now != last)
                (last, since) = (now, Stopwatch.StartNew());
            Thread.Sleep(20);
        }
        return last;
    }

    private static long MemoryMiB(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))[6..^2].Trim(), CultureInfo.InvariantCulture) / 1024;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static void Say(FormattableString line)
    {
        Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        Console.Out.Flush();
    }

    private static readonly TimeSpan WaitMost = TimeSpan.FromSeconds(30);
    private const int Step = 250;
    private const int MessagesEach = 20;
    private const int MessageBytes = 256;

    private sealed class Device : IDisposable
    {
        private readonly P256KeyPair _key = P256.Import(RandomNumberGenerator.GetBytes(P256.ScalarBytes));
        private readonly PeerHost _host;
        private readonly ToBrokerBridge _bridge;

        public Device(int number, int port, string directory)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"device-{number}");
            var peer = PeerIdentity.Of(_key.PublicKey);
            _host = PeerHost.Open(new PeerHostOptions
            {
                Node = new NodeOptions { Peer = peer, Key = _key, Cryptography = SystemCryptography.Instance, Name = name, GroupSecrets = [GroupSecret.OfName("devices")] },
                Journal = new JournalOptions { CapacityBytes = 1 << 20 },
                StateDirectory = directory,
                Transports = [],
            });
            _host.StartAsync().GetAwaiter().GetResult();
            if (!TopicTemplate.TryParse("devices/{name}/readings", TopicUse.Published, out var topic, out string? fault))
                throw new InvalidOperationException(fault);
            var broker = new MqttBroker { Host = "127.0.0.1", Port = port };
            var configuration = new ToBrokerConfiguration(Pipe, "cloud", broker, topic, TimeSpan.FromDays(7), BridgeEnvelope.None, false, null, null, new ReplayWindow(1_000, TimeSpan.FromSeconds(10)), null);
            _bridge = new ToBrokerBridge(configuration, _host, new BridgeOwner(peer, name, static _ => { }));
            _bridge.Start();
        }

        public bool IsUp => _bridge.View.Up;

        public string DownReason => _bridge.View.DownReason ?? "";

        public async Task SendAsync(int messages)
        {
            byte[] payload = new byte[MessageBytes];
            for (int i = 0; i < messages; i++)
                await _host.SendAsync(Pipe, payload, new SendOptions());
        }

        public void Dispose()
        {
            _bridge.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _host.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _key.Dispose();
        }

        private static readonly PipeName Pipe = PipeName.Parse("readings");
    }
}
