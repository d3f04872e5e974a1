using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>An agent hears one of the wire version before its own.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class OtherVersionTests
{
    [Fact]
    public async Task Datagrams_of_version_1_are_named_in_the_log_and_cost_no_message()
    {
        int port = UdpProxy.FreePort();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var station = await Station.MakeAsync("a", GroupName, Site.EthernetPort(port, ((IPEndPoint)socket.LocalEndPoint!).Port));
        string line = await RefusedAsync(station, frame => socket.SendTo(frame, new IPEndPoint(IPAddress.Loopback, port)));
        Assert.Contains("lan", line, StringComparison.Ordinal);
        Assert.Contains($"{socket.LocalEndPoint}", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serial_frames_of_version_1_are_named_in_the_log_though_their_checksum_was_another()
    {
        using var line = new Pty();
        var radio = new JsonObject { ["radio"] = new JsonObject { ["type"] = "serial", ["port"] = line.Path, ["baud"] = Site.Baud } };
        await using var station = await Station.MakeAsync("a", GroupName, radio);
        string said = await RefusedAsync(station, frame => line.Write(VersionOne.OnTheLine(frame)));
        Assert.Contains("radio", said, StringComparison.Ordinal);
    }

    /// <returns>The line of the log.</returns>
    private static async Task<string> RefusedAsync(Station station, Action<byte[]> say)
    {
        const int Waiting = 20;
        await station.StartAsync();
        await Wait.UntilAsync("the transport is up", async () => (bool)(await station.Agent.StatusAsync())["transports"]![0]!["up"]!);
        var sending = new SendingApplication(station, new NumberedMessages("versions", 40));
        await sending.SendAsync(Waiting, batch: Waiting, TestContext.Current.CancellationToken);
        for (int i = 0; i < 10; i++)
            foreach (byte[] frame in VersionOne.Frames)
                say(frame);
        await Wait.UntilAsync("all of them are counted", async () => await DroppedAsync(station) >= 10 * VersionOne.Frames.Count);

        string line = Assert.Single(station.Agent.Log, line => line.Contains("version 1", StringComparison.Ordinal));
        Assert.Contains("version 2", line, StringComparison.Ordinal);
        Assert.Equal(Waiting, await station.CountAsync("queued"));
        Assert.Empty((await station.Agent.StatusAsync())["peers"]!.AsArray());
        await sending.SendAsync(1, batch: 1, TestContext.Current.CancellationToken);
        Assert.Equal(Waiting + 1, await station.CountAsync("queued"));
        await station.AssertHealthyAsync();
        return line;
    }

    private static async Task<long> DroppedAsync(Station station) => (long)(await station.Agent.StatusAsync())["counters"]!["framesDropped"]!;

    private static string GroupName => $"versions-{Guid.NewGuid():N}";
}
