using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace EdgePeer.Protocol.Groups;

/// <summary>What the members of a group have in common and nobody else may know: 32 random bytes.</summary>
public sealed class GroupSecret : IEquatable<GroupSecret>
{
    private readonly byte[] _bytes;

    private GroupSecret(byte[] bytes) => _bytes = bytes;

    public const int SizeBytes = 32;

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <param name="bytes">Exactly <see cref="SizeBytes"/>, random; copied.</param>
    public static GroupSecret Of(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, SizeBytes);
        return new GroupSecret(bytes.ToArray());
    }

    /// <summary>No secret at all: what a group without one is sealed under, for peers of one machine or of a lab. Anyone who knows the name has it.</summary>
    public static GroupSecret OfName(string group) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"EdgePeer group without a secret: {group}")));

    /// <summary>Reads what <see cref="Print"/> writes.</summary>
    /// <param name="fault">What is wrong with the text, as the end of a sentence; it does not repeat the text.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out GroupSecret? secret, [NotNullWhen(false)] out string? fault)
    {
        byte[] bytes = new byte[SizeBytes];
        fault = CheckedText.Read(Prefix, text, bytes, CheckBytes);
        secret = fault is null ? new GroupSecret(bytes) : null;
        return fault is null;
    }

    /// <summary>The line that stands in a secret file. It has a name of its own so that no log prints it by accident.</summary>
    public string Print() => CheckedText.Print(Prefix, _bytes, CheckBytes);

    /// <summary>Says nothing of the secret.</summary>
    public override string ToString() => "(group secret)";

    public bool Equals(GroupSecret? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public override bool Equals(object? obj) => Equals(obj as GroupSecret);

    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(_bytes);

    /// <summary>Begins every printed secret, so that people and scanners of leaked files know one when they see it.</summary>
    public const string Prefix = "edgepeer-group-1-";

    // One typing error in four billion is not found.
    private const int CheckBytes = 4;
}
