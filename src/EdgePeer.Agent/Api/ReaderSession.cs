using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Api;

/// <summary>One client's place in a pipe: what it was handed and has not yet said to have consumed.</summary>
internal sealed class ReaderSession(string id, IPipeReader reader, EndpointName endpoint) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<StreamKey, Queue<ulong>> _handed = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _outstanding;
    private bool _last;

    public string Id => id;

    public ValueTask<ReceivedMessage?> ReadAsync(CancellationToken cancellation) => reader.ReadAsync(cancellation);

    /// <summary>The message is about to be written to the client.</summary>
    public void Hand(ReceivedMessage message)
    {
        lock (_lock)
        {
            if (!_handed.TryGetValue(message.Stream, out var sequences))
                _handed[message.Stream] = sequences = new Queue<ulong>();
            sequences.Enqueue(message.Sequence);
            _outstanding++;
        }
    }

    /// <summary>Consumes the message and those of its stream handed over before it.</summary>
    /// <returns>How many were: none when they had been consumed before, or were never handed to this reader.</returns>
    public int Consume(in StreamKey stream, ulong sequence)
    {
        lock (_lock)
        {
            if (!_handed.TryGetValue(stream, out var sequences))
                return 0;
            int consumed = 0;
            ulong last = 0;
            for (; sequences.TryPeek(out ulong next) && next <= sequence; consumed++)
                last = sequences.Dequeue();
            if (consumed > 0)
                reader.Consume(new ReceivedMessage(stream, endpoint, last, []));
            if (sequences.Count == 0)
                _handed.Remove(stream);
            Settle(consumed);
            return consumed;
        }
    }

    public void ConsumeAll()
    {
        lock (_lock)
            foreach (var stream in _handed.Keys)
                Consume(stream, ulong.MaxValue);
    }

    /// <summary>Nothing more will be handed over; completes when all has been consumed.</summary>
    public Task DrainAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            _last = true;
            Settle(0);
        }
        return _drained.Task.WaitAsync(cancellation);
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();

    private void Settle(int consumed)
    {
        _outstanding -= consumed;
        if (_last && _outstanding == 0)
            _drained.TrySetResult();
    }
}
