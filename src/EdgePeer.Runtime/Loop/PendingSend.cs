using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>One call of <see cref="PeerHost.SendAsync"/> on its way to the receipt it waits for.</summary>
internal sealed class PendingSend
{
    // Continuations are an application's code: they must not run on the loop's thread.
    private readonly TaskCompletionSource<SendResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public required CallerId Caller { get; init; }
    public required PipeName Pipe { get; init; }
    public required byte? Lane { get; init; }
    public required UInt128 Tag { get; init; }

    /// <summary>The application's own bytes: not read any more once <see cref="Result"/> has completed.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }
    public required Receipt WaitFor { get; init; }
    public required TimeSpan? Ttl { get; init; }
    public bool Hurry { get; init; }

    public Task<SendResult> Result => _result.Task;

    /// <summary>The highest receipt so far, when it is less than the one waited for.</summary>
    public SendResult? SoFar { get; set; }

    /// <summary>It waits for room that all pipes need; set by <see cref="SendQueue"/> alone.</summary>
    public bool HoldsOthers { get; set; }

    /// <summary>Counted by <see cref="SendGate"/>, which alone sets it.</summary>
    public bool InGate { get; set; }

    public void Complete(SendResult result) => _result.TrySetResult(result);

    public void Reject(string reason) => Complete(new SendResult(Receipt.Rejected, default, 0, reason));

    public void Cancel(CancellationToken cancellation) => _result.TrySetCanceled(cancellation);

    public void Fault(Exception exception) => _result.TrySetException(exception);
}
