namespace EdgePeer.SystemTests.Support;

/// <summary>How much a test does: enough to notice in each run, all that was promised with `tests/run --full`.</summary>
internal static class Effort
{
    public static bool Full { get; } = Environment.GetEnvironmentVariable("EDGEPEER_FULL") == "1";

    public static T Of<T>(T usual, T full) => Full ? full : usual;
}
