using EdgePeer.Core;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Flash;
using EdgePeer.Runtime.Loop;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <summary>
/// A running peer: the one loop that joins core, journal and transports, and the public .NET API. All members are thread-safe.
/// </summary>
public sealed class PeerHost : IAsyncDisposable
{
    private readonly PeerHostOptions _options;
    private readonly FileFlash _flash;
    private readonly FlashWriter _writer;
    private readonly PeerLoop _loop;
    private readonly SendGate _gate;
    private readonly Lock _lifetime = new();
    private Task? _disposal;
    private bool _started;
    private long _lastCaller, _lastReader;

    /// <summary>Locks the state directory and recovers the journal.</summary>
    /// <exception cref="StateDirectoryBusyException">Another agent runs on the directory.</exception>
    /// <exception cref="IOException">The directory cannot be made, read or written.</exception>
    public static PeerHost Open(PeerHostOptions options) => new(options);

    private PeerHost(PeerHostOptions options)
    {
        _options = options;
        _gate = new SendGate(Limits.SendsInFlightMax, Limits.SendBytesInFlightMax, Admit);
        _flash = FileFlash.Open(options.StateDirectory);
        var clock = new MonotonicClock(options.Clock);
        var node = options.Clock is BootClock ? options.Node with { Machine = new MachineTime(BootClock.MachineBoot(), clock.At(0)) } : options.Node;
        var core = new PeerCore(node, options.Journal with { CapacityBytes = Reserve(options.Journal.CapacityBytes) }, _flash, new SystemRandom());
        Report(core.Journal.Recovery);
        _loop = new PeerLoop(
            core, options.Transports, new SendQueue(options.Node.Pipes, _gate), options.KeepMembers, clock, batch => _writer!.Submit(batch), Log);
        _writer = new FlashWriter(_flash, _loop.OnBatchDone);
    }

    /// <summary>Completes when the journal is recovered and the node runs. Call it once.</summary>
    public Task StartAsync()
    {
        lock (_lifetime)
        {
            ObjectDisposedException.ThrowIf(_disposal is not null, this);
            StartLoop();
        }
        return _loop.Ready;
    }

    /// <summary>
    /// Gives a message to a pipe. Waits for room as the pipe's policy says; completes with the receipt asked for, or a rejection.
    /// A cancelled wait does not take back a message that was already accepted.
    /// </summary>
    /// <param name="payload">Lent until the task completes; up to <see cref="Protocol.Limits.MessageBytesMax"/> bytes.</param>
    /// <exception cref="IOException">The host ended before the message was known to be on flash.</exception>
    public async Task<SendResult> SendAsync(PipeName pipe, ReadOnlyMemory<byte> payload, SendOptions options, CancellationToken cancellation = default)
    {
        if (Fault(payload.Length, options) is { } fault)
            return new SendResult(Receipt.Rejected, default, 0, fault);
        var send = new PendingSend
        {
            Caller = new CallerId((ulong)Interlocked.Increment(ref _lastCaller)),
            Pipe = pipe,
            Lane = options.Lane,
            Tag = options.ClientId is { } id ? ClientIds.Tag(pipe, id) : UInt128.Zero,
            Payload = payload,
            WaitFor = options.WaitFor,
            Ttl = options.Ttl,
            Hurry = options.Hurry,
        };
        _gate.Enter(send);
        using (cancellation.Register(() => _loop.Cancel(send, cancellation)))
            return await send.Result.ConfigureAwait(false);
    }

