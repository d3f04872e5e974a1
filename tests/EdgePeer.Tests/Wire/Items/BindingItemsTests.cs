using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class BindingItemsTests
{
    [Fact]
    public void The_documents_examples_are_what_the_code_writes_and_reads()
    {
        Hellos.AssertExample("hello", new HelloItem("barn-3", TimeSpan.FromMilliseconds(20), 0x5E551017, 0));
        Queries.AssertExample("query", new QueryItem(Readings));
        Offers.AssertExample("offer", new OfferItem(Readings, Store));
        Binds.AssertExample("bind", new BindItem(2, 3, new Incarnation(0xA1B2C3D4E5F60718), 300, 450, Readings, Store, Third));
        Bounds.AssertExample("bound", new BoundItem(2, true, 300, 290, 0x7C, 16 << 20, LaneLife.Unknown));
        Bounds.AssertExample("bound with gaps", new BoundItem(2, false, 300, 290, 0x7C, 16 << 20, Third) { Gaps = [new NumberRange(292, 292), new NumberRange(295, 297)] });
        Skips.AssertExample("skip", new SkipItem(2, 300, 305, 295));
        Skippeds.AssertExample("skipped", new SkippedItem(2, 300, 305, [new NumberRange(301, 302)]));
        Refusals.AssertExample("refused", new RefusedItem(Readings, Store, RefusalReason.AlreadyBound));
        Asks.AssertExample("ask", new AskItem(2, 7));
        Consumptions.AssertExample("consumed", new ConsumedItem(2, 299));
        Watches.AssertExample("watch", new WatchItem(2, 300));
    }

    [Fact]
    public void Legal_items_round_trip()
    {
        Hellos.AssertRoundTrips();
        Queries.AssertRoundTrips();
        Offers.AssertRoundTrips();
        Binds.AssertRoundTrips();
        Bounds.AssertRoundTrips();
        Refusals.AssertRoundTrips();
        Skips.AssertRoundTrips();
        Skippeds.AssertRoundTrips();
        Asks.AssertRoundTrips();
        Consumptions.AssertRoundTrips();
        Watches.AssertRoundTrips();
    }

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones()
    {
        Hellos.AssertBearsDamage();
        Queries.AssertBearsDamage();
        Offers.AssertBearsDamage();
        Binds.AssertBearsDamage();
        Bounds.AssertBearsDamage();
        Refusals.AssertBearsDamage();
        Skips.AssertBearsDamage();
        Skippeds.AssertBearsDamage();
        Asks.AssertBearsDamage();
        Consumptions.AssertBearsDamage();
        Watches.AssertBearsDamage();
    }

    [Fact]
    public void Values_outside_the_tables_are_refused()
    {
        var bind = new BindItem(2, 3, new Incarnation(1), 300, 450, Readings, Store, Third);
        Binds.AssertRefused(Binds.Encode(bind with { Lane = 8 }));
        Binds.AssertRefused(Binds.Encode(bind with { Base = 451 }));
        Binds.AssertRefused(Binds.Encode(bind with { Channel = Channels.NumberMax + 1 }));
        Bounds.AssertRefused(Bounds.Encode(new BoundItem(2, false, 300, 301, 0, 1, Third)));
        Skips.AssertRefused(Skips.Encode(new SkipItem(Channels.NumberMax + 1, 1, 1, 0)));
        Skips.AssertRefused(Skips.Encode(new SkipItem(2, 1, (ulong)long.MaxValue + 1, 0)));
        Skippeds.AssertRefused(Skippeds.Encode(new SkippedItem(2, 300, 305, [new NumberRange(304, 306)])));
        Skippeds.AssertRefused(Skippeds.Encode(new SkippedItem(2, 300, 400, [.. Enumerable.Range(0, 9).Select(i => new NumberRange(300 + 2 * (ulong)i, 300 + 2 * (ulong)i))])));
        Hellos.AssertRefused(Hellos.Encode(new HelloItem("barn", TimeSpan.FromMilliseconds(60_001), 1, 0)));
        Hellos.AssertRefused(Hellos.Encode(new HelloItem("barn", TimeSpan.Zero, 0, 0)));
        Hellos.AssertRefused(Hellos.Encode(new HelloItem("no spaces", TimeSpan.Zero, 1, 0)));
        Asks.AssertRefused(Asks.Encode(new AskItem(2, 0)));
    }

    [Fact]
    public void Fields_of_a_later_version_behind_the_last_are_passed_by()
    {
        var ask = new AskItem(2, 7);
        Assert.True(Asks.TryDecode([.. Asks.Encode(ask), 0xFF, 0xFF], out var read));
        Assert.Equal(ask, read);
    }

    /// <summary>A binding with the longest names fits the least frame, with head, number, tag and the item's own head.</summary>
    [Fact]
    public void The_longest_binding_fits_the_least_frame()
    {
        var bind = new BindItem(Channels.NumberMax, 7, new Incarnation(1), long.MaxValue, long.MaxValue, PipeName.Parse(new string('p', 64)), EndpointName.Parse(new string('e', 64)), Third);
        int frame = 3 + 4 + ItemWriter.HeadBytesMax + Binds.Encode(bind).Length + 16;
        Assert.InRange(frame, 1, HandshakeParameters.FrameBytesMin);
    }

    private static readonly LaneLife Third = new(3, 0x9A8B7C6D);
    private static readonly PipeName Readings = PipeName.Parse("readings");
    private static readonly EndpointName Store = EndpointName.Parse("store");

    private static readonly Codec<HelloItem> Hellos = new(
        random => new HelloItem(Legal.Name(random), TimeSpan.FromMilliseconds(random.Next(60_001)), (uint)random.NextInt64(1, uint.MaxValue), Legal.Varint(random)),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        HelloItem.TryRead);

    private static readonly Codec<QueryItem> Queries = new(
        random => new QueryItem(Legal.Pipe(random)),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        QueryItem.TryRead);

    private static readonly Codec<OfferItem> Offers = new(
        random => new OfferItem(Legal.Pipe(random), Legal.Endpoint(random)),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        OfferItem.TryRead);

    private static readonly Codec<BindItem> Binds = new(
        random =>
        {
            ulong a = Legal.Varint(random), b = Legal.Varint(random);
            return new BindItem(Legal.Channel(random), (byte)random.Next(8), new Incarnation(Legal.UInt64(random)), Math.Min(a, b), Math.Max(a, b), Legal.Pipe(random), Legal.Endpoint(random), Life(random));
        },
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        BindItem.TryRead);

    private static readonly Codec<BoundItem> Bounds = new(
        random =>
        {
            ulong a = Legal.Varint(random), b = Legal.Varint(random);
            return new BoundItem(Legal.Channel(random), random.Next(2) == 0, Math.Max(a, b), Math.Min(a, b), (byte)random.Next(256), random.Next(), Life(random)) { Gaps = Runs(random, 0, BoundItem.GapsMax) };
        },
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        BoundItem.TryRead)
    {
        View = item => (item with { Gaps = [] }, string.Join(' ', item.Gaps)),
    };

    private static LaneLife Life(Random random) => random.Next(4) == 0 ? LaneLife.Unknown : new LaneLife((uint)random.Next(), (uint)random.Next());

    private static readonly Codec<SkipItem> Skips = new(
        random =>
        {
            ulong first = Legal.Varint(random) >> 1;
            return new SkipItem(Legal.Channel(random), first, first + (Legal.Varint(random) >> 1), Legal.Varint(random));
        },
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        SkipItem.TryRead);

    private static readonly Codec<SkippedItem> Skippeds = new(
        random =>
        {
            ulong first = Legal.Varint(random) >> 1;
            var kept = Runs(random, first, SkippedItem.KeptRunsMax);
            return new SkippedItem(Legal.Channel(random), first, (kept is [.., var last] ? last.Last : first) + (ulong)random.Next(100), kept);
        },
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        SkippedItem.TryRead)
    {
        View = item => (item.Channel, item.First, item.Last, string.Join(' ', item.Kept)),
    };

    private static readonly Codec<RefusedItem> Refusals = new(
        random => new RefusedItem(Legal.Pipe(random), Legal.Endpoint(random), (RefusalReason)random.Next(1, 4)),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        RefusedItem.TryRead);

    private static readonly Codec<AskItem> Asks = new(
        random => new AskItem(Legal.Channel(random), Math.Max(1, Legal.Varint(random))),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        AskItem.TryRead);

    private static readonly Codec<ConsumedItem> Consumptions = new(
        random => new ConsumedItem(Legal.Channel(random), Legal.Varint(random)),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        ConsumedItem.TryRead);

    private static readonly Codec<WatchItem> Watches = new(
        random => new WatchItem(Legal.Channel(random), Legal.Varint(random)),
        (value, bytes) => Written(bytes, (ref WireWriter writer) => value.Write(ref writer)),
        WatchItem.TryRead);

    private static NumberRange[] Runs(Random random, ulong from, int max)
    {
        var runs = new NumberRange[random.Next(max + 1)];
        for (int i = 0; i < runs.Length; i++)
        {
            ulong first = from + (ulong)random.Next(1_000_000);
            runs[i] = new NumberRange(first, first + (ulong)random.Next(1_000_000));
            from = runs[i].Last + 1;
        }
        return runs;
    }

    private delegate void Body(ref WireWriter writer);

    private static int Written(Span<byte> bytes, Body body)
    {
        var writer = new WireWriter(bytes);
        body(ref writer);
        return writer.Length;
    }
}
