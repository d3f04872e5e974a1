using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text.Json;
using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>
/// Reads a pipe and writes each message out; only what has been written and flushed is told to the agent as consumed. What comes
/// a second time because the agent went away before it heard so is consumed and not written again.
/// </summary>
/// <param name="endpoint">Null for the one named after the peer.</param>
internal sealed class MessageReceiver(AgentClient client, string pipe, string? endpoint, MessageOutput output)
{
    private readonly Dictionary<Lane, ulong> _written = [];

    /// <summary>Messages written so far.</summary>
    public long Count { get; private set; }

    /// <summary>The agent was looked for and was not there, or went, and has not come back since.</summary>
    public bool AgentAway { get; private set; }

    /// <summary>Reads until so many messages in all are written and consumed.</summary>
    /// <exception cref="AgentAwayException">The agent went away; call again to go on after the last one written.</exception>
    public async Task ReceiveAsync(long countMax, CancellationToken cancellation)
    {
        try
        {
            await StreamAsync(countMax, cancellation);
        }
        catch (AgentAwayException)
        {
            AgentAway = true;
            throw;
        }
    }

    private async Task StreamAsync(long countMax, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path(countMax - Count));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        AgentAway = false;
        string reader = response.Headers.GetValues(ReaderEndpoints.ReaderHeader).First();
        var lines = PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellation));
        while (Count < countMax)
        {
            var read = await ReadAsync(lines, cancellation);
            var consumed = await WriteAsync(read.Buffer, lines, countMax, cancellation);
            if (consumed.Count > 0)
                await ConsumeAsync(reader, consumed, cancellation);
            if (read.IsCompleted && Count < countMax)
                throw client.Away();
        }
    }

    /// <summary>Writes out all whole lines, then flushes once.</summary>
    /// <returns>The last of each lane, which stands for those before it.</returns>
    private async Task<Dictionary<Lane, ConsumedView>> WriteAsync(ReadOnlySequence<byte> buffer, PipeReader lines, long countMax, CancellationToken cancellation)
    {
        var last = new Dictionary<Lane, ConsumedView>();
        var rest = buffer;
        while (Count < countMax && rest.PositionOf((byte)'\n') is { } end)
        {
            var message = Parse(rest.Slice(0, end));
            rest = rest.Slice(rest.GetPosition(1, end));
            var lane = new Lane(message.From, message.Incarnation, message.Priority);
            last[lane] = new ConsumedView(message.Pipe, message.From, message.Incarnation, message.Sequence, message.Priority);
            if (_written.TryGetValue(lane, out ulong written) && message.Sequence <= written)
                continue;
            await output.WriteAsync(message, cancellation);
            _written[lane] = message.Sequence;
            Count++;
        }
        lines.AdvanceTo(rest.Start, buffer.End);
        if (last.Count > 0)
            await output.FlushAsync(cancellation);
        return last;
    }

    private async Task ConsumeAsync(string reader, Dictionary<Lane, ConsumedView> consumed, CancellationToken cancellation)
    {
        string lines = string.Join('\n', consumed.Values.Select(message => JsonSerializer.Serialize(message, ApiJson.Plain.ConsumedView)));
        using var content = new StringContent(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonLines.ContentType);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"readers/{reader}/consumed") { Content = content };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
    }

    private MessageView Parse(ReadOnlySequence<byte> line)
    {
        var json = new Utf8JsonReader(line);
        // A stream that had begun tells a problem as its last line, which alone begins so.
        if (line.FirstSpan.StartsWith("{\"title\""u8) && JsonSerializer.Deserialize(ref json, ApiJson.Plain.ProblemView) is { } problem)
            throw client.Fault(problem);
        return JsonSerializer.Deserialize(ref json, ApiJson.Plain.MessageView) ?? throw client.Away();
    }

    private async Task<ReadResult> ReadAsync(PipeReader lines, CancellationToken cancellation)
    {
        try
        {
            return await lines.ReadAsync(cancellation);
        }
        catch (IOException fault)
        {
            throw client.Away(fault);
        }
    }

    private string Path(long left)
    {
        string window = Math.Min(left, Limits.ReaderWindowMax).ToString(CultureInfo.InvariantCulture);
        return $"pipes/{Uri.EscapeDataString(pipe)}/messages?window={window}" + (endpoint is null ? "" : $"&as={Uri.EscapeDataString(endpoint)}");
    }

    private readonly record struct Lane(string From, string Incarnation, int Priority);
}
