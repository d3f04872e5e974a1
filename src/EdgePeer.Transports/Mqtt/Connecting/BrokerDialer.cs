using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using EdgePeer.Transports.Interop;

namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>Connects to a broker: its name, its addresses one behind the other, TLS where it is configured. All within <see cref="Limits.ConnectWait"/>.</summary>
/// <param name="wake">Ends a wait when <paramref name="over"/> has changed.</param>
/// <param name="over">Cancelled when the connection is no longer wanted.</param>
internal sealed class BrokerDialer(MqttBroker broker, TimeProvider time, WakeEvent wake, CancellationToken over)
{
    private readonly PollDescriptor[] _polls = new PollDescriptor[2];
    private readonly long _began = time.GetTimestamp();

    public TimeSpan Left => Limits.ConnectWait - time.GetElapsedTime(_began);

    /// <returns>Null when there is none, and why.</returns>
    public IBrokerLink? Dial(out MqttEnd end)
    {
        end = default;
        TlsFiles? files = null;
        if (broker.Tls is { } tls && !TlsFiles.TryRead(tls, out files, out var fault))
        {
            end = new MqttEnd(MqttEndKind.Refused, $"{broker} cannot be tried: {fault.What}; {fault.Mend}");
            return null;
        }
        PlainLink? link = null;
        try
        {
            link = Connect(out end);
            if (link is null || files is null)
                return link;
            var secure = new TlsLink(link, broker.Host, files);
            (link, files) = (null, null);
            return Agree(secure, out end);
        }
        finally
        {
            files?.Dispose();
        }
    }

    private PlainLink? Connect(out MqttEnd end)
    {
        if (!TryResolve(out var addresses))
        {
            end = Left <= TimeSpan.Zero ? ConnectTrouble.Nobody(broker) : new MqttEnd(MqttEndKind.NotReached, $"no connection to {broker}: the name {broker.Host} does not resolve: check it, and the DNS of this machine");
            return null;
        }
        end = ConnectTrouble.Nobody(broker);
        for (int i = 0; i < addresses.Length && !over.IsCancellationRequested; i++)
        {
            // One that is silent leaves time for those behind it.
            var until = Left - (Left / (addresses.Length - i));
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.NoDelay = true;
                socket.Blocking = false;
                if (TryConnect(socket, new IPEndPoint(addresses[i], broker.Port), until))
                    return new PlainLink(socket);
            }
            catch (SocketException fault)
            {
                end = new MqttEnd(MqttEndKind.NotReached, $"no connection to {broker}: {fault.Message}; check host and port, and that a broker runs there");
            }
            socket.Dispose();
        }
        return null;
    }

    private bool TryResolve(out IPAddress[] addresses)
    {
        addresses = [];
        if (IPAddress.TryParse(broker.Host, out var address))
        {
            addresses = [address];
            return true;
        }
        try
        {
            var resolving = Dns.GetHostAddressesAsync(broker.Host, over);
            while (!resolving.Wait(WaitMs, over))
                if (Left <= TimeSpan.Zero)
                    return false;
            addresses = resolving.Result;
        }
        catch (Exception fault) when (fault is AggregateException or OperationCanceledException)
        {
            // Told by the caller.
        }
        return addresses.Length > 0;
    }

    private bool TryConnect(Socket socket, IPEndPoint endpoint, TimeSpan until)
    {
        try
        {
            socket.Connect(endpoint);
            return true;
        }
        catch (SocketException begun) when (begun.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It is on its way.
        }
        while (Left > until && !over.IsCancellationRequested)
        {
            if (Wait((int)socket.Handle, PollEvents.Out, WaitMs) == 0)
                continue;
            int error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            return error == 0 ? true : throw new SocketException(error);
        }
        return false;
    }

    private TlsLink? Agree(TlsLink link, out MqttEnd end)
    {
        end = ConnectTrouble.Nobody(broker);
        bool agreed = false;
        try
        {
            while (!link.Agreement.IsCompleted && Left > TimeSpan.Zero && !over.IsCancellationRequested)
                link.OnReady(Wait(link.Descriptor, link.HasUnsent ? (short)(PollEvents.In | PollEvents.Out) : PollEvents.In, WaitMs));
            if (link.Agreement.IsCompleted)
            {
                link.Agreement.GetAwaiter().GetResult();
                // A broker that does not take our certificate says so when TLS has been agreed on here already, and what we send it then makes the kernel drop its word.
                link.Listen();
                link.OnReady(Wait(link.Descriptor, PollEvents.In, ListenMs));
                link.ThrowIfBroken();
                agreed = true;
            }
        }
        catch (Exception fault) when (fault is AuthenticationException or IOException or SocketException)
        {
            end = link.Agreement.IsCompletedSuccessfully ? ConnectTrouble.Unanswered(broker, fault) : ConnectTrouble.OfTls(broker, fault, link.Refusal);
        }
        finally
        {
            if (!agreed)
                link.Dispose();
        }
        return agreed ? link : null;
    }

    /// <returns>What is so of the descriptor; 0 for nothing.</returns>
    private short Wait(int descriptor, short events, int waitMs)
    {
        _polls[0] = new PollDescriptor { Descriptor = descriptor, Events = events };
        _polls[1] = new PollDescriptor { Descriptor = wake.Descriptor, Events = PollEvents.In };
        // Fails only when a signal interrupts it, and then nothing is marked as ready.
        if (Libc.Poll(_polls, 2, waitMs) > 0 && _polls[1].Returned != 0)
            wake.Clear();
        return _polls[0].Returned;
    }

    private const int WaitMs = 500;
    private const int ListenMs = 50;
}
