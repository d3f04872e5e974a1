using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Two agents that only know a third one hear of each other.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class AdvertisementTests
{
    [Fact]
    public async Task A_peer_without_a_link_is_known_by_what_it_says_of_itself_and_anew_after_its_restart()
    {
        string group = $"advertised-{Guid.NewGuid():N}";
        int between = UdpProxy.FreePort();
        await using var a = await Station.MakeAsync("a", group, Site.EthernetPort(UdpProxy.FreePort(), between));
        await using var b = await Station.MakeAsync("b", group, Site.EthernetPort(between, UdpProxy.FreePort()));
        await using var c = await Station.MakeAsync("c", group, Site.EthernetPort(UdpProxy.FreePort(), between));
        await b.StartAsync();
        await Task.WhenAll(a.StartAsync(), c.StartAsync());

        await Wait.UntilAsync("a knows c", async () => await PeerAsync(a, "c") is not null);
        var known = (await PeerAsync(a, "c"))!;
        Assert.Empty(known["links"]!.AsArray());
        Assert.Equal(1UL << 16, (ulong)known["advertisement"]!["version"]!);
        Assert.InRange((double)known["advertisement"]!["expiresInSeconds"]!, 86_000, 86_400);
        Assert.Equal((string?)(await PeerAsync(a, "b"))!["peer"], (string?)known["advertisement"]!["toldBy"]);

        await c.Agent.KillAsync();
        await c.StartAsync();
        await Wait.UntilAsync("a knows of c's second start", async () => (ulong?)(await PeerAsync(a, "c"))?["advertisement"]?["version"] == 2UL << 16);
        await a.AssertHealthyAsync();
    }

    private static async Task<JsonNode?> PeerAsync(Station at, string name) =>
        (await at.Agent.StatusAsync())["peers"]!.AsArray().SingleOrDefault(peer => (string?)peer!["name"] == name);
}
