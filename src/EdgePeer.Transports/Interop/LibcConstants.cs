namespace EdgePeer.Transports.Interop;

internal static class OpenFlags
{
    internal const int ReadWrite = 0x2;
    internal const int NoControllingTerminal = 0x100;
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;
}

internal static class EventFlags
{
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;
}

internal static class PollEvents
{
    internal const short In = 0x1;
    internal const short Out = 0x4;
    internal const short Error = 0x8;
    internal const short HangUp = 0x10;
    internal const short Invalid = 0x20;
}

internal static class LockOperations
{
    internal const int Exclusive = 2;
    internal const int NonBlocking = 4;
}

internal static class Errno
{
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int TryAgain = 11;
    internal const int AccessDenied = 13;
    internal const int Busy = 16;
    internal const int NotATerminal = 25;
    internal const int BrokenPipe = 32;
    internal const int Protocol = 71;
    internal const int ConnectionReset = 104;
}

internal static class TerminalRequests
{
    internal const uint GetTermios2 = 0x802C542A;
    internal const uint SetTermios2 = 0x402C542B;
    internal const uint Exclusive = 0x540C;
    internal const uint Flush = 0x540B;
    internal const uint OutputWaiting = 0x5411;
    internal const uint InputWaiting = 0x541B;
    internal const uint GetModemLines = 0x5415;
    internal const uint RaiseModemLines = 0x5416;

    /// <summary>Argument of <see cref="Flush"/>: what has come and was not read.</summary>
    internal const int FlushInput = 0;
    internal const int DataTerminalReady = 0x2;
    internal const int RequestToSend = 0x4;
}

internal static class TerminalModes
{
    internal const uint EightBits = 0x30;
    internal const uint Receive = 0x80;
    internal const uint IgnoreModemLines = 0x800;
    internal const uint HangUpOnClose = 0x400;
    internal const uint SpeedMask = 0x100F;
    internal const uint SpeedAsNumber = 0x1000;

    /// <summary>How far the bits of the input speed stand above those of the output speed.</summary>
    internal const int InputSpeedShift = 16;

    internal const int MinimumIndex = 6;
    internal const int TimeIndex = 5;
}

internal static class SocketKinds
{
    internal const int LocalFamily = 1;
    internal const int Stream = 1;
    internal const int NonBlocking = 0x800;
    internal const int CloseOnExec = 0x80000;
}

internal static class SocketOptions
{
    internal const int LevelSocket = 1;
    internal const int SendBuffer = 7;
    internal const int LevelIp = 0;
    internal const int LevelIpv6 = 41;
    internal const int LevelTcp = 6;
    internal const int TcpQuickAcknowledgement = 12;
    internal const int IpMtuDiscover = 10;
    internal const int IpMtu = 14;
    internal const int IpMulticastInterface = 32;
    internal const int IpMulticastAll = 49;
    internal const int Ipv6MulticastInterface = 17;
    internal const int Ipv6MtuDiscover = 23;
    internal const int Ipv6Mtu = 24;
    internal const int Ipv6MulticastAll = 29;

    /// <summary>Never fragment; tell the sender instead. The same number for IPv4 and IPv6.</summary>
    internal const int MtuDiscoverDo = 2;

    /// <summary><c>struct ip_mreqn</c>: group, address, interface index.</summary>
    internal const int MulticastRequestBytes = 12;
    internal const int MulticastRequestIndexOffset = 8;
}

/// <summary>Where the parts of <c>struct sockaddr_in</c> and <c>sockaddr_in6</c> stand.</summary>
internal static class SocketAddressLayout
{
    internal const int PortOffset = 2;
    internal const int Ipv4AddressOffset = 4;
    internal const int Ipv4Bytes = 16;
    internal const int Ipv6AddressOffset = 8;
    internal const int Ipv6ScopeOffset = 24;
    internal const int Ipv6Bytes = 28;
}
