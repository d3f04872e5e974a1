using System.Net;
using EdgePeer.Agent.Api;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent.Configuration;

/// <summary>Reads <c>api</c> and <c>statusPage</c>: where the local API is offered, and to whom.</summary>
/// <param name="readFiles">False where the token's file may not be there yet.</param>
internal sealed class ApiReader(string directory, bool readFiles)
{
    public static ApiConfiguration ReadApi(ObjectReader api)
    {
        var defaults = new ApiConfiguration();
        string? group = api.Text("group");
        if (group is not null && (group.Length is 0 or > GroupLengthMax || group.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))))
            api.Refuse("group", $"\"group\" is \"{group}\"", "name a group of this system, such as \"edgepeer\"");
        return new ApiConfiguration { Mode = ReadMode(api) ?? defaults.Mode, Group = group };
    }

    public StatusPageConfiguration? ReadStatusPage(ObjectReader page)
    {
        if (page.Text("listen") is not { Length: > 0 } text)
        {
            page.Missing("listen", "add \"listen\": \"127.0.0.1:8474\"");
            return null;
        }
        var token = ReadToken(page);
        if (!IPEndPoint.TryParse(text, out var listen) || listen.Port == 0)
            page.Refuse("listen", $"\"{text}\" is not an address and port", "write one such as \"127.0.0.1:8474\" or \"[::1]:8474\"");
        else if (!IPAddress.IsLoopback(listen.Address) && page.Value("tokenFile") is null)
            page.Refuse("listen", $"\"{text}\" is reached from other machines, and nothing asks them who they are", "add \"tokenFile\", or listen on 127.0.0.1 or [::1]");
        else
            return new StatusPageConfiguration(listen, token);
        return null;
    }

    private static UnixFileMode? ReadMode(ObjectReader api)
    {
        if (api.Text("mode") is not { } text)
            return null;
        string digits = text.Length == 4 && text[0] == '0' ? text[1..] : text;
        if (digits.Length == 3 && digits[0] == '6' && digits.All(digit => digit is '0' or '2' or '4' or '6'))
            return (UnixFileMode)Convert.ToInt32(digits, 8);
        api.Refuse("mode", $"\"mode\" is \"{text}\"", "write \"0660\" for the agent's user and group, or \"0600\" for its user alone");
        return null;
    }

    private AccessToken? ReadToken(ObjectReader page)
    {
        if (page.Text("tokenFile") is not { } name)
            return null;
        string path = Path.GetFullPath(name, directory);
        if (name.Length == 0)
            page.Refuse("tokenFile", "\"tokenFile\" is empty", "name a file, or remove it");
        else if (!readFiles)
            return null;
        else if (!OwnersFile.TryReadText(path, out string? text, out var fault))
            Refuse(page, path, fault);
        else if (AccessToken.Read(text, out string? wrong) is { } token)
            return token;
        else
            Refuse(page, path, new TextFault(0, wrong!, $"`(umask 077; head -c 24 /dev/urandom | base64 > {path})` makes one"));
        return null;
    }

    private static void Refuse(ObjectReader page, string path, TextFault fault) => page.Refuse("tokenFile", $"\"tokenFile\" {path} {fault.What}", fault.Mend);

    // As groupadd(8) has it.
    private const int GroupLengthMax = 32;
}
