using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class KeptItemTests
{
    [Fact]
    public void The_documents_examples_are_what_the_code_writes_and_reads()
    {
        Items.AssertExample("kept", new Kept(0, 2, 300, 0x4C, [new(301, 302), new(307, 307)], [new(303, new(0, 1000)), new(303, new(1500, 250))]));
        Answers.AssertExample("kept answer", new Kept(7, 2, 300, 0x4C, [], []));
    }

    [Fact]
    public void Legal_items_round_trip()
    {
        Items.AssertRoundTrips();
        Answers.AssertRoundTrips();
    }

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones()
    {
        Items.AssertBearsDamage();
        Answers.AssertBearsDamage();
    }

    [Fact]
    public void What_is_taken_ascends_and_stays_within_its_limits()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            // Also of items that turn out illegal half way: what was walked before is believed.
            Items.TryDecode(Mutation.Of(random, Items.Encode(Random(random, 0))), out var kept);
            ulong last = kept.Next;
            foreach (var run in kept.Runs)
            {
                Assert.True(run.First > last && run.Last >= run.First && run.Last <= long.MaxValue);
                last = run.Last;
            }
            Assert.InRange(kept.Runs.Length, 0, KeptItem.RunsMax);
            Assert.InRange(kept.Parts.Length, 0, KeptItem.PartsMax * KeptItem.RangesMax);
            foreach (var (sequence, range) in kept.Parts)
            {
                Assert.True(sequence >= kept.Next && sequence <= long.MaxValue);
                Assert.True(range.Offset >= 0 && range.Length > 0 && range.End <= MessageItem.TotalBytesMax);
            }
        }
    }

    [Theory]
    [InlineData("02 AC02 4C 11")] // 17 runs
    [InlineData("02 AC02 4C 00 09")] // 9 unfinished messages
    [InlineData("02 AC02 4C 00 01 00 00")] // no ranges
    [InlineData("02 AC02 4C 00 01 00 11")] // 17 ranges
    [InlineData("02 AC02 4C 00 01 00 01 00 00")] // an empty range
    [InlineData("02 AC02 4C 00 02 05 01 00 01 00 01 00 01")] // one message twice
    [InlineData("02 AC02 4C 00 01 00 01 01 80808008")] // one byte beyond 16 MiB
    [InlineData("02 AC02 4C 01 00")] // cut short
    [InlineData("02 AC02 4C 01 00 FFFFFFFFFFFFFFFF7F")] // beyond 63 bits
    [InlineData("80 8001 AC02 4C")] // a channel too far
    public void Values_outside_the_table_are_refused(string hex) =>
        Items.AssertRefused(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    [Fact]
    public void A_range_may_reach_to_the_longest_messages_end()
    {
        Assert.True(Items.TryDecode(Convert.FromHexString("02AC024C000100010080808008"), out var kept));
        Assert.Equal(new ByteRange(0, 16 << 20), kept.Parts[0].Range);
    }

    private static Kept Random(Random random, ulong answers)
    {
        ulong next = Legal.Varint(random) >> random.Next(1, 40), last = next;
        var runs = new List<NumberRange>();
        for (int i = random.Next(KeptItem.RunsMax + 1); i > 0; i--)
        {
            ulong first = last + 1 + (ulong)random.Next(1_000);
            last = first + (ulong)random.Next(1_000);
            runs.Add(new NumberRange(first, last));
        }
        var parts = new List<Part>();
        ulong sequence = next + (ulong)random.Next(3);
        for (int i = random.Next(KeptItem.PartsMax + 1); i > 0; i--)
        {
            int end = 0;
            for (int r = random.Next(1, KeptItem.RangesMax + 1); r > 0; r--)
            {
                var range = new ByteRange(end + random.Next(100_000), random.Next(1, 100_000));
                parts.Add(new Part(sequence, range));
                end = range.End;
            }
            sequence += (ulong)random.Next(1, 1_000);
        }
        return new Kept(answers, Legal.Channel(random), next, (byte)random.Next(256), [.. runs], [.. parts]);
    }

    private static int Write(Kept kept, Span<byte> bytes)
    {
        var writer = new WireWriter(bytes);
        KeptItem.WriteHead(ref writer, kept.Answers, kept.Channel, kept.Next, kept.Window);
        if (kept.Runs.Length == 0 && kept.Parts.Length == 0)
            return writer.Length;
        writer.WriteVarint((ulong)kept.Runs.Length);
        ulong last = kept.Next;
        foreach (var run in kept.Runs)
        {
            writer.WriteVarint(run.First - last - 1);
            writer.WriteVarint(run.Last - run.First);
            last = run.Last;
        }
        if (kept.Parts.Length == 0)
            return writer.Length;
        var messages = kept.Parts.GroupBy(part => part.Sequence).ToArray();
        writer.WriteVarint((ulong)messages.Length);
        last = kept.Next;
        foreach (var message in messages)
        {
            writer.WriteVarint(message.Key - last);
            writer.WriteVarint((ulong)message.Count());
            int end = 0;
            foreach (var (_, range) in message)
            {
                writer.WriteVarint((ulong)(range.Offset - end));
                writer.WriteVarint((ulong)range.Length);
                end = range.End;
            }
            last = message.Key;
        }
        return writer.Length;
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, bool isAnswer, out Kept kept)
    {
        bool taken = KeptItem.TryRead(bytes, isAnswer, out var item);
        var runs = new List<NumberRange>();
        var parts = new List<Part>();
        while (taken && item.TryNextRun(out var run))
            runs.Add(run);
        while (taken && item.TryNextPart(out ulong sequence, out var range))
            parts.Add(new Part(sequence, range));
        kept = new Kept(item.Answers, item.Channel, item.Next, item.Window, [.. runs], [.. parts]);
        return taken && !item.Failed;
    }

    private sealed record Part(ulong Sequence, ByteRange Range);

    private sealed record Kept(ulong Answers, int Channel, ulong Next, byte Window, NumberRange[] Runs, Part[] Parts)
    {
        public string Text => $"{Answers} {Channel} {Next} {Window} {string.Join(' ', Runs)} {string.Join(' ', (object[])Parts)}";
    }

    private static readonly Codec<Kept> Items = new(
        random => Random(random, 0), Write, (ReadOnlySpan<byte> bytes, out Kept kept) => TryRead(bytes, false, out kept))
    {
        View = kept => kept.Text,
    };

    private static readonly Codec<Kept> Answers = new(
        random => Random(random, 1 + Legal.Varint(random) / 2), Write, (ReadOnlySpan<byte> bytes, out Kept kept) => TryRead(bytes, true, out kept) && kept.Answers != 0)
    {
        View = kept => kept.Text,
    };
}
