using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Protocol.Groups;

/// <summary>What a list says, whoever wrote it: nothing may be decided by it before it is signed.</summary>
/// <param name="Group">A legal name.</param>
/// <param name="Version">1 to <see cref="Limits.MemberListVersionMax"/>.</param>
/// <param name="Members">In ascending order of their ids, each once; at most <see cref="Limits.MembersMax"/>.</param>
public sealed record MemberListDraft(string Group, ulong Version, IReadOnlyList<Member> Members)
{
    /// <summary>Where the signature's line begins in the text that was read.</summary>
    internal int SignedBytes { get; init; }

    internal byte[] Signature { get; init; } = [];

    /// <summary>Reads a list that a person may have edited: members in any order, and a signature that fits or not, or none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, [NotNullWhen(true)] out MemberListDraft? draft, out TextFault fault) =>
        MemberListReader.TryRead(text, edited: true, out draft, out fault);

    /// <exception cref="ArgumentException">A name or number is not legal, or a peer stands twice.</exception>
    public MemberList Sign(IPeerKey authority)
    {
        byte[] body = Body();
        byte[] signature = new byte[IPeerKey.SignatureBytes];
        authority.Sign(body, signature);
        byte[] text = [.. body, .. Encoding.ASCII.GetBytes($"{SignatureWord}{Convert.ToBase64String(signature)}\n")];
        // Whatever was given: what is signed is what others can read.
        return MemberListReader.TryRead(text, edited: false, out var content, out var fault)
            ? MemberList.OfSigned(content, GroupAuthority.Of(authority.PublicKey), text)
            : throw new ArgumentException($"line {fault.Line}: {fault.What}; {fault.Mend}");
    }

    private byte[] Body()
    {
        var body = new StringBuilder();
        body.Append(FirstLine).Append('\n');
        body.Append(GroupWord).Append(Group).Append('\n');
        body.Append(VersionWord).Append(Version.ToString(CultureInfo.InvariantCulture)).Append('\n');
        foreach (var member in Members.OrderBy(member => member.Peer))
            body.Append(MemberWord).Append(member.Peer.ToString()).Append(' ').Append(member.Name).Append('\n');
        return Encoding.UTF8.GetBytes(body.ToString());
    }

    internal const string FirstLine = "edgepeer-members 1";
    internal const string GroupWord = "group ";
    internal const string VersionWord = "version ";
    internal const string MemberWord = "member ";
    internal const string SignatureWord = "signature ";
}
