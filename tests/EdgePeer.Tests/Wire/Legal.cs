using EdgePeer.Wire;

namespace EdgePeer.Tests.Wire;

/// <summary>Legal values, small and large ones alike, drawn from a seed.</summary>
public static class Legal
{
    public static readonly PeerId PeerA = PeerId.Read(Convert.FromHexString("00112233445566778899AABBCCDDEEFF"));
    public static readonly PeerId PeerB = PeerId.Read(Convert.FromHexString("FFEEDDCCBBAA99887766554433221100"));
    public const ulong BootA = 0x0102030405060708, BootB = 0x1112131415161718;

    /// <summary>Of any size up to 63 bits: each number of bits as often as any other.</summary>
    public static ulong Varint(Random random) => (ulong)random.NextInt64(long.MaxValue) >> random.Next(63);

    public static ulong UInt64(Random random) => (ulong)random.NextInt64() << random.Next(2);

    public static PeerId Peer(Random random) => new(UInt64(random), UInt64(random));

    public static int Channel(Random random) => random.Next(Channels.NumberMax + 1) >> random.Next(14);

    public static LinkAddress Address(Random random)
    {
        byte[] bytes = new byte[random.Next(LinkAddress.LengthMax + 1)];
        random.NextBytes(bytes);
        return new LinkAddress(bytes);
    }

    public static string Name(Random random) => string.Concat(random.GetItems(Alphabet.AsSpan(), random.Next(1, 65)));

    public static PipeName Pipe(Random random) => PipeName.Parse(Name(random));

    public static EndpointName Endpoint(Random random) => EndpointName.Parse(Name(random));

    /// <summary>Of keys: without a path.</summary>
    public static ushort Label(Random random) => (ushort)(random.Next(1, 8_192) << 3);

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
}
