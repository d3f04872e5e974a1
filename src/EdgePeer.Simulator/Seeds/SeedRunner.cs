using System.Globalization;
using EdgePeer.Simulator.Checkers;

namespace EdgePeer.Simulator.Seeds;

/// <param name="Broken">What broke, for a person; null when all laws held.</param>
internal sealed record SeedResult(ulong Seed, string? Broken, ulong TraceHash, ReachedCounters Reached);

/// <summary>Runs seeds, several at once, each on one thread from its beginning to its end.</summary>
internal static class SeedRunner
{
    public static SeedResult RunOne(ulong seed, SimFaults faults, TextWriter? lines = null)
    {
        var run = new Seed(seed, faults, lines);
        string? broken = null;
        try
        {
            run.Run();
        }
        catch (LawBrokenException law)
        {
            broken = law.Message;
        }
#pragma warning disable CA1031 // The outermost edge of a run: whatever a peer throws is what law 6 forbids, and it must name its seed.
        catch (Exception thrown)
        {
            broken = $"law {(int)Law.InputIsHarmless}, {Law.InputIsHarmless}: a peer threw at {run.World.Now}: {thrown}";
        }
#pragma warning restore CA1031
        return new SeedResult(seed, broken, run.World.Trace.Hash, run.World.Reached);
    }

    /// <summary>Runs the seeds in turn until one breaks a law.</summary>
    /// <returns>The first that broke one, if any, and what all that ran have reached.</returns>
    public static (SeedResult? Broken, int Ran, ReachedCounters Reached) RunMany(ulong from, int count, SimFaults faults)
    {
        var reached = new ReachedCounters();
        SeedResult? broken = null;
        int ran = 0;
        object gate = new();
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (i, loop) =>
        {
            ulong seed = from + (ulong)i;
            var result = RunOne(seed, faults);
            if (result.Broken is null && i % SeedsPerRepetition == 0 && RunOne(seed, faults).TraceHash != result.TraceHash)
                result = result with { Broken = $"law {(int)Law.SameSeedSameTrace}, {Law.SameSeedSameTrace}: two runs, two traces" };
            lock (gate)
            {
                ran++;
                reached.Add(result.Reached);
                if (result.Broken is not null && (broken is null || result.Seed < broken.Seed))
                    broken = result;
            }
            if (result.Broken is not null)
                loop.Stop();
        });
        return (broken, ran, reached);
    }

    public static string Replay(ulong seed) => string.Create(CultureInfo.InvariantCulture, $"dotnet run -c Release --project src/EdgePeer.Simulator -- --seed {seed}");

    // A seed run twice costs twice; one in so many is enough to see a clock, a hash or a thread leak in.
    private const int SeedsPerRepetition = 10;
}
