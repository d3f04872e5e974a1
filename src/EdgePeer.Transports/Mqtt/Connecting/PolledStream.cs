using System.Threading.Tasks.Sources;
using EdgePeer.Transports.Interop;

namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>
/// What TLS reads and writes: a link that is polled. A read that finds nothing is pending until <see cref="OnReady"/>, within which whoever waits for it goes
/// on: so TLS runs on the thread of whoever polls, and nothing waits for another.
/// </summary>
internal sealed class PolledStream(PlainLink link) : Stream, IValueTaskSource<int>
{
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _into;
    private bool _pending;

    public void OnReady(short events)
    {
        link.OnReady(events);
        if (!_pending || (events & ~PollEvents.Out) == 0)
            return;
        int received = 0;
        try
        {
            // One for no bytes asks to be told of some.
            if (!_into.IsEmpty && (received = link.Receive(_into)) == IBrokerLink.NothingNow)
                return;
        }
        catch (System.Net.Sockets.SocketException fault)
        {
            _pending = false;
            _read.SetException(fault);
            return;
        }
        (_pending, _into) = (false, default);
        _read.SetResult(received);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int received = buffer.IsEmpty ? IBrokerLink.NothingNow : link.Receive(buffer);
        if (received != IBrokerLink.NothingNow)
            return ValueTask.FromResult(received);
        _read.Reset();
        (_pending, _into) = (true, buffer);
        return new ValueTask<int>(this, _read.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        link.Send(buffer);
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    int IValueTaskSource<int>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _read.OnCompleted(continuation, state, token, flags);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => link.Send(buffer.AsMemory(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
