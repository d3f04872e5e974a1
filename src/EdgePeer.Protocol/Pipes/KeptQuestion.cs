using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Asks the receiver of one channel what it has kept: when messages were heard there and are not told as kept, and when its window stays closed.</summary>
internal sealed class KeptQuestion(NodeContext node, Session session, OnTheWay onTheWay, ByteCredit credit, int number)
{
    private ulong _last;
    private int _inVain;

    /// <summary>When it was last asked, or bound.</summary>
    public Instant AskedAt { get; private set; }

    public Instant At
    {
        get
        {
            if (session.Active is not { } path)
                return Instant.Never;
            Instant since;
            var front = onTheWay.Front;
            if (front is { OnlyHeard: true })
            {
                if (node.Has(NodeFaults.HeardNotKeptNeverAsked))
                    return Instant.Never;
                since = front.HeardAt;
            }
            else if (credit.BlockedAt != Instant.Never && (front is null || (front.InFlight == 0 && !credit.MaySend(front))))
            {
                if (node.Has(NodeFaults.WindowUpdateLost))
                    return Instant.Never;
                since = credit.BlockedAt;
            }
            else
            {
                return Instant.Never;
            }
            var wait = (session.SyncWindowThere + path.Timeout(AskBytes)) * (1 << Math.Min(_inVain, 10));
            return Instant.Later(since, AskedAt) + RoundTrip.Min(wait, BackoffMax);
        }
    }

    public void OnBound(Instant now) => AskedAt = now;

    public void Ask(Instant now)
    {
        AskedAt = now;
        _inVain++;
        Span<byte> body = stackalloc byte[16];
        var writer = new WireWriter(body);
        new AskItem(number, ++_last).Write(ref writer);
        session.Say(ItemKind.Ask, writer.Written);
    }

    /// <summary>The receiver has told something new.</summary>
    public void OnProgress() => _inVain = 0;

    public bool IsAnsweredBy(in KeptItem kept) => kept.Answers != 0 && kept.Answers == _last;

    private const int AskBytes = 40;
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(30);
}
