using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>The longest message there is, through kills of both ends.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class LargeMessageTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_message_of_16_MiB_goes_on_where_it_stopped_when_both_agents_are_killed()
    {
        const int Bytes = 16 << 20;
        var messages = new NumberedMessages("large", Bytes);
        await using var site = await Site.WithCableAsync(capacity: "256MiB");
        var cable = site.Cable!;
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages, window: 1);
        await site.UntilLinkedAsync("lan");
        await AgentApi.PostOneAsync(site.A.Http, Station.Pipe, messages.ClientId(0), messages.Payload(0), "durable", TestContext.Current.CancellationToken);
        foreach (var (victim, at) in new[] { (site.B, Bytes / 3), (site.A, Bytes * 2 / 3) })
        {
            await Wait.UntilAsync($"{at} bytes have left", () => cable.BytesFromA >= at);
            cable.Cut = true;
            await victim.Agent.KillAsync();
            Assert.Equal(0, reading.Ledger.Next);
            cable.Cut = false;
            await victim.StartAsync();
        }
        await reading.UntilAsync(1, TimeSpan.FromSeconds(60));
        output.WriteLine($"{cable.BytesFromA} bytes on the wire for {Bytes}: {(double)cable.BytesFromA / Bytes:0.000}");
        reading.Ledger.AssertComplete(1);
        Assert.InRange(cable.BytesFromA, Bytes, Bytes * 3L / 2);
        await site.AssertBooksAsync(1);
    }
}
