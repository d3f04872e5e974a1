using System.Globalization;
using System.Numerics;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Clock;

/// <summary>
/// What happened, as a running hash of every step and, when someone wants to read it, as lines. The hash is over numbers and
/// bytes, not over the lines, so that a silent run and a printed one have the same.
/// </summary>
internal sealed class Trace(TextWriter? lines)
{
    private ulong _hash = 0xCBF29CE484222325;

    public ulong Hash => _hash;

    public bool Printed => lines is not null;

    public void Note(ulong number) => _hash = BitOperations.RotateLeft(_hash ^ number, 29) * 0x9E3779B97F4A7C15;

    public void Note(Instant at, int what, long number)
    {
        Note((ulong)at.Ticks);
        Note((ulong)what << 56 ^ (ulong)number);
    }

    public void Note(ReadOnlySpan<byte> bytes) => Note(Crc32C.Compute(bytes) ^ (ulong)bytes.Length << 32);

    /// <summary>Call only where <see cref="Printed"/>: the text costs.</summary>
    public void Line(Instant at, string who, string text) =>
        lines?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{at.Ticks / 1e7,12:F6} {who,-8} {text}"));
}
