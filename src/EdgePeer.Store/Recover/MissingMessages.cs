namespace EdgePeer.Store;

/// <summary>Messages that a stream has numbers for and that are not there, or not whole: lost to damage, or of an incoming stream not yet come.</summary>
public readonly record struct MissingMessages(JournalStream Stream, ulong First, ulong Last)
{
    /// <summary>By stream and sequence; the first <see cref="Max"/>.</summary>
    internal static IReadOnlyList<MissingMessages> Of(JournalState state)
    {
        var missing = new List<MissingMessages>();
        foreach (var stream in state.NamedStreams)
        {
            ulong next = stream.Base;
            for (var place = stream.Ranges.First; !stream.Ranges.IsEnd(place); place = stream.Ranges.After(place))
            {
                ref var run = ref stream.Ranges[place];
                if (stream.Incomplete(run.Sequence) is not null || run.LastSequence < next)
                    continue;
                Add(missing, stream, stream.Released.EndOf(next), run.Sequence);
                next = run.LastSequence + 1;
            }
            Add(missing, stream, stream.Released.EndOf(next), stream.Next);
        }
        return missing;
    }

    private static void Add(List<MissingMessages> missing, StreamState stream, ulong first, ulong below)
    {
        if (first < below && missing.Count < Max)
            missing.Add(new MissingMessages(new JournalStream(new StreamId(stream.Id), stream.Share, stream.Key, stream.Base, stream.Next), first, below - 1));
    }

    /// <summary>Enough to see what has happened.</summary>
    private const int Max = 256;
}
