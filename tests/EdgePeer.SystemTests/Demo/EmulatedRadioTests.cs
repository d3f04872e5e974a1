using System.Diagnostics;
using EdgePeer.Agent.Demo.Rig;
using Xunit;

namespace EdgePeer.SystemTests.Demo;

public sealed class EmulatedRadioTests
{
    [Fact]
    public void Bytes_arrive_whole_and_no_faster_than_the_line()
    {
        using var radio = new EmulatedRadio(baud: 57_600, bitErrorRate: 0, seed: 1);
        using var left = Open(radio.LeftPort);
        using var right = Open(radio.RightPort);
        byte[] sent = new byte[576];
        new Random(1).NextBytes(sent);
        byte[] received = new byte[sent.Length];

        var clock = Stopwatch.StartNew();
        left.Write(sent);
        right.ReadExactly(received);

        Assert.Equal(sent, received);
        // 576 bytes of ten bits at 57,600 a second; the last few may have left a thread's wake-up early.
        Assert.True(clock.ElapsedMilliseconds >= 90, $"{clock.ElapsedMilliseconds} ms");
        Assert.Equal(0, radio.BitsDamaged);
    }

    [Fact]
    public void About_as_many_bits_are_turned_over_as_was_asked_for()
    {
        using var radio = new EmulatedRadio(baud: 3_000_000, bitErrorRate: 1e-3, seed: 1);
        using var left = Open(radio.LeftPort);
        using var right = Open(radio.RightPort);
        byte[] received = new byte[2000];
        int wrong = 0;
        for (int i = 0; i < 10; i++)
        {
            left.Write(new byte[received.Length]);
            right.ReadExactly(received);
            wrong += received.Sum(b => int.PopCount(b));
        }

        // 160,000 bits: 160 expected, and the seed makes it the same in every run but for where reads are cut.
        Assert.InRange(wrong, 100, 240);
        Assert.Equal(wrong, radio.BitsDamaged);
    }

    private static FileStream Open(string port) => new(port, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
}
