using System.Globalization;
using EdgePeer.Store;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>How much of the capacity is payload when a journal is full: of one direction alone, and of both.</summary>
internal static class Room
{
    public static void Run()
    {
        foreach (int capacityMiB in (ReadOnlySpan<int>)[16, 256])
            foreach (int messageBytes in (ReadOnlySpan<int>)[32, 256])
            {
                double alone = PartFilled(capacityMiB << 20, messageBytes, JournalShare.Outgoing);
                double both = PartFilled(capacityMiB << 20, messageBytes, JournalShare.Outgoing, JournalShare.Incoming);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{capacityMiB} MiB of messages of {messageBytes} bytes: {alone:P1} payload in one direction alone, {both:P1} in both"));
            }
    }

    private static double PartFilled(long capacityBytes, int messageBytes, params ReadOnlySpan<JournalShare> shares)
    {
        var directory = Directory.CreateTempSubdirectory("edgepeer-room-");
        try
        {
            using var run = new JournalRun(directory.FullName, capacityBytes);
            foreach (var share in shares)
                Fill(run, share, new byte[messageBytes]);
            return run.Journal.Counters.PayloadBytes / (double)capacityBytes;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Fill(JournalRun run, JournalShare share, byte[] payload)
    {
        var stream = run.Journal.Open(share, "room"u8).Id;
        // As an agent with nothing of the other direction: the longest message that may come has its room.
        if (share == JournalShare.Outgoing)
            run.Journal.Claim(JournalShare.Incoming, Store.Journal.CostBytes((int)long.Min(StoreLimits.MessageBytesMax, run.Journal.ReservedBytes / 8 * 7)));
        for (ulong sequence = 0; run.Journal.TryAppend(stream, sequence, payload.Length, 0, payload, 0, out _); sequence++)
            if (sequence % 1000 == 999)
                run.Sync();
        run.Sync();
    }
}
