using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using EdgePeer.Transports.Ethernet;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports;

public class IpLinkAddressTests
{
    [Theory]
    [InlineData("10.0.0.2:47474", "0A 00")]
    [InlineData("[fe80::1%3]:47474", "FE 80")]
    public void The_documents_examples_are_what_the_code_writes_and_reads(string text, string begins)
    {
        var endPoint = IPEndPoint.Parse(text);
        var address = new LinkAddress(HexFromDocument(begins));
        Assert.Equal(address, IpLinkAddress.Of(endPoint));
        Assert.True(IpLinkAddress.TryGetEndPoint(address, out var back));
        Assert.Equal(endPoint, back);
    }

    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("255.254.253.252:65535")]
    [InlineData("[::1]:1")]
    [InlineData("[2001:db8::42]:47474")]
    [InlineData("[fe80::1%7]:5")]
    public void The_kernels_form_round_trips(string text)
    {
        var address = IpLinkAddress.Of(IPEndPoint.Parse(text));
        var raw = new SocketAddress(IpLinkAddress.FamilyOf(address));
        IpLinkAddress.Write(address, raw);
        Assert.Equal(IPEndPoint.Parse(text).Serialize(), raw);
        Assert.Equal(address, IpLinkAddress.Of(raw));
    }

    [Fact]
    public void What_is_not_an_ip_address_has_no_end_point_and_no_family()
    {
        foreach (int length in new[] { 0, 1, 5, 7, 17, 19, 21, 23, 24 })
        {
            var address = new LinkAddress(new byte[length]);
            Assert.False(IpLinkAddress.TryGetEndPoint(address, out _));
            Assert.Equal(AddressFamily.Unspecified, IpLinkAddress.FamilyOf(address));
        }
    }

    private static byte[] HexFromDocument(string begins, [CallerFilePath] string here = "")
    {
        string document = Path.Combine(Path.GetDirectoryName(here)!, "../../../src/EdgePeer.Transports/Ethernet/ETHERNET.md");
        string hex = File.ReadLines(document).Single(line => line.StartsWith(begins, StringComparison.Ordinal));
        return Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
    }
}
