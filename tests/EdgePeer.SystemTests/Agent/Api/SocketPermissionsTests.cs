using System.Net.Sockets;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Configuration;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Api;

public sealed class SocketPermissionsTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public void The_socket_has_the_mode_that_it_is_to_have()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("s");

        using (Bind(path, new ApiConfiguration()))
            Assert.Equal(OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(path));
        using (Bind(path, new ApiConfiguration { Mode = OwnerOnly }))
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
    }

    [Fact]
    public void At_no_moment_may_others_open_it()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("s");
        var seen = UnixFileMode.None;
        bool done = false;
        var watch = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                try
                {
                    seen |= File.GetUnixFileMode(path);
                }
                catch (FileNotFoundException)
                {
                    // Between two of them.
                }
            }
        });
        watch.Start();

        for (int i = 0; i < 500; i++)
            Bind(path, new ApiConfiguration { Mode = OwnerOnly }).Dispose();
        Volatile.Write(ref done, true);
        watch.Join();

        Assert.Equal(OwnerOnly, seen);
    }

    [Fact]
    public async Task The_socket_is_given_to_the_group_that_is_named()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("s");
        // Only root may give files to groups that it is not in.
        string group = Environment.UserName == "root" ? "users" : (await Tool.Run("id", "-gn")).Trim();

        using var socket = Bind(path, new ApiConfiguration { Group = group });

        Assert.Equal($"{group} 660", (await Tool.Run("stat", "-c", "%G %a", path)).Trim());
    }

    [Fact]
    public void A_group_that_is_not_there_is_named()
    {
        using var directory = new TemporaryDirectory();

        var fault = Assert.Throws<IOException>(() => Bind(directory.File("s"), new ApiConfiguration { Group = "nobody-has-this" }));

        Assert.Contains("groupadd --system nobody-has-this", fault.Message, StringComparison.Ordinal);
    }

    private static Socket Bind(string path, ApiConfiguration api) => SocketPermissions.Bind(new UnixDomainSocketEndPoint(path), path, api);
}
