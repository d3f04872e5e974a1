namespace EdgePeer.Store;

/// <summary>A place in the order of what the journal was asked to keep; durable once a batch through it is done.</summary>
public readonly record struct Ticket(ulong Value) : IComparable<Ticket>
{
    public int CompareTo(Ticket other) => Value.CompareTo(other.Value);
}
