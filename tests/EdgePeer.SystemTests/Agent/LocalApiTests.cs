using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgePeer.Agent;
using EdgePeer.Agent.Bridges;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>The local API over a real socket of a real agent.</summary>
public sealed class LocalApiTests
{
    [Fact]
    public async Task Status_has_the_fields_that_scripts_read()
    {
        await using var peers = TwoPeers.Make();
        var (a, _) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        await a.CommandAsync(["send", "readings", "one"]);
        await Wait.UntilAsync("a knows b", async () => (await a.StatusAsync())["peers"]!.AsArray().Count > 0);

        var status = JsonNode.Parse((await a.CommandAsync(["status", "--json"])).Output)!;

        Assert.Equal(a.Peer, status["peer"]!.GetValue<string>());
        Assert.Equal("a", status["name"]!.GetValue<string>());
        AssertNumbers(status, "uptimeSeconds");
        var transport = status["transports"]![0]!;
        Assert.Equal(("lan", "ethernet", true), (transport["name"]!.GetValue<string>(), transport["type"]!.GetValue<string>(), transport["up"]!.GetValue<bool>()));
        AssertNumbers(transport, "framesSent", "framesReceived", "bytesSent", "bytesReceived", "framesDropped");
        var peer = status["peers"]![0]!;
        Assert.Equal("b", peer["name"]!.GetValue<string>());
        Assert.Equal("lan", peer["links"]![0]!["transport"]!.GetValue<string>());
        AssertNumbers(peer["links"]![0]!, "rttMs", "loss");
        var pipe = status["pipes"]!.AsArray().Single(one => one!["name"]!.GetValue<string>() == "readings")!;
        Assert.Equal("reliable", pipe["type"]!.GetValue<string>());
        AssertNumbers(pipe, "accepted", "delivered", "consumed", "queued", "expired", "dropped");
        AssertNumbers(status["journal"]!, "payloadBytes", "bytesWritten", "syncs", "capacityBytes", "usedBytes");
    }

    [Fact]
    public async Task A_post_with_the_same_client_id_is_stored_once()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        string first = await PostAsync(a, "pipes/p/messages?clientId=order-1", "one");
        string again = await PostAsync(a, "pipes/p/messages?clientId=order-1", "one");
        string other = await PostAsync(a, "pipes/p/messages?clientId=order-2", "one");

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.Equal(2, (await a.PipeAsync("p"))!["accepted"]!.GetValue<long>());

