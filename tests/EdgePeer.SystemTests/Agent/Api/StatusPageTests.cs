using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Api;

/// <summary>The local API over TCP, and who is let in.</summary>
public sealed class StatusPageTests
{
    [Fact]
    public async Task On_loopback_it_serves_programs_and_refuses_what_pages_of_others_send()
    {
        await using var peers = TwoPeers.Make();
        int port = FreePort();
        var a = await StartAsync(peers, $"\"listen\": \"127.0.0.1:{port}\"");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };

        var status = JsonNode.Parse(await http.GetStringAsync("status", TestContext.Current.CancellationToken))!;
        Assert.Equal(a.Peer, status["peer"]!.GetValue<string>());
        using (var posted = await http.PostAsync("pipes/p/messages", new StringContent("x"), TestContext.Current.CancellationToken))
            Assert.Equal(HttpStatusCode.OK, posted.StatusCode);

        Assert.Equal(403, await StatusAsync(http, request => request.Headers.Host = "evil.example"));
        Assert.Equal(403, await StatusAsync(http, request => request.Headers.Add("Origin", "http://evil.example")));
        Assert.Equal(403, await StatusAsync(http, request => request.Headers.Add("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(1, (await a.PipeAsync("p"))!["accepted"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public async Task With_a_token_every_request_needs_it_and_the_socket_does_not(string address)
    {
        await using var peers = TwoPeers.Make();
        int port = FreePort();
        await File.WriteAllTextAsync(peers.File("status.token"), $"{Token}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(peers.File("status.token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var a = await StartAsync(peers, $"\"listen\": \"{address}:{port}\", \"tokenFile\": \"status.token\"");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };

        using var refused = await http.GetAsync("status", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Bearer", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        Assert.Contains("tokenFile", JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["mend"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(401, await StatusAsync(http, request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token + "x")));
        Assert.Equal(200, await StatusAsync(http, request => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token)));
        Assert.NotNull(await a.StatusAsync());
        Assert.DoesNotContain(a.Log, line => line.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named()
    {
        await using var peers = TwoPeers.Make();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string address = taken.LocalEndpoint.ToString()!;
        Configure(peers, $"\"listen\": \"{address}\"");

        var run = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("a")]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(address, run.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(peers.Socket("a")));
    }

    private static async Task<int> StatusAsync(HttpClient http, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "pipes/p/messages") { Content = new StringContent("x") };
        change(request);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }

    private static Task<RunningAgent> StartAsync(TwoPeers peers, string page)
    {
        Configure(peers, page);
        return peers.StartAsync("a");
    }

    private static void Configure(TwoPeers peers, string page)
    {
        string path = peers.Configuration("a");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"transports\":", $"\"statusPage\": {{ {page} }}, \"transports\":", StringComparison.Ordinal));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private const string Token = "hdsk37HGDz+27dskjhsj";
}
