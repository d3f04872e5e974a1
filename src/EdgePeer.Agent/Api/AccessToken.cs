using System.Security.Cryptography;
using System.Text;

namespace EdgePeer.Agent.Api;

/// <summary>What a request over TCP shows to be let in. Only its hash is kept, so that no log and no comparison gives it away.</summary>
internal sealed class AccessToken : IEquatable<AccessToken>
{
    private readonly byte[] _hash;

    private AccessToken(byte[] hash) => _hash = hash;

    /// <summary>Reads a token file: one line, beside comments after #.</summary>
    /// <param name="fault">What is wrong, as the end of a sentence that names the file.</param>
    public static AccessToken? Read(string text, out string? fault)
    {
        string[] lines = [.. text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];
        fault = lines.Length != 1 ? $"has {lines.Length} lines where one token belongs"
            : lines[0].Length is < LengthMin or > LengthMax ? $"holds a token of {lines[0].Length} characters, and {LengthMin} to {LengthMax} are wanted"
            : lines[0].Any(c => c is <= ' ' or > '~') ? "holds a token with other characters than printable ASCII"
            : null;
        return fault is null ? new AccessToken(Hash(lines[0])) : null;
    }

    /// <summary>Takes as long whatever was shown.</summary>
    public bool Is(string shown) => CryptographicOperations.FixedTimeEquals(Hash(shown), _hash);

    public override string ToString() => "(token)";

    public bool Equals(AccessToken? other) => other is not null && CryptographicOperations.FixedTimeEquals(other._hash, _hash);

    public override bool Equals(object? obj) => Equals(obj as AccessToken);

    public override int GetHashCode() => BitConverter.ToInt32(_hash);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    // 16 random characters of base64 are 96 bits: no guessing over a network.
    private const int LengthMin = 16;
    private const int LengthMax = 256;
}
