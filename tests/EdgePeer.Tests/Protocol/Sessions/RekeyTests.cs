using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

/// <summary>Keys are replaced when they are old or were guessed at too often, and messages go on.</summary>
public class RekeyTests
{
    private readonly Lab _lab = new(21);
    private readonly LabPeer _a, _b;
    private int _openings;
    private byte[] _packet = [];

    public RekeyTests()
    {
        (_a, _b) = (_lab.AddPeer("a"), _lab.AddPeer("b"));
        _lab.Connect(_a, _b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1)).Tap = (from, frame) =>
        {
            _openings += FrameHead.Of(frame[0]).Kind == FrameKind.Open ? 1 : 0;
            if (from == _a && FrameHead.Of(frame[0]).Kind == FrameKind.Packet)
                _packet = frame;
        };
        _b.Read("readings");
        Deliver();
        _lab.Run(TimeSpan.FromMinutes(1));
        _openings = 0;
    }

    [Fact]
    public void Keys_in_use_are_replaced_after_four_hours()
    {
        _lab.Run(Limits.KeysAgeMax - TimeSpan.FromMinutes(5));
        Deliver();
        Assert.Equal(0, _openings);
        _lab.Run(TimeSpan.FromMinutes(10));
        Assert.InRange(_openings, 1, 2);
        Deliver();
    }

    [Fact]
    public void Keys_that_were_guessed_at_too_often_are_replaced_within_minutes()
    {
        byte[] forged = [.. _packet];
        for (long i = 0; i < Limits.ForgedPerKeysMax; i++)
        {
            // One number after another, so that none is taken for one that came before.
            forged[3] = (byte)(_packet[3] + 1 + (i % 100));
            _b.Node.OnFrame(new TransportId(0), new LinkAddress([1]), forged, _lab.Now);
        }
        _lab.Run(TimeSpan.FromMinutes(3));
        Assert.InRange(_openings, 1, 2);
        Deliver();
    }

    private void Deliver()
    {
        int before = _b.Payloads.Count;
        _a.Send("readings", [1, 2, 3]);
        Assert.True(_lab.Run(TimeSpan.FromSeconds(30), () => _b.Payloads.Count == before + 1));
    }
}
