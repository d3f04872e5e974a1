using EdgePeer.Runtime.Loop;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Runtime;

public sealed class ClientIdsTests
{
    [Fact]
    public void An_id_gives_the_same_tag_after_any_restart()
    {
        // The first 16 bytes of `printf 'readings\nm-1' | sha256sum`: tags are on flash, so they must not change.
        Assert.Equal(UInt128.Parse(Expected, System.Globalization.NumberStyles.HexNumber, null), ClientIds.Tag(PipeName.Parse("readings"), "m-1"));
    }

    [Fact]
    public void The_same_id_names_different_messages_of_two_pipes() =>
        Assert.NotEqual(ClientIds.Tag(PipeName.Parse("a"), "1"), ClientIds.Tag(PipeName.Parse("b"), "1"));

    private const string Expected = "9a0401c3ad510e9803b120c19912b32e";
}
