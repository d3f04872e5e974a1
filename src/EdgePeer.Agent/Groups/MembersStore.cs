using System.Security.Cryptography;
using System.Text;
using EdgePeer.Agent.Configuration;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Flash;

namespace EdgePeer.Agent.Groups;

/// <summary>
/// The newest member list that this peer has accepted, from its file or from another peer, kept in the state directory so that no
/// older one comes into force again. Any thread.
/// </summary>
internal sealed class MembersStore(string stateDirectory, Action<string> log)
{
    // A reload and a list from another peer may come at once.
    private readonly Lock _gate = new();

    /// <summary>The list in force: the configured file's or the kept one, whichever is newer; on flash when this returns.</summary>
    /// <returns>Null when the group has no authority.</returns>
    /// <exception cref="MembershipException">There is no list, or none that may be used.</exception>
    public MemberList? Take(GroupConfiguration group)
    {
        if (group.Authority is not { } authority)
            return null;
        lock (_gate)
        {
            string path = PathOf(group.Name, authority);
            var kept = ReadKept(path, group.Name, authority);
            if (group.Members is not { } given)
                return kept ?? throw new MembershipException($"{group.MembersFile} is not there, and no member list was kept from before; copy the newest from another member, or write one with `edgepeer group members add`");
            if (kept is null || given.Version > kept.Version)
                return Write(path, given);
            if (given.Version < kept.Version)
                log($"{group.MembersFile}: version {given.Version} is not used: this peer has accepted version {kept.Version}, and versions never go back; replace the file with {path}");
            else if (!given.Members.SequenceEqual(kept.Members))
                throw new MembershipException($"{group.MembersFile} has version {given.Version}, and so has {path} with other members; sign it again with `edgepeer group members sign`, after raising its version above all that were given out");
            return kept;
        }
    }

    /// <summary>Keeps a list that another peer told, unless as new a one is kept.</summary>
    /// <exception cref="IOException">It is not on flash.</exception>
    public void Keep(MemberList learnt)
    {
        lock (_gate)
        {
            string path = PathOf(learnt.Group, learnt.Authority);
            try
            {
                if (ReadKept(path, learnt.Group, learnt.Authority) is { } kept && kept.Version >= learnt.Version)
                    return;
                Write(path, learnt);
            }
            catch (MembershipException fault)
            {
                throw new IOException(fault.Message, fault);
            }
        }
        log($"members: version {learnt.Version} with {learnt.Members.Count} members, told by another peer");
    }

    private static MemberList? ReadKept(string path, string group, GroupAuthority authority)
    {
        if (!File.Exists(path))
            return null;
        if (!MemberListFile.TryReadBytes(path, out byte[]? text, out var fault)
            || !MemberList.TryRead(text, group, authority, SystemCryptography.Instance, out var list, out fault))
            throw new MembershipException($"{path}, which keeps the newest member list, is damaged ({fault.What}); put the newest list from another member in its place");
        return list;
    }

    private static MemberList Write(string path, MemberList list)
    {
        try
        {
            DurableFile.Replace(path, list.Text, MemberListFile.Mode);
            return list;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new MembershipException($"{path} cannot be written ({fault.Message.TrimEnd('.')}), and a member list is in force only when it is kept; make room or mend the directory's permissions", fault);
        }
    }

    // Versions of another authority or group are others, so each has a file.
    private string PathOf(string group, GroupAuthority authority)
    {
        byte[] hash = SHA256.HashData([.. authority.PublicKey, .. Encoding.ASCII.GetBytes(group)]);
        return Path.Combine(stateDirectory, $"members-{Convert.ToHexStringLower(hash.AsSpan(0, NameBytes))}.list");
    }

    private const int NameBytes = 8;
}
