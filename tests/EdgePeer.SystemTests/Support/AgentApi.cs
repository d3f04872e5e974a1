using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgePeer.SystemTests.Support;

/// <summary>
/// Messages over the local API, as any program would send and read them. While the agent is away its members throw
/// <see cref="HttpRequestException"/> or <see cref="IOException"/>.
/// </summary>
internal static class AgentApi
{
    /// <summary>Posts messages with ids of their own; those with an id seen before are not stored again.</summary>
    /// <returns>How many of them, from the first on, have a durable receipt: less than all when the agent went away.</returns>
    public static async Task<int> PostAsync(HttpClient http, string pipe, IReadOnlyList<(string ClientId, byte[] Payload)> messages, CancellationToken cancellation)
    {
        var body = new StringBuilder();
        foreach (var (clientId, payload) in messages)
            body.Append(new JsonObject { ["clientId"] = clientId, ["payload"] = Convert.ToBase64String(payload) }.ToJsonString()).Append('\n');
        using var content = new StringContent(body.ToString(), Encoding.UTF8, Lines);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"pipes/{pipe}/messages?wait=durable") { Content = content };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await ThrowUnlessDoneAsync(response, cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        int receipts = 0;
        try
        {
            while (await lines.ReadLineAsync(cancellation) is { } line && JsonNode.Parse(line)!["receipt"] is not null)
                receipts++;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // It was killed in the middle of its answer: the receipts before count.
            return receipts;
        }
        return receipts;
    }

    /// <summary>Posts one message, large ones too, and waits for the receipt.</summary>
    public static Task PostOneAsync(HttpClient http, string pipe, string clientId, byte[] payload, string receipt, CancellationToken cancellation) =>
        PostOneAsync(http, pipe, clientId, payload, receipt, priority: 3, cancellation);

    public static async Task PostOneAsync(HttpClient http, string pipe, string clientId, byte[] payload, string receipt, int priority, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(payload);
        using var response = await http.PostAsync($"pipes/{pipe}/messages?wait={receipt}&clientId={clientId}&priority={priority}", content, cancellation);
        await ThrowUnlessDoneAsync(response, cancellation);
    }

    /// <summary>Reads a pipe until the agent goes away, consuming each message after <paramref name="take"/> has returned.</summary>
    public static async Task ReadAsync(HttpClient http, string pipe, int window, Action<ReceivedMessage> take, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"pipes/{pipe}/messages?window={window}");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await ThrowUnlessDoneAsync(response, cancellation);
        string reader = response.Headers.GetValues("EdgePeer-Reader").Single();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        // A line that is no message is the agent's last word.
        while (await lines.ReadLineAsync(cancellation) is { } line && JsonNode.Parse(line) is JsonObject message && message["payload"] is not null)
        {
            take(ReceivedMessage.Of(message));
            message.Remove("payload");
            using var named = new StringContent(message.ToJsonString(), Encoding.UTF8, Lines);
            using var consumed = await http.PostAsync($"readers/{reader}/consumed", named, cancellation);
            await ThrowUnlessDoneAsync(consumed, cancellation);
        }
    }

    private static async Task ThrowUnlessDoneAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellation)}");
    }

    private const string Lines = "application/x-ndjson";
}

/// <summary>A message with its whole identity, as a reader gets it.</summary>
internal sealed record ReceivedMessage(string Stream, ulong Sequence, byte[] Payload)
{
    public static ReceivedMessage Of(JsonNode line) => new(
        $"{line["from"]}/{line["incarnation"]}/{line["priority"]}", (ulong)line["sequence"]!, line["payload"]!.GetValue<JsonElement>().GetBytesFromBase64());
}
