using EdgePeer.Agent.Groups;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent.Configuration;

/// <summary>Reads <c>group</c> and the files that it names.</summary>
/// <param name="readFiles">False where they may not be there yet.</param>
internal sealed class GroupReader(string directory, ICollection<ConfigurationFault> faults, bool readFiles)
{
    public GroupConfiguration Read(ObjectReader? group)
    {
        string name = group?.Name("name") ?? DefaultName;
        var read = new GroupConfiguration { Name = name, Secrets = [GroupSecret.OfName(name)] };
        if (group is null)
            return read;
        string? secretFile = PathAt(group, "secretFile"), membersFile = PathAt(group, "membersFile");
        var authority = ReadAuthority(group);
        if (authority is null && membersFile is not null && group.Value("authority") is null)
            group.Refuse("membersFile", "\"membersFile\" without \"authority\"", "add \"authority\", as `edgepeer group authority new` printed it: only a signed list counts");
        else if (authority is not null && membersFile is null)
            group.Refuse("authority", "\"authority\" without \"membersFile\"", "add \"membersFile\": \"members.list\"");
        read = read with { SecretFile = secretFile, Authority = authority, MembersFile = membersFile };
        return readFiles ? ReadFiles(group, read) : read with { Secrets = [] };
    }

    private GroupConfiguration ReadFiles(ObjectReader group, GroupConfiguration read)
    {
        if (read.SecretFile is { } secretFile)
        {
            if (GroupSecretFile.TryRead(secretFile, out var secrets, out var fault))
                read = read with { Secrets = secrets };
            else
                Refuse(group, "secretFile", secretFile, fault);
        }
        if (read is { Authority: { } authority, MembersFile: { } membersFile } && File.Exists(membersFile))
        {
            if (MemberListFile.TryReadBytes(membersFile, out byte[]? text, out var fault)
                && MemberList.TryRead(text, read.Name, authority, SystemCryptography.Instance, out var members, out fault))
                read = read with { Members = members };
            else
                Refuse(group, "membersFile", membersFile, fault);
        }
        return read;
    }

    private static GroupAuthority? ReadAuthority(ObjectReader group)
    {
        if (group.Text("authority") is not { } text)
            return null;
        if (GroupAuthority.TryParse(text, out var authority, out string? wrong))
            return authority;
        group.Refuse("authority", $"\"authority\" {wrong}", "copy it again, as `edgepeer group authority show` prints it");
        return null;
    }

    private string? PathAt(ObjectReader group, string key)
    {
        if (group.Text(key) is not { } path)
            return null;
        if (path.Length > 0)
            return Path.GetFullPath(path, directory);
        group.Refuse(key, $"\"{key}\" is empty", "name a file, or remove it");
        return null;
    }

    // What is wrong in a line is told at that line; what is wrong with the file, where it is named.
    private void Refuse(ObjectReader group, string key, string path, TextFault fault)
    {
        if (fault.Line == 0)
            group.Refuse(key, $"\"{key}\" {path} {fault.What}", fault.Mend);
        else
            faults.Add(new ConfigurationFault(path, fault.Line, 1, fault.What, fault.Mend));
    }

    private const string DefaultName = "default";
}
