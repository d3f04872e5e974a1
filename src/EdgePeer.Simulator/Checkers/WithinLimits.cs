using EdgePeer.Protocol;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;

namespace EdgePeer.Simulator.Checkers;

/// <summary>Law 7: frames fit their transport, readers are handed no more than their window, the journal stays within its capacity.</summary>
internal sealed class WithinLimits() : Checker(Law.WithinLimits)
{
    public override void OnComposed(SimPort port, in OutgoingFrame sent, ReadOnlySpan<byte> frame) =>
        Require(frame.Length > 0 && frame.Length <= port.Medium.Traits.FrameBytesMax, $"{port.Owner} composes {frame.Length} bytes for {port}");

    public override void OnDelivery(SimReader reader, Delivery delivery, SimMessage? message, ReadOnlySpan<byte> payload) =>
        Require(reader.Held.Count < reader.Habit.Window, $"{reader.Peer} hands {reader.Held.Count + 1} messages to a reader whose window is {reader.Habit.Window}");

    public override void OnSynced(SimPeer peer) =>
        Require(peer.Disk.Flash.TotalBytes <= peer.JournalOptions.CapacityBytes + SpareBytes, $"{peer}'s segments take {peer.Disk.Flash.TotalBytes} bytes of {peer.JournalOptions.CapacityBytes}");

    // Failures and crashes in a row may use up the segments in reserve; then the journal goes on, a little larger for a while.
    private const long SpareBytes = 8 * (64 << 10);
}
