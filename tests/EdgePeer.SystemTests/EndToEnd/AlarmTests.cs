using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>An alarm over a slow radio that a backlog would keep busy for days.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class AlarmTests(ITestOutputHelper output)
{
    [Fact]
    public async Task An_alarm_passes_a_backlog_on_a_radio_of_9600_baud_within_two_of_the_largest_frames_and_a_round_trip()
    {
        int backlog = Effort.Of(usual: 20_000, full: 1_000_000), tries = Effort.Of(usual: 10, full: 100);
        var radio = await RadioSim.Start(2, Baud, "--fifo", "4096", "--latency-ms", "5");
        await using var site = await Site.MakeAsync(Port(radio, 0), Port(radio, 1), null, radio, capacity: "256MiB");
        await site.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var reading = Task.WhenAll(
            AgentApi.ReadAsync(site.B.Http, Station.Pipe, 64, static _ => { }, stop.Token),
            AgentApi.ReadAsync(site.B.Http, Alarms, 64, static _ => { }, stop.Token));
        await site.UntilLinkedAsync("radio");
        for (int sent = 0; sent < backlog; sent += BatchMessages)
            await AgentApi.PostAsync(site.A.Http, Station.Pipe, [.. Enumerable.Range(sent, BatchMessages).Select(number => ($"reading-{number}", new byte[32]))], stop.Token);

        var times = new List<double>();
        for (int i = 0; i < tries; i++)
        {
            var watch = Stopwatch.StartNew();
            await AgentApi.PostOneAsync(site.A.Http, Alarms, $"alarm-{i}", new byte[8], "delivered", 7, stop.Token);
            times.Add(watch.Elapsed.TotalMilliseconds);
            // Anywhere in the frame that is on the air then.
            await Task.Delay(TimeSpan.FromMilliseconds(100 + (i * 37 % 700)), stop.Token);
        }
        times.Sort();
        var link = (await site.A.LinkAsync("radio"))!;
        double frame = ((int)link["frameBytesMax"]! + FramingBytes) * 10_000.0 / Baud;
        double bound = (2 * frame) + (double)link["rttMs"]! + SyncsMs;
        double p99 = times[^(tries >= 100 ? 2 : 1)], median = times[tries / 2];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{backlog} messages queued, {tries} alarms: median {median:F0} ms, p99 {p99:F0} ms, bound {bound:F0} ms (2 frames of {frame:F0} ms, round trip {link["rttMs"]} ms)"));
        Assert.True((long)(await site.A.PipeAsync())!["queued"]! > backlog / 2, "the backlog has gone: the test proves nothing");
        // A busy machine may stop the agents for a while: a few tries say what the line does, and many what the slowest of a hundred is.
        Assert.InRange(Effort.Full ? p99 : median, 0, bound);
        await stop.CancelAsync();
        await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private static JsonObject Port(RadioSim radio, int number) => new()
    {
        ["radio"] = new JsonObject { ["type"] = "serial", ["port"] = radio.Port(number), ["baud"] = Baud },
    };

    private const int Baud = 9_600;
    private const int BatchMessages = 1_000;
    private const string Alarms = "alarms";
    private const int FramingBytes = 5;

    // A sync at each end, without a window, and the pause in which an answer waits for its own.
    private const double SyncsMs = 90;
}
