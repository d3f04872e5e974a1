namespace EdgePeer.Wire;

/// <summary>Bytes of a message, from <see cref="Offset"/> up to, not with, <see cref="End"/>.</summary>
public readonly record struct ByteRange(int Offset, int Length)
{
    public int End => Offset + Length;
}
