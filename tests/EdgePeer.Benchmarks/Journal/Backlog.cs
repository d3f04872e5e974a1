using System.Diagnostics;
using System.Globalization;
using EdgePeer.Store;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>
/// A backlog of 10 million messages of 32 bytes in 2 GiB: how fast they are appended when the journal is empty and when it is not, how soon
/// a journal that holds them is ready in a process of its own, and what of it is resident. With <c>keep DIRECTORY</c> it stays there, and an agent starts on it.
/// </summary>
internal static class Backlog
{
    public static void Run(string[] args)
    {
        if (args is ["open", var there])
            OpenFilled(there);
        else if (args is ["keep", var kept])
            Fill(kept);
        else
            FillAndOpen(args is [var path] ? path : Directory.CreateTempSubdirectory("edgepeer-backlog-").FullName);
    }

    private static void FillAndOpen(string directory)
    {
        Fill(directory);
        using var opened = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["backlog", "open", directory]))!;
        opened.WaitForExit();
        Directory.Delete(directory, recursive: true);
    }

    private static void Fill(string directory)
    {
        var random = new Random(1);
        using var run = new JournalRun(directory, CapacityBytes);
        var stream = run.Journal.Open(JournalShare.Outgoing, StreamKey).Id;
        // What the node keeps behind each message: one byte, zero where it does not expire.
        var payload = new byte[MessageBytes + 1];
        double first = 0;
        for (ulong sequence = 0; sequence < Messages;)
        {
            var watch = Stopwatch.StartNew();
            var busy = Environment.CpuUsage.TotalTime;
            for (ulong end = sequence + (Messages / 10); sequence < end; sequence++)
            {
                random.NextBytes(payload.AsSpan(0, MessageBytes));
                if (!run.Journal.TryAppend(stream, sequence, payload.Length, 0, payload, 0, out _))
                    throw new InvalidOperationException($"full after {sequence} messages");
                if (sequence % MessagesASync == MessagesASync - 1)
                    run.Sync();
            }
            // Waiting for the disk is left out: it varies with what else the machine does.
            double microseconds = (Environment.CpuUsage.TotalTime - busy).TotalMicroseconds / (Messages / 10);
            first = first == 0 ? microseconds : first;
            Say($"{sequence} messages; the last million at {Messages / 10 / watch.Elapsed.TotalSeconds:N0} a second, {microseconds:0.00} µs of processor each, {microseconds / first:0.00} of the first; {ResidentMiB()} MiB resident");
        }
        run.Sync();
        var counters = run.Journal.Counters;
        Say($"{counters.BytesWritten / (double)counters.PayloadBytes:0.00} bytes written for each byte of payload, {MessagesASync} messages a sync");
    }

    private static void OpenFilled(string directory)
    {
        var watch = Stopwatch.StartNew();
        using var run = new JournalRun(directory, CapacityBytes);
        double seconds = watch.Elapsed.TotalSeconds;
        var stream = run.Journal.Streams()[0];
        Say($"ready in {seconds:0.00} s with {stream.Next - stream.Base} messages: {run.Journal.Recovery.SegmentsRead} of {run.Journal.Recovery.Segments} segments were read, the others' summaries; {ResidentMiB()} MiB resident");
        var payload = new byte[32];
        for (ulong sequence = stream.Base; sequence < stream.Next; sequence += 99_991)
            if (!run.Journal.TryRead(stream.Id, sequence, 0, payload))
                throw new InvalidOperationException($"message {sequence} does not read");
        watch.Restart();
        var busy = Environment.CpuUsage.TotalTime;
        ulong next = stream.Next;
        for (int i = 0; i < 500_000; i++)
        {
            if (!run.Journal.TryAppend(stream.Id, next++, payload.Length, 0, payload, 0, out _))
                throw new InvalidOperationException("full");
            if (i % MessagesASync == MessagesASync - 1)
                run.Sync();
        }
        Say($"appends behind them at {500_000 / watch.Elapsed.TotalSeconds:N0} a second, {(Environment.CpuUsage.TotalTime - busy).TotalMicroseconds / 500_000:0.00} µs of processor each; {ResidentMiB()} MiB resident at most {PeakMiB()}");
    }

    public static long ResidentMiB() => Status("VmRSS:");

    public static long PeakMiB() => Status("VmHWM:");

    private static long Status(string key) =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private const long CapacityBytes = 2L << 30;
    // As the node makes it: a peer's id, a lane, an incarnation, and the pipe's name.
    private static ReadOnlySpan<byte> StreamKey => "................\u0003........backlog"u8;

    private const int MessageBytes = 32;
    private const ulong Messages = 10_000_000;
    private const int MessagesASync = 100;
}
