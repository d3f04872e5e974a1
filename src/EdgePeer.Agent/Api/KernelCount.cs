using System.Globalization;

namespace EdgePeer.Agent.Api;

/// <summary>What Linux counts for this process; /proc/PID/io.</summary>
/// <param name="Passed">Bytes given to its write calls: of files, not of sockets.</param>
/// <param name="Dirtied">Bytes of pages that it made dirty and that go to storage, none of files in memory. A kernel with large pages counts each of them whole.</param>
internal sealed record KernelCount(long Passed, long Dirtied)
{
    private static KernelCount _before = new(0, 0);

    /// <summary>The journal's own count begins now; what the runtime wrote until here is not the journal's.</summary>
    public static void Begin() => _before = Read() ?? _before;

    /// <summary>Since then; null where the kernel does not count.</summary>
    public static KernelCount? Now() => Read() is { } now ? new KernelCount(now.Passed - _before.Passed, now.Dirtied - _before.Dirtied) : null;

    private static KernelCount? Read()
    {
        try
        {
            var fields = File.ReadLines("/proc/self/io").Select(line => line.Split(": ")).ToDictionary(field => field[0], field => long.Parse(field[1], CultureInfo.InvariantCulture));
            return new KernelCount(fields["wchar"], fields["write_bytes"]);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            // A kernel without CONFIG_TASK_IO_ACCOUNTING, or a container that hides it.
            return null;
        }
    }
}
