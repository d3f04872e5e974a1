using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Cli;

namespace EdgePeer.Agent.Demo;

/// <summary>
/// Reads one flow through the receiving peer's local API and keeps its ledger. When the peer goes away it reads on as soon as the
/// peer is back.
/// </summary>
internal sealed class FlowReader(Flow flow, string socketPath)
{
    public Ledger Ledger { get; } = new(flow);

    /// <summary>Runs until cancelled: a message too many would come after the last.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var client = new AgentClient(socketPath);
        while (true)
        {
            try
            {
                await ReadAsync(client, cancellation);
            }
            catch (Exception away) when (away is AgentAwayException or IOException or HttpRequestException or JsonException)
            {
                // Its peer was killed, perhaps in the middle of a line; what was not consumed comes again.
            }
            await Task.Delay(ReconnectAfter, cancellation);
        }
    }

    private async Task ReadAsync(AgentClient client, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"pipes/{Uri.EscapeDataString(flow.Pipe)}/messages?as={Endpoint}&window={Window}");
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        string reader = response.Headers.GetValues(ReaderEndpoints.ReaderHeader).First();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        string? unconsumed = null;
        while (true)
        {
            var next = lines.ReadLineAsync(cancellation);
            // What has come so far is said to be consumed before a wait, and not line by line.
            if (!next.IsCompleted && unconsumed is not null)
            {
                await ConsumeAsync(client, reader, unconsumed, cancellation);
                unconsumed = null;
            }
            if (await next is not { } line)
                return;
            var message = JsonSerializer.Deserialize(line, ApiJson.Plain.MessageView)!;
            Ledger.Record(new MessageIdentity(message.From, message.Incarnation, message.Priority, message.Sequence), message.Payload);
            unconsumed = line;
        }
    }

    private static async Task ConsumeAsync(AgentClient client, string reader, string message, CancellationToken cancellation)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(message));
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonLines.ContentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"readers/{reader}/consumed") { Content = content };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
    }

    private const string Endpoint = "demo";
    private const int Window = 64;
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(100);
}
