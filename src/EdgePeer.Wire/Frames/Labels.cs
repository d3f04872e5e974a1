namespace EdgePeer.Wire;

/// <summary>Two bytes, chosen by who receives them: thirteen bits say which keys, three which path. WIRE.md, "Labels".</summary>
public static class Labels
{
    public const int PathMax = 7;

    /// <summary>A label of keys: no path in it, and not zero.</summary>
    public static bool Legal(ushort label) => (label & PathMax) == 0 && label != 0;

    public static ushort OfKeys(ushort label) => (ushort)(label & ~PathMax);

    public static int PathOf(ushort label) => label & PathMax;

    public static ushort With(ushort label, int path) => (ushort)(label | path);
}
