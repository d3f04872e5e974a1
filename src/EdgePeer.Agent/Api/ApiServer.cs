using EdgePeer.Runtime;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EdgePeer.Agent.Api;

/// <summary>The local API: HTTP/1.1 on a Unix socket. Who may open the socket may use it; what it offers is in <c>openapi.json</c>.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly CancellationTokenSource _stopping = new();
    private readonly PostEndpoint _posts;

    private ApiServer(WebApplication application, PeerHost host, IdentityView identity, PeerId peer, string name)
    {
        _application = application;
        _posts = new PostEndpoint(host, _stopping.Token);
        application.Use(next => context => Problems.GuardAsync(context, next));
        Map(new StatusEndpoints(host, identity, peer, name), new ReaderEndpoints(host, peer, _stopping.Token));
    }

    /// <summary>Listens. A socket file that nobody answers on is removed first.</summary>
    /// <exception cref="SocketBusyException">Another agent answers on the socket.</exception>
    /// <exception cref="IOException">The socket cannot be made there.</exception>
    public static async Task<ApiServer> StartAsync(PeerHost host, IdentityView identity, PeerId peer, string name, string socketPath)
    {
        await UnixSocketFile.ClearStaleAsync(socketPath);
        // The slim builder's server fails at start when trimmed: the empty one takes only what is named here.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, SignalsAreTheAgents>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = Limits.ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = Limits.ConsumedBodyBytesMax;
            // A sender may wait long for its receipt while its body trickles out of a slow program: who holds the socket is trusted.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenUnixSocket(socketPath, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var server = new ApiServer(builder.Build(), host, identity, peer, name);
        try
        {
            await server._application.StartAsync();
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
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
        _posts.Dispose();
        _stopping.Dispose();
    }

    private void Map(StatusEndpoints status, ReaderEndpoints readers)
    {
        _application.MapGet("/status", status.StatusAsync);
        _application.MapGet("/identity", status.IdentityAsync);
        _application.MapGet("/transports", status.TransportsAsync);
        _application.MapGet("/peers", status.PeersAsync);
        _application.MapGet("/links", status.LinksAsync);
        _application.MapGet("/pipes", status.PipesAsync);
        _application.MapGet("/queue", status.QueueAsync);
        _application.MapGet("/openapi.json", StatusEndpoints.OpenApiAsync);
        _application.MapPost("/pipes/{pipe}/messages", _posts.PostAsync);
        _application.MapGet("/pipes/{pipe}/messages", readers.ReadAsync);
        _application.MapPost("/readers/{reader}/consumed", readers.ConsumedAsync);
    }

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    // Long enough to answer what is under way, short beside systemd's 90 seconds.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    /// <summary>The web host is a guest here: it must not catch the signals that the agent answers.</summary>
    private sealed class SignalsAreTheAgents : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
