using System.Collections.Concurrent;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.SystemTests.Support;

/// <summary>Keeps all that a transport reports, and lets a test wait for it.</summary>
internal sealed class RecordingSink : ITransportSink
{
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _room, _ups;
    private long _frameCount;

    /// <summary>False: received frames are counted and not kept.</summary>
    public bool KeepsFrames { get; init; } = true;

    public long FrameCount => Interlocked.Read(ref _frameCount);

    public bool IsUp { get; private set; }

    public int Ups => Volatile.Read(ref _ups);

    public TransportTraits? Traits { get; private set; }

    public int Room => Volatile.Read(ref _room);

    public ConcurrentQueue<string> Downs { get; } = [];

    public ConcurrentQueue<(LinkAddress From, byte[] Frame)> Frames { get; } = [];

    public ConcurrentQueue<(LinkAddress To, int FrameBytesMax)> PathMtus { get; } = [];

    public ConcurrentQueue<string> Warnings { get; } = [];

    /// <summary>Called on the transport's thread each time it says that there is room.</summary>
    public Action<int>? OnRoom { get; set; }

    public void Up(ITransport transport, TransportTraits traits)
    {
        Traits = traits;
        IsUp = true;
        Interlocked.Increment(ref _ups);
        Tell();
    }

    public void Down(ITransport transport, string reason)
    {
        IsUp = false;
        Downs.Enqueue(reason);
        Tell();
    }

    public void Received(ITransport transport, in LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (KeepsFrames)
            Frames.Enqueue((from, frame.ToArray()));
        Interlocked.Increment(ref _frameCount);
        Tell();
    }

    public void PathMtu(ITransport transport, in LinkAddress to, int frameBytesMax)
    {
        PathMtus.Enqueue((to, frameBytesMax));
        Tell();
    }

    public void Warn(ITransport transport, string text) => Warnings.Enqueue(text);

    void ITransportSink.Room(ITransport transport, int frames)
    {
        Volatile.Write(ref _room, frames);
        OnRoom?.Invoke(frames);
        Tell();
    }

    /// <summary>Room is used up, as the node's loop would note it.</summary>
    public void UseRoom() => Interlocked.Decrement(ref _room);

    /// <summary>Waits until the condition holds, looking again at every report.</summary>
    /// <exception cref="TimeoutException">It did not in half a minute; names <paramref name="what"/>.</exception>
    public async Task Until(Func<bool> condition, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var news = Volatile.Read(ref _news).Task;
            if (condition())
                return;
            try
            {
                await news.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"never came true: {what}; up {IsUp}, downs [{string.Join(" | ", Downs)}], {Frames.Count} frames, room {Room}");
            }
        }
    }

    private void Tell() => Interlocked.Exchange(ref _news, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
