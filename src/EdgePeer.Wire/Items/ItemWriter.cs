namespace EdgePeer.Wire;

/// <summary>Writes items one behind the other: kind, length, body; the last may be stretched to the packet's end, which saves its length.</summary>
public ref struct ItemWriter
{
    private int _start;
    private int _body;
    private bool _any;

    /// <summary>The most that kind and length take.</summary>
    public const int HeadBytesMax = 3;

    /// <summary>The most that a length of two bytes states; no transport's frames are near it.</summary>
    public const int BodyBytesMax = (1 << 14) - 1;

    /// <summary>Begins an item; its body is what is written until <see cref="End(ref WireWriter)"/>.</summary>
    public void Begin(ref WireWriter writer, ItemKind kind)
    {
        _any = true;
        _start = writer.Length;
        writer.WriteByte((byte)kind);
        writer.WriteByte(0);
        _body = writer.Length;
    }

    public void End(ref WireWriter writer, ItemKind kind)
    {
        writer.Written[_start] = (byte)kind;
        End(ref writer);
    }

    public void End(ref WireWriter writer)
    {
        int length = writer.Length - _body;
        if (length > BodyBytesMax)
            throw new InvalidOperationException($"an item of {length} bytes has no length");
        if (length >= 0x80)
        {
            // The length takes a second byte: make room for it.
            writer.Take(1);
            var body = writer.Written[_body..];
            body[..^1].CopyTo(body[1..]);
            writer.Written[_body - 1] = (byte)(length | 0x80);
            writer.Written[_body] = (byte)(length >> 7);
            _body++;
        }
        else
        {
            writer.Written[_body - 1] = (byte)length;
        }
    }

    /// <summary>Takes the item back that was begun at that length; nothing may be stretched after it.</summary>
    public void Cancel(ref WireWriter writer, int length)
    {
        writer.Rewind(length);
        _any = false;
    }

    /// <summary>Says of the last item that it reaches to the end, and takes its length out.</summary>
    public void StretchLast(ref WireWriter writer)
    {
        if (!_any)
            return;
        var body = writer.Written[_body..];
        writer.Written[_start] |= ItemReader.ToTheEnd;
        body.CopyTo(writer.Written[(_start + 1)..]);
        writer.Rewind(_start + 1 + body.Length);
        _any = false;
    }
}
