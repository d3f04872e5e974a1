using System.Buffers;
using EdgePeer.Protocol;
using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>
/// Takes messages. A body of any type is one message, byte for byte; a body of <c>application/x-ndjson</c> is many, which share
/// their sync and are answered line by line.
/// </summary>
internal sealed class PostEndpoint(PeerHost host, CancellationToken stopping) : IDisposable
{
    private readonly SemaphoreSlim _largeBodies = new(Limits.LargeBodiesMax);

    public async Task PostAsync(HttpContext context)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var request = context.Request;
        var pipe = RequestWords.Pipe(request);
        if (request.ContentType?.StartsWith(JsonLines.ContentType, StringComparison.OrdinalIgnoreCase) == true)
            await PostLinesAsync(context, pipe, either.Token);
        else
            await PostOneAsync(context, pipe, either.Token);
    }

    public void Dispose() => _largeBodies.Dispose();

    private async Task PostOneAsync(HttpContext context, PipeName pipe, CancellationToken cancellation)
    {
        var request = context.Request;
        var options = new SendOptions(
            RequestWords.ClientId((string?)request.Query["clientId"]), RequestWords.Priority(request), RequestWords.WaitFor(request),
            RequestWords.Ttl((string?)request.Query["ttl"]));
        bool large = request.ContentLength is not <= Limits.BatchBytesMax;
        if (large)
            await _largeBodies.WaitAsync(cancellation);
        try
        {
            byte[] payload = await ReadBodyAsync(request, Limits.MessageBytesMax, cancellation);
            var result = await host.SendAsync(pipe, payload, options, cancellation);
            if (Problem(result, options.WaitFor) is { } problem)
                throw new ApiProblemException(problem);
            context.Response.ContentType = "application/json";
            await JsonLines.WriteAsync(context.Response, View(result), ApiJson.Plain.ReceiptView, cancellation);
        }
        finally
        {
            if (large)
                _largeBodies.Release();
        }
    }

    private async Task PostLinesAsync(HttpContext context, PipeName pipe, CancellationToken cancellation)
    {
        var request = context.Request;
        var preset = new SendOptions(null, RequestWords.Priority(request), RequestWords.WaitFor(request), RequestWords.Ttl((string?)request.Query["ttl"]));
        byte[] body = await ReadBodyAsync(request, Limits.BatchBytesMax, cancellation);
        var posts = JsonLines.Parse(body, ApiJson.Plain.PostView, Limits.BatchMessagesMax);
        // All lines are looked at before the first is sent: a wrong one refuses the post whole.
        var options = posts.ConvertAll(post => preset with { ClientId = RequestWords.ClientId(post.ClientId), Lane = Lane(post) ?? preset.Lane, Ttl = RequestWords.Ttl(post.Ttl) ?? preset.Ttl });
        var sent = new List<Task<SendResult>>(posts.Count);
        for (int i = 0; i < posts.Count; i++)
            sent.Add(host.SendAsync(pipe, posts[i].Payload, options[i], cancellation));
        context.Response.ContentType = JsonLines.ContentType;
        foreach (var one in sent)
        {
            if (!one.IsCompleted)
                await context.Response.BodyWriter.FlushAsync(cancellation);
            var result = await one;
            var posted = Problem(result, preset.WaitFor) is { } problem ? new PostedView(Problem: problem) : new PostedView(View(result));
            JsonLines.Write(context.Response, posted, ApiJson.Plain.PostedView);
        }
        await context.Response.BodyWriter.FlushAsync(cancellation);
    }

    private static byte? Lane(PostView post) => post.Priority switch
    {
        null => null,
        >= 0 and < StreamKey.LaneCount and var lane => (byte)lane,
        var other => throw RequestWords.Wrong($"priority is {other}", "write a whole number from 0 to 7"),
    };

    // A host that stops answers with the receipt reached so far, which is not the one asked for.
    private static ProblemView? Problem(SendResult result, Receipt waitedFor) =>
        result.Reached == Receipt.Rejected ? Problems.Refused(result.Reason) with { Receipt = "rejected" }
        : result.Reached == Receipt.Expired ? Problems.Expired(result.Reason)
        : result.Reached < waitedFor ? Problems.Stopping
        : null;

    private static ReceiptView View(SendResult result)
    {
        string receipt = result.Reached switch { Receipt.Durable => "durable", Receipt.Delivered => "delivered", _ => "consumed" };
        var stream = result.Stream;
        return new ReceiptView(receipt, stream.Pipe.Text, stream.Sender.ToString(), stream.Incarnation.ToString(), result.Sequence, stream.Lane);
    }

    /// <exception cref="ApiProblemException">The body is longer than it may be.</exception>
    internal static async Task<byte[]> ReadBodyAsync(HttpRequest request, int bytesMax, CancellationToken cancellation)
    {
        if (request.ContentLength > bytesMax)
            throw TooLong(bytesMax);
        while (true)
        {
            // Unconsumed bytes stay in the pipe until the end, so that they are copied once.
            var read = await request.BodyReader.ReadAsync(cancellation);
            if (read.Buffer.Length > bytesMax)
                throw TooLong(bytesMax);
            if (read.IsCompleted)
            {
                byte[] body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }
            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static ApiProblemException TooLong(int bytesMax) =>
        new(StatusCodes.Status413PayloadTooLarge, $"the body has more than {bytesMax} bytes", "send less at once");
}
