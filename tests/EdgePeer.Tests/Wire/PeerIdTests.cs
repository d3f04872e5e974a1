using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire;

public class PeerIdTests
{
    [Fact]
    public void Printed_form_reads_back_and_a_wrong_symbol_does_not()
    {
        var id = PeerId.Read(Convert.FromHexString("00112233445566778899aabbccddeeff"));
        string text = id.ToString();
        Assert.True(PeerId.TryParse(text.ToLowerInvariant(), out var back));
        Assert.Equal(id, back);
        Assert.False(PeerId.TryParse(text[..4] + (text[4] == '2' ? '3' : '2') + text[5..], out _));
        Assert.False(PeerId.TryParse(text[..^1], out _));
        Assert.False(PeerId.TryParse("", out _));
    }
}
