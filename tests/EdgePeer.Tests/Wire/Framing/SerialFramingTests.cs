using System.Buffers.Binary;
using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.Tests.Wire.Framing;

public class SerialFramingTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads()
    {
        byte[] line = DocumentExample.Hex(DocumentExample.Serial, "line");
        Assert.Equal(line, Encode(5, yields: true, afterSilence: true, [0x00, 0x11, 0x22, 0x00]));

        ReadOnlySpan<byte> heard = line;
        Assert.True(new SerialFrameDecoder().TryRead(ref heard, out var frame));
        Assert.Equal(5, frame.Destination);
        Assert.True(frame.Yields);
        Assert.Equal(DocumentExample.Hex(DocumentExample.Serial, "envelope")[1..5], frame.Frame.ToArray());
        Assert.Equal(line.Length - 1, frame.LineBytes);
    }

    /// <summary>The check value that the catalogue of CRCs gives for this one.</summary>
    [Fact]
    public void The_checksum_is_that_of_autosar() => Assert.Equal(0xDF, Crc8.Compute("123456789"u8));

    [Fact]
    public void Frames_of_one_checksum_differ_in_their_fingerprint()
    {
        byte[] line = new byte[SerialFraming.LineBytesMax(16)];
        var random = new Random(5);
        var fingerprints = new HashSet<uint>();
        for (int i = 0; i < 2_000; i++)
        {
            byte[] frame = new byte[16];
            random.NextBytes(frame);
            int length = SerialFraming.Encode(9, yields: false, afterSilence: false, frame, line, out uint fingerprint);
            ReadOnlySpan<byte> heard = line.AsSpan(0, length);
            Assert.True(new SerialFrameDecoder().TryRead(ref heard, out var read));
            Assert.Equal(fingerprint, read.Fingerprint);
            Assert.True(fingerprints.Add(fingerprint));
        }
    }

    [Fact]
    public void A_short_frame_costs_four_bytes()
    {
        Assert.Equal(252 + SerialFraming.FramingBytes, Encode(1, false, false, Enumerable.Repeat((byte)0xFF, 252).ToArray()).Length);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(128, 10)]
    [InlineData(1, 0)]
    [InlineData(1, SerialFraming.FrameBytesMax + 1)]
    public void What_may_not_stand_on_the_line_is_not_written(int destination, int frameBytes)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Encode((byte)destination, false, false, new byte[frameBytes]));
    }

    [Fact]
    public void Frames_round_trip_however_the_line_cuts_them()
    {
        var random = new Random(2);
        var line = new List<byte>();
        var sent = new List<string>();
        for (int i = 0; i < 300; i++)
        {
            byte[] frame = new byte[random.Next(1, SerialFraming.FrameBytesMax + 1)];
            random.NextBytes(frame);
            byte destination = (byte)random.Next(1, 128);
            bool yields = random.Next(2) == 0;
            line.AddRange(Encode(destination, yields, random.Next(2) == 0, frame));
            sent.Add($"{destination} {yields} {Convert.ToHexString(frame)}");
        }

        var decoder = new SerialFrameDecoder();
        var heard = new List<string>();
        ReadOnlySpan<byte> rest = line.ToArray();
        while (!rest.IsEmpty)
        {
            var part = rest[..Math.Min(rest.Length, random.Next(1, 700))];
            rest = rest[part.Length..];
            while (decoder.TryRead(ref part, out var frame))
                heard.Add($"{frame.Destination} {frame.Yields} {Convert.ToHexString(frame.Frame)}");
        }
        Assert.Equal(sent, heard);
        Assert.Equal(0, decoder.BadFrames);
    }

    [Fact]
    public void After_garbage_the_next_frame_is_heard_when_the_sender_was_silent_before_it()
    {
        byte[] noise = new byte[5000];
        new Random(3).NextBytes(noise);
        byte[] frame = [1, 2, 3];
        var decoder = new SerialFrameDecoder();
        ReadOnlySpan<byte> bytes = [.. noise, .. Encode(7, false, afterSilence: true, frame)];
        Assert.True(decoder.TryRead(ref bytes, out var heard));
        Assert.Equal(frame, heard.Frame.ToArray());
        Assert.InRange(decoder.BadFrames, 1, noise.Length);
    }

    [Fact]
    public void A_stretch_without_delimiter_is_one_bad_frame_however_long()
    {
        var decoder = new SerialFrameDecoder();
        ReadOnlySpan<byte> endless = Enumerable.Repeat((byte)0x55, 100_000).ToArray();
        Assert.False(decoder.TryRead(ref endless, out _));
        ReadOnlySpan<byte> end = [0x00, .. Encode(7, false, false, [9])];
        Assert.True(decoder.TryRead(ref end, out var heard));
        Assert.Equal(9, heard.Frame[0]);
        Assert.Equal(1, decoder.BadFrames);
    }

    [Fact]
    public void Destination_zero_is_a_bad_frame_even_with_a_right_checksum()
    {
        byte[] envelope = [0x80, 0x41, Crc8.Compute([0x80, 0x41])];
        byte[] line = new byte[Cobs.EncodedBytesMax(envelope.Length) + 1];
        int length = Cobs.Encode(envelope, line);
        ReadOnlySpan<byte> bytes = line.AsSpan(0, length + 1);
        var decoder = new SerialFrameDecoder();
        Assert.False(decoder.TryRead(ref bytes, out _));
        Assert.Equal(1, decoder.BadFrames);
    }

    /// <summary>So that the node can say whom it does not understand.</summary>
    [Fact]
    public void Frames_of_version_1_are_heard_though_their_checksum_is_a_crc_32()
    {
        byte[] beacon = Convert.FromHexString("2000112233445566778899AABBCCDDEEFF01020304050607089003CAFEF00D012A066261726E2D33A29AACBB");
        var decoder = new SerialFrameDecoder();
        ReadOnlySpan<byte> bytes = LineOfVersion1(beacon);
        Assert.True(decoder.TryRead(ref bytes, out var frame));
        Assert.Equal(SerialFraming.Everyone, frame.Destination);
        Assert.Equal(beacon, frame.Frame.ToArray());
        // Of any other version that checksum is a wrong one.
        beacon[0] = 0x41;
        bytes = LineOfVersion1(beacon);
        Assert.False(decoder.TryRead(ref bytes, out _));
        Assert.Equal(1, decoder.BadFrames);
    }

    private static byte[] LineOfVersion1(byte[] frame)
    {
        byte[] envelope = [SerialFraming.Everyone, .. frame, .. new byte[sizeof(uint)]];
        BinaryPrimitives.WriteUInt32LittleEndian(envelope.AsSpan(1 + frame.Length), Crc32C.Compute(envelope.AsSpan(0, 1 + frame.Length)));
        byte[] line = new byte[Cobs.EncodedBytesMax(envelope.Length) + 1];
        return line[..(Cobs.Encode(envelope, line) + 1)];
    }

    /// <summary>
    /// The oracle: every stretch between delimiters is a frame or is counted as bad, and of what was damaged the checksum lets one in
    /// 256 pass.
    /// </summary>
    [Fact]
    public void Mutated_lines_give_frames_that_were_sent_and_the_rest_is_counted()
    {
        var random = new Random(4);
        int bad = 0, passed = 0;
        for (int round = 0; round < 400; round++)
        {
            var decoder = new SerialFrameDecoder();
            var sent = new HashSet<string>();
            var line = new List<byte>();
            for (int i = 0; i < 10; i++)
            {
                byte[] frame = new byte[random.Next(1, 300)];
                random.NextBytes(frame);
                byte destination = (byte)random.Next(1, 128);
                line.AddRange(Encode(destination, false, false, frame));
                sent.Add($"{destination} {Convert.ToHexString(frame)}");
            }
            for (int i = random.Next(0, 6); i > 0; i--)
                Mutate(line, random);

            int stretches = string.Concat(line.Select(b => b == 0 ? ' ' : 'x')).Split(' ')[..^1].Count(part => part.Length > 0);
            int good = 0;
            ReadOnlySpan<byte> bytes = line.ToArray();
            while (decoder.TryRead(ref bytes, out var frame))
            {
                good++;
                passed += sent.Contains($"{frame.Destination} {Convert.ToHexString(frame.Frame)}") ? 0 : 1;
            }
            Assert.Equal(stretches, good + decoder.BadFrames);
            bad += (int)decoder.BadFrames;
        }
        Assert.True(bad > 800 && passed <= bad / 100, $"{passed} damaged frames passed, {bad} did not");
    }

    private static void Mutate(List<byte> line, Random random)
    {
        int at = random.Next(line.Count);
        switch (random.Next(4))
        {
            case 0:
                line[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                line.RemoveRange(at, Math.Min(random.Next(1, 50), line.Count - at));
                break;
            case 2:
                line.Insert(at, (byte)random.Next(256));
                break;
            default:
                line[at] = 0;
                break;
        }
        if (line.Count == 0)
            line.Add(0);
    }

    private static byte[] Encode(byte destination, bool yields, bool afterSilence, byte[] frame)
    {
        byte[] line = new byte[SerialFraming.LineBytesMax(Math.Max(frame.Length, 1))];
        return line[..SerialFraming.Encode(destination, yields, afterSilence, frame, line, out _)];
    }
}
