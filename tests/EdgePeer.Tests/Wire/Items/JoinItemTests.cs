using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class JoinItemTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads() => Joins.AssertExample("join", new JoinItem(576, new LinkAddress([0x2A])));

    [Fact]
    public void Legal_items_round_trip() => Joins.AssertRoundTrips();

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones() => Joins.AssertBearsDamage();

    [Fact]
    public void Frames_below_200_bytes_are_refused() => Joins.AssertRefused(Joins.Encode(new JoinItem(199, default)));

    private static readonly Codec<JoinItem> Joins = new(
        random => new JoinItem(random.Next(200, 65_536), Legal.Address(random)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        JoinItem.TryRead);
}
