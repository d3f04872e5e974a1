namespace EdgePeer.Transports.Ethernet;

/// <summary>What an Ethernet transport keeps to, and why.</summary>
internal static class Limits
{
    /// <summary>Each holds a socket and a place in poll; machines with more addresses listen on 0.0.0.0.</summary>
    internal const int ListenAddressesMax = 8;

    /// <summary>Fits Ethernet's 1,500 bytes through one tunnel: 48 of IPv6 and UDP, and 52 to spare.</summary>
    internal const int FrameBytesMax = 1400;

    /// <summary>What handshakes and beacons need; the least that any transport carries.</summary>
    internal const int FrameBytesMin = 200;

    /// <summary>Ethernet's 1,500 bytes without IPv4's and UDP's headers: nothing longer is a frame.</summary>
    internal const int DatagramBytesMax = 1472;

    internal const int Ipv4HeaderBytes = 28;
    internal const int Ipv6HeaderBytes = 48;

    /// <summary>Frames that the node may hand over at once: well within the system's send buffer of 208 KiB.</summary>
    internal const int RoomFrames = 64;

    /// <summary>
    /// Wanted for what comes while the reading thread waits for a core; the system gives what net.core.rmem_max allows. Its usual
    /// 208 KiB hold some ninety long frames, each with the kernel's own kilobyte.
    /// </summary>
    internal const int ReceiveBufferBytes = 2 << 20;

    /// <summary>Datagrams read from one socket before the others get their turn.</summary>
    internal const int ReceivesInARow = 64;

    /// <summary>How long a cable may be back before it is used; each look reads a few files of /proc and /sys.</summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(3);
}
