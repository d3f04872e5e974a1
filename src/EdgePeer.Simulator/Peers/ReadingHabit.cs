using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Model;

namespace EdgePeer.Simulator.Peers;

/// <summary>How a device reads a pipe: with how many readers at once, how quickly, how much it takes before it says so.</summary>
internal sealed class ReadingHabit(SimPipe pipe) : IEventTarget
{
    public SimPipe Pipe => pipe;

    public int Competing { get; init; } = 1;

    public int Window { get; init; } = 16;

    /// <summary>Longest time between a delivery and its consumption; changed while a run goes on.</summary>
    public TimeSpan PaceMax { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest time after a restart of the device before its application is back.</summary>
    public TimeSpan AwayMax { get; set; } = TimeSpan.FromSeconds(2);

    public void OnEvent(in SimEvent happening)
    {
        var peer = (SimPeer)happening.Thing!;
        if (happening.Number == peer.Life)
            peer.Applications.OpenAnother(this);
    }

    /// <summary>Kind of the event that opens a reader; its number is the peer's life, its thing the peer.</summary>
    public const int Reopened = 0;
}
