using System.Diagnostics.CodeAnalysis;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Groups;

/// <param name="Name">What people call the peer: the alphabet of names. Nothing is decided by it.</param>
public readonly record struct Member(PeerId Peer, string Name);

/// <summary>Who belongs to a group, as its authority says: the signature was verified. The format is in <c>MEMBERS.md</c>.</summary>
public sealed class MemberList
{
    private readonly MemberListDraft _content;
    private readonly byte[] _text;

    private MemberList(MemberListDraft content, GroupAuthority authority, byte[] text)
    {
        _content = content;
        _text = text;
        Authority = authority;
    }

    /// <summary>Who signed it.</summary>
    public GroupAuthority Authority { get; }

    public string Group => _content.Group;

    /// <summary>From 1; of two lists of one authority the higher is in force.</summary>
    public ulong Version => _content.Version;

    /// <summary>In ascending order of their ids.</summary>
    public IReadOnlyList<Member> Members => _content.Members;

    /// <summary>The whole text with its signature, as it is saved and passed on.</summary>
    public ReadOnlySpan<byte> Text => _text;

    public bool Contains(PeerId peer)
    {
        int low = 0, high = Members.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int order = Members[middle].Peer.CompareTo(peer);
            if (order == 0)
                return true;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return false;
    }

    /// <summary>Reads a list of any origin.</summary>
    /// <param name="text">Any bytes; copied.</param>
    /// <returns>False when it is no list, of another group, or not signed by this authority.</returns>
    public static bool TryRead(
        ReadOnlySpan<byte> text, string group, GroupAuthority authority, ICryptography cryptography,
        [NotNullWhen(true)] out MemberList? list, out TextFault fault)
    {
        list = null;
        if (!MemberListReader.TryRead(text, edited: false, out var content, out fault))
            return false;
        if (content.Group != group)
            fault = new TextFault(GroupLine, $"is of group \"{content.Group}\", not \"{group}\"", "name the list of this group");
        else if (!cryptography.Verify(authority.PublicKey, text[..content.SignedBytes], content.Signature))
            fault = new TextFault(SignatureLine(content), "the signature is not the authority's over this text", "`edgepeer group members sign` signs the list as it stands");
        else
            list = new MemberList(content, authority, text.ToArray());
        return list is not null;
    }

    /// <summary>What is in force when a list is given: versions never go back, but another authority's are others.</summary>
    /// <param name="given">Null where there is to be no list any more.</param>
    public static MemberList? Newest(MemberList? inForce, MemberList? given) =>
        inForce is not null && given is not null && inForce.Authority.Equals(given.Authority) && inForce.Version > given.Version ? inForce : given;

    internal static MemberList OfSigned(MemberListDraft content, GroupAuthority authority, byte[] text) => new(content, authority, text);

    private static int SignatureLine(MemberListDraft content) => GroupLine + content.Members.Count + 2;

    private const int GroupLine = 2;
}
