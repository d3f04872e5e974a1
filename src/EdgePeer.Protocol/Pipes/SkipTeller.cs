using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Tells the receiver of one channel what it is to pass over, again until all of it is settled.</summary>
internal sealed class SkipTeller(Session session, OutStream stream, int number)
{
    private int _inVain;

    /// <summary>When to tell again: the receiver had no room for the gap, or its answer says only a part.</summary>
    public Instant At { get; private set; } = Instant.Never;

    private bool IsSettled => stream.Ends.FirstEnding(0) == ulong.MaxValue;

    /// <summary>Messages of [from, to).</summary>
    public void Say(ulong from, ulong to, Instant now)
    {
        Span<byte> body = stackalloc byte[40];
        var writer = new WireWriter(body);
        new SkipItem(number, from, to - 1, stream.DurableFirstSequence).Write(ref writer);
        session.Say(ItemKind.Skip, writer.Written);
        if (!IsSettled)
            At = now + RoundTrip.Min(AgainAfter * (1 << Math.Min(_inVain, 6)), AgainMax);
    }

    /// <summary>All that waits to be settled.</summary>
    public void SayAll(Instant now)
    {
        foreach (var (from, to) in new List<(ulong, ulong)>(stream.Ends.Ending))
            Say(from, to, now);
    }

    public void OnAnswered()
    {
        if (IsSettled)
            (At, _inVain) = (Instant.Never, 0);
    }

    public void OnDeadline(Instant now)
    {
        if (At > now)
            return;
        At = Instant.Never;
        SayAll(now);
        _inVain++;
    }

    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AgainMax = TimeSpan.FromMinutes(5);
}