        await a.KillAsync();
        a = await peers.StartAsync("a");
        Assert.Equal(first, await PostAsync(a, "pipes/p/messages?clientId=order-1", "one"));
        Assert.Equal(2, (await a.PipeAsync("p"))!["accepted"]!.GetValue<long>());
    }

    [Fact]
    public async Task Many_messages_share_a_post_and_are_answered_line_by_line()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        string lines = string.Join('\n', Enumerable.Range(0, 10).Select(number => $"{{\"payload\":\"{Convert.ToBase64String([(byte)('0' + number)])}\",\"clientId\":\"c{number}\"}}"));

        string[] answers = (await PostAsync(a, "pipes/p/messages", lines, "application/x-ndjson")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var received = await b.CommandAsync(["recv", "p", "--count", "10"]);

        var sequences = answers.Select(answer => JsonNode.Parse(answer)!["receipt"]!["sequence"]!.GetValue<ulong>()).ToList();
        Assert.Equal(Enumerable.Range(0, 10).Select(number => sequences[0] + (ulong)number), sequences);
        Assert.Equal("0123456789", string.Concat(received.Lines));
    }

    [Fact]
    public async Task What_a_reader_leaves_unconsumed_comes_to_the_next_one()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        await a.CommandAsync(["send", "p", "--lines"], "one\ntwo\nthree\n");

        string[] first = await ReadAsync(b, 3, consume: 1);
        string[] second = await ReadAsync(b, 2, consume: 2);

        Assert.Equal(first[1..], second);
        await Wait.UntilAsync("all is consumed", async () => (await b.PipeAsync("p"))!["waiting"]!.GetValue<long>() == 0);
    }

    [Fact]
    public async Task A_counted_stream_ends_when_its_messages_are_consumed()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        await a.CommandAsync(["send", "p", "--lines"], "one\ntwo\n");

        string lines = await b.Http.GetStringAsync("pipes/p/messages?count=2&consume=written", TestContext.Current.CancellationToken);

        Assert.Equal(2, lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await Wait.UntilAsync("all is consumed", async () => (await b.PipeAsync("p"))!["waiting"]!.GetValue<long>() == 0);
    }

    [Fact]
    public async Task A_wrong_request_is_answered_with_a_problem_and_its_mend()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        await AssertProblemAsync(a, "POST", "pipes/a%20b/messages", 400, "not a pipe's name");
        await AssertProblemAsync(a, "POST", "pipes/p/messages?priority=8", 400, "priority is \"8\"");
        await AssertProblemAsync(a, "POST", "pipes/p/messages?wait=forever", 400, "wait is \"forever\"");
        await AssertProblemAsync(a, "POST", "pipes/p/messages?clientId=", 400, "client id");
        await AssertProblemAsync(a, "GET", "pipes/p/messages?window=0", 400, "window is \"0\"");
        await AssertProblemAsync(a, "GET", "pipes/p/messages?as=two%20words", 400, "not an endpoint's name");
        await AssertProblemAsync(a, "GET", "pipes/p/messages?consume=maybe", 400, "consume is \"maybe\"");
        await AssertProblemAsync(a, "POST", "readers/99/consumed", 404, "no reader 99");
        await AssertProblemAsync(a, "GET", "nothing/here", 404, "nothing at /nothing/here");
        await AssertProblemAsync(a, "DELETE", "status", 405, "/status knows no DELETE");
        await AssertProblemAsync(a, "GET", "nothing.json", 404, "nothing at /nothing.json");
        await AssertProblemAsync(a, "GET", "pipes//messages", 404, "nothing at /pipes//messages");
    }

    [Theory]
    [InlineData("status/")]
    [InlineData("Status")]
    public async Task A_path_is_found_whatever_its_case_and_its_last_slash(string path)
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        Assert.Contains("\"uptimeSeconds\":", await a.Http.GetStringAsync(path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_long_a_message_is_refused_and_the_agent_lives()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        using var known = await a.Http.PostAsync("pipes/p/messages", new ByteArrayContent(new byte[(16 << 20) + 1]), TestContext.Current.CancellationToken);
        using var lines = await a.Http.PostAsync("pipes/p/messages", Typed("{\"payload\":5}", "application/x-ndjson"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, known.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, lines.StatusCode);
        Assert.NotNull(await a.StatusAsync());
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_what_is_there()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        var document = JsonNode.Parse(await a.Http.GetStringAsync("openapi.json", TestContext.Current.CancellationToken))!;

        foreach (var (path, methods) in document["paths"]!.AsObject())
        {
            // A path that takes only GET without a name in it answers at once.
            if (path.Contains('{', StringComparison.Ordinal))
                continue;
            Assert.Equal(["get"], methods!.AsObject().Select(method => method.Key));
            using var response = await a.Http.GetAsync(path.TrimStart('/'), TestContext.Current.CancellationToken);
            // What must be asked for something says so.
            bool asks = methods["get"]!["parameters"] is JsonArray parameters && parameters.Any(parameter => (bool?)parameter!["required"] == true);
            Assert.Equal((path, asks ? HttpStatusCode.BadRequest : HttpStatusCode.OK), (path, response.StatusCode));
        }
    }

    [Fact]
    public void The_OpenAPI_document_has_the_fields_of_a_bridge()
    {
        var bridge = JsonNode.Parse(EmbeddedFiles.ReadText("openapi.json"))!["components"]!["schemas"]!["Bridge"]!;

        string[] fields = [.. typeof(BridgeView).GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(StringComparer.Ordinal)];
        Assert.Equal(fields, bridge["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal));
        // The reason is left out while there is none.
        Assert.Equal(fields.Where(field => field != "downReason"), bridge["required"]!.AsArray().Select(field => field!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_socket_is_for_owner_and_group()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(a.SocketPath));
    }

    private static void AssertNumbers(JsonNode node, params string[] fields)
    {
        foreach (string field in fields)
            Assert.Equal(System.Text.Json.JsonValueKind.Number, node[field]!.GetValueKind());
    }

    private static async Task AssertProblemAsync(RunningAgent agent, string method, string path, int status, string title)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "POST" ? new StringContent("x") : null };
        using var response = await agent.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((path, status), (path, (int)response.StatusCode));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Contains(title, problem["title"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotEmpty(problem["mend"]!.GetValue<string>());
        if (status == 405)
            Assert.Equal(["GET"], response.Content.Headers.Allow);
    }

    private static async Task<string> PostAsync(RunningAgent agent, string path, string body, string type = "application/octet-stream")
    {
        using var response = await agent.Http.PostAsync(path, Typed(body, type), TestContext.Current.CancellationToken);
        string answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, answer);
        return answer;
    }

    private static async Task<string[]> ReadAsync(RunningAgent agent, int count, int consume)
    {
        using var response = await agent.Http.GetAsync("pipes/p/messages", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var stream = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var lines = new List<string>();
        while (lines.Count < count)
            lines.Add((await stream.ReadLineAsync(TestContext.Current.CancellationToken))!);
        string reader = response.Headers.GetValues("EdgePeer-Reader").Single();
        using var consumed = await agent.Http.PostAsync($"readers/{reader}/consumed", Typed(lines[consume - 1], "application/x-ndjson"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, consumed.StatusCode);
        return [.. lines];
    }

    private static ByteArrayContent Typed(string text, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }
}
