using System.Diagnostics;
using System.Globalization;
using EdgePeer.Agent.Identity;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>
/// What a device's bridge has lost when it is killed with messages that it had acknowledged, while the broker of the cloud is away: a mosquitto that
/// bridges to it at QoS 1 with persistence, as its manual has it, and an agent. Counts, no times.
/// </summary>
internal static class KilledBridges
{
    public static async Task RunAsync()
    {
        foreach (bool kill in (bool[])[false, true])
        {
            await CompareAsync("a mosquitto with a bridge at QoS 1, persistence on, the rest as it comes", WithMosquittoAsync, kill);
            await CompareAsync("an agent with a bridge", WithAgentAsync, kill);
        }
    }

    private static async Task CompareAsync(string name, Func<DirectoryInfo, int, bool, Task<int>> run, bool kill)
    {
        var directory = Directory.CreateTempSubdirectory("edgepeer-killed-");
        try
        {
            int cloud = BenchmarkBroker.FreePort();
            int acknowledged = await run(directory, cloud, kill), arrived = await CountAsync(directory, cloud, acknowledged);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {acknowledged} acknowledged, {(kill ? "killed, started again" : "not killed")}: {arrived} reach the cloud"));
        }
        finally
        {
            foreach (var process in Started)
            {
                if (!process.HasExited)
                    process.Kill();
                await process.WaitForExitAsync();
            }
            Started.Clear();
            directory.Delete(recursive: true);
        }
    }

    private static async Task<int> WithMosquittoAsync(DirectoryInfo directory, int cloud, bool kill)
    {
        int device = BenchmarkBroker.FreePort();
        string file = Path.Combine(directory.FullName, "device.conf");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"""
            listener {device} 127.0.0.1
            allow_anonymous true
            user {Environment.UserName}
            persistence true
            persistence_location {directory.FullName}/
            max_queued_messages 0
            log_type error
            connection cloud
            address 127.0.0.1:{cloud}
            topic # out 1
            cleansession false

            """));
        var broker = await StartBrokerAsync(file, device);
        // It reads its lines, publishes each at QoS 1, and ends when all are acknowledged.
        using var publishing = Process.Start(new ProcessStartInfo("mosquitto_pub", ["-p", $"{device}", "-q", "1", "-t", Topic, "-l"]) { RedirectStandardInput = true })!;
        await publishing.StandardInput.WriteAsync(Lines());
        publishing.StandardInput.Close();
        await publishing.WaitForExitAsync();
        int acknowledged = publishing.ExitCode == 0 ? Messages : 0;
        if (kill)
        {
            await KillAsync(broker);
            await StartBrokerAsync(file, device);
        }
        return acknowledged;
    }

    private static async Task<int> WithAgentAsync(DirectoryInfo directory, int cloud, bool kill)
    {
        string file = Path.Combine(directory.FullName, "device.json"), socket = Path.Combine(directory.FullName, "device.sock");
        await File.WriteAllTextAsync(file, $$"""
            {
              "name": "device", "stateDirectory": "state",
              "transports": { "cloud": { "type": "mqtt", "broker": "mqtt://127.0.0.1:{{cloud}}", "topicRoot": "edgepeer/killed" } },
              "bridges": [ { "pipe": "readings", "transport": "cloud", "topic": "{{Topic}}", "direction": "to-broker" } ]
            }
            """);
        FileKey.Create(Path.Combine(directory.FullName, "state")).Dispose();
        var agent = StartAgent(file, socket);
        using var sending = Process.Start(new ProcessStartInfo("dotnet", [Program, "send", "readings", "--lines", "--socket", socket]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _ = sending.StandardOutput.ReadToEndAsync();
        await sending.StandardInput.WriteAsync(Lines());
        sending.StandardInput.Close();
        await sending.WaitForExitAsync();
        int acknowledged = sending.ExitCode == 0 ? Messages : 0;
        if (kill)
        {
            await KillAsync(agent);
            StartAgent(file, socket);
        }
        return acknowledged;
    }

    /// <summary>Starts the cloud's broker with a consumer, and counts what comes until nothing more does; repeats count once.</summary>
    private static async Task<int> CountAsync(DirectoryInfo directory, int cloud, int all)
    {
        string file = Path.Combine(directory.FullName, "cloud.conf");
        await File.WriteAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"listener {cloud} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_type error\nuser {Environment.UserName}\n"));
        await StartBrokerAsync(file, cloud);
        var consumer = Start("mosquitto_sub", ["-p", $"{cloud}", "-q", "1", "-t", Topic, "-F", "%p"], output: true);
        var seen = new HashSet<string>();
        long last = Environment.TickCount64;
        consumer.OutputDataReceived += (_, line) =>
        {
            lock (seen)
                if (line.Data is not null && seen.Add(line.Data))
                    last = Environment.TickCount64;
        };
        consumer.BeginOutputReadLine();
        // A bridge that waits longest before it tries again does so within a minute.
        while (true)
        {
            await Task.Delay(500);
            lock (seen)
                if (seen.Count >= all || Environment.TickCount64 - last > QuietMs)
                    return seen.Count;
        }
    }

    private static string Lines() => string.Concat(Enumerable.Range(0, Messages).Select(number => $"{number} ".PadRight(MqttRivals.MessageBytes, 'x') + "\n"));

    private static Process StartAgent(string file, string socket)
    {
        var agent = Start("dotnet", [Program, "run", "--config", file, "--socket", socket], output: true);
        while (agent.StandardOutput.ReadLine() is { } line && !line.StartsWith("ready ", StringComparison.Ordinal))
            continue;
        return agent;
    }

    private static async Task<Process> StartBrokerAsync(string file, int port)
    {
        var broker = Start("mosquitto", ["-c", file], output: false);
        while (!BenchmarkBroker.Answers(port, broker))
            await Task.Delay(20);
        return broker;
    }

    private static Process Start(string program, string[] words, bool output)
    {
        var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = output, RedirectStandardError = output })!;
        if (output)
            process.BeginErrorReadLine();
        Started.Add(process);
        return process;
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    private static readonly List<Process> Started = [];
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "edgepeer.dll");
    private const string Topic = "farm/readings";
    private const int Messages = 20_000;
    private const int QuietMs = 90_000;
}
