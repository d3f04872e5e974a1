using EdgePeer.Protocol;
using EdgePeer.Simulator;
using EdgePeer.Store;
using Xunit;

namespace EdgePeer.Tests.Simulator;

public class ArgumentsTests
{
    [Fact]
    public void Known_words_are_understood()
    {
        Assert.True(Arguments.TryParse(["--seeds", "300", "--from", "7", "--fault", "KeptBeforeSynced", "--fault", "releaseLost"], out var arguments, out _));
        Assert.Equal((7UL, 300, (ulong?)null), (arguments.From, arguments.Seeds, arguments.Seed));
        Assert.Equal(new SimFaults(NodeFaults.KeptBeforeSynced, JournalFaults.ReleaseLost), arguments.Faults);
        Assert.Equal(" --fault KeptBeforeSynced --fault ReleaseLost", arguments.FaultWords);
    }

    [Theory]
    [InlineData]
    [InlineData("--seeds")]
    [InlineData("--seeds", "0")]
    [InlineData("--seeds", "many")]
    [InlineData("--fault", "17")]
    [InlineData("--sedes", "3")]
    public void Other_words_are_refused(params string[] words)
    {
        Assert.False(Arguments.TryParse(words, out _, out string? wrong));
        Assert.NotNull(wrong);
    }
}
