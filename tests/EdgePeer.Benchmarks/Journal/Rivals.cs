using System.Diagnostics;
using System.Globalization;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>
/// Records of 256 bytes, one a sync and a hundred a sync: the journal, a bare file and SQLite in turns, a short time each and many times
/// over, so that what else the machine does hits all of them. Ratios count, of the medians; the times themselves are the machine's.
/// </summary>
internal static class Rivals
{
    public const int RecordBytes = 256;

    public static void Run()
    {
        var directory = Directory.CreateTempSubdirectory("edgepeer-rivals-");
        try
        {
            var rivals = new List<IRival> { new BareFile(Path.Combine(directory.FullName, "bare")), new CallingThread(Path.Combine(directory.FullName, "calling")), new ThroughRuntime(Path.Combine(directory.FullName, "runtime")) };
            if (Sqlite.IsThere)
                rivals.Add(new Sqlite(Path.Combine(directory.FullName, "sqlite")));
            else
                Console.WriteLine("libsqlite3.so.0 is missing: install Debian's package libsqlite3-0");
            foreach (int records in (ReadOnlySpan<int>)[1, 100])
                Compare(rivals, records);
            foreach (var rival in rivals)
                rival.Dispose();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Compare(List<IRival> rivals, int recordsASync)
    {
        var seconds = rivals.ConvertAll(_ => new List<double>());
        var bytes = new (long Passed, long Dirtied)[rivals.Count];
        int syncs = recordsASync == 1 ? 50 : 25;
        for (int round = -2; round < Rounds; round++)
            for (int i = 0; i < rivals.Count; i++)
            {
                var (passed, dirtied) = Counted();
                var watch = Stopwatch.StartNew();
                for (int sync = 0; sync < syncs; sync++)
                    rivals[i].Append(recordsASync);
                double taken = watch.Elapsed.TotalSeconds;
                if (round < 0)
                    continue;
                seconds[i].Add(taken);
                var (passedNow, dirtiedNow) = Counted();
                bytes[i] = (bytes[i].Passed + passedNow - passed, bytes[i].Dirtied + dirtiedNow - dirtied);
            }
        Say($"{recordsASync} a sync:");
        for (int i = 0; i < rivals.Count; i++)
        {
            // Of each round's ratio the median: neighbours in time had the same machine.
            double ratio = Median([.. seconds[0].Zip(seconds[i], (bare, own) => bare / own)]);
            double rate = (double)syncs * recordsASync / Median(seconds[i]);
            double payload = (double)Rounds * syncs * recordsASync * RecordBytes;
            Say($"  {rivals[i].Name}: {rate:N0} records a second, {ratio:0.00} of the bare file; {bytes[i].Passed / payload:0.00} bytes written for each of payload, {bytes[i].Passed / (double)bytes[0].Passed:0.00} of the bare file's; pages made dirty {bytes[i].Dirtied / (double)Math.Max(1, bytes[0].Dirtied):0.00} of its");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static (long Passed, long Dirtied) Counted()
    {
        var fields = File.ReadLines("/proc/self/io").Select(line => line.Split(": ")).ToDictionary(field => field[0], field => long.Parse(field[1], CultureInfo.InvariantCulture));
        return (fields["wchar"], fields["write_bytes"]);
    }

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private const int Rounds = 30;
}
