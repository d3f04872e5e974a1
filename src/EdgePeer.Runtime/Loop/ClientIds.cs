using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>An application's own message id as the tag that the journal remembers.</summary>
internal static class ClientIds
{
    /// <summary>
    /// The first half of the SHA-256 of pipe and id: an id names a message within its pipe. Zero, which stands for "no id" in the
    /// journal, is not returned.
    /// </summary>
    public static UInt128 Tag(PipeName pipe, string clientId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // A pipe's name holds no newline, so that two pairs never make one text.
        SHA256.HashData(Encoding.UTF8.GetBytes($"{pipe}\n{clientId}"), hash);
        var tag = BinaryPrimitives.ReadUInt128BigEndian(hash);
        return tag == UInt128.Zero ? UInt128.One : tag;
    }
}
