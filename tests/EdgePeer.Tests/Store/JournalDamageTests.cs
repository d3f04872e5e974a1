using EdgePeer.Store;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>Every damage of a small journal: what it does not touch survives, and the start never fails.</summary>
public class JournalDamageTests
{
    private const int JournalBytes = 16 << 10;
    private readonly byte[] _image;
    private readonly List<(ulong Sequence, byte[] Payload, int From, int Through)> _messages = [];
    private readonly int _lastBlock;

    public JournalDamageTests()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        rig.Settle();
        for (ulong sequence = 0; sequence < 26; sequence++)
        {
            rig.Append(stream, sequence, JournalRig.Payload((int)sequence, 60 + (int)sequence), sequence + 1);
            if (sequence is 8 or 16 or 25)
                rig.Settle();
        }
        _image = new byte[rig.Flash.Length(1)];
        rig.Flash.Read(1, 0, _image);
        var scan = SegmentScan.Find(rig.Flash, 1)!;
        scan.Read(_image);
        Assert.Equal(JournalBytes, scan.Blocks[^1].End);
        _lastBlock = scan.Blocks[^1].Offset;
        foreach (var block in scan.Blocks)
            for (int at = block.Offset + BlockHeader.SizeBytes, end = at + block.Header.RecordBytes, size; at < end; at += size)
            {
                size = JournalRecord.TryRead(_image.AsSpan(at, end - at), scan.Seed, out var record);
                if (record.Kind == RecordKind.TaggedRange)
                    _messages.Add((record.Sequence, record.Bytes.ToArray(), at, at + size));
            }
        Assert.Equal(26, _messages.Count);
    }

    [Fact]
    public void Every_truncation_keeps_every_record_before_it()
    {
        for (int length = 0; length <= JournalBytes; length++)
            Check(_image[..length], length, int.MaxValue, $"cut at {length}");
    }

    [Fact]
    public void Every_zeroed_sector_keeps_every_record_outside_it()
    {
        for (int sector = 0; sector < JournalBytes; sector += 512)
        {
            byte[] damaged = [.. _image];
            damaged.AsSpan(sector, 512).Clear();
            Check(damaged, sector, sector + 512, $"zeroed from {sector}");
        }
    }

    [Fact]
    public void Every_flipped_bit_keeps_every_record_but_its_own()
    {
        byte[] damaged = [.. _image];
        for (int bit = 0; bit < JournalBytes * 8; bit++)
        {
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Check(damaged, bit / 8, (bit / 8) + 1, $"bit {bit} flipped");
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private void Check(byte[] bytes, int damagedFrom, int damagedThrough, string what)
    {
        var journal = new Journal(JournalRig.Small, new Image(bytes), new SeededRandom(1));
        // The last batch may be taken for torn, and so may what lies behind a cut in the journal's first header.
        bool lastTorn = damagedThrough > _lastBlock;
        foreach (var (sequence, payload, from, through) in _messages)
        {
            if ((from < damagedThrough && through > damagedFrom) || (lastTorn && from >= _lastBlock))
                continue;
            var read = new byte[payload.Length];
            Assert.True(journal.Streams().Count == 1 && journal.TryRead(journal.Streams()[0].Id, sequence, 0, read) && read.AsSpan().SequenceEqual(payload),
                $"{what}: message {sequence} at {from} to {through} is lost; {string.Join("; ", journal.Recovery.Damaged)}");
        }
    }

    private sealed class Image(byte[] bytes) : IFlash
    {
        public IReadOnlyList<uint> Segments() => [1];

        public long Length(uint segment) => bytes.Length;

        public int Read(uint segment, long offset, Span<byte> into)
        {
            int length = (int)long.Clamp(bytes.Length - offset, 0, into.Length);
            bytes.AsSpan((int)long.Min(offset, bytes.Length), length).CopyTo(into);
            return length;
        }
    }
}
