using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>How far the receiver of one channel lets its sender go, in bytes and what each message costs beside them; and since when that is not far enough.</summary>
internal sealed class ByteCredit(NodeContext node)
{
    private long _limit;

    /// <summary>Where the message that is begun next starts.</summary>
    public long Next { get; private set; }

    /// <summary>Never while there is room for what comes next.</summary>
    public Instant BlockedAt { get; private set; } = Instant.Never;

    public void Take(int messageBytes) => Next += messageBytes + Limits.MessageCostBytes;

    /// <summary>Whether a message of that length may be begun: some of it, or all where it is empty.</summary>
    public bool MayBegin(int messageBytes, Instant now)
    {
        long allowed = _limit - Next - Limits.MessageCostBytes;
        if (allowed < 0 || (allowed == 0 && messageBytes > 0))
            return Block(now);
        BlockedAt = Instant.Never;
        return true;
    }

    /// <summary>The end of the bytes of a begun message that may be sent.</summary>
    public long AllowedEnd(OutMessage message) => _limit - message.CostStart - Limits.MessageCostBytes;

    public bool MaySend(OutMessage message) =>
        message.NeedsSending && (message.TotalBytes == 0 || (long)message.Unsent.First.Start < AllowedEnd(message));

    /// <param name="start">Of the message that the window counts from.</param>
    /// <returns>True when it grew.</returns>
    public bool OnWindow(long start, byte window)
    {
        long limit = start + WindowCode.ToBytes(window);
        if (limit <= _limit)
            return false;
        _limit = limit;
        BlockedAt = Instant.Never;
        return true;
    }

    /// <returns>False.</returns>
    public bool Block(Instant now)
    {
        if (BlockedAt == Instant.Never)
        {
            BlockedAt = now;
            node.Counts.WindowsClosed++;
        }
        return false;
    }
}
