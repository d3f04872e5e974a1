using System.Security.Cryptography;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>
/// The one wrapper around .NET's ciphers. They throw on a forged tag (464 bytes and some microseconds each), and anyone can send forgeries: so a
/// key opens in a careful way, which costs two more passes and never throws, until a number of packets in a row were good.
/// </summary>
internal abstract class SystemCipherKey : ICipherKey
{
    // An attacker who must let this many good packets by for each exception that he causes gains nothing by it. A new key has
    // shown nothing yet: a forged first message of a handshake does not throw either.
    internal const int CarefulOpens = 64;

    private int _carefulOpensLeft = CarefulOpens;

    public abstract int TagBytes { get; }

    /// <summary>Whether the next packet is opened without .NET's own check of the tag.</summary>
    internal bool IsCareful => _carefulOpensLeft > 0;

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> into)
    {
        if (into.Length != plain.Length + TagBytes)
            throw new ArgumentException($"{plain.Length} bytes are sealed into {plain.Length + TagBytes}, and the buffer has {into.Length}", nameof(into));
        Encrypt(nonce, associated, InPlaceOrApart(plain, into[..plain.Length]), into[..plain.Length], into[plain.Length..]);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> into)
    {
        int length = sealedText.Length - TagBytes;
        if (length < 0)
            return false;
        if (into.Length != length)
            throw new ArgumentException($"{sealedText.Length} sealed bytes open into {length}, and the buffer has {into.Length}", nameof(into));
        Span<byte> tag = stackalloc byte[TagBytesMax];
        tag = tag[..TagBytes];
        sealedText[length..].CopyTo(tag);
        var text = InPlaceOrApart(sealedText[..length], into);
        bool isGood = IsCareful ? OpenCarefully(nonce, associated, text, tag, into) : OpenPlainly(nonce, associated, text, tag, into);
        _carefulOpensLeft = isGood ? Math.Max(0, _carefulOpensLeft - 1) : CarefulOpens;
        return isGood;
    }

    public abstract void Dispose();

    protected abstract void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> text, Span<byte> tag);

    /// <exception cref="AuthenticationTagMismatchException">The tag does not fit.</exception>
    protected abstract void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag, Span<byte> plain);

    /// <summary>Adds the cipher's key stream, which makes text of plain text and plain text of text.</summary>
    protected virtual void AddKeyStream(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> from, Span<byte> into)
    {
        Span<byte> unusedTag = stackalloc byte[TagBytesMax];
        Encrypt(nonce, [], from, into, unusedTag[..TagBytes]);
    }

    private bool OpenPlainly(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag, Span<byte> into)
    {
        try
        {
            Decrypt(nonce, associated, text, tag, into);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    /// <summary>What the text would hold is sealed again, which shows the tag it should have. The plain text is left there only if that fits.</summary>
    private bool OpenCarefully(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag, Span<byte> into)
    {
        Span<byte> rightTag = stackalloc byte[TagBytesMax];
        rightTag = rightTag[..TagBytes];
        AddKeyStream(nonce, text, into);
        Encrypt(nonce, associated, into, into, rightTag);
        if (!CryptographicOperations.FixedTimeEquals(rightTag, tag))
            return false;
        AddKeyStream(nonce, into, into);
        return true;
    }

    /// <summary>OpenSSL works in place or between buffers apart; what overlaps otherwise is moved first.</summary>
    private static ReadOnlySpan<byte> InPlaceOrApart(ReadOnlySpan<byte> from, Span<byte> into)
    {
        if (!from.Overlaps(into, out int offset) || offset == 0)
            return from;
        from.CopyTo(into);
        return into;
    }

    private const int TagBytesMax = 16;
}
