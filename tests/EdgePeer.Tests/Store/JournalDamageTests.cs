using EdgePeer.Store;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>
/// Every damage of a small journal: what it does not touch survives, and the start never fails. With the head of an agent that was stopped, each that
/// touches something is named, at the end too.
/// </summary>
public class JournalDamageTests
{
    private const int JournalBytes = 16 << 10;
    private readonly byte[] _image;
    private readonly List<(ulong Sequence, byte[] Payload, int From, int Through)> _messages = [];
    private readonly List<(int From, int Through)> _written = [];
    private readonly byte[] _running;
    private readonly byte[] _stopped;
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
        _image = BytesOf(rig, 1);
        _running = BytesOf(rig, IFlash.Head);
        rig.Journal.NoteEnd();
        rig.Settle();
        _stopped = BytesOf(rig, IFlash.Head);
        var scan = SegmentScan.Find(rig.Flash, 1)!;
        scan.Read(_image);
        Assert.Equal(JournalBytes, scan.Blocks[^1].End);
        _lastBlock = scan.Blocks[^1].Offset;
        foreach (var block in scan.Blocks)
        {
            _written.Add((block.Offset, block.Offset + BlockHeader.SizeBytes + block.Header.RecordBytes));
            for (int at = block.Offset + BlockHeader.SizeBytes, end = at + block.Header.RecordBytes, size; at < end; at += size)
            {
                size = JournalRecord.TryRead(_image.AsSpan(at, end - at), scan.Seed, out var record);
                if (record.Kind == RecordKind.TaggedRange)
                    _messages.Add((record.Sequence, record.Bytes.ToArray(), at, at + size));
            }
        }
        Assert.Equal(26, _messages.Count);
    }

    [Fact]
    public void Every_truncation_keeps_every_record_before_it_and_is_named()
    {
        for (int length = 0; length <= JournalBytes; length++)
        {
            Check(_image[..length], null, length, int.MaxValue, $"cut at {length}");
            Check(_image[..length], _stopped, length, int.MaxValue, $"cut at {length}, after a stop");
            Check(_image[..length], _running, length, int.MaxValue, $"cut at {length}, while it ran");
        }
        // Nothing is lost where nothing was written; but the file is not what it was.
        for (int length = JournalBytes; length < _image.Length; length += 512)
            Assert.Contains("cut short", Assert.Single(Recover(_image[..length], _stopped).Damaged), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_zeroed_sector_keeps_every_record_outside_it_and_is_named()
    {
        for (int sector = 0; sector < JournalBytes; sector += 512)
        {
            byte[] damaged = [.. _image];
            damaged.AsSpan(sector, 512).Clear();
            Check(damaged, null, sector, sector + 512, $"zeroed from {sector}");
            Check(damaged, _stopped, sector, sector + 512, $"zeroed from {sector}, after a stop");
        }
    }

    [Fact]
    public void Every_end_that_was_zeroed_is_named_and_what_was_before_it_is_kept()
    {
        for (int from = 0; from < JournalBytes; from += 512)
        {
            byte[] damaged = [.. _image];
            damaged.AsSpan(from).Clear();
            Check(damaged, _stopped, from, int.MaxValue, $"zeroed from {from} to the end, after a stop");
            // Of what came behind the segment's first block, an agent that was killed had told nobody.
            bool named = Recover(damaged, _running).PastUncertain;
            Assert.True(named || from >= _written[0].Through, $"zeroed from {from} to the end, while it ran: not named");
        }
    }

    [Fact]
    public void Every_flipped_bit_keeps_every_record_but_its_own_and_is_named()
    {
        byte[] damaged = [.. _image];
        for (int bit = 0; bit < JournalBytes * 8; bit++)
        {
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Check(damaged, null, bit / 8, (bit / 8) + 1, $"bit {bit} flipped");
            Check(damaged, _stopped, bit / 8, (bit / 8) + 1, $"bit {bit} flipped, after a stop");
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_newest_segment_that_is_gone_or_zeroed_is_named()
    {
        foreach (byte[] head in (byte[][])[_running, _stopped])
        {
            Assert.StartsWith("segment 1 at 0: the file is missing", Assert.Single(Recover(null, head).Damaged), StringComparison.Ordinal);
            Assert.StartsWith("segment 1 at 0: no block is left", Assert.Single(Recover(new byte[_image.Length], head).Damaged), StringComparison.Ordinal);
            Assert.StartsWith("segment 1 at 0: the file is cut short", Assert.Single(Recover([], head).Damaged), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Where_nothing_is_lost_nothing_is_named_whatever_the_head_has_come_to()
    {
        Assert.Empty(Recover(_image, null).Damaged);
        for (int cut = 0; cut <= _stopped.Length; cut += 16)
            Assert.Empty(Recover(_image, _stopped[..cut]).Damaged);
        for (int bit = 0; bit < _stopped.Length * 8; bit += bit % 4096 < JournalHead.SizeBytes * 8 ? 1 : 509)
        {
            byte[] damaged = [.. _stopped];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Empty(Recover(_image, damaged).Damaged);
        }
        // The journal of an older time, which a head of that time was copied with.
        Assert.Empty(Recover(_image, _running).Damaged);
    }

    [Fact]
    public void A_journal_whose_end_was_lost_goes_on_above_it()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        for (ulong sequence = 0; sequence < 60; sequence++)
        {
            rig.Append(stream, sequence, JournalRig.Payload((int)sequence, 4000));
            rig.Settle();
        }
        uint newest = rig.Flash.Segments().MaxBy(number => SegmentScan.Find(rig.Flash, number)!.Generation);
        var lost = SegmentScan.Find(rig.Flash, newest)!.Generation;
        rig.Flash.Damage(newest, 0, new byte[64 << 10]);
        rig.Kill();
        Assert.True(rig.Journal.Recovery.PastUncertain);
        Assert.Contains(rig.Journal.Recovery.Damaged, line => line.StartsWith($"segment {newest} at 0: no block is left", StringComparison.Ordinal));
        rig.Settle();
        ulong next = rig.Journal.Streams()[0].Next;
        Assert.InRange(next, 30u, 59u);
        for (ulong sequence = next; sequence < next + 3; sequence++)
        {
            rig.Append(stream, sequence, JournalRig.Payload((int)sequence, 4000));
            rig.Settle();
        }
        rig.PowerCut();
        Assert.Empty(rig.Journal.Recovery.Damaged);
        Assert.All(rig.Flash.Segments(), number => Assert.NotEqual(lost, SegmentScan.Find(rig.Flash, number)?.Generation ?? 0));
        for (ulong sequence = 0; sequence < next + 3; sequence++)
            Assert.Equal(JournalRig.Payload((int)sequence, 4000), rig.Read(stream, sequence));
    }

    /// <param name="head">Null for a journal of a program that wrote none.</param>
    private void Check(byte[] bytes, byte[]? head, int damagedFrom, int damagedThrough, string what)
    {
        var journal = new Journal(JournalRig.Small, new Image(bytes, head), new SeededRandom(1));
        // Without a head the last batch may be taken for torn, and so may what lies behind a cut in the journal's first header.
        bool lastTorn = head != _stopped && damagedThrough > _lastBlock;
        foreach (var (sequence, payload, from, through) in _messages)
        {
            if ((from < damagedThrough && through > damagedFrom) || (lastTorn && from >= _lastBlock))
                continue;
            var read = new byte[payload.Length];
            Assert.True(journal.Streams().Count == 1 && journal.TryRead(journal.Streams()[0].Id, sequence, 0, read) && read.AsSpan().SequenceEqual(payload),
                $"{what}: message {sequence} at {from} to {through} is lost; {string.Join("; ", journal.Recovery.Damaged)}");
        }
        bool touched = bytes.Length < _image.Length || _written.Exists(block => block.From < damagedThrough && block.Through > damagedFrom && !bytes.AsSpan(block.From..block.Through).SequenceEqual(_image.AsSpan(block.From..block.Through)));
        if (head == _stopped)
            Assert.True(journal.Recovery.PastUncertain == touched, $"{what}: {(touched ? "not named" : string.Join("; ", journal.Recovery.Damaged))}");
        else if (head == _running)
            Assert.True(journal.Recovery.PastUncertain, $"{what}: not named");
    }

    private static RecoveryReport Recover(byte[]? bytes, byte[]? head) => new Journal(JournalRig.Small, new Image(bytes, head), new SeededRandom(1)).Recovery;

    private static byte[] BytesOf(JournalRig rig, uint segment)
    {
        var bytes = new byte[rig.Flash.Length(segment)];
        rig.Flash.Read(segment, 0, bytes);
        return bytes;
    }

    /// <summary>One segment, or none, and a head, or none.</summary>
    private sealed class Image(byte[]? bytes, byte[]? head) : IFlash
    {
        public IReadOnlyList<uint> Segments() => bytes is null ? [] : [1];

        public long Length(uint segment) => FileOf(segment).Length;

        public int Read(uint segment, long offset, Span<byte> into)
        {
            byte[] file = FileOf(segment);
            int length = (int)long.Clamp(file.Length - offset, 0, into.Length);
            file.AsSpan((int)long.Min(offset, file.Length), length).CopyTo(into);
            return length;
        }

        private byte[] FileOf(uint segment) => (segment == IFlash.Head ? head : bytes) ?? [];
    }
}
