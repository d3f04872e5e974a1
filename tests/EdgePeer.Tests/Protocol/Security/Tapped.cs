using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

/// <summary>Two peers on a line, and someone who hears all that they say, can lose it, and says anything to either.</summary>
internal sealed class Tapped
{
    private int _sent;

    public Tapped(int seed, TransportTraits? traits = null, Func<NodeOptions, NodeOptions>? a = null, Func<NodeOptions, NodeOptions>? b = null, ICryptography? cryptography = null)
    {
        Lab = new Lab(seed);
        A = Lab.AddPeer("a", cryptography: cryptography, configure: a);
        B = Lab.AddPeer("b", cryptography: cryptography, configure: b);
        Line = Lab.Connect(A, B, traits ?? DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Line.Tap = (from, frame) => Heard.Add((from, frame));
        B.Read("readings");
        A.Read("commands");
    }

    public Lab Lab { get; }

    public LabPeer A { get; }

    public LabPeer B { get; }

    public LabLine Line { get; }

    public List<(LabPeer From, byte[] Frame)> Heard { get; } = [];

    public LabPeer Other(LabPeer peer) => peer == A ? B : A;

    public List<(LabPeer From, byte[] Frame)> HeardOf(FrameKind kind) => Heard.FindAll(heard => KindOf(heard.Frame) == kind);

    public static FrameKind KindOf(byte[] frame) => FrameHead.Of(frame[0]).Kind;

    public static long Refused(LabPeer peer) => peer.Node.Status(default).Counters is var counters ? counters.FramesDropped + counters.FramesMalformed : 0;

    public static int LinksUp(LabPeer peer) => peer.Node.Status(default).Peers.Sum(other => other.Links.Count(link => link.Active));

    /// <param name="source">Where it is to come from; by default where the other end is.</param>
    public void Inject(LabPeer to, byte[] frame, byte? source = null) =>
        to.Node.OnFrame(new TransportId(0), Line.Traits.ChosenAddresses ? default : new LinkAddress([source ?? (byte)(to == A ? 2 : 1)]), frame, Lab.Now);

    public void Meet(double seconds = 10) =>
        Assert.True(Lab.Run(TimeSpan.FromSeconds(seconds), () => LinksUp(A) == 1 && LinksUp(B) == 1), $"they have not met within {seconds} s");

    /// <summary>A message each way arrives, once.</summary>
    public void RequireThatMessagesPass(double seconds = 10)
    {
        int number = ++_sent;
        A.Send("readings", DeliveryTests.Payload(number, 100));
        B.Send("commands", DeliveryTests.Payload(number, 100));
        Assert.True(Lab.Run(TimeSpan.FromSeconds(seconds), () => B.Payloads.Count >= number && A.Payloads.Count >= number), $"message {number} has not arrived within {seconds} s");
        Assert.Equal(number, A.Payloads.Count);
        Assert.Equal(number, B.Payloads.Count);
        Assert.Equal(DeliveryTests.Payload(number, 100), B.Payloads[^1]);
    }

    /// <summary>Loses the next frame of a kind, and runs until it was sent.</summary>
    public (LabPeer From, byte[] Frame) Intercept(FrameKind kind, Action? meanwhile = null)
    {
        (LabPeer From, byte[] Frame)? caught = null;
        Line.Loses = (from, frame) =>
        {
            // What comes after it would change what it means.
            if (caught is null && KindOf(frame) == kind)
                caught = (from, frame);
            return caught is not null;
        };
        meanwhile?.Invoke();
        Assert.True(Lab.Run(TimeSpan.FromMinutes(2), () => caught is not null), $"no {kind} was sent");
        Line.Loses = null;
        return caught!.Value;
    }

    /// <summary>The keys of the group that both are of.</summary>
    public static GroupKeys Group { get; } = new("default", GroupSecret.OfName("default").Bytes);
}
