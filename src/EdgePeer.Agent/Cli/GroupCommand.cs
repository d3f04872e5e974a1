using System.CommandLine;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer group</c></summary>
internal static class GroupCommand
{
    public static Command Make() => new("group", "Makes what a group's members have in common") { MakeNew(), MakeAuthority(), MembersCommand.Make() };

    private static Command MakeNew()
    {
        var command = new Command("new", "Prints a new group secret, for a secretFile on every member");
        command.SetAction(_ =>
        {
            Console.Out.WriteLine(GroupSecretFile.NewSecret().Print());
            Console.Error.WriteLine("edgepeer: whoever has this line can join the group. Keep it for its owner alone, as `(umask 077; edgepeer group new > group.key)` does, and name it as \"secretFile\" on every member");
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Command MakeAuthority()
    {
        var file = new Argument<string>("FILE") { Description = "The authority's private key; it stays with whoever decides who belongs to the group" };
        var make = new Command("new", "Makes a key that signs member lists, and prints its public half for configurations") { file };
        make.SetAction(words =>
        {
            using var key = FileKey.Generate();
            Guard(() => key.Write(words.GetValue(file)!, "configurations may name its public half"));
            Console.Out.WriteLine(GroupAuthority.Of(key.PublicKey));
            return (int)ExitCode.Done;
        });
        var show = new Command("show", "Prints the public half of an authority's key, for \"authority\" in configurations") { file };
        show.SetAction(words =>
        {
            using var key = ReadKey(words.GetValue(file)!);
            Console.Out.WriteLine(GroupAuthority.Of(key.PublicKey));
            return (int)ExitCode.Done;
        });
        return new Command("authority", "The key that signs a group's member lists") { make, show };
    }

    /// <exception cref="CommandException">It cannot be used.</exception>
    public static FileKey ReadKey(string path)
    {
        FileKey? key = null;
        Guard(() => key = FileKey.Read(path));
        return key!;
    }

    private static void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
    }
}
