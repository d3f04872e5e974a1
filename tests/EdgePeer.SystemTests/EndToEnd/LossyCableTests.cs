using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Loopback Ethernet that drops every fifth datagram.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class LossyCableTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Messages_cross_a_lossy_proxy_once_and_in_order()
    {
        await using var site = await Site.WithCableAsync(loss: 0.2);
        await SendAllAsync(site);
        output.WriteLine($"{site.Cable!.Lost} datagrams were lost");
        Assert.True(site.Cable.Lost > 0);
    }

    [Fact]
    public async Task Messages_cross_a_lossy_interface_once_and_in_order()
    {
        await using var place = await LossyNamespace.MakeAsync("0.2");
        int a = UdpProxy.FreePort(), b = UdpProxy.FreePort();
        await using var site = await Site.MakeAsync(Site.EthernetPort(a, b), Site.EthernetPort(b, a), null, null, prefix: place.Prefix);
        await SendAllAsync(site);
        long lost = await place.DroppedAsync();
        output.WriteLine($"{lost} datagrams were lost");
        Assert.True(lost > 0);
    }

    private async Task SendAllAsync(Site site)
    {
        const int Count = 200;
        var messages = new NumberedMessages("lossy", 1_000);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await site.UntilLinkedAsync("lan");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await new SendingApplication(site.A, messages).SendAsync(Count, batch: 20, TestContext.Current.CancellationToken);
        await reading.UntilAsync(Count, TimeSpan.FromSeconds(60));
        output.WriteLine($"{Count} messages of 1000 bytes in {watch.Elapsed.TotalSeconds:0.00} s");
        reading.Ledger.AssertComplete(Count);
        await site.AssertBooksAsync(Count);
        await site.A.AssertHealthyAsync();
        await site.B.AssertHealthyAsync();
    }
}
