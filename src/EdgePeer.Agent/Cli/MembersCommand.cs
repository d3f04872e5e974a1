using System.CommandLine;
using System.Text.Json;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Flash;
using EdgePeer.Wire;
using Spectre.Console;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer group members</c></summary>
internal static class MembersCommand
{
    public static Command Make() => new("members", "Signed lists of who belongs to a group") { MakeShow(), MakeAdd(), MakeRemove(), MakeSign() };

    private static Command MakeShow()
    {
        var (file, json) = (ListFile(), CommonOptions.Json());
        var authority = new Option<string?>("--authority") { Description = "Refuse the list unless this authority signed it", HelpName = "KEY" };
        var command = new Command("show", "Shows a list") { file, authority, json };
        command.SetAction(words =>
        {
            string path = words.GetValue(file)!;
            byte[] text = ReadBytes(path);
            var draft = Read(path, text);
            if (words.GetValue(authority) is { } printed)
                Verify(path, text, draft.Group, ParseAuthority(printed));
            var view = new MembersView(draft.Group, draft.Version, [.. draft.Members.Select(member => new MemberView(member.Peer.ToString(), member.Name))]);
            if (words.GetValue(json))
                Console.Out.WriteLine(JsonSerializer.Serialize(view, ApiJson.Plain.MembersView));
            else
                AnsiConsole.Write(StatusTables.Members(view));
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Command MakeAdd()
    {
        var (file, key) = (ListFile(), Key());
        var peer = new Argument<string>("PEER") { Description = "Its id, as `edgepeer id` prints it there" };
        var name = new Argument<string>("NAME") { Description = "What people call it" };
        var group = new Option<string?>("--group") { Description = "The group's name, for a list that is not there yet", HelpName = "NAME" };
        var command = new Command("add", "Adds a peer and signs the list; its version goes up") { file, peer, name, key, group };
        command.SetAction(words =>
        {
            string path = words.GetValue(file)!;
            var id = ParsePeer(words.GetValue(peer)!);
            string called = CheckName(words.GetValue(name)!);
            using var authority = GroupCommand.ReadKey(words.GetValue(key)!);
            var list = File.Exists(path) ? ReadSigned(path, authority) : Empty(path, words.GetValue(group));
            if (words.GetValue(group) is { } wanted && wanted != list.Group)
                throw new CommandException(ExitCode.Refused, $"{path} is of group \"{list.Group}\", not \"{wanted}\"; name the list of that group");
            if (list.Members.FirstOrDefault(member => member.Peer == id || member.Name == called) is { Name: not null } there)
                throw new CommandException(ExitCode.Refused, $"{path} has {there.Peer} already, called {there.Name}; `edgepeer group members remove` takes it out");
            if (list.Members.Count == Protocol.Limits.MembersMax)
                throw new CommandException(ExitCode.Refused, $"{path} has {Protocol.Limits.MembersMax} members, and no list has more; split the group");
            Write(path, list with { Members = [.. list.Members, new Member(id, called)] }, authority);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Command MakeRemove()
    {
        var (file, key) = (ListFile(), Key());
        var peer = new Argument<string>("PEER") { Description = "Its id, or what the list calls it" };
        var command = new Command("remove", "Takes a peer out and signs the list; its version goes up") { file, peer, key };
        command.SetAction(words =>
        {
            var (path, wanted) = (words.GetValue(file)!, words.GetValue(peer)!);
            using var authority = GroupCommand.ReadKey(words.GetValue(key)!);
            var list = ReadSigned(path, authority);
            var meant = list.Members.Where(member => member.Name == wanted || (PeerId.TryParse(wanted, out var id) && member.Peer == id)).ToList();
            if (meant.Count != 1)
                throw new CommandException(ExitCode.Refused, meant.Count == 0 ? $"{path} has no {wanted}; `edgepeer group members show` lists its members" : $"{path} has {meant.Count} members called {wanted}; name one by its id");
            Write(path, list with { Members = [.. list.Members.Except(meant)] }, authority);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Command MakeSign()
    {
        var (file, key) = (ListFile(), Key());
        var command = new Command("sign", "Signs a list as it stands, after changes by hand; its version goes up") { file, key };
        command.SetAction(words =>
        {
            string path = words.GetValue(file)!;
            using var authority = GroupCommand.ReadKey(words.GetValue(key)!);
            Write(path, Read(path, ReadBytes(path)), authority);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> ListFile() => new("LIST") { Description = "The list's file: the membersFile of configurations" };

    private static Option<string> Key() => new("--key") { Description = "The authority's private key", HelpName = "FILE", Required = true };

    private static MemberListDraft Empty(string path, string? group) => group is not null
        ? new MemberListDraft(CheckName(group), 0, [])
        : throw new CommandException(ExitCode.Refused, $"{path} is not there; --group NAME begins a list");

    // What somebody else signed is not built on; what was changed by hand is signed only when that is asked for.
    private static MemberListDraft ReadSigned(string path, FileKey authority)
    {
        byte[] text = ReadBytes(path);
        var draft = Read(path, text);
        Verify(path, text, draft.Group, GroupAuthority.Of(authority.PublicKey));
        return draft;
    }

    private static void Verify(string path, byte[] text, string group, GroupAuthority authority)
    {
        if (!MemberList.TryRead(text, group, authority, SystemCryptography.Instance, out _, out var fault))
            throw Refused(path, fault);
    }

    private static MemberListDraft Read(string path, byte[] text) =>
        MemberListDraft.TryRead(text, out var draft, out var fault) ? draft : throw Refused(path, fault);

    private static byte[] ReadBytes(string path) =>
        MemberListFile.TryReadBytes(path, out byte[]? text, out var fault) ? text : throw Refused(path, fault);

    private static void Write(string path, MemberListDraft draft, FileKey authority)
    {
        if (draft.Version == Protocol.Limits.MemberListVersionMax)
            throw new CommandException(ExitCode.Refused, $"{path} has the highest version there is; begin anew with another authority");
        var list = (draft with { Version = draft.Version + 1 }).Sign(authority);
        try
        {
            DurableFile.Replace(path, list.Text, MemberListFile.Mode);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{path} cannot be written ({fault.Message.TrimEnd('.')}); look at the permissions of its directory", fault);
        }
        Console.Out.WriteLine($"{path}: version {list.Version}, {list.Members.Count} members");
    }

    private static PeerId ParsePeer(string text) =>
        SpokenPeerId.Fault(text, out var id) is { } fault ? throw new CommandException(ExitCode.WrongWords, $"\"{text}\" {fault}") : id;

    private static string CheckName(string name) =>
        PipeName.TryParse(name, out _) ? name : throw new CommandException(ExitCode.WrongWords, $"\"{name}\" is not a name; {ObjectReader.NameMend}");

    private static GroupAuthority ParseAuthority(string text) =>
        GroupAuthority.TryParse(text, out var authority, out string? fault) ? authority : throw new CommandException(ExitCode.WrongWords, $"--authority {fault}; `edgepeer group authority show` prints it");

    private static CommandException Refused(string path, TextFault fault) =>
        new(ExitCode.Refused, fault.Line == 0 ? $"{path} {fault.What}; {fault.Mend}" : $"{path}:{fault.Line}: {fault.What}; {fault.Mend}");
}
