using EdgePeer.Tests.Support;
using EdgePeer.Transports.Mqtt;
using Xunit;

namespace EdgePeer.Tests.Transports.Mqtt;

public class FrameBatchTests
{
    [Fact]
    public void Two_frames_are_the_bytes_of_the_document()
    {
        var batch = new FrameBatch();
        batch.Add([0x21, 0x22, 0x23]);
        batch.Add([0x31]);
        Assert.Equal(DocumentExample.Hex(DocumentExample.Mqtt, "two frames"), batch.Bytes.ToArray());
        Assert.Equal(2, batch.Frames);
    }

    [Fact]
    public void What_fits_comes_out_as_it_went_in()
    {
        var random = new Random(1);
        var batch = new FrameBatch();
        for (int round = 0; round < 200; round++)
        {
            batch.Clear();
            var frames = new List<byte[]>();
            while (true)
            {
                byte[] frame = new byte[random.Next(1, round % 2 == 0 ? Limits.FrameBytesMax + 1 : 300)];
                random.NextBytes(frame);
                if (!batch.Fits(frame.Length))
                    break;
                batch.Add(frame);
                frames.Add(frame);
            }
            Assert.InRange(batch.Bytes.Length, Limits.BatchBytesMax - Limits.FrameBytesMax - FrameBatch.LengthBytes, Limits.BatchBytesMax);
            Assert.Equal(frames, Take(batch.Bytes, out int left));
            Assert.Equal(0, left);
        }
    }

    [Theory]
    // No whole length, no frame of that length, none at all, one that is too long.
    [InlineData("00", 0, 1)]
    [InlineData("0001", 0, 2)]
    [InlineData("000141" + "0002FF", 1, 3)]
    [InlineData("0000", 0, 2)]
    [InlineData("0000" + "000141", 0, 5)]
    [InlineData("000141" + "0000", 1, 2)]
    [InlineData("FFFF00", 0, 3)]
    public void What_is_no_frame_ends_the_payload(string payload, int frames, int left)
    {
        Assert.Equal(frames, Take(Convert.FromHexString(payload), out int rest).Count);
        Assert.Equal(left, rest);
    }

    [Fact]
    public void A_frame_longer_than_the_transport_carries_is_none()
    {
        byte[] payload = new byte[2 + Limits.FrameBytesMax + 1];
        (payload[0], payload[1]) = ((Limits.FrameBytesMax + 1) >> 8, (Limits.FrameBytesMax + 1) & 0xFF);
        Assert.Empty(Take(payload, out int left));
        Assert.Equal(payload.Length, left);
    }

    [Fact]
    public void Damaged_and_hostile_payloads_come_apart_as_the_document_says()
    {
        var random = new Random(2);
        var batch = new FrameBatch();
        for (int round = 0; round < 20_000; round++)
        {
            batch.Clear();
            for (int i = random.Next(5); i > 0; i--)
                batch.Add(Mutation.Bytes(random, 40) is { Length: > 0 } frame ? frame : [1]);
            byte[] payload = round % 4 == 0 ? Mutation.Bytes(random, 100) : Mutation.Of(random, batch.Bytes);
            var frames = Take(payload, out int left);
            var (expected, rest) = ByTheDocument(payload);
            Assert.Equal(expected, frames);
            Assert.Equal(rest, left);
        }
    }

    private static List<byte[]> Take(ReadOnlySpan<byte> payload, out int left)
    {
        var frames = new List<byte[]>();
        while (FrameBatch.TryTake(ref payload, out var frame))
            frames.Add(frame.ToArray());
        left = payload.Length;
        return frames;
    }

    private static (List<byte[]> Frames, int Left) ByTheDocument(byte[] payload)
    {
        var frames = new List<byte[]>();
        int at = 0;
        while (at + 2 <= payload.Length && (payload[at] * 256) + payload[at + 1] is > 0 and <= 8192 and var length && at + 2 + length <= payload.Length)
        {
            frames.Add(payload[(at + 2)..(at + 2 + length)]);
            at += 2 + length;
        }
        return (frames, payload.Length - at);
    }
}
