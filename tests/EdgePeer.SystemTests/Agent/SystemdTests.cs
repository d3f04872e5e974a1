using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using EdgePeer.Agent.Running;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class SystemdTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void States_are_sent_to_paths_and_to_abstract_names(bool isAbstract)
    {
        using var directory = new TemporaryDirectory();
        string name = directory.File("notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name}" : name));
        systemd.ReceiveTimeout = 5000;
        using var notifier = new SystemdNotifier(isAbstract ? $"@{name}" : name);

        notifier.Ready();
        Assert.Equal("READY=1", Receive(systemd));
        notifier.Reloading(TimeSpan.FromSeconds(3));
        Assert.Equal("RELOADING=1\nMONOTONIC_USEC=3000000", Receive(systemd));
        notifier.Alive();
        Assert.Equal("WATCHDOG=1", Receive(systemd));
        notifier.Stopping();
        Assert.Equal("STOPPING=1", Receive(systemd));
    }

    [Fact]
    public void Without_systemd_nothing_is_sent_and_nothing_fails()
    {
        using var notifier = new SystemdNotifier(null);

        notifier.Ready();
        Assert.Null(SystemdNotifier.WatchdogInterval(null));
    }

    [Fact]
    public void The_watchdog_is_fed_at_half_of_its_time() =>
        Assert.Equal(TimeSpan.FromSeconds(15), SystemdNotifier.WatchdogInterval("30000000"));

    [Fact]
    public async Task The_unit_passes_systemd_analyze_without_a_word()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed");
        var start = new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", Path.Combine(Repository.Root, "systemd/edgepeer.service")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var verify = Process.Start(start)!;
        var output = verify.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = verify.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await verify.WaitForExitAsync(TestContext.Current.CancellationToken);

        // It ends with 0 on keys that it does not know.
        Assert.Equal("", await output + await errors);
        Assert.Equal(0, verify.ExitCode);
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[256];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }
}
