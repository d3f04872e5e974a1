using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>A cable and a radio between the same two peers.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class MoveTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Traffic_moves_to_the_radio_when_the_cable_is_cut_and_back_when_it_is_mended()
    {
        var messages = new NumberedMessages("move", 200);
        await using var site = await Site.WithBothAsync(cableBytesPerSecond: 0, "--latency-ms", "5");
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await site.UntilLinkedAsync("lan");
        await site.UntilLinkedAsync("radio");
        var sending = new SendingApplication(site.A, messages);
        await sending.SendAsync(200, batch: 50, TestContext.Current.CancellationToken);
        await reading.UntilAsync(200, Patience);
        Assert.True(await IsActiveAsync(site.A, "lan"), "the cheaper link is used");

        var posts = sending.SendAsync(100, batch: 20, TestContext.Current.CancellationToken);
        site.Cable!.Cut = true;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await posts;
        await reading.UntilAsync(300, Patience);
        output.WriteLine($"100 messages of 200 bytes came {watch.Elapsed.TotalSeconds:0.00} s after the cable was cut");
        Assert.True(await IsActiveAsync(site.A, "radio"), "the radio is used while the cable is cut");

        site.Cable.Cut = false;
        watch.Restart();
        await Wait.UntilAsync("traffic goes back to the cable", () => IsActiveAsync(site.A, "lan"));
        output.WriteLine($"back on the cable {watch.Elapsed.TotalSeconds:0.00} s after it was mended");
        long carried = site.Cable.BytesFromA;
        await sending.SendAsync(100, batch: 50, TestContext.Current.CancellationToken);
        await reading.UntilAsync(400, Patience);
        Assert.InRange(site.Cable.BytesFromA - carried, 100 * messages.Bytes, long.MaxValue);
        reading.Ledger.AssertComplete(400);
        await site.AssertBooksAsync(400);
    }

    private static async Task<bool> IsActiveAsync(Station station, string transport) => (bool?)(await station.LinkAsync(transport))?["active"] == true;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
}
