using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>
/// Posts messages, each with a client id of its own, so that posting one again after a crash or a lost answer stores it once.
/// </summary>
/// <param name="query">Priority and receipt, as they stand behind every post's path.</param>
internal sealed class MessageSender(AgentClient client, Patience patience, string pipe, string query)
{
    private readonly string _run = Guid.NewGuid().ToString("N");
    private long _messages;

    public async Task<ReceiptView> SendAsync(ReadOnlyMemory<byte> payload)
    {
        string clientId = NextClientId();
        return await patience.RetryAsync(cancellation => PostOneAsync(payload, clientId, cancellation));
    }

    /// <summary>Sends messages that share a post, or several posts where some are long.</summary>
    /// <returns>A receipt or a problem for each, in order.</returns>
    public async Task<List<PostedView>> SendAsync(IReadOnlyList<byte[]> payloads)
    {
        var answers = new List<PostedView>(payloads.Count);
        var body = new ArrayBufferWriter<byte>();
        int posts = 0;
        foreach (byte[] payload in payloads)
        {
            bool alone = payload.Length > Limits.BatchedMessageBytesMax;
            // In the order of the lines: what is gathered goes before a long one.
            if (posts > 0 && (alone || body.WrittenCount + RoomFor(payload) > Limits.BatchBytesMax))
                answers.AddRange(await PostGatheredAsync(body, ref posts));
            if (alone)
                answers.Add(await SendAloneAsync(payload));
            else
            {
                Gather(body, payload);
                posts++;
            }
        }
        if (posts > 0)
            answers.AddRange(await PostGatheredAsync(body, ref posts));
        return answers;
    }

    private async Task<PostedView> SendAloneAsync(byte[] payload)
    {
        try
        {
            return new PostedView(await SendAsync(payload));
        }
        catch (CommandException fault) when (fault.ExitCode is ExitCode.Refused or ExitCode.TimedOut)
        {
            return new PostedView(Problem: new ProblemView(fault.Message, "", 0));
        }
    }

    private void Gather(ArrayBufferWriter<byte> body, byte[] payload)
    {
        using (var writer = new Utf8JsonWriter(body))
            JsonSerializer.Serialize(writer, new PostView(payload, NextClientId()), ApiJson.Plain.PostView);
        body.Write("\n"u8);
    }

    private Task<List<PostedView>> PostGatheredAsync(ArrayBufferWriter<byte> body, ref int posts)
    {
        int count = posts;
        byte[] lines = body.WrittenSpan.ToArray();
        body.Clear();
        posts = 0;
        return patience.RetryAsync(cancellation => PostLinesAsync(lines, count, cancellation));
    }

    private async Task<ReceiptView> PostOneAsync(ReadOnlyMemory<byte> payload, string clientId, CancellationToken cancellation)
    {
        using var content = new ReadOnlyMemoryContent(payload);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        string answer = await PostAsync($"{query}&clientId={clientId}", content, cancellation);
        return JsonSerializer.Deserialize(answer, ApiJson.Plain.ReceiptView) ?? throw client.Away();
    }

    private async Task<List<PostedView>> PostLinesAsync(byte[] lines, int count, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonLines.ContentType);
        string answer = await PostAsync(query, content, cancellation);
        var posted = new List<PostedView>(count);
        foreach (string line in answer.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var one = Parse(line);
            if (one.Problem is { Status: ServiceUnavailable })
                throw client.Away();
            posted.Add(one);
        }
        return posted.Count == count ? posted : throw client.Away();
    }

    // An agent that stops in the middle of its answer ends it with a line of another kind.
    private PostedView Parse(string line)
    {
        var one = JsonSerializer.Deserialize(line, ApiJson.Plain.PostedView);
        return one is { Receipt: not null } or { Problem: not null } ? one : throw client.Away();
    }

    private async Task<string> PostAsync(string words, HttpContent content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"pipes/{Uri.EscapeDataString(pipe)}/messages?{words}") { Content = content };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    private string NextClientId() => $"{_run}-{_messages++}";

    private static int RoomFor(byte[] payload) => ((payload.Length + 2) / 3 * 4) + LineBytes;

    // The names of the fields and the client id.
    private const int LineBytes = 96;
    private const int ServiceUnavailable = 503;
}
