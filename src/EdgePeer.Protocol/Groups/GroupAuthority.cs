using System.Diagnostics.CodeAnalysis;

namespace EdgePeer.Protocol.Groups;

/// <summary>The public half of the key that signs a group's member lists.</summary>
public sealed class GroupAuthority : IEquatable<GroupAuthority>
{
    private readonly byte[] _publicKey;

    private GroupAuthority(byte[] publicKey) => _publicKey = publicKey;

    /// <summary>A compressed point of P-256, SEC 1 §2.3.3.</summary>
    public const int SizeBytes = 33;

    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <param name="publicKey">Exactly <see cref="SizeBytes"/>; copied.</param>
    public static GroupAuthority Of(ReadOnlySpan<byte> publicKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(publicKey.Length, SizeBytes);
        return new GroupAuthority(publicKey.ToArray());
    }

    /// <summary>Reads what <see cref="ToString"/> writes. Whether the bytes are a point of the curve shows when a signature is verified.</summary>
    /// <param name="fault">What is wrong with the text, as the end of a sentence.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out GroupAuthority? authority, [NotNullWhen(false)] out string? fault)
    {
        byte[] bytes = new byte[SizeBytes];
        fault = CheckedText.Read(Prefix, text, bytes, CheckBytes);
        authority = fault is null ? new GroupAuthority(bytes) : null;
        return fault is null;
    }

    /// <summary>As it stands in configurations.</summary>
    public override string ToString() => CheckedText.Print(Prefix, _publicKey, CheckBytes);

    public bool Equals(GroupAuthority? other) => other is not null && _publicKey.AsSpan().SequenceEqual(other._publicKey);

    public override bool Equals(object? obj) => Equals(obj as GroupAuthority);

    public override int GetHashCode() => _publicKey[^1];

    public const string Prefix = "edgepeer-authority-1-";

    // With the key a multiple of three, so that its base64 has no odd end.
    private const int CheckBytes = 3;
}
