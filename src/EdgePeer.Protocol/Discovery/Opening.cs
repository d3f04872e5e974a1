using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>An address that is being greeted until someone answers from there.</summary>
internal sealed class Opening(Port port, LinkAddress address, ushort label, bool isSeed, Instant nextAt)
{
    public Port Port { get; } = port;

    public LinkAddress Address { get; } = address;

    /// <summary>What packets to here will carry once the path is open.</summary>
    public ushort Label { get; } = label;

    /// <summary>Configured: greeted for as long as it takes.</summary>
    public bool IsSeed { get; } = isSeed;

    public int Attempts { get; private set; }

    public Instant NextAt { get; private set; } = nextAt;

    public bool IsSpent => !IsSeed && Attempts >= AttemptsMax;

    public void OnGreeted(IRandom random, Instant now)
    {
        var first = FirstPause + Port.Traits.Airtime(GreetingFrame.BytesMax) * 4;
        var pause = first * (1 << Math.Min(Attempts, 6));
        Attempts++;
        if (pause > PauseMax)
            pause = PauseMax > first ? PauseMax : first;
        NextAt = now + random.Between(pause * 0.75, pause * 1.25);
    }

    private const int AttemptsMax = 7;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    // A peer that comes up is found within that time; one that stays away costs three frames a minute.
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(20);
}
