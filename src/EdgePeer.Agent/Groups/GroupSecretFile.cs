using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Flash;

namespace EdgePeer.Agent.Groups;

/// <summary>A group's secrets, one a line: the first seals, all are accepted. What follows a # is a comment.</summary>
internal static class GroupSecretFile
{
    /// <param name="fault">Line 0: the file as a whole, as the end of a sentence that names it. Nothing of a secret is in it.</param>
    public static bool TryRead(string path, out ImmutableArray<GroupSecret> secrets, out TextFault fault)
    {
        secrets = [];
        return OwnersFile.TryReadText(path, out string? text, out fault) && TryParse(text, out secrets, out fault);
    }

    public static bool TryParse(string text, out ImmutableArray<GroupSecret> secrets, out TextFault fault)
    {
        secrets = [];
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            string word = line.Split('#')[0].Trim();
            if (word.Length == 0)
                continue;
            if (!GroupSecret.TryParse(word, out var secret, out string? wrong))
                fault = new TextFault(number, $"this secret {wrong}", "copy it again from another member, or print a new one for all with `edgepeer group new`");
            else if (secrets.Contains(secret))
                fault = new TextFault(number, "this secret stands here a second time", "remove it");
            else if (secrets.Length == Protocol.Limits.GroupSecretsMax)
                fault = new TextFault(number, $"more than {Protocol.Limits.GroupSecretsMax} secrets", "keep the one that seals, and those that other members still seal with");
            else
            {
                secrets = secrets.Add(secret);
                continue;
            }
            secrets = [];
            return false;
        }
        fault = secrets.IsEmpty ? new TextFault(0, "holds no secret", "`edgepeer group new` prints one") : default;
        return !secrets.IsEmpty;
    }

    public static GroupSecret NewSecret()
    {
        Span<byte> bytes = stackalloc byte[GroupSecret.SizeBytes];
        RandomNumberGenerator.Fill(bytes);
        var secret = GroupSecret.Of(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return secret;
    }

    /// <summary>Writes a file that is not there yet, for its owner alone.</summary>
    /// <exception cref="IOException">There is one, or it cannot be written.</exception>
    public static void Write(string path, string group, IEnumerable<GroupSecret> secrets)
    {
        var text = new StringBuilder();
        text.Append($"# Group \"{group}\": whoever has this can join it. The same on every member; the first line seals, all are accepted.\n");
        foreach (var secret in secrets)
            text.Append(secret.Print()).Append('\n');
        DurableFile.Create(path, Encoding.ASCII.GetBytes(text.ToString()), OwnersFile.Mode);
    }
}
