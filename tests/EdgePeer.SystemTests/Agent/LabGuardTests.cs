using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Running;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class LabGuardTests
{
    [Theory]
    [InlineData("\"type\": \"ethernet\", \"listen\": [\"127.0.0.1:1\", \"127.9.9.9:2\", \"[::1]:3\"], \"multicast\": \"239.255.47.47\", \"seeds\": [\"127.0.0.1:4\"]")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtt://127.0.0.1\", \"topicRoot\": \"r\"")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtts://[::1]:8883\", \"topicRoot\": \"r\"")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtt://localhost:1883\", \"topicRoot\": \"r\"")]
    public void Loopback_is_let_through(string members) => Assert.Empty(Objections(members));

    [Theory]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"0.0.0.0:1\"", "0.0.0.0:1")]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"[::]:1\"", "[::]:1")]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\"", "10.0.0.1:1")]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"127.0.0.1:1\", \"seeds\": [\"127.0.0.1:4\", \"10.0.0.1:4\"]", "10.0.0.1:4")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/ttyS0\", \"baud\": 9600", "/dev/ttyS0")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/pts/../ttyS0\", \"baud\": 9600", "/dev/ttyS0")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/pts-not\", \"baud\": 9600", "/dev/pts-not")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtt://10.0.0.9\", \"topicRoot\": \"r\"", "mqtt://10.0.0.9:1883")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtts://[fe80::9]\", \"topicRoot\": \"r\"", "mqtts://[fe80::9]:8883")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtts://broker.example\", \"topicRoot\": \"r\"", "mqtts://broker.example:8883")]
    // A name that only looks like it.
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtt://localhost.example\", \"topicRoot\": \"r\"", "mqtt://localhost.example:1883")]
    [InlineData("\"type\": \"mqtt\", \"broker\": \"mqtt://127.0.0.1.example\", \"topicRoot\": \"r\"", "mqtt://127.0.0.1.example:1883")]
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

    [Theory]
    [InlineData("\"type\": \"ethernet\", \"listen\": \"0.0.0.0:1\"")]
    [InlineData("\"type\": \"serial\", \"port\": \"/dev/ttyS0\", \"baud\": 9600")]
    public void With_a_secret_file_everything_is_let_through_and_nothing_remarked(string members)
    {
        var configuration = Load(members, "\"group\": { \"secretFile\": \"group.key\" },");

        Assert.Empty(LabGuard.Objections(configuration));
        Assert.Empty(LabGuard.Remarks(configuration));
    }

    [Fact]
    public void Without_one_it_is_said_that_anyone_can_join() =>
        Assert.Contains("anyone who knows its name", Assert.Single(LabGuard.Remarks(Load("\"type\": \"ethernet\", \"listen\": \"127.0.0.1:1\"", ""))), StringComparison.Ordinal);

    private static string Serial(string port) => $"\"type\": \"serial\", \"port\": \"{port}\", \"baud\": 9600";

    private static IReadOnlyList<string> Objections(string members) => LabGuard.Objections(Load(members, ""));

    private static AgentConfiguration Load(string members, string group)
    {
        using var directory = new TemporaryDirectory();
        GroupSecretFile.Write(directory.File("group.key"), "default", [GroupSecretFile.NewSecret()]);
        return ConfigurationFile.Load(directory.Write("c.json", $"{{ \"name\": \"a\", \"stateDirectory\": \"s\", {group} \"transports\": {{ \"x\": {{ {members} }} }} }}"));
    }
}
