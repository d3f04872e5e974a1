using System.Net;
using System.Net.Sockets;
using EdgePeer.Agent.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EdgePeer.Agent.Api;

/// <summary>
/// Makes the servers that listen: one for the socket and one for TCP, so that nobody on the network can take the socket's connections. Each
/// is the server alone, without a web host around it: decision 0010.
/// </summary>
internal static class ApiListener
{
    public static KestrelServer OnSocket(string path, ApiConfiguration api)
    {
        var options = Common(Limits.ConnectionsMax);
        // A sender may wait long for its receipt while its body trickles out of a slow program: who holds the socket is trusted.
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.ListenUnixSocket(path, static listen => listen.Protocols = HttpProtocols.Http1);
        return Server(options, endpoint => SocketPermissions.Bind((UnixDomainSocketEndPoint)endpoint, path, api));
    }

    public static KestrelServer OnTcp(IPEndPoint address)
    {
        var options = Common(Limits.TcpConnectionsMax);
        options.Listen(address, static listen => listen.Protocols = HttpProtocols.Http1);
        return Server(options, SocketTransportOptions.CreateDefaultBoundListenSocket);
    }

    private static KestrelServerOptions Common(int connectionsMax)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = connectionsMax;
        options.Limits.MaxRequestBodySize = Limits.ConsumedBodyBytesMax;
        return options;
    }

    private static KestrelServer Server(KestrelServerOptions options, Func<EndPoint, Socket> bind)
    {
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions { CreateBoundListenSocket = bind }), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), sockets, NullLoggerFactory.Instance);
    }
}