    /// <summary>Reads a pipe through a named endpoint; readers of one endpoint compete.</summary>
    /// <param name="window">Most messages read and not yet consumed, 1 to <see cref="Protocol.Limits.ReaderWindowMax"/>.</param>
    /// <param name="own">What is written here is read too, unless another peer was the first to read it.</param>
    public IPipeReader OpenReader(PipeName pipe, EndpointName endpoint, int window = 64, bool own = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, Protocol.Limits.ReaderWindowMax);
        var reader = new PipeReader(new ReaderId((ulong)Interlocked.Increment(ref _lastReader)), _loop);
        if (!_loop.Post(node => _loop.OpenReader(node, reader, pipe, endpoint, window, own)))
            reader.End(null);
        return reader;
    }

    /// <summary>Pipes that were bound here by a reader of this peer's own messages go to other readers from now on, but for those named.</summary>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public Task UnbindOwnAsync(IReadOnlyCollection<PipeName> but) => CallAsync(node =>
    {
        node?.UnbindOwn(but);
        return true;
    });

    /// <summary>Where a message is that was written here, and why.</summary>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public Task<MessageTrace?> TraceAsync(PipeName pipe, byte lane, ulong sequence) => CallAsync(node => node?.Trace(pipe, lane, sequence, _loop.Now));

    /// <param name="clientId">The application's own id of the message; the last few thousand are remembered.</param>
    /// <returns>Null when it is not remembered.</returns>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public Task<MessageTrace?> TraceAsync(PipeName pipe, string clientId) => CallAsync(node => node?.Trace(ClientIds.Tag(pipe, clientId), _loop.Now));

    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public async Task<HostStatus> StatusAsync()
    {
        var taken = new TaskCompletionSource<HostStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(node =>
        {
            if (node is not null)
                taken.SetResult(_loop.Status(node));
        });
        await Task.WhenAny(taken.Task, _loop.Ended).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(!taken.Task.IsCompleted, this);
        return await taken.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// Takes other options of pipes, ends transports and starts others; those not named run on. One call at a time.
    /// </summary>
    /// <param name="pipes">In place of all that were configured before.</param>
    /// <param name="ended">Names of transports; they are gone before the others start, which may want the same port.</param>
    /// <param name="begun">Owned by the host from here on.</param>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public async Task ReconfigureAsync(
        IReadOnlyDictionary<PipeName, PipeOptions> pipes, IReadOnlyCollection<string> ended, IReadOnlyList<ConfiguredTransport> begun)
    {
        foreach (var transport in await CallAsync(node => _loop.Reconfigure(node, pipes, ended)).ConfigureAwait(false))
            await transport.DisposeAsync().ConfigureAwait(false);
        // What they left in the inbox is taken before others stand in their places.
        await CallAsync(static _ => true).ConfigureAwait(false);
        await CallAsync(_ =>
        {
            _loop.Add(begun);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Takes other secrets and members of the group, in place of all before.</summary>
    /// <param name="members">On flash already; null where who holds the secret belongs to the group.</param>
    /// <exception cref="ObjectDisposedException">The host has stopped.</exception>
    public Task UseGroupAsync(IReadOnlyList<GroupSecret> secrets, MemberList? members) => CallAsync(node =>
    {
        // A newer list may have been learnt since the caller looked at what is kept.
        node?.UseGroup(secrets, MemberList.Newest(node.Members, members), _loop.Now);
        return true;
    });

    /// <summary>
    /// Grows each time the node's loop has gone round; a watchdog is fed only while it does. An idle loop sleeps until its next
    /// deadline: <see cref="Nudge"/> it first.
    /// </summary>
    public long LoopTurns => _loop.Turns;

    /// <summary>Makes the loop go round once.</summary>
    public void Nudge() => _loop.Post(static _ => { });

    /// <summary>Completes, with the reason, when the host can't go on (an invariant broke); never otherwise.</summary>
    public Task<string> Failed => _loop.Failed;

    /// <summary>Stops taking messages, syncs the journal, stops the transports, frees the directory.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lifetime)
            return new ValueTask(_disposal ??= StopAsync());
    }

    private async Task StopAsync()
    {
        // A loop that was never started runs to its end too: it answers those who wait already.
        _loop.Stop();
        StartLoop();
        await _loop.Ended.ConfigureAwait(false);
        foreach (var transport in _loop.Transports)
            await transport.DisposeAsync().ConfigureAwait(false);
        _writer.Dispose();
        _flash.Dispose();
    }

    private async Task<T> CallAsync<T>(Func<Node?, T> call)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        ObjectDisposedException.ThrowIf(!_loop.Post(node => answer.SetResult(call(node))), this);
        return await answer.Task.ConfigureAwait(false);
    }

    private bool Admit(PendingSend send)
    {
        bool posted = _loop.Post(node => _loop.Submit(node, send));
        if (!posted)
            send.Reject("the agent has stopped");
        return posted;
    }

    private void StartLoop()
    {
        if (!_started)
            _loop.Start();
        _started = true;
    }

    /// <returns>The journal's capacity, as far as the file system has room.</returns>
    private long Reserve(long wanted)
    {
        long had = _flash.Reserve(wanted);
        if (had == wanted)
            return wanted;
        if (had < StoreLimits.CapacityBytesMin)
        {
            _flash.Dispose();
            throw new IOException($"the file system of {_options.StateDirectory} has room for {had >> 10} KiB, and a journal takes {StoreLimits.CapacityBytesMin >> 10} KiB at least: free some, or name another stateDirectory");
        }
        Log($"{_options.StateDirectory}: its file system has room for {had >> 10} KiB of the {wanted >> 10} KiB of journal.capacity: the journal takes no more until the next start; free some, or set less");
        return had;
    }

    private void Report(RecoveryReport recovery)
    {
        foreach (string damaged in recovery.Damaged)
            Log($"journal: {damaged}; what still checks is kept");
        foreach (var missing in recovery.Missing)
            Log($"journal: {DamageText.Of(missing)}: missing, lost to the damage or not yet come");
        if (_flash.InMemory)
            Log($"{_options.StateDirectory} lies in memory ({_flash.FileSystem}): a power cut takes the journal with it; name a directory on flash or disk as \"stateDirectory\"");
    }

    private void Log(string line) => _options.Log?.Invoke(line);

    private static string? Fault(int payloadBytes, SendOptions options) =>
        payloadBytes > Protocol.Limits.MessageBytesMax ? $"a message has at most {Protocol.Limits.MessageBytesMax} bytes, this one has {payloadBytes}: send it in parts"
        : options.Lane >= StreamKey.LaneCount ? $"a priority is 0 to {StreamKey.LaneCount - 1}, not {options.Lane}"
        : options.ClientId is { Length: 0 or > Limits.ClientIdCharsMax } ? $"a client id has 1 to {Limits.ClientIdCharsMax} characters"
        : options.WaitFor is Receipt.Rejected or Receipt.Expired ? "wait for durable, delivered or consumed"
        : options.Ttl <= TimeSpan.Zero ? "a time to live is longer than nothing"
        : null;
}
