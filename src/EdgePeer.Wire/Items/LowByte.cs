namespace EdgePeer.Wire;

/// <summary>Numbers of which only the low byte is sent.</summary>
public static class LowByte
{
    /// <summary>The smallest number with that low byte that is not below <paramref name="floor"/>.</summary>
    public static ulong Expand(byte low, ulong floor) => floor + (byte)(low - (byte)floor);
}
