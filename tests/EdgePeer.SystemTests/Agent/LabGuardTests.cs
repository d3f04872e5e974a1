using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Running;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class LabGuardTests
{
    [Theory]
    [InlineData("\"type\": \"ethernet\", \"listen\": [\"127.0.0.1:1\", \"127.9.9.9:2\", \"[::1]:3\"], \"multicast\": \"239.255.47.47\", \"seeds\": [\"127.0.0.1:4\"]")]
    public void Loopback_is_let_through(string members) => Assert.Empty(Objections(members));

    [Theory]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"0.0.0.0:1\"", "0.0.0.0:1")]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"[::]:1\"", "[::]:1")]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\"", "10.0.0.1:1")]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"127.0.0.1:1\", \"seeds\": [\"127.0.0.1:4\", \"10.0.0.1:4\"]", "10.0.0.1:4")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/ttyS0\", \"baud\": 9600", "/dev/ttyS0")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/pts/../ttyS0\", \"baud\": 9600", "/dev/ttyS0")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/pts-not\", \"baud\": 9600", "/dev/pts-not")]
    public void What_leaves_the_machine_is_named(string members, string what)
    {
        string objection = Assert.Single(Objections(members));

        Assert.Contains($"\"x\" uses {what}", objection, StringComparison.Ordinal);
        Assert.Contains("--insecure-lab", objection, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_a_pty_is_let_through_and_a_link_to_a_port_is_not()
    {
        using var directory = new TemporaryDirectory();
        using var pty = new Pty();
        File.CreateSymbolicLink(directory.File("first"), pty.Path);
        File.CreateSymbolicLink(directory.File("second"), directory.File("first"));
        File.CreateSymbolicLink(directory.File("port"), "/dev/null");

        Assert.Empty(Objections(Serial(directory.File("second"))));
        Assert.Single(Objections(Serial(directory.File("port"))));
    }

    private static string Serial(string port) => $"\"type\": \"serial\", \"port\": \"{port}\", \"baud\": 9600";

    private static IReadOnlyList<string> Objections(string members)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("c.json", $"{{ \"name\": \"a\", \"stateDirectory\": \"s\", \"transports\": {{ \"x\": {{ {members} }} }} }}");
        return LabGuard.Objections(ConfigurationFile.Load(path));
    }
}
