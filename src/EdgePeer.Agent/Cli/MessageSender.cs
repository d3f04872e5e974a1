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
    private readonly List<int> _gathered = [];
    private long _messages;
    private long _taken;
    private int _answered, _takenOfPost;

    /// <summary>Messages with their receipt, as far as the agent has said.</summary>
    public long Taken => _taken + _takenOfPost;

    /// <summary>The length of the first message that has no answer.</summary>
    public int WaitingBytes { get; private set; }

    public async Task<ReceiptView> SendAsync(ReadOnlyMemory<byte> payload)
    {
        string clientId = NextClientId();
        WaitingBytes = payload.Length;
        var receipt = await patience.RetryAsync(cancellation => PostOneAsync(payload, clientId, cancellation));
        _taken++;
        return receipt;
    }

    /// <summary>Sends messages that share a post, or several posts where some are long.</summary>
    /// <returns>A receipt or a problem for each, in order.</returns>
    public async Task<List<PostedView>> SendAsync(IReadOnlyList<byte[]> payloads)
    {
        var answers = new List<PostedView>(payloads.Count);
        var body = new ArrayBufferWriter<byte>();
        foreach (byte[] payload in payloads)
        {
            bool alone = payload.Length > Limits.BatchedMessageBytesMax;
            // In the order of the lines: what is gathered goes before a long one.
            if (_gathered.Count > 0 && (alone || body.WrittenCount + RoomFor(payload) > Limits.BatchBytesMax))
                answers.AddRange(await PostGatheredAsync(body));
            if (alone)
                answers.Add(await SendAloneAsync(payload));
            else
                Gather(body, payload);
        }
        if (_gathered.Count > 0)
            answers.AddRange(await PostGatheredAsync(body));
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
        _gathered.Add(payload.Length);
    }

    private async Task<List<PostedView>> PostGatheredAsync(ArrayBufferWriter<byte> body)
    {
        byte[] lines = body.WrittenSpan.ToArray();
        body.Clear();
        var posted = await patience.RetryAsync(cancellation => PostLinesAsync(lines, cancellation));
        (_taken, _takenOfPost, _answered) = (_taken + _takenOfPost, 0, 0);
        _gathered.Clear();
        return posted;
    }

    private async Task<ReceiptView> PostOneAsync(ReadOnlyMemory<byte> payload, string clientId, CancellationToken cancellation)
    {
        using var content = new ReadOnlyMemoryContent(payload);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await PostAsync($"{query}&clientId={clientId}", content, HttpCompletionOption.ResponseContentRead, cancellation);
        string answer = await response.Content.ReadAsStringAsync(cancellation);
        return JsonSerializer.Deserialize(answer, ApiJson.Plain.ReceiptView) ?? throw client.Away();
    }

    /// <summary>Reads each answer as it comes: patience may end while later lines wait for room.</summary>
    private async Task<List<PostedView>> PostLinesAsync(byte[] lines, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonLines.ContentType);
        // What was taken before the agent went away is taken.
        int taken = 0;
        var posted = new List<PostedView>(_gathered.Count);
        // All may be answered, and the answer's end still be missing.
        WaitingBytes = _gathered[Math.Min(_answered, _gathered.Count - 1)];
        using var response = await PostAsync(query, content, HttpCompletionOption.ResponseHeadersRead, cancellation);
        using var answers = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await ReadLineAsync(answers, cancellation) is { } line)
        {
            var one = Parse(line);
            if (one.Problem is { Status: ServiceUnavailable })
                throw client.Away();
            posted.Add(one);
            taken += one.Receipt is null ? 0 : 1;
            _takenOfPost = Math.Max(_takenOfPost, taken);
            _answered = Math.Max(_answered, posted.Count);
            if (_answered < _gathered.Count)
                WaitingBytes = _gathered[_answered];
        }
        return posted.Count == _gathered.Count ? posted : throw client.Away();
    }

    private async Task<string?> ReadLineAsync(StreamReader answers, CancellationToken cancellation)
    {
        try
        {
            return await answers.ReadLineAsync(cancellation);
        }
        catch (IOException fault)
        {
            throw client.Away(fault);
        }
    }

    // An agent that stops in the middle of its answer ends it with a line of another kind.
    private PostedView Parse(string line)
    {
        var one = JsonSerializer.Deserialize(line, ApiJson.Plain.PostedView);
        return one is { Receipt: not null } or { Problem: not null } ? one : throw client.Away();
    }

    private async Task<HttpResponseMessage> PostAsync(string words, HttpContent content, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"pipes/{Uri.EscapeDataString(pipe)}/messages?{words}") { Content = content };
        return await client.SendAsync(request, completion, cancellation);
    }

    private string NextClientId() => $"{_run}-{_messages++}";

    private static int RoomFor(byte[] payload) => ((payload.Length + 2) / 3 * 4) + LineBytes;

    // The names of the fields and the client id.
    private const int LineBytes = 96;
    private const int ServiceUnavailable = 503;
}
