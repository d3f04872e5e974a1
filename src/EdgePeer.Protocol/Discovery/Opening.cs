using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>An address that is being greeted until someone answers from there.</summary>
internal sealed class Opening(Port port, LinkAddress address, PeerId? expected, Instant nextAt)
{
    public Port Port { get; } = port;

    public LinkAddress Address { get; } = address;

    /// <summary>Who is thought to be there; null for a stranger.</summary>
    public PeerId? Expected { get; } = expected;

    /// <summary>Configured: greeted for as long as it takes.</summary>
    public bool IsSeed { get; set; }

    /// <summary>A session that is there may take a path over this link instead.</summary>
    public bool MayJoin { get; init; }

    /// <summary>The handshake under way; null before the first attempt.</summary>
    public Handshake? Handshake { get; set; }

    /// <summary>Of the handshake under way.</summary>
    public ushort Label { get; set; }

    /// <summary>The frame that was sent last, to be said again.</summary>
    public byte[] Said { get; set; } = [];

    /// <summary>What the other end asked to see; zero for nothing.</summary>
    public ulong Cookie { get; set; }

    /// <summary>The third message has been said: the keys that wait for the first packet under them.</summary>
    public SessionKeys? Confirming { get; set; }

    /// <summary>Which of the group's secrets the next handshake is made under: another one each time.</summary>
    public int Secret { get; set; }

    /// <summary>Handshakes begun so far.</summary>
    public int Begun { get; set; }

    /// <summary>The first bytes of this end's point in the handshake under way.</summary>
    public ulong Point { get; set; }

    public int Attempts { get; private set; }

    public Instant NextAt { get; set; } = nextAt;

    public bool IsSpent => Attempts >= AttemptsMax;

    /// <summary>What was said so often goes unheard: begin anew, with a new key.</summary>
    public bool IsStale => Attempts > 0 && Attempts % AttemptsPerHandshake == 0 && Confirming is null;

    public void OnGreeted(IRandom random, Instant now)
    {
        var first = FirstPause + Port.Traits.Airtime(OpenHeader.FrameBytesMin) * 4;
        var pause = first * (1 << Math.Min(Attempts, 6));
        Attempts++;
        if (pause > PauseMax)
            pause = PauseMax > first ? PauseMax : first;
        NextAt = now + random.Between(pause * 0.75, pause * 1.25);
    }

    /// <summary>The other end has answered: what is said from here on is counted anew.</summary>
    public void OnAnswered() => Attempts = 0;

    private const int AttemptsMax = 7;
    private const int AttemptsPerHandshake = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    // A peer that comes up is found within that time; one that stays away costs three frames a minute.
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(20);
}
