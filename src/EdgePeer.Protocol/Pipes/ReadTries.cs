using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>How often a message did not read back: flash may give it the next time.</summary>
/// <param name="NextAt">When to try again.</param>
public readonly record struct ReadTries(int Count, Instant NextAt)
{
    public static ReadTries Begin(Instant now) => new(0, now);

    /// <summary>Often enough: it is given up.</summary>
    public bool AreOver => Count > Limits.ReadTriesMax;

    /// <summary>It did not read back now. Tries within one pause count once.</summary>
    public ReadTries Failed(Instant now) => now < NextAt ? this : new ReadTries(Count + 1, now + Limits.ReadPause);
}
