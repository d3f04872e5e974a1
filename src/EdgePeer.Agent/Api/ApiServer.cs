using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgePeer.Agent.Api;

/// <summary>
/// The local API: HTTP/1.1 on a Unix socket, which who may open may use, and over TCP for those whom <see cref="TcpGuard"/> lets in. What
/// it offers is in <c>openapi.json</c>.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly List<KestrelServer> _servers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly PostEndpoint _posts;
    private readonly RouteTable _routes;

    private ApiServer(PeerHost host, BridgeSet bridges, IdentityView identity, PeerId peer, string name)
    {
        _posts = new PostEndpoint(host, _stopping.Token);
        _routes = Routes(new StatusEndpoints(host, bridges, identity, peer, name), new ReaderEndpoints(host, peer, _stopping.Token));
    }

    /// <summary>Listens. A socket file that nobody answers on is removed first.</summary>
    /// <exception cref="SocketBusyException">Another agent answers on the socket.</exception>
    /// <exception cref="IOException">The socket cannot be made there, or the address not be had.</exception>
    public static async Task<ApiServer> StartAsync(PeerHost host, BridgeSet bridges, IdentityView identity, PeerId peer, AgentConfiguration configuration, string socketPath)
    {
        await UnixSocketFile.ClearStaleAsync(socketPath);
        var server = new ApiServer(host, bridges, identity, peer, configuration.Name);
        try
        {
            await server.ListenAsync(ApiListener.OnSocket(socketPath, configuration.Api), guard: null);
            if (configuration.StatusPage is { } page)
                await server.ListenAsync(ApiListener.OnTcp(page.Listen), new TcpGuard(page.Listen, page.Token));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
        return server;
    }

    /// <summary>Ends readers and waiting senders, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using var patience = new CancellationTokenSource(StopPatience);
        await Task.WhenAll(_servers.Select(server => server.StopAsync(patience.Token)));
        foreach (var server in _servers)
            server.Dispose();
        _posts.Dispose();
        _stopping.Dispose();
    }

    private async Task ListenAsync(KestrelServer server, TcpGuard? guard)
    {
        _servers.Add(server);
        await server.StartAsync(new ApiApplication(_routes, guard), CancellationToken.None);
    }

    private RouteTable Routes(StatusEndpoints status, ReaderEndpoints readers)
    {
        var routes = new RouteTable();
        routes.Get("/status", status.StatusAsync);
        routes.Get("/identity", status.IdentityAsync);
        routes.Get("/transports", status.TransportsAsync);
        routes.Get("/peers", status.PeersAsync);
        routes.Get("/links", status.LinksAsync);
        routes.Get("/pipes", status.PipesAsync);
        routes.Get("/queue", status.QueueAsync);
        routes.Get("/trace", status.TraceAsync);
        routes.Get("/openapi.json", StatusEndpoints.OpenApiAsync);
        routes.Post("/pipes/{pipe}/messages", _posts.PostAsync);
        routes.Get("/pipes/{pipe}/messages", readers.ReadAsync);
        routes.Post("/readers/{reader}/consumed", readers.ConsumedAsync);
        return routes;
    }

    // Long enough to answer what is under way, short beside systemd's 90 seconds.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
}
