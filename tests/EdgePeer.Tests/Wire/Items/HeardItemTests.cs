using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class HeardItemTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads() =>
        Items.AssertExample("heard", new Heard(TimeSpan.FromMilliseconds(12.3), [new(996, 1000), new(993, 994)]));

    [Fact]
    public void Legal_items_round_trip() => Items.AssertRoundTrips();

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones() => Items.AssertBearsDamage();

    [Fact]
    public void What_is_taken_holds_disjoint_runs_highest_first()
    {
        var random = new Random(1);
        int taken = 0;
        for (int i = 0; i < 20_000; i++)
        {
            if (!Items.TryDecode(Mutation.Of(random, Items.Encode(Random(random))), out var heard))
                continue;
            taken++;
            Assert.InRange(heard.Ranges.Length, 1, HeardItem.RangesMax);
            for (int r = 0; r < heard.Ranges.Length; r++)
            {
                Assert.True(heard.Ranges[r].First <= heard.Ranges[r].Last);
                Assert.True(r == 0 || heard.Ranges[r].Last < heard.Ranges[r - 1].First - 1);
            }
        }
        Assert.True(taken > 100);
    }

    [Fact]
    public void Runs_below_number_zero_are_refused()
    {
        Items.AssertRefused([4, 0, 5]);
        Items.AssertRefused([4, 0, 2, 1, 0]);
        Assert.True(Items.TryDecode([4, 0, 2, 0, 0], out var heard));
        Assert.Equal(new NumberRange(0, 0), heard.Ranges[1]);
    }

    [Fact]
    public void More_than_32_runs_are_refused()
    {
        NumberRange[] runs = [.. Enumerable.Range(0, 33).Select(i => new NumberRange(100 - (2 * (ulong)i), 100 - (2 * (ulong)i)))];
        Assert.True(Items.TryDecode(Items.Encode(new Heard(TimeSpan.Zero, runs[..32])), out _));
        Items.AssertRefused(Items.Encode(new Heard(TimeSpan.Zero, runs)));
    }

    [Fact]
    public void Delays_are_cut_to_a_minute()
    {
        Assert.True(Items.TryDecode(Items.Encode(new Heard(TimeSpan.FromHours(1), [new(1, 1)])), out var late));
        Assert.Equal(TimeSpan.FromMinutes(1), late.Delay);
        Assert.True(Items.TryDecode(Items.Encode(new Heard(TimeSpan.FromSeconds(-1), [new(1, 1)])), out var early));
        Assert.Equal(TimeSpan.Zero, early.Delay);
    }

    private static Heard Random(Random random)
    {
        var ranges = new List<NumberRange>();
        ulong last = Legal.Varint(random);
        for (int i = random.Next(1, HeardItem.RangesMax + 1); i > 0; i--)
        {
            ulong first = last - Math.Min(last, Legal.Varint(random) >> random.Next(60));
            ranges.Add(new NumberRange(first, last));
            ulong gap = 2 + (Legal.Varint(random) >> random.Next(60));
            if (gap > first)
                break;
            last = first - gap;
        }
        return new Heard(new TimeSpan(random.Next(600_001) * (TimeSpan.TicksPerMillisecond / 10)), [.. ranges]);
    }

    private sealed record Heard(TimeSpan Delay, NumberRange[] Ranges);

    private static readonly Codec<Heard> Items = new(
        Random,
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            HeardItem.Write(ref writer, value.Delay, value.Ranges);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Heard value) =>
        {
            Span<NumberRange> into = stackalloc NumberRange[HeardItem.RangesMax];
            bool taken = HeardItem.TryRead(bytes, into, out var item);
            value = new Heard(item.Delay, item.Ranges.ToArray());
            return taken;
        })
    {
        View = heard => $"{heard.Delay} {string.Join(' ', heard.Ranges)}",
    };
}
