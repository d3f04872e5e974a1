using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class WindowCodeTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_says()
    {
        byte[] codes = DocumentExample.Hex(DocumentExample.Wire, "window");
        Assert.Equal([0, 9, 6_144, 393_216, 15L << 31], codes.Select(WindowCode.ToBytes));
    }

    [Fact]
    public void Larger_codes_are_more_bytes_and_each_is_the_code_of_its_bytes()
    {
        for (int code = 0; code < 256; code++)
        {
            Assert.Equal(code, WindowCode.Of(WindowCode.ToBytes((byte)code)));
            if (code > 0)
                Assert.True(WindowCode.ToBytes((byte)code) > WindowCode.ToBytes((byte)(code - 1)));
        }
    }

    [Fact]
    public void The_code_is_the_largest_that_does_not_promise_more()
    {
        var random = new Random(1);
        for (long bytes = 0; bytes < 70_000; bytes++)
            AssertLargest(bytes);
        for (int i = 0; i < 50_000; i++)
            AssertLargest((long)Legal.Varint(random));
        AssertLargest(long.MaxValue);
    }

    [Fact]
    public void Less_than_nothing_is_a_closed_window() => Assert.Equal(0, WindowCode.Of(-1));

    private static void AssertLargest(long bytes)
    {
        byte code = WindowCode.Of(bytes);
        Assert.True(WindowCode.ToBytes(code) <= bytes, $"{bytes} bytes became {WindowCode.ToBytes(code)}");
        Assert.True(code == 255 || WindowCode.ToBytes((byte)(code + 1)) > bytes, $"{bytes} bytes could be more than {WindowCode.ToBytes(code)}");
    }
}
