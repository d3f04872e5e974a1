using System.Globalization;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>A network namespace whose loopback interface drops a share of the datagrams.</summary>
internal sealed class LossyNamespace : IAsyncDisposable
{
    private static int _made;
    private readonly string _name = $"ep-lossy-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";

    /// <summary>Runs a program in there.</summary>
    public string[] Prefix => ["ip", "netns", "exec", _name];

    /// <summary>Skips the test where namespaces or the rule can't be made.</summary>
    public static async Task<LossyNamespace> MakeAsync(string probability)
    {
        Tool.Require("ip", "iproute2");
        Tool.Require("iptables", "iptables");
        if (Environment.UserName != "root")
            Assert.Skip("network namespaces need root");
        var made = new LossyNamespace();
        try
        {
            await Tool.Run("ip", "netns", "add", made._name);
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip($"no network namespaces here: {e.Message}");
        }
        try
        {
            await Tool.Run("ip", "-netns", made._name, "link", "set", "lo", "up");
            // What comes in: dropped on the way out, the sender would be told.
            await made.RunAsync("iptables", "-A", "INPUT", "-p", "udp", "-m", "statistic", "--mode", "random", "--probability", probability, "-j", "DROP");
        }
        catch (InvalidOperationException e)
        {
            await made.DisposeAsync();
            Assert.Skip($"no lossy interface here: {e.Message}");
        }
        return made;
    }

    public async Task<long> DroppedAsync()
    {
        string rules = await RunAsync("iptables", "-L", "INPUT", "-v", "-n", "-x");
        string rule = rules.Split('\n').First(line => line.Contains("DROP", StringComparison.Ordinal) && line.Contains("statistic", StringComparison.Ordinal));
        return long.Parse(rule.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync() => await Tool.Run("ip", "netns", "delete", _name);

    private Task<string> RunAsync(params string[] words) => Tool.Run(Prefix[0], [.. Prefix[1..], .. words]);
}
