using System.Buffers.Binary;
using System.Numerics;
using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Simulator.Security;

/// <summary>A cipher that is quick and hides nothing from a cryptanalyst: a stream of SplitMix64, and a tag that mixes all words.</summary>
internal sealed class StandInCipher(string name, int tagBytes) : ICipher
{
    public string Name => name;

    public int TagBytes => tagBytes;

    public void WriteNonce(ulong counter, Span<byte> nonce)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }

    public ICipherKey Create(ReadOnlySpan<byte> key) => new StandInCipherKey(key, tagBytes);
}

internal sealed class StandInCipherKey : ICipherKey
{
    private readonly ulong _key;

    public StandInCipherKey(ReadOnlySpan<byte> key, int tagBytes)
    {
        TagBytes = tagBytes;
        ulong mixed = 0;
        for (int i = 0; i < key.Length; i += 8)
            mixed = Mix(mixed ^ BinaryPrimitives.ReadUInt64LittleEndian(key[i..]));
        _key = mixed;
    }

    public int TagBytes { get; }

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> into)
    {
        ulong start = Absorb(Absorb(_key, nonce), associated);
        var text = into[..plain.Length];
        Mask(start, plain, text);
        WriteTag(start, text, into[plain.Length..]);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> into)
    {
        if (sealedText.Length < TagBytes)
            return false;
        ulong start = Absorb(Absorb(_key, nonce), associated);
        var text = sealedText[..^TagBytes];
        Span<byte> tag = stackalloc byte[16];
        WriteTag(start, text, tag[..TagBytes]);
        if (!tag[..TagBytes].SequenceEqual(sealedText[^TagBytes..]))
            return false;
        Mask(start, text, into);
        return true;
    }

    public void Dispose()
    {
    }

    private void WriteTag(ulong start, ReadOnlySpan<byte> text, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[16];
        ulong hash = Absorb(start ^ TagPurpose, text);
        BinaryPrimitives.WriteUInt64LittleEndian(whole, hash);
        BinaryPrimitives.WriteUInt64LittleEndian(whole[8..], Mix(hash ^ _key));
        whole[..TagBytes].CopyTo(tag);
    }

    private static void Mask(ulong start, ReadOnlySpan<byte> from, Span<byte> into)
    {
        for (int i = 0; i < from.Length; i += 8)
        {
            ulong stream = Mix(start + (ulong)i);
            for (int j = i; j < Math.Min(i + 8, from.Length); j++, stream >>= 8)
                into[j] = (byte)(from[j] ^ stream);
        }
    }

    private static ulong Absorb(ulong state, ReadOnlySpan<byte> bytes)
    {
        state = Mix(state ^ (ulong)bytes.Length);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            state = Mix(state ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        ulong rest = 0;
        foreach (byte b in bytes)
            rest = (rest << 8) | b;
        return Mix(state ^ BitOperations.RotateLeft(rest, 1));
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private const ulong TagPurpose = 0x746167;
}
