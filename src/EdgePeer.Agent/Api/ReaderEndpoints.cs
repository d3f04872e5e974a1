using System.Collections.Concurrent;
using System.Globalization;
using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>
/// Hands messages out as a stream of lines, each kept until the reader names it as consumed in a request of its own. What a
/// reader leaves behind unconsumed goes to the next one.
/// </summary>
internal sealed class ReaderEndpoints(PeerHost host, PeerId peer, CancellationToken stopping)
{
    /// <summary>The header that names the stream's reader, for posts of what it has consumed.</summary>
    public const string ReaderHeader = "EdgePeer-Reader";

    private readonly ConcurrentDictionary<string, ReaderSession> _sessions = new(StringComparer.Ordinal);
    private long _opened;

    public async Task ReadAsync(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var request = context.Request;
        var pipe = RequestWords.Pipe(request);
        var endpoint = RequestWords.Endpoint(request, peer);
        int window = RequestWords.Number(request, "window", 1, Limits.ReaderWindowMax) ?? Limits.ReaderWindowDefault;
        int? count = RequestWords.Number(request, "count", 1, int.MaxValue);
        bool consume = ConsumeWritten(request);
        string id = Interlocked.Increment(ref _opened).ToString(CultureInfo.InvariantCulture);
        await using var session = new ReaderSession(id, host.OpenReader(pipe, endpoint, window), endpoint);
        _sessions[id] = session;
        try
        {
            context.Response.ContentType = JsonLines.ContentType;
            context.Response.Headers[ReaderHeader] = id;
            await StreamAsync(context.Response, session, count, consume, either.Token);
        }
        finally
        {
            _sessions.TryRemove(id, out _);
        }
    }

    public async Task ConsumedAsync(HttpContext context)
    {
        string id = (string?)context.Request.RouteValues["reader"] ?? "";
        if (!_sessions.TryGetValue(id, out var session))
            throw new ApiProblemException(StatusCodes.Status404NotFound, $"there is no reader {id}", "its stream has ended; read again, and what was not consumed comes again");
        byte[] body = await PostEndpoint.ReadBodyAsync(context.Request, Limits.ConsumedBodyBytesMax, context.RequestAborted);
        var messages = JsonLines.Parse(body, ApiJson.Plain.ConsumedView, Limits.ReaderWindowMax);
        var named = messages.ConvertAll(message => (Stream(message), message.Sequence));
        foreach (var (stream, sequence) in named)
            session.Consume(stream, sequence);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task StreamAsync(HttpResponse response, ReaderSession session, int? count, bool consume, CancellationToken cancellation)
    {
        // The reader learns its name before the first message, which may be days away.
        await response.BodyWriter.FlushAsync(cancellation);
        for (int left = count ?? int.MaxValue; left > 0; left -= count is null ? 0 : 1)
        {
            var next = session.ReadAsync(cancellation);
            if (!next.IsCompleted)
                await FlushAsync(response, session, consume, cancellation);
            if (await next is not { } message)
                throw new ApiProblemException(Problems.Stopping);
            session.Hand(message);
            JsonLines.Write(response, View(message), ApiJson.Plain.MessageView);
            if (response.BodyWriter.UnflushedBytes > FlushBytes)
                await FlushAsync(response, session, consume, cancellation);
        }
        await FlushAsync(response, session, consume, cancellation);
        await session.DrainAsync(cancellation);
    }

    private static async Task FlushAsync(HttpResponse response, ReaderSession session, bool consume, CancellationToken cancellation)
    {
        await response.BodyWriter.FlushAsync(cancellation);
        if (consume)
            session.ConsumeAll();
    }

    private static bool ConsumeWritten(HttpRequest request) => (string?)request.Query["consume"] switch
    {
        null or "named" => false,
        "written" => true,
        var other => throw RequestWords.Wrong($"consume is \"{other}\"", "write named, or written for messages that count as consumed once they are on the connection"),
    };

    private static MessageView View(ReceivedMessage message) => new(
        message.Stream.Pipe.Text, message.Stream.Sender.ToString(), message.Stream.Incarnation.ToString(), message.Sequence, message.Stream.Lane, message.Payload);

    private static StreamKey Stream(ConsumedView message) =>
        PeerId.TryParse(message.From, out var from)
        && PipeName.TryParse(message.Pipe, out var pipe)
        && ulong.TryParse(message.Incarnation, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong incarnation)
        && message.Priority is >= 0 and < StreamKey.LaneCount
            ? new StreamKey(from, pipe, (byte)message.Priority, new Incarnation(incarnation))
            : throw RequestWords.Wrong("a message's pipe, from, incarnation or priority is not as it was handed out", "send them back unchanged");

    // A few of the socket's buffers: more would only wait here.
    private const int FlushBytes = 64 << 10;
}
