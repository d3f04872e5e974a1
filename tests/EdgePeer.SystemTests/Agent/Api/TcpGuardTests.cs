using System.Net;
using EdgePeer.Agent.Api;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Api;

public sealed class TcpGuardTests
{
    private const string Token = "0123456789abcdef";

    [Theory]
    [InlineData("127.0.0.1:8474")]
    [InlineData("127.9.9.9:8474")]
    [InlineData("localhost:8474")]
    [InlineData("LOCALHOST")]
    [InlineData("[::1]:8474")]
    public void On_loopback_its_own_names_are_let_in(string host) => Assert.Equal(200, Check("127.0.0.1:8474", host));

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8474")]
    [InlineData("localhost.evil.example:8474")]
    [InlineData("10.0.0.1:8474")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("")]
    public void On_loopback_a_name_that_somebody_else_gave_is_refused(string host) => Assert.Equal(403, Check("127.0.0.1:8474", host));

    [Fact]
    public void Elsewhere_the_name_does_not_matter_and_the_token_does()
    {
        Assert.Equal(401, Check("0.0.0.0:8474", "barn.example:8474", token: Token));
        Assert.Equal(200, Check("0.0.0.0:8474", "barn.example:8474", token: Token, headers: ("Authorization", $"Bearer {Token}")));
    }

    [Theory]
    [InlineData("Origin", "http://evil.example", 403)]
    [InlineData("Origin", "http://127.0.0.1:9000", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "", 403)]
    [InlineData("Origin", "http://127.0.0.1:8474", 200)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    public void A_page_of_another_origin_is_refused(string header, string value, int status) =>
        Assert.Equal(status, Check("127.0.0.1:8474", "127.0.0.1:8474", headers: (header, value)));

    [Theory]
    [InlineData("Bearer 0123456789abcdef", 200)]
    [InlineData("bearer 0123456789abcdef", 200)]
    [InlineData("Bearer 0123456789abcdeF", 401)]
    [InlineData("Bearer 0123456789abcde", 401)]
    [InlineData("Bearer", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic 0123456789abcdef", 401)]
    [InlineData("0123456789abcdef", 401)]
    public void Only_the_very_token_is_let_in(string authorization, int status) =>
        Assert.Equal(status, Check("127.0.0.1:8474", "127.0.0.1:8474", token: Token, headers: ("Authorization", authorization)));

    [Theory]
    [InlineData("# of the barn\n0123456789abcdef\n", null)]
    [InlineData("0123456789abcde\n", "15 characters")]
    [InlineData("0123456789 abcdef\n", "printable ASCII")]
    [InlineData("", "0 lines")]
    [InlineData("0123456789abcdef\n0123456789abcdef\n", "2 lines")]
    public void A_token_file_holds_one_token(string text, string? said)
    {
        var token = AccessToken.Read(text, out string? fault);

        Assert.Equal(said is null, token is not null);
        Assert.Contains(said ?? "", fault ?? "", StringComparison.Ordinal);
        Assert.Equal("(token)", $"{token ?? AccessToken.Read(Token, out _)}");
    }

    private static int Check(string listen, string host, string? token = null, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString(host);
        foreach (var (name, value) in headers)
            context.Request.Headers[name] = value;
        try
        {
            new TcpGuard(IPEndPoint.Parse(listen), token is null ? null : AccessToken.Read(token, out _)).Check(context);
            return 200;
        }
        catch (ApiProblemException refused)
        {
            Assert.Equal(refused.Problem.Status == 401, context.Response.Headers.WWWAuthenticate.Count == 1);
            return refused.Problem.Status;
        }
    }
}
