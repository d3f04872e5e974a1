namespace EdgePeer.Wire;

/// <summary>The last bytes of every frame that belongs to no session: a code that only members of the group can make. WIRE.md, "Code".</summary>
public static class GroupCode
{
    public const int Bytes = 8;

    /// <summary>Of a frame: what the code is made of, and the code.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> frame, out ReadOnlySpan<byte> covered, out ReadOnlySpan<byte> code)
    {
        covered = code = default;
        if (frame.Length <= Bytes)
            return false;
        covered = frame[..^Bytes];
        code = frame[^Bytes..];
        return true;
    }
}
