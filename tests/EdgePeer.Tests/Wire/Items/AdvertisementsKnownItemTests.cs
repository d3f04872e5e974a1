using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class AdvertisementsKnownItemTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads() =>
        Knowns.AssertExample("advertisements known", new Known(true, [new KnownAdvertisement(0xA1B2C3D4E5F60718, 458_754)]));

    [Fact]
    public void Legal_items_round_trip() => Knowns.AssertRoundTrips();

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones() => Knowns.AssertBearsDamage();

    [Fact]
    public void More_than_eight_are_refused() => Knowns.AssertRefused(Knowns.Encode(new Known(true, new KnownAdvertisement[9])));

    private static readonly Codec<Known> Knowns = new(
        random => new Known(random.Next(2) == 1, [.. Enumerable.Range(0, random.Next(AdvertisementsKnownItem.CountMax + 1)).Select(_ => new KnownAdvertisement(Legal.UInt64(random), Legal.Varint(random)))]),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            AdvertisementsKnownItem.Write(ref writer, value.Last, value.Entries);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Known value) =>
        {
            var entries = new KnownAdvertisement[AdvertisementsKnownItem.CountMax];
            bool legal = AdvertisementsKnownItem.TryRead(bytes, entries, out int count, out bool last);
            value = new Known(last, entries[..count]);
            return legal;
        })
    {
        View = known => (known.Last, string.Join(' ', known.Entries)),
    };

    private sealed record Known(bool Last, KnownAdvertisement[] Entries);
}
