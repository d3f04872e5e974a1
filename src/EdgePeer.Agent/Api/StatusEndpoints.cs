using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgePeer.Agent.Bridges;
using EdgePeer.Protocol;
using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>What can be looked at.</summary>
internal sealed class StatusEndpoints(PeerHost host, BridgeSet bridges, IdentityView identity, PeerId peer, string name)
{
    public async Task StatusAsync(HttpContext context) => await AnswerAsync(context, await StatusAsync(), ApiJson.Plain.StatusView);

    public Task IdentityAsync(HttpContext context) => AnswerAsync(context, identity, ApiJson.Plain.IdentityView);

    public async Task TransportsAsync(HttpContext context) =>
        await AnswerAsync(context, (await StatusAsync()).Transports, ApiJson.Plain.IReadOnlyListTransportView);

    public async Task PeersAsync(HttpContext context) => await AnswerAsync(context, (await StatusAsync()).Peers, ApiJson.Plain.IReadOnlyListPeerView);

    public async Task LinksAsync(HttpContext context) =>
        await AnswerAsync(context, StatusViews.Links(await StatusAsync()), ApiJson.Plain.IReadOnlyListPeerLinkView);

    public async Task PipesAsync(HttpContext context) => await AnswerAsync(context, (await StatusAsync()).Pipes, ApiJson.Plain.IReadOnlyListPipeView);

    public async Task QueueAsync(HttpContext context)
    {
        string? pipe = context.Request.Query["pipe"];
        await AnswerAsync(context, StatusViews.Queue(await StatusAsync(), pipe), ApiJson.Plain.IReadOnlyListQueueView);
    }

    /// <summary>Where a message is: <c>PIPE:PRIORITY:SEQUENCE</c>, as receipts name it, or <c>PIPE:CLIENTID</c>.</summary>
    public async Task TraceAsync(HttpContext context)
    {
        string text = (string?)context.Request.Query["message"] ?? "";
        string[] parts = text.Split(':', 2);
        if (parts.Length < 2 || parts[1].Length == 0 || !PipeName.TryParse(parts[0], out var pipe))
            throw RequestWords.Wrong($"message is \"{text}\"", "write PIPE:PRIORITY:SEQUENCE, as `send --json` prints it, or PIPE:CLIENTID");
        var trace = await FindAsync(pipe, parts[1])
            ?? throw new ApiProblemException(StatusCodes.Status404NotFound, $"no message of pipe {pipe} with the client id \"{parts[1]}\" is remembered", "write PIPE:PRIORITY:SEQUENCE; the last 4,096 client ids are remembered");
        var view = new TraceView(
            $"{trace.Stream.Pipe}:{trace.Stream.Lane}:{trace.Sequence}", trace.Stream.Pipe.Text, trace.Stream.Lane, trace.Sequence,
            JsonNamingPolicy.CamelCase.ConvertName(trace.Place.ToString()), trace.Why, trace.Ahead, trace.ExpiresIn?.TotalSeconds);
        await AnswerAsync(context, view, ApiJson.Plain.TraceView);
    }

    public static async Task OpenApiAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var document = EmbeddedFiles.Open("openapi.json");
        await document.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private Task<MessageTrace?> FindAsync(PipeName pipe, string id)
    {
        string[] numbers = id.Split(':');
        return numbers.Length == 2
            && byte.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out byte lane) && lane < StreamKey.LaneCount
            && ulong.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence)
            ? host.TraceAsync(pipe, lane, sequence)
            : host.TraceAsync(pipe, RequestWords.ClientId(id)!);
    }

    private async Task<StatusView> StatusAsync() => StatusViews.Of(await host.StatusAsync(), peer, name) with { Bridges = bridges.Views };

    private static async Task AnswerAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await JsonLines.WriteAsync(context.Response, value, type, context.RequestAborted);
    }
}
