using System.Text;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Someone who has recorded a serial line and looks in it for what they should not learn.</summary>
internal sealed class PassiveReader
{
    private readonly List<(string What, byte[] Bytes)> _secrets = [];
    private readonly List<byte[]> _heard = [];

    /// <summary>Whole frames that were found in the recordings.</summary>
    public List<byte[]> Frames { get; } = [];

    public void LookFor(string what, string text) => LookFor(what, Encoding.UTF8.GetBytes(text));

    /// <param name="secret">Where it is long, eight bytes of it in a row are found too.</param>
    public void LookFor(string what, ReadOnlySpan<byte> secret)
    {
        for (int i = 0; i + Math.Min(PartBytes, secret.Length) <= secret.Length; i++)
            _secrets.Add((what, secret.Slice(i, Math.Min(PartBytes, secret.Length)).ToArray()));
    }

    public void LookFor(string what, PeerId peer)
    {
        Span<byte> bytes = stackalloc byte[PeerId.SizeBytes];
        peer.Write(bytes);
        LookFor(what, bytes);
        LookFor(what, peer.ToString());
    }

    /// <summary>Keeps the bytes as they stood on the line, and the frames in them.</summary>
    public void Hear(byte[] line)
    {
        _heard.Add(line);
        var decoder = new SerialFrameDecoder();
        ReadOnlySpan<byte> bytes = line;
        while (decoder.TryRead(ref bytes, out var frame))
            Frames.Add(frame.Frame.ToArray());
    }

    /// <summary>What of it stands in the recordings or in one of their frames.</summary>
    public IReadOnlyList<string> Found() =>
        [.. _secrets.Where(secret => _heard.Concat(Frames).Any(bytes => bytes.AsSpan().IndexOf(secret.Bytes) >= 0)).Select(secret => secret.What).Distinct()];

    // Chance shows so many bytes of a secret in no recording.
    private const int PartBytes = 8;
}
