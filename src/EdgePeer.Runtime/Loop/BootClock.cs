using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EdgePeer.Runtime.Loop;

/// <summary>Time since the machine's start, in which it was suspended or not: no calendar, so that nobody can set it.</summary>
internal sealed partial class BootClock : TimeProvider
{
    public static BootClock Instance { get; } = new();

    public override long TimestampFrequency => NanosecondsPerSecond;

    public override long GetTimestamp()
    {
        if (ClockGetTime(ClockBootTime, out var time) != 0)
            throw new InvalidOperationException($"CLOCK_BOOTTIME cannot be read: error {Marshal.GetLastPInvokeError()}");
        return (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds;
    }

    /// <summary>Other at each start of the machine; zero where that cannot be read.</summary>
    public static UInt128 MachineBoot()
    {
        try
        {
            return Guid.TryParse(File.ReadAllText(BootIdFile), out var id) ? BinaryPrimitives.ReadUInt128BigEndian(id.ToByteArray()) : 0;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int ClockGetTime(int clock, out TimeSpecification time);

    // Two longs of the C library: what its clock_gettime takes by that name on 64 and on 32 bits alike.
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpecification
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";
}
