using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace EdgePeer.Protocol.Groups;

/// <summary>
/// Bytes as one word of text: a prefix that says what they are, and base64url (RFC 4648 §5) of the bytes and of the first bytes of
/// SHA-256 over prefix and bytes, so that a typing error is found before it becomes a peer that nobody hears.
/// </summary>
internal static class CheckedText
{
    public static string Print(string prefix, ReadOnlySpan<byte> bytes, int checkBytes)
    {
        Span<byte> all = stackalloc byte[bytes.Length + checkBytes];
        bytes.CopyTo(all);
        WriteCheck(prefix, bytes, all[bytes.Length..]);
        string text = prefix + Base64Url.EncodeToString(all);
        CryptographicOperations.ZeroMemory(all);
        return text;
    }

    /// <param name="bytes">Filled; of no use when there is a fault.</param>
    /// <returns>What is wrong with the text, as the end of a sentence that names it; null when nothing is.</returns>
    public static string? Read(string prefix, ReadOnlySpan<char> text, Span<byte> bytes, int checkBytes)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal))
            return $"does not begin with \"{prefix}\"";
        var symbols = text[prefix.Length..];
        int length = Base64Url.GetEncodedLength(bytes.Length + checkBytes);
        if (symbols.Length != length)
            return $"has {symbols.Length} characters after \"{prefix}\" where {length} belong";
        Span<byte> all = stackalloc byte[bytes.Length + checkBytes];
        Span<byte> check = stackalloc byte[checkBytes];
        // The decoder throws at some of the others and skips some.
        if (symbols.ContainsAnyExcept(Alphabet) || !Base64Url.TryDecodeFromChars(symbols, all, out int decoded) || decoded != all.Length)
            return "holds a character other than A-Z a-z 0-9 - _";
        all[..bytes.Length].CopyTo(bytes);
        WriteCheck(prefix, bytes, check);
        bool fits = check.SequenceEqual(all[bytes.Length..]);
        CryptographicOperations.ZeroMemory(all);
        return fits ? null : "has a typing error: its last characters do not fit the others";
    }

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static void WriteCheck(string prefix, ReadOnlySpan<byte> bytes, Span<byte> check)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha256.AppendData(Encoding.ASCII.GetBytes(prefix));
        sha256.AppendData(bytes);
        sha256.GetHashAndReset(hash);
        hash[..check.Length].CopyTo(check);
    }
}
