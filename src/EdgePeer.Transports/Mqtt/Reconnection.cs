namespace EdgePeer.Transports.Mqtt;

/// <summary>How long to wait before the next attempt: longer each time, and never the same on two devices.</summary>
/// <param name="draw">0 to 1, evenly.</param>
public sealed class Reconnection(TimeProvider time, Func<double> draw)
{
    private int _failures;
    private long _connectedAt;

    public void OnConnected() => _connectedAt = time.GetTimestamp();

    /// <param name="ended">How the last attempt, or connection, did.</param>
    public TimeSpan Pause(MqttEndKind ended)
    {
        // A connection that has held begins anew.
        if (ended == MqttEndKind.Lost && time.GetElapsedTime(_connectedAt) > HeldLong)
            _failures = 0;
        var most = TimeSpan.FromTicks(Math.Min(Limits.ReconnectLeast.Ticks << Math.Min(_failures++, 10), Limits.ReconnectMost.Ticks));
        return most * (0.5 + (draw() / 2));
    }

    private static readonly TimeSpan HeldLong = TimeSpan.FromSeconds(30);
}
