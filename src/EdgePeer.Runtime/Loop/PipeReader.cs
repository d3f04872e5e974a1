using System.Threading.Channels;
using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// A reader's queue between the loop and its application. Payloads are read ahead up to a bound; deliveries beyond it are held as
/// mere names until the application has taken some.
/// </summary>
internal sealed class PipeReader(ReaderId id, PeerLoop loop) : IPipeReader
{
    private readonly Channel<ReceivedMessage> _ready = Channel.CreateUnbounded<ReceivedMessage>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly Queue<Delivery> _held = new();
    private long _readyBytes;
    private volatile bool _holding;

    public ReaderId Id => id;

    public async ValueTask<ReceivedMessage?> ReadAsync(CancellationToken cancellation = default)
    {
        while (await _ready.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
            if (_ready.Reader.TryRead(out var message))
            {
                long left = Interlocked.Add(ref _readyBytes, -Cost(message.Payload.Length));
                if (_holding && left < Limits.ReaderPrefetchBytes)
                    loop.Post(node => Pump(node));
                return message;
            }
        return null;
    }

    public void Consume(ReceivedMessage message) =>
        loop.Post(node => node?.Consume(id, message.Stream, message.Sequence, loop.Now));

    public async ValueTask DisposeAsync()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool posted = loop.Post(node =>
        {
            loop.CloseReader(node, this);
            closed.SetResult();
        });
        if (posted)
            await Task.WhenAny(closed.Task, loop.Ended).ConfigureAwait(false);
    }

    /// <summary>On the loop's thread.</summary>
    public void Deliver(Node node, Delivery delivery)
    {
        _held.Enqueue(delivery);
        Pump(node);
    }

    /// <summary>When to look again at a message that the flash did not give back; never where there is none.</summary>
    public Instant ReadAgainAt { get; private set; } = Instant.Never;

    /// <summary>On the loop's thread.</summary>
    public void OnDeadline(Node node)
    {
        if (ReadAgainAt > loop.Now)
            return;
        ReadAgainAt = Instant.Never;
        Pump(node);
    }

    /// <summary>No more messages; what is ready can still be read. On the loop's thread.</summary>
    /// <param name="refusal">Thrown to the application once it has read what is ready; null for a plain end.</param>
    public void End(string? refusal) => _ready.Writer.TryComplete(refusal is null ? null : new PipeRefusedException(refusal));

    private void Pump(Node? node)
    {
        if (node is null || ReadAgainAt != Instant.Never)
            return;
        // Said before the count is read: an application that takes the last message in between then asks for another round.
        _holding = true;
        while (_held.Count > 0 && Interlocked.Read(ref _readyBytes) < Limits.ReaderPrefetchBytes)
        {
            if (!TryMakeReady(node, _held.Peek()))
                return;
            _held.Dequeue();
        }
        _holding = _held.Count > 0;
    }

    private bool TryMakeReady(Node node, Delivery delivery)
    {
        byte[] payload = new byte[delivery.TotalBytes];
        if (!node.TryReadPayload(delivery.Stream, delivery.Sequence, 0, payload))
            return TryPassBy(node, delivery);
        loop.FailedReads.OnRead(delivery.Stream, delivery.Sequence);
        Interlocked.Add(ref _readyBytes, Cost(payload.Length));
        return _ready.Writer.TryWrite(new ReceivedMessage(delivery.Stream, delivery.Endpoint, delivery.Sequence, payload));
    }

    // Flash may give it the next time.
    private bool TryPassBy(Node node, Delivery delivery)
    {
        if (!loop.FailedReads.AreOver(delivery.Stream, delivery.Sequence, loop.Now, out var nextAt))
        {
            ReadAgainAt = nextAt;
            return false;
        }
        node.PassBy(id, delivery.Stream, delivery.Sequence, loop.Now);
        return true;
    }

    // Empty messages cost their objects.
    private static long Cost(int payloadBytes) => payloadBytes + 100;
}
