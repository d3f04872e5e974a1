using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Groups;

/// <summary>
/// Reads a member list line by line. Each list has one text: no blanks, empty lines or other orders, so that what people see is
/// what was signed.
/// </summary>
internal ref struct MemberListReader
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly bool _edited;
    private int _at;
    private int _line;
    private TextFault _fault;

    private MemberListReader(ReadOnlySpan<byte> text, bool edited)
    {
        _text = text;
        _edited = edited;
    }

    /// <param name="edited">The members may stand in any order, and the signature may be missing.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, bool edited, [NotNullWhen(true)] out MemberListDraft? content, out TextFault fault)
    {
        var reader = new MemberListReader(text, edited);
        content = reader.Read();
        fault = reader._fault;
        return content is not null;
    }

    private MemberListDraft? Read()
    {
        if (_text.Length > Limits.MemberListBytesMax)
            return Refuse(0, $"{_text.Length} bytes long", $"keep to {Limits.MemberListBytesMax}");
        // First, so that from here on every byte is one character, and no two texts look alike.
        if (OddByte() is >= 0 and var odd)
            return Refuse(1 + _text[..odd].Count((byte)'\n'), $"byte 0x{_text[odd]:x2} is neither printable ASCII nor the end of a line", "save it as plain text with Unix line ends");
        if (NextLine() is not MemberListDraft.FirstLine)
            return Refuse(1, $"does not begin with \"{MemberListDraft.FirstLine}\"", "name a list as `edgepeer group members` writes it");
        if (NextWord(MemberListDraft.GroupWord) is not { } group || !PipeName.TryParse(group, out _))
            return Refuse(_line, "does not name the group", "write \"group NAME\", of a-z A-Z 0-9 . _ - /");
        if (NextWord(MemberListDraft.VersionWord) is not { } digits || !TryReadVersion(digits, out ulong version))
            return Refuse(_line, "has no version", $"write \"version N\", a whole number from 1 to {Limits.MemberListVersionMax}");
        return ReadMembers() is { } members ? ReadSignature(new MemberListDraft(group, version, members)) : null;
    }

    private List<Member>? ReadMembers()
    {
        var members = new List<Member>();
        while (NextBeginsWith(MemberListDraft.MemberWord))
        {
            string[] words = NextLine()![MemberListDraft.MemberWord.Length..].Split(' ');
            if (!PeerId.TryParse(words[0], out var peer) || words[0] != peer.ToString())
                return RefuseMembers($"\"{words[0]}\" is not a peer id", "write it as `edgepeer id` prints it");
            if (words.Length != 2 || !PipeName.TryParse(words[1], out _))
                return RefuseMembers($"{peer} has no name", "write one after the id, of a-z A-Z 0-9 . _ - /");
            if (members.Count == Limits.MembersMax)
                return RefuseMembers($"more than {Limits.MembersMax} members", "split the group");
            int place = members.Count;
            while (place > 0 && members[place - 1].Peer.CompareTo(peer) > 0)
                place--;
            if (place > 0 && members[place - 1].Peer == peer)
                return RefuseMembers($"{peer} stands here a second time", "keep one");
            if (place < members.Count && !_edited)
                return RefuseMembers($"{peer} stands below a higher id", "`edgepeer group members sign` sorts and signs");
            members.Insert(place, new Member(peer, words[1]));
        }
        return members;
    }

    private MemberListDraft? ReadSignature(MemberListDraft content)
    {
        int signedBytes = _at;
        if (_edited && _at == _text.Length)
            return content;
        if (NextWord(MemberListDraft.SignatureWord) is not { } base64)
            return Refuse(_line, "is neither a member nor the signature", "write \"member PEERID NAME\", or sign with `edgepeer group members sign`");
        byte[] signature = new byte[IPeerKey.SignatureBytes];
        // Printed again, because base64 may be written in several ways.
        if (!_edited && (!Convert.TryFromBase64String(base64, signature, out int bytes) || bytes != signature.Length || Convert.ToBase64String(signature) != base64))
            return Refuse(_line, $"is not a signature of {IPeerKey.SignatureBytes} bytes in base64", "`edgepeer group members sign` signs the list as it stands");
        if (_at != _text.Length)
            return Refuse(_line + 1, "stands below the signature", "remove it: the signature is the last line");
        return content with { SignedBytes = signedBytes, Signature = signature };
    }

    // No leading zero: each number has one text.
    private static bool TryReadVersion(string digits, out ulong version) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out version) && version is > 0 and <= Limits.MemberListVersionMax && digits[0] != '0';

    private readonly int OddByte()
    {
        for (int i = 0; i < _text.Length; i++)
            if (_text[i] is not ((>= (byte)' ' and <= (byte)'~') or (byte)'\n'))
                return i;
        return -1;
    }

    /// <returns>What follows the word in the next line; null when it begins otherwise, or there is none.</returns>
    private string? NextWord(string word)
    {
        bool begins = NextBeginsWith(word);
        string? line = NextLine();
        return begins ? line?[word.Length..] : null;
    }

    private readonly bool NextBeginsWith(string word)
    {
        var rest = _text[_at..];
        return rest.Length > word.Length && rest.Contains((byte)'\n') && Ascii.Equals(rest[..word.Length], word);
    }

    /// <returns>Null when no whole line is left: the last one ends too.</returns>
    private string? NextLine()
    {
        _line++;
        int end = _text[_at..].IndexOf((byte)'\n');
        if (end < 0)
            return null;
        string line = Encoding.ASCII.GetString(_text.Slice(_at, end));
        _at += end + 1;
        return line;
    }

    private MemberListDraft? Refuse(int line, string what, string mend)
    {
        _fault = new TextFault(line, what, mend);
        return null;
    }

    private List<Member>? RefuseMembers(string what, string mend)
    {
        Refuse(_line, what, mend);
        return null;
    }
}
