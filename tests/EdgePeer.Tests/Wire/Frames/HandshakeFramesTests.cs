using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

/// <summary>What stands in the clear before the messages of handshakes, and the short frames beside them.</summary>
public class HandshakeFramesTests
{
    [Fact]
    public void Legal_ones_round_trip()
    {
        Opens.AssertRoundTrips();
        Accepts.AssertRoundTrips();
        Confirms.AssertRoundTrips();
        Cookies.AssertRoundTrips();
        Hints.AssertRoundTrips();
        Parameters.AssertRoundTrips();
    }

    [Fact]
    public void Damaged_ones_are_refused_or_read_as_legal_ones()
    {
        Opens.AssertBearsDamage();
        Accepts.AssertBearsDamage();
        Confirms.AssertBearsDamage();
        Cookies.AssertBearsDamage();
        Hints.AssertBearsDamage();
        Parameters.AssertBearsDamage();
    }

    [Fact]
    public void Labels_with_a_path_or_of_zero_are_refused_in_openings()
    {
        var open = new OpenHeader(HandshakeKind.Stranger, 1, 0x5A00, default, 0);
        Assert.True(Opens.TryDecode(Opens.Encode(open), out _));
        Opens.AssertRefused(Opens.Encode(open with { Label = 0 }));
        Opens.AssertRefused(Opens.Encode(open with { Label = 0x5A01 }));
        Opens.AssertRefused(Opens.Encode(open with { Label = 7 }));
    }

    [Fact]
    public void Frames_below_200_bytes_and_boots_of_zero_are_refused_as_parameters()
    {
        var parameters = new HandshakeParameters(Legal.BootA, 200);
        Assert.True(Parameters.TryDecode(Parameters.Encode(parameters), out _));
        Parameters.AssertRefused(Parameters.Encode(parameters with { FrameBytesMax = 199 }));
        Parameters.AssertRefused(Parameters.Encode(parameters with { Boot = 0 }));
    }

    [Fact]
    public void Empty_cookies_are_refused() => Cookies.AssertRefused(Cookies.Encode(new CookieFrame(0x5A00, 0)));

    private static readonly Codec<OpenHeader> Opens = new(
        random => new OpenHeader((HandshakeKind)random.Next(2), (byte)random.Next(256), Legal.Label(random), Legal.Address(random), Legal.UInt64(random)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out OpenHeader value) =>
        {
            var reader = new WireReader(bytes);
            return OpenHeader.TryRead(ref reader, out value);
        });

    private static readonly Codec<AcceptHeader> Accepts = new(
        random => new AcceptHeader((HandshakeKind)random.Next(2), (ushort)random.Next(65_536)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out AcceptHeader value) =>
        {
            var reader = new WireReader(bytes);
            return AcceptHeader.TryRead(ref reader, out value);
        });

    private static readonly Codec<ConfirmHeader> Confirms = new(
        random => new ConfirmHeader((ushort)random.Next(65_536)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out ConfirmHeader value) =>
        {
            var reader = new WireReader(bytes);
            return ConfirmHeader.TryRead(ref reader, out value);
        });

    private static readonly Codec<CookieFrame> Cookies = new(
        random => new CookieFrame((ushort)random.Next(65_536), Legal.UInt64(random) | 1),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out CookieFrame value) =>
        {
            var reader = new WireReader(bytes);
            return CookieFrame.TryRead(ref reader, out value);
        });

    private static readonly Codec<HintFrame> Hints = new(
        random => new HintFrame((ushort)random.Next(65_536)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out HintFrame value) =>
        {
            var reader = new WireReader(bytes);
            return HintFrame.TryRead(ref reader, out value);
        });

    private static readonly Codec<HandshakeParameters> Parameters = new(
        random => new HandshakeParameters(Legal.UInt64(random) | 1, random.Next(200, 65_536)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out HandshakeParameters value) =>
        {
            var reader = new WireReader(bytes);
            return HandshakeParameters.TryRead(ref reader, out value);
        });
}
