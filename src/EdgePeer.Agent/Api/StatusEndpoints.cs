using System.Text.Json.Serialization.Metadata;
using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>What can be looked at.</summary>
internal sealed class StatusEndpoints(PeerHost host, IdentityView identity, PeerId peer, string name)
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

    public static async Task OpenApiAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await using var document = EmbeddedFiles.Open("openapi.json");
        await document.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private async Task<StatusView> StatusAsync() => StatusViews.Of(await host.StatusAsync(), peer, name);

    private static async Task AnswerAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json";
        await JsonLines.WriteAsync(context.Response, value, type, context.RequestAborted);
    }
}
