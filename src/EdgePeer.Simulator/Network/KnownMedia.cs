using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>Media as the transports of this version describe theirs.</summary>
internal static class KnownMedia
{
    public static MediumOptions Ethernet(string name) => new(
        name,
        new TransportTraits { FrameBytesMax = 1400, FramingBytes = 66, Broadcast = true, Cost = 1 },
        BitsPerSecond: 100_000_000,
        FramesInHand: 16,
        Delay: TimeSpan.FromMicroseconds(200));

    /// <summary>A serial line or a radio modem on one: bytes of ten bits, one frame at a time, in order, bit errors.</summary>
    public static MediumOptions Serial(string name, int baud, bool halfDuplex, int frameBytesMax) => new(
        name,
        new TransportTraits
        {
            FrameBytesMax = frameBytesMax,
            FramingBytes = 5,
            BitsPerSecond = baud,
            BitsPerByte = 10,
            Broadcast = true,
            HalfDuplex = halfDuplex,
            KeepsOrder = true,
            BitErrors = true,
            ChosenAddresses = true,
            Cost = 50,
        },
        baud,
        FramesInHand: 1,
        Delay: TimeSpan.FromMilliseconds(5));
}
