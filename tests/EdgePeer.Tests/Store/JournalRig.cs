using EdgePeer.Simulator;
using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>A journal on a simulated flash, with a clock that moves when told.</summary>
internal sealed class JournalRig
{
    public static readonly JournalOptions Small = new() { CapacityBytes = 1 << 20, SegmentBytes = 64 << 10, SyncWindow = TimeSpan.FromMilliseconds(20) };

    public JournalRig(int seed, JournalOptions? options = null, SimFlash? flash = null)
    {
        Random = new SeededRandom(seed);
        Options = options ?? Small;
        Flash = flash ?? new SimFlash(Random);
        Journal = new Journal(Options, Flash, Random);
    }

    public SeededRandom Random { get; }
    public JournalOptions Options { get; }
    public SimFlash Flash { get; }
    public Journal Journal { get; private set; }
    public Instant Now { get; private set; }
    public JournalBatch? Out { get; private set; }

    /// <summary>Runs batches until nothing is due any more, however far the clock has to move.</summary>
    public void Settle()
    {
        for (int turns = 0; Journal.CommitAt != Instant.Never || Out is not null; turns++)
        {
            Assert.True(turns < 100_000, "the journal never settles");
            if (Out is null && Journal.CommitAt > Now)
                Now = Journal.CommitAt;
            Step();
        }
    }

    /// <summary>One step of the batch that is out, or the next batch when one is due.</summary>
    public void Step()
    {
        if (Out is null)
        {
            Out = Journal.CommitAt <= Now ? Journal.TakeBatch(Now) : null;
            if (Out is null)
                return;
            Flash.Begin(Out);
        }
        if (Flash.Step() is not { } outcome)
            return;
        var done = Out;
        Out = null;
        Journal.OnBatchDone(done, outcome, Now);
    }

    public void Advance(TimeSpan time) => Now += time;

    public void PowerCut()
    {
        Out = null;
        Flash.Crash();
        Journal = new Journal(Options, Flash, Random);
    }

    public void Kill()
    {
        Out = null;
        Flash.Kill();
        Journal = new Journal(Options, Flash, Random);
    }

    public StreamId Open(string key, JournalShare share = JournalShare.Outgoing) => Journal.Open(share, System.Text.Encoding.ASCII.GetBytes(key)).Id;

    public bool Append(StreamId stream, ulong sequence, byte[] payload, UInt128 tag = default)
    {
        for (int offset = 0; offset == 0 || offset < payload.Length; offset += StoreLimits.AppendBytesMax)
            if (!Journal.TryAppend(stream, sequence, payload.Length, offset, payload.AsSpan(offset, int.Min(StoreLimits.AppendBytesMax, payload.Length - offset)), tag, out _))
                return false;
        return true;
    }

    public byte[]? Read(StreamId stream, ulong sequence)
    {
        if (!Journal.TryFind(stream, sequence, out var message) || message.Sequence != sequence || !message.Complete)
            return null;
        var payload = new byte[message.TotalBytes];
        return Journal.TryRead(stream, sequence, 0, payload) ? payload : null;
    }

    public static byte[] Payload(int seed, int length)
    {
        var payload = new byte[length];
        new Random(seed).NextBytes(payload);
        return payload;
    }
}
