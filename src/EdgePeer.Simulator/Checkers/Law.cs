namespace EdgePeer.Simulator.Checkers;

/// <summary>The laws of DESIGN.md, by number; the one on the simulator itself, and that of sealed sessions.</summary>
internal enum Law
{
    DurableIsNeverLost = 1,
    InOrderAndOnce = 2,
    DurableBeforeSentOrKept = 3,
    BooksBalance = 4,
    EverythingSettles = 5,
    InputIsHarmless = 6,
    WithinLimits = 7,
    SlowIsNotDead = 8,
    SameSeedSameTrace = 9,
    OnlyMembersGetIn = 10,
}

/// <summary>A checker has caught a peer at breaking a law.</summary>
internal sealed class LawBrokenException(Law law, string what) : Exception($"law {(int)law}, {law}: {what}")
{
    public Law Law => law;
}
