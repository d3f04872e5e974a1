namespace EdgePeer.Agent.Demo;

/// <summary>
/// What the reader of one flow has been handed, checked as it comes: every number once, in order, with its own bytes. A message
/// that the reader's peer hands over again after it was killed carries the same identity, is counted and skipped; a
/// repetition without a kill, or under another identity, is a fault.
/// </summary>
internal sealed class Ledger(Flow flow)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MessageIdentity, Entry> _seen = [];
    private readonly Dictionary<(string From, string Incarnation, int Priority), ulong> _lastSequence = [];
    private readonly List<string> _faults = [];
    private int _arrived, _repeated, _life;

    public int Arrived => Volatile.Read(ref _arrived);

    public int Repeated => Volatile.Read(ref _repeated);

    public bool Complete => Arrived == flow.Total;

    /// <summary>What went wrong so far, by name; at most <see cref="FaultsMax"/>.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_lock)
                return [.. _faults];
        }
    }

    /// <summary>The reader's peer was killed: what it had handed over may come once more.</summary>
    public void PeerWasKilled()
    {
        lock (_lock)
            _life++;
    }

    public void Record(MessageIdentity identity, ReadOnlySpan<byte> payload)
    {
        int? number = flow.Recognise(payload);
        lock (_lock)
        {
            if (number is not { } known)
                Fault($"{identity} holds bytes that were never sent");
            else if (_seen.TryGetValue(identity, out var before))
                RecordAgain(identity, known, before);
            else
                RecordNew(identity, known);
        }
    }

    private void RecordAgain(MessageIdentity identity, int number, Entry before)
    {
        if (before.Number != number)
            Fault($"{identity} was message {before.Number} and then message {number}");
        else if (before.Life == _life)
            Fault($"message {number} came twice without a kill between");
        else
            _repeated++;
        _seen[identity] = new Entry(before.Number, _life);
    }

    private void RecordNew(MessageIdentity identity, int number)
    {
        var stream = (identity.From, identity.Incarnation, identity.Priority);
        if (_lastSequence.TryGetValue(stream, out ulong last) && identity.Sequence != last + 1)
            Fault($"{identity} came after sequence {last}");
        _lastSequence[stream] = identity.Sequence;
        _seen[identity] = new Entry(number, _life);
        if (number < _arrived + 1)
            Fault($"message {number} came again under another identity, {identity}");
        else if (number > _arrived + 1)
            Fault($"message {number} came where message {_arrived + 1} was due");
        _arrived = Math.Max(_arrived, number);
    }

    private void Fault(string what)
    {
        if (_faults.Count < FaultsMax)
            _faults.Add($"{flow.Pipe}: {what}");
    }

    // The first few tell the story; the rest are its consequences.
    private const int FaultsMax = 5;

    /// <param name="Life">How often the reader's peer had been killed when the message was handed over last.</param>
    private readonly record struct Entry(int Number, int Life);
}
