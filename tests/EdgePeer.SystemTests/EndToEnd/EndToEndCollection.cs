using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Whole systems, which keep the machine busy and look at the clock: one test at a time, beside no other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EndToEndCollection
{
    public const string Name = "end to end";
}
