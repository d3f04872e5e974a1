using EdgePeer.Runtime.Flash;
using EdgePeer.Store;
using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.Wire;

namespace EdgePeer.SystemTests.Flash;

/// <summary>Reads what a state directory holds after a power cut, by the journal's own recovery.</summary>
internal static class JournalOfCopy
{
    /// <returns>Numbers of the whole messages that are there, sent and received ones.</returns>
    public static HashSet<int> Numbers(string stateDirectory, long capacityBytes, NumberedMessages messages)
    {
        using var flash = FileFlash.Open(stateDirectory);
        var journal = new Journal(new JournalOptions { CapacityBytes = capacityBytes }, flash, new AnyRandom());
        while (!journal.Ready)
        {
            var batch = journal.TakeBatch(default) ?? throw new InvalidOperationException("the recovery waits");
            var outcome = flash.Execute(batch, out string? reason);
            if (outcome != FlashOutcome.Done)
                throw new InvalidOperationException($"the recovery fails: {reason}");
            journal.OnBatchDone(batch, outcome, default);
        }
        if (journal.Recovery.PastUncertain)
            throw new InvalidOperationException($"the recovery finds damage: {string.Join("; ", journal.Recovery.Damaged)}");
        var numbers = new HashSet<int>();
        byte[] payload = new byte[messages.Bytes];
        foreach (var stream in journal.Streams())
            for (ulong at = stream.Base; journal.TryFind(stream.Id, at, out var found); at = found.Sequence + 1)
                // Behind the bytes of what is sent stand up to nine of the pipe's own.
                if (found.Complete && found.TotalBytes >= payload.Length && found.TotalBytes <= payload.Length + StampBytesMax)
                    numbers.Add(journal.TryRead(stream.Id, found.Sequence, 0, payload) && messages.NumberOf(payload) is { } number ? number
                        : throw new InvalidOperationException($"message {found.Sequence} of stream {stream.Id} is not what was sent"));
        return numbers;
    }

    private const int StampBytesMax = 9;

    private sealed class AnyRandom : IRandom
    {
        public void Fill(Span<byte> bytes) => Random.Shared.NextBytes(bytes);
    }
}
