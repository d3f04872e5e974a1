using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Ends and beginnings that are meant: what is on flash goes on from there.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class RestartTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Sigterm_in_the_middle_of_posts_loses_no_receipt_and_a_backlog_is_delivered_after_the_restart()
    {
        const int Count = 2_000;
        var messages = new NumberedMessages("backlog", 200);
        await using var site = await Site.WithCableAsync();
        await site.A.StartAsync();
        var sending = new SendingApplication(site.A, messages);
        var posts = sending.SendAsync(Count, batch: 100, TestContext.Current.CancellationToken);
        await Wait.UntilAsync("a quarter is durable", () => sending.Durable > Count / 4);
        Assert.Equal(0, await site.A.Agent.StopAsync());
        int durable = sending.Durable;
        await site.A.StartAsync();
        Assert.InRange(await site.A.CountAsync("queued"), durable, Count);
        await posts;
        // Once more with all of it, now that nobody posts.
        Assert.Equal(0, await site.A.Agent.StopAsync());

        var watch = System.Diagnostics.Stopwatch.StartNew();
        await site.StartAsync();
        Assert.Equal(Count, await site.A.CountAsync("queued"));
        await using var reading = new ReadingApplication(site.B, messages, window: 256);
        await reading.UntilAsync(Count, TimeSpan.FromSeconds(60));
        output.WriteLine($"{durable} durable at the SIGTERM; the backlog of {Count} was delivered {watch.Elapsed.TotalSeconds:0.00} s after the start");
        reading.Ledger.AssertComplete(Count);
        await site.AssertBooksAsync(Count);
    }
}
