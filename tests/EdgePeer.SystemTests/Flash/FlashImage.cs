using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Flash;

/// <summary>A flash of a device: an ext4 in a file, mounted. A copy of the file is what a power cut leaves.</summary>
internal sealed class FlashImage : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly int _megabytes;
    private bool _mounted;

    private FlashImage(int megabytes) => _megabytes = megabytes;

    /// <summary>Where it is mounted.</summary>
    public string Path => _directory.File("flash");

    /// <summary>Makes and mounts it; skips the test where that is not allowed.</summary>
    public static async Task<FlashImage> MakeAsync(int megabytes)
    {
        Tool.Require("mkfs.ext4", "e2fsprogs");
        Tool.Require("mount", "mount");
        if (Environment.UserName != "root")
            Assert.Skip("mounting an image needs root");
        var image = new FlashImage(megabytes);
        try
        {
            await Tool.Run("truncate", "--size", $"{megabytes}M", image.File);
            await Tool.Run("mkfs.ext4", "-q", "-F", image.File);
            Directory.CreateDirectory(image.Path);
            await image.MountAsync();
            return image;
        }
        catch (InvalidOperationException e)
        {
            await image.DisposeAsync();
            Assert.Skip($"no loop mounts here: {e.Message}");
            throw;
        }
    }

    /// <summary>Leaves no byte of it free, until what is returned is disposed.</summary>
    public IDisposable Fill()
    {
        string ballast = System.IO.Path.Combine(Path, "ballast");
        using var file = System.IO.File.OpenHandle(ballast, FileMode.CreateNew, FileAccess.Write);
        long length = 0;
        for (int step = 1 << 20; step > 0; step /= 4)
            try
            {
                for (; ; length += step)
                    RandomAccess.Write(file, new byte[step], length);
            }
            catch (IOException)
            {
                // In smaller steps up to the last byte.
            }
        return new Ballast(ballast);
    }

    /// <summary>The kernel meets an error of this file system, and as its mount option says takes no more writes.</summary>
    public async Task TurnReadOnlyAsync()
    {
        string device = System.IO.Path.GetFileName((await Tool.Run("findmnt", "--noheadings", "--output", "SOURCE", Path)).Trim());
        string trigger = $"/sys/fs/ext4/{device}/trigger_fs_error";
        if (!System.IO.File.Exists(trigger))
            Assert.Skip($"this kernel has no {trigger}");
        await System.IO.File.WriteAllTextAsync(trigger, "1");
    }

    /// <summary>Nothing can be written to it from here on, as on a card whose switch is set.</summary>
    public async Task ProtectAsync() => await Tool.Run("mount", "-o", "remount,ro", Path);

    /// <summary>Checks and mounts it again, as a start of the device would. Nobody may use it.</summary>
    public async Task MountAgainAsync()
    {
        await Tool.Run("umount", Path);
        _mounted = false;
        // 1 says that it has mended something.
        await Tool.Run("sh", "-c", $"e2fsck -p '{File}' || [ $? -eq 1 ]");
        await MountAsync();
    }

    /// <summary>What the medium holds at this moment. Whoever writes to it must stand still.</summary>
    public async Task<string> CopyAsync()
    {
        string copy = _directory.File("copy");
        await Tool.Run("cp", "--sparse=always", File, copy);
        return copy;
    }

    /// <summary>Mounts a copy while something looks at it; its file system recovers itself first.</summary>
    public async Task LookAsync(string copy, Action<string> look)
    {
        string place = _directory.File("look");
        Directory.CreateDirectory(place);
        await Tool.Run("mount", "-o", "loop", copy, place);
        try
        {
            look(place);
        }
        finally
        {
            await Tool.Run("umount", place);
            System.IO.File.Delete(copy);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
            await Tool.Run("umount", Path);
        _directory.Dispose();
    }

    public override string ToString() => $"{_megabytes} MB of ext4";

    private string File => _directory.File("image");

    private async Task MountAsync()
    {
        await Tool.Run("mount", "-o", "loop,errors=remount-ro", File, Path);
        _mounted = true;
    }

    private sealed class Ballast(string path) : IDisposable
    {
        public void Dispose() => System.IO.File.Delete(path);
    }
}
