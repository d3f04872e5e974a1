using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgePeer.Transports.Interop;
using Xunit;

namespace EdgePeer.SystemTests.Support;

/// <summary>A cable: its near end is on this machine, its far end in a network namespace of its own.</summary>
internal sealed partial class VethPair : IAsyncDisposable
{
    public const string NearIpv4 = "198.51.100.1", FarIpv4 = "198.51.100.2";
    public const string NearIpv6 = "fd5e:ed9e::1", FarIpv6 = "fd5e:ed9e::2";

    /// <summary>RFC 8200 §5: Linux keeps IPv6 off narrower links.</summary>
    private const int Ipv6MtuMin = 1280;
    private static int _made;
    private readonly string _namespace, _near;
    private bool _plugged;

    private VethPair(string unique)
    {
        _namespace = $"ep-{unique}";
        _near = $"ep0-{unique}";
    }

    /// <summary>Makes the namespace and plugs the cable in; skips the test where that is not allowed.</summary>
    public static async Task<VethPair> Make(int mtu)
    {
        Tool.Require("ip", "iproute2");
        if (Environment.UserName != "root")
            Assert.Skip("network namespaces need root");
        var pair = new VethPair($"{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        try
        {
            await Ip($"netns add {pair._namespace}");
        }
        catch (InvalidOperationException e)
        {
            Assert.Skip($"no network namespaces here: {e.Message}");
        }
        try
        {
            await pair.Plug(mtu);
            return pair;
        }
        catch (InvalidOperationException)
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    public async Task Plug(int mtu)
    {
        await Ip($"link add {_near} mtu {mtu} type veth peer name far mtu {mtu} netns {_namespace}");
        _plugged = true;
        await Ip($"address add {NearIpv4}/24 dev {_near}");
        await Ip($"link set {_near} up");
        await InNamespace($"address add {FarIpv4}/24 dev far");
        if (mtu >= Ipv6MtuMin)
        {
            await Ip($"address add {NearIpv6}/64 dev {_near} nodad");
            await InNamespace($"address add {FarIpv6}/64 dev far nodad");
        }
        await InNamespace("link set far up");
    }

    public async Task Unplug()
    {
        await Ip($"link delete {_near}");
        _plugged = false;
    }

    /// <summary>Makes the far end a router to a network behind a link that is narrower.</summary>
    public async Task RouteBehind(string network, string gateway, int mtu)
    {
        await InNamespace($"link add out mtu {mtu} type veth peer name end mtu {mtu}");
        await InNamespace($"address add {gateway} dev out");
        await InNamespace("link set out up");
        await InNamespace("link set end up");
        await Tool.Run("ip", "netns", "exec", _namespace, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        await Ip($"route add {network} via {FarIpv4}");
    }

    public Task InNamespace(string command) => Ip($"-netns {_namespace} {command}");

    /// <summary>The kernel's number of the far end.</summary>
    public async Task<int> FarIndex() => int.Parse((await Tool.Run("ip", "-netns", _namespace, "-o", "link", "show", "far")).Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A socket that lives at the far end, wherever it is used from.</summary>
    public Socket FarSocket(AddressFamily family)
    {
        Socket? socket = null;
        // A thread of its own: what changes its namespace must not go back to a pool.
        var thread = new Thread(() =>
        {
            using var place = Libc.Own(Libc.Open($"/var/run/netns/{_namespace}", OpenFlags.CloseOnExec));
            if (SetNamespace(place, 0) == 0)
                socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new IOException("the namespace can't be entered");
    }

    public async ValueTask DisposeAsync()
    {
        if (_plugged)
            await Unplug();
        await Ip($"netns delete {_namespace}");
    }

    private static Task<string> Ip(string command) => Tool.Run("ip", command.Split(' '));

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeHandle place, int kind);
}
