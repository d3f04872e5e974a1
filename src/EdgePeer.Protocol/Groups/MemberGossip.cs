using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Groups;

/// <summary>Passes the member list on: to whoever has said that it holds an older one, in parts, and from whoever has a newer one.</summary>
internal sealed class MemberGossip(NodeContext node)
{
    private readonly RangeSet _came = new();
    private byte[] _text = [];
    private ulong _version;
    private PeerId _from;

    /// <summary>The other end has said which list it holds.</summary>
    public void OnHello(Session session) => Tell(session);

    /// <summary>Another list is in force here.</summary>
    public void OnChanged(IEnumerable<Session> sessions)
    {
        foreach (var session in sessions)
            Tell(session);
    }

    public void OnPart(Session session, in ListPartItem part)
    {
        session.MembersVersionThere = Math.Max(session.MembersVersionThere, part.Version);
        // Where no list is enforced, or this one is held already, there is nothing to learn.
        if (node.Options.Members is not { } known || part.Version <= known.Version)
            return;
        // One list at a time; a newer one, or another teller of the same, begins anew.
        if (part.Version != _version || session.Peer != _from || part.TotalBytes != _text.Length)
        {
            if (part.Version < _version && !_came.IsEmpty)
                return;
            (_version, _from, _text) = (part.Version, session.Peer, new byte[part.TotalBytes]);
            _came.Clear();
        }
        part.Bytes.CopyTo(_text.AsSpan(part.Offset));
        _came.Add((ulong)part.Offset, (ulong)(part.Offset + part.Bytes.Length));
        if (!_came.Contains(0, (ulong)_text.Length))
            return;
        if (MemberList.TryRead(_text, node.Options.Group, known.Authority, node.Cryptography, out var list, out _) && list.Version == _version)
            node.Do(new MembersLearnt(list));
        else
            node.Counts.FramesMalformed++;
        (_version, _text) = (0, []);
        _came.Clear();
    }

    private void Tell(Session session)
    {
        if (node.Options.Members is not { } list || !session.Greeted || list.Version <= session.MembersVersionThere)
            return;
        session.MembersVersionThere = list.Version;
        Span<byte> body = stackalloc byte[PartBytes + HeadBytesMax];
        for (int offset = 0; offset < list.Text.Length; offset += PartBytes)
        {
            var writer = new WireWriter(body);
            new ListPartItem(list.Version, list.Text.Length, offset, list.Text.Slice(offset, Math.Min(PartBytes, list.Text.Length - offset))).Write(ref writer);
            session.Say(ItemKind.ListPart, writer.Written);
        }
    }

    // With all else a part fits the least frame, and a full list takes a tenth of the controls that may wait.
    private const int PartBytes = 140;
    private const int HeadBytesMax = 9 + 3 + 3;
}
