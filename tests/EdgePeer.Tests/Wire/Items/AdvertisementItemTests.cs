using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class AdvertisementItemTests
{
    [Fact]
    public void Legal_items_round_trip() => Items.AssertRoundTrips();

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones() => Items.AssertBearsDamage();

    [Fact]
    public void Legal_statements_round_trip() => Statements.AssertRoundTrips();

    [Fact]
    public void Damaged_statements_are_refused_or_read_as_legal_ones() => Statements.AssertBearsDamage();

    [Fact]
    public void A_statement_has_a_version_a_lifetime_and_nothing_behind_its_name()
    {
        var legal = new Statement(new byte[33], 1, 1, "a");
        Assert.True(Statements.TryDecode(Statements.Encode(legal), out _));
        Statements.AssertRefused(Statements.Encode(legal with { Version = 0 }));
        Statements.AssertRefused(Statements.Encode(legal with { Version = PeerStatement.VersionMax + 1 }));
        Statements.AssertRefused(Statements.Encode(legal with { LifetimeMinutes = 0 }));
        Statements.AssertRefused(Statements.Encode(legal with { LifetimeMinutes = PeerStatement.LifetimeMinutesMax + 1 }));
        Statements.AssertRefused(Statements.Encode(legal with { Name = "a b" }));
        Statements.AssertRefused([.. Statements.Encode(legal), 0]);
    }

    [Fact]
    public void The_longest_statement_fits_the_least_frame()
    {
        byte[] longest = Statements.Encode(new Statement(new byte[33], PeerStatement.VersionMax, PeerStatement.LifetimeMinutesMax, new string('n', 64)));
        Assert.Equal(PeerStatement.BytesMax, longest.Length);
        byte[] item = Items.Encode(new Item(PeerStatement.LifetimeMinutesMax, longest, new byte[64]));
        Assert.Equal(AdvertisementItem.BytesMax, item.Length);
        Assert.True(item.Length <= HandshakeParameters.FrameBytesMin - 7 - 16 - ItemWriter.HeadBytesMax);
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static readonly Codec<Item> Items = new(
        random => new Item((uint)random.Next(PeerStatement.LifetimeMinutesMax + 1), Bytes(random, random.Next(1, 110)), Bytes(random, 64)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            new AdvertisementItem(value.AgeMinutes, value.Statement, value.Signature).Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Item value) =>
        {
            bool legal = AdvertisementItem.TryRead(bytes, out var item);
            value = new Item(item.AgeMinutes, item.Statement.ToArray(), item.Signature.ToArray());
            return legal;
        })
    {
        View = item => (item.AgeMinutes, Convert.ToHexString(item.Statement), Convert.ToHexString(item.Signature)),
    };

    private static readonly Codec<Statement> Statements = new(
        random => new Statement(Bytes(random, 33), (Legal.Varint(random) & PeerStatement.VersionMax) | 1, (uint)random.Next(1, PeerStatement.LifetimeMinutesMax + 1), Legal.Name(random)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            new PeerStatement(value.Key, value.Version, value.LifetimeMinutes, value.Name).Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Statement value) =>
        {
            bool legal = PeerStatement.TryRead(bytes, out var read);
            value = new Statement(read.PublicKey.ToArray(), read.Version, read.LifetimeMinutes, read.Name);
            return legal;
        })
    {
        View = statement => (Convert.ToHexString(statement.Key), statement.Version, statement.LifetimeMinutes, statement.Name),
    };

    private sealed record Item(uint AgeMinutes, byte[] Statement, byte[] Signature);

    private sealed record Statement(byte[] Key, ulong Version, uint LifetimeMinutes, string Name);
}
