using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// Fills a frame for a path at the moment its transport can start it: what was heard, what must be said, what is kept, and
/// then messages, most urgent lane first.
/// </summary>
internal ref struct PacketComposer
{
    private readonly NodeContext _node;
    private readonly Path _path;
    private readonly Session _session;
    private readonly Instant _now;
    private readonly ulong _number;
    private readonly SessionKeys _keys;
    private readonly int _headerBytes;
    private WireWriter _writer;
    private ItemWriter _items;
    private SentPacket? _asked;

    private PacketComposer(NodeContext node, Path path, Instant now, Span<byte> frame)
    {
        _node = node;
        _path = path;
        _session = path.Session;
        _now = now;
        _number = path.TakeNumber();
        _writer = new WireWriter(frame[..FrameBytes(path)]);
        _keys = path.Session.Sealing!;
        PacketHeader.Write(ref _writer, path.Port.ShortTags, Labels.With(_keys.RemoteLabel, path.Id), _number, path.LargestHeard);
        _headerBytes = _writer.Length;
    }

    /// <summary>Something would go into a frame for the path now.</summary>
    public static bool HasWork(Path path, Instant now)
    {
        if (path.Session.Sealing is null)
            return false;
        if (path.Received.TellDue || path.PingWanted)
            return true;
        var session = path.Session;
        if (session.Active != path)
            return false;
        return session.HasKeptToTell || (path.MayAsk && (session.HasControls || session.HasPieces(now) || session.Advertisements.HasMore));
    }

    /// <returns>The length of the frame; zero when there is nothing to say.</returns>
    public static int Compose(NodeContext node, Path path, Instant now, Span<byte> frame)
    {
        if (!HasWork(path, now))
        {
            path.Window.OnIdle();
            return 0;
        }
        bool mayAsk = path.MayAsk;
        var composer = new PacketComposer(node, path, now, frame);
        composer.WriteJoin();
        bool active = path.Session.Active == path;
        if (!active || !composer.TryWriteShortKept())
            composer.WriteHeard();
        if (active)
        {
            if (mayAsk)
                composer.WriteControls();
            composer.WriteKept();
            if (mayAsk)
            {
                composer.WritePieces();
                composer.WriteControls();
                composer.WriteAdvertisements();
            }
        }
        composer.WritePing();
        return composer.Seal();
    }

    /// <summary>What one more item's body may have, its kind and length and the tag left aside.</summary>
    private readonly int Room => _writer.Room - SessionKeys.TagBytes(_path.Port.ShortTags) - ItemWriter.HeadBytesMax;

    private SentPacket Asked => _asked ??= new SentPacket
    {
        Number = _number,
        SentAt = _now,
        DeliveredWhenSent = _path.Window.Delivered,
        DeliveredAtWhenSent = _path.Window.InFlight == 0 ? _now : _path.Window.DeliveredAt,
    };

    /// <summary>What is worth sending, or more where a control or an advertisement needs it: they are not cut.</summary>
    private static int FrameBytes(Path path)
    {
        int worth = Math.Max(path.FrameBytes, HandshakeParameters.FrameBytesMin / 2);
        if (path.Session.Active != path)
            return worth;
        int needed = path.Session.TryPeekControl(out var control) ? control.Body.Length : path.Session.Advertisements.Next?.BytesMax ?? 0;
        return needed == 0 ? worth : Math.Max(worth, Math.Min(path.FrameBytesMax, needed + ControlOverheadBytes));
    }

    private void WriteJoin()
    {
        if (!_path.JoinWanted)
            return;
        _items.Begin(ref _writer, ItemKind.Join);
        new JoinItem(_path.Port.Traits.FrameBytesMax, _path.Port.OwnAddress).Write(ref _writer);
        _items.End(ref _writer);
        Asked.Joins = true;
    }

    private void WriteHeard()
    {
        if (!_path.Received.WorthTelling)
            return;
        // A range takes six bytes as a rule; the oldest are left out of short frames.
        Span<NumberRange> ranges = stackalloc NumberRange[Math.Min(HeardItem.RangesMax, Math.Max(1, Room / HeardRangeBytes / 2))];
        int count = _path.Received.Copy(ranges);
        _items.Begin(ref _writer, ItemKind.Heard);
        HeardItem.Write(ref _writer, _path.Received.HeldBack(_now), ranges[..count]);
        _items.End(ref _writer);
        _path.Received.OnTold(fully: true);
    }

    /// <summary>Heard and kept in one short word, where one can tell it.</summary>
    private bool TryWriteShortKept()
    {
        if (_path.Port.Traits.BitsPerSecond == 0 || !_path.Received.CanTellShort || Room < ShortKeptItem.BodyBytes)
            return false;
        InChannel? told = null;
        foreach (var channel in _session.In.Values)
            if (channel.HasKeptToTell ? told is not { HasKeptToTell: true } : told is null && _path.Received.WorthTelling)
                if (channel.CanTellShort(_path))
                    told = channel;
        if (told is null)
            return false;
        var item = told.TakeShort((byte)(_path.Received.Expected - 1), _path.Received.HeldBack(_now));
        _items.Begin(ref _writer, item.Kind);
        item.Write(ref _writer);
        _items.End(ref _writer);
        _path.Received.OnTold(fully: false);
        return true;
    }

    private void WriteControls()
    {
        while (_session.TryPeekControl(out var control) && control.Body.Length <= Room)
        {
            _session.TakeControl();
            _items.Begin(ref _writer, control.Kind);
            _writer.WriteBytes(control.Body);
            _items.End(ref _writer);
            Asked.Controls.Add(control);
        }
    }

    private void WriteKept()
    {
        foreach (var channel in _session.In.Values)
        {
            if (!channel.HasKeptToTell || Room < KeptBytesMin)
                continue;
            bool important = channel.Important;
            int room = _writer.Length + 2 + Room;
            _items.Begin(ref _writer, ItemKind.Kept);
            var kind = channel.WriteKept(ref _writer, room, _path);
            _items.End(ref _writer, kind);
            if (important)
                Asked.KeptTold.Add(channel);
        }
    }

    private void WritePieces()
    {
        foreach (var channel in _session.Out)
        {
            while (Room > 0 && channel.TryTakePiece(Room, _now, out var piece, out int totalBytes))
                if (!WritePiece(piece, totalBytes))
                    return;
            channel.SayWatch();
        }
    }

    private bool WritePiece(in SentPiece piece, int totalBytes)
    {
        bool whole = piece.Length == totalBytes;
        var kind = whole ? MessageItem.KindOn(piece.Channel.Number) : ItemKind.Range;
        int before = _writer.Length;
        _items.Begin(ref _writer, kind);
        if (whole)
            MessageItem.WriteMessageHead(ref _writer, kind, piece.Channel.Number, piece.Sequence);
        else
            MessageItem.WriteRangeHead(ref _writer, piece.Channel.Number, piece.Sequence, totalBytes, piece.Offset);
        bool read = piece.Length == 0 || piece.Channel.Stream.TryReadBytes(piece.Sequence, piece.Offset, _writer.Take(piece.Length));
        Asked.Pieces.Add(piece);
        if (read)
        {
            _items.End(ref _writer);
            return true;
        }
        // It goes out as nothing, counts as lost, and is tried again: flash that fails a read may give it the next time.
        _items.Cancel(ref _writer, before);
        piece.Channel.OnUnreadable(piece.Sequence, _now);
        return false;
    }

    private void WriteAdvertisements()
    {
        while (_session.Advertisements.Next is { } advertisement && advertisement.BytesMax <= Room)
        {
            _session.Advertisements.OnSent(advertisement);
            _items.Begin(ref _writer, ItemKind.Advertisement);
            advertisement.Write(ref _writer, _now);
            _items.End(ref _writer);
            Asked.Advertisements.Add(advertisement);
        }
    }

    private void WritePing()
    {
        // Kept asks for nothing by itself; what must be heard of needs company that does.
        bool asks = _asked is { Joins: true } or { Controls.Count: > 0 } or { Pieces.Count: > 0 } or { Advertisements.Count: > 0 };
        if (asks || Room < 0 || (!_path.PingWanted && _asked is null))
            return;
        _items.Begin(ref _writer, ItemKind.Ping);
        _items.End(ref _writer);
        _ = Asked;
    }

    private int Seal()
    {
        _items.StretchLast(ref _writer);
        _writer.Take(SessionKeys.TagBytes(_path.Port.ShortTags));
        _keys.Seal(_path.Id, _path.Port.ShortTags, _number, _writer.Written, _headerBytes);
        _path.OnSent();
        if (_asked is not null)
        {
            _asked.Bytes = _writer.Length;
            _path.OnAsked(_asked, _now);
        }
        return _writer.Length;
    }

    private const int HeardRangeBytes = 6;
    private const int KeptBytesMin = 32;

    // Head, label, number, the item's own head, tag, and a short word of what was heard.
    private const int ControlOverheadBytes = 32;
}
