namespace EdgePeer.Benchmarks.Journal;

/// <summary>Something that keeps 256-byte records on flash.</summary>
internal interface IRival : IDisposable
{
    string Name { get; }

    /// <summary>Appends records that share one sync, and returns when they are durable.</summary>
    void Append(int records);
}
