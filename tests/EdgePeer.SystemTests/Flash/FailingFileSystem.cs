using System.Diagnostics;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Flash;

/// <summary>A mounted directory whose writes and syncs fail as often as is said.</summary>
internal sealed class FailingFileSystem : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private Process? _process;

    /// <summary>Where it is mounted.</summary>
    public string Path => _directory.File("flash");

    /// <summary>Builds and mounts it; skips the test where that is not possible.</summary>
    public static async Task<FailingFileSystem> MountAsync()
    {
        Tool.Require("gcc", "gcc");
        Tool.Require("fusermount3", "fuse3");
        if (!File.Exists("/usr/include/fuse3/fuse.h"))
            Assert.Skip("the header of FUSE is missing: install Debian's package libfuse3-dev");
        if (!File.Exists("/dev/fuse"))
            Assert.Skip("no /dev/fuse here");
        var made = new FailingFileSystem();
        string program = made._directory.File("failing-fs");
        await Tool.Run("gcc", "-O2", "-Wall", "-Werror", "-I/usr/include/fuse3", "-o", program, System.IO.Path.Combine(Repository.Root, "tests/EdgePeer.SystemTests/Flash/failing-fs.c"), "-lfuse3");
        Directory.CreateDirectory(made.Path);
        made.Fail();
        string source = Directory.CreateDirectory(made._directory.File("source")).FullName;
        made._process = Process.Start(new ProcessStartInfo(program, [source, made._directory.File("control"), made.Path, "-f", "-s"]));
        await Wait.UntilAsync("the file system is mounted", () => File.ReadLines("/proc/mounts").Any(line => line.Contains($" {made.Path} ", StringComparison.Ordinal)));
        return made;
    }

    /// <summary>Percent of the writes and syncs that fail from now on.</summary>
    public void Fail(int writes = 0, int syncs = 0, int noSpace = 0)
    {
        // At once: it is read at every call.
        string next = _directory.Write("control-next", $"{writes} {syncs} {noSpace}\n");
        File.Move(next, _directory.File("control"), overwrite: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await Tool.Run("fusermount3", "-u", Path);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        _directory.Dispose();
    }
}
