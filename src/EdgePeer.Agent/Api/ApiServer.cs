using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EdgePeer.Agent.Api;

/// <summary>The local API: HTTP/1.1 on a Unix socket. Who may open the socket may use it; what it offers is in <c>openapi.json</c>.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;
    private readonly CancellationTokenSource _stopping = new();
    private readonly PostEndpoint _posts;
    private readonly RouteTable _routes;

    private ApiServer(KestrelServer kestrel, PeerHost host, IdentityView identity, PeerId peer, string name)
    {
        _kestrel = kestrel;
        _posts = new PostEndpoint(host, _stopping.Token);
        _routes = Routes(new StatusEndpoints(host, identity, peer, name), new ReaderEndpoints(host, peer, _stopping.Token));
    }

    /// <summary>Listens. A socket file that nobody answers on is removed first.</summary>
    /// <exception cref="SocketBusyException">Another agent answers on the socket.</exception>
    /// <exception cref="IOException">The socket cannot be made there.</exception>
    public static async Task<ApiServer> StartAsync(PeerHost host, IdentityView identity, PeerId peer, string name, string socketPath)
    {
        await UnixSocketFile.ClearStaleAsync(socketPath);
        var server = new ApiServer(MakeKestrel(socketPath), host, identity, peer, name);
        try
        {
            await server._kestrel.StartAsync(new ApiApplication(server._routes), CancellationToken.None);
            File.SetUnixFileMode(socketPath, SocketMode);
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
        await _kestrel.StopAsync(patience.Token);
        _kestrel.Dispose();
        _posts.Dispose();
        _stopping.Dispose();
    }

    // The server alone, without a web host around it: decision 0010.
    private static KestrelServer MakeKestrel(string socketPath)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = Limits.ConnectionsMax;
        options.Limits.MaxRequestBodySize = Limits.ConsumedBodyBytesMax;
        // A sender may wait long for its receipt while its body trickles out of a slow program: who holds the socket is trusted.
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.ListenUnixSocket(socketPath, static listen => listen.Protocols = HttpProtocols.Http1);
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), sockets, NullLoggerFactory.Instance);
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
        routes.Get("/openapi.json", StatusEndpoints.OpenApiAsync);
        routes.Post("/pipes/{pipe}/messages", _posts.PostAsync);
        routes.Get("/pipes/{pipe}/messages", readers.ReadAsync);
        routes.Post("/readers/{reader}/consumed", readers.ConsumedAsync);
        return routes;
    }

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    // Long enough to answer what is under way, short beside systemd's 90 seconds.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
}
