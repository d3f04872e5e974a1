using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Two agents with what joins them: a cable, a radio or both.</summary>
internal sealed class Site : IAsyncDisposable
{
    private Site(Station a, Station b, UdpProxy? cable, RadioSim? radio) => (A, B, Cable, Radio) = (a, b, cable, radio);

    /// <summary>Sends.</summary>
    public Station A { get; }

    /// <summary>Receives.</summary>
    public Station B { get; }

    public UdpProxy? Cable { get; }

    public RadioSim? Radio { get; }

    /// <summary>Only a cable.</summary>
    public static async Task<Site> WithCableAsync(double loss = 0, string capacity = "16MiB")
    {
        var (cable, a, b) = Cables(loss);
        return await MakeAsync(a, b, cable, null, capacity);
    }

    /// <summary>Only a radio.</summary>
    public static async Task<Site> WithRadioAsync(params string[] air)
    {
        var radio = await RadioSim.Start(2, Baud, air);
        return await MakeAsync(RadioPort(radio, 0), RadioPort(radio, 1), null, radio);
    }

    /// <summary>Only a radio of which each hears all the others, with ports left over for those who listen.</summary>
    public static async Task<Site> WithSharedRadioAsync(int ports, params string[] air)
    {
        var radio = await RadioSim.Start(ports, Baud, air);
        var (a, b) = (RadioPort(radio, 0), RadioPort(radio, 1));
        a["radio"]!["halfDuplex"] = true;
        b["radio"]!["halfDuplex"] = true;
        return await MakeAsync(a, b, null, radio);
    }

    /// <summary>Only a broker.</summary>
    public static Task<Site> WithBrokerAsync(JsonObject mqtt) => MakeAsync(
        new JsonObject { ["cloud"] = mqtt.DeepClone() },
        new JsonObject { ["cloud"] = mqtt.DeepClone() },
        null,
        null);

    /// <summary>A cable, and a dearer radio beside it.</summary>
    /// <param name="cableBytesPerSecond">0 for as fast as it goes.</param>
    public static async Task<Site> WithBothAsync(int cableBytesPerSecond = 0, params string[] air)
    {
        var radio = await RadioSim.Start(2, Baud, air);
        var (cable, a, b) = Cables(0, cableBytesPerSecond);
        return await MakeAsync(Join(a, RadioPort(radio, 0)), Join(b, RadioPort(radio, 1)), cable, radio);
    }

    /// <summary>Two agents with transports as given.</summary>
    /// <param name="states">The state directory of each, where it is not a temporary one.</param>
    public static async Task<Site> MakeAsync(JsonObject a, JsonObject b, UdpProxy? cable, RadioSim? radio, string capacity = "16MiB", string[]? prefix = null, string[]? states = null)
    {
        string group = $"end-to-end-{Guid.NewGuid():N}";
        return new Site(await Station.MakeAsync("a", group, a, capacity, prefix, states?[0]), await Station.MakeAsync("b", group, b, capacity, prefix, states?[1]), cable, radio);
    }

    public static JsonObject EthernetPort(int port, int seed) => new()
    {
        ["lan"] = new JsonObject { ["type"] = "ethernet", ["listen"] = $"127.0.0.1:{port}", ["seeds"] = new JsonArray($"127.0.0.1:{seed}") },
    };

    public async Task StartAsync() => await Task.WhenAll(A.StartAsync(), B.StartAsync());

    /// <summary>Waits until traffic to the other peer can go over that transport.</summary>
    public Task UntilLinkedAsync(string transport) =>
        Wait.UntilAsync($"both have a live link over {transport}", async () => await A.IsLinkedAsync(transport) && await B.IsLinkedAsync(transport));

    /// <summary>Accepted = delivered + queued + expired + dropped at the sender, and all is kept there and consumed.</summary>
    public async Task AssertBooksAsync(long accepted)
    {
        await Wait.UntilAsync("the sender knows that all is delivered", async () => await A.CountAsync("queued") == 0);
        var sent = (await A.PipeAsync())!;
        Assert.Equal(accepted, (long)sent["accepted"]!);
        Assert.Equal(accepted, (long)sent["delivered"]! + (long)sent["queued"]! + (long)sent["expired"]! + (long)sent["dropped"]!);
        Assert.Equal(accepted, (long)sent["delivered"]!);
        Assert.Equal(accepted, await B.CountAsync("received"));
        await Wait.UntilAsync("the receiver knows that all is consumed", async () => await B.CountAsync("waiting") == 0);
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
        if (Cable is not null)
            await Cable.DisposeAsync();
        if (Radio is not null)
            await Radio.DisposeAsync();
    }

    public static (UdpProxy Cable, JsonObject A, JsonObject B) Cables(double loss, int bytesPerSecond = 0)
    {
        int a = UdpProxy.FreePort(), b = UdpProxy.FreePort();
        var cable = new UdpProxy(a, b, loss, bytesPerSecond);
        return (cable, EthernetPort(a, cable.PortForA), EthernetPort(b, cable.PortForB));
    }

    public static JsonObject RadioPort(RadioSim radio, int number) => new()
    {
        ["radio"] = new JsonObject { ["type"] = "serial", ["port"] = radio.Port(number), ["baud"] = Baud },
    };

    public static JsonObject Join(JsonObject one, JsonObject other)
    {
        foreach (var (name, transport) in other)
            one[name] = transport!.DeepClone();
        return one;
    }

    public const int Baud = 57_600;
}
