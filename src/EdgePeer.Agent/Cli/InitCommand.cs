using System.Collections.Immutable;
using System.CommandLine;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer init</c></summary>
internal static class InitCommand
{
    public static Command Make()
    {
        var dir = new Option<string>("--dir") { Description = "Where to write edgepeer.json; the group's secret and the state directory stand beside it", HelpName = "D", DefaultValueFactory = static _ => "." };
        var config = new Option<string?>("--config") { Description = "Make identity and secret for a configuration that is there already", HelpName = "F" };
        var key = new Option<string?>("--key") { Description = "Take this P-256 key as the identity: PEM, PKCS #8 or SEC 1", HelpName = "FILE" };
        var join = new Option<string?>("--join") { Description = "Take the secret of a group that is there already; without it, a new one is made", HelpName = "FILE" };
        var group = new Option<string>("--group") { Description = "The group's name in edgepeer.json", HelpName = "NAME", DefaultValueFactory = static _ => "default" };
        group.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var name }] && !PipeName.TryParse(name, out _))
                result.AddError($"--group is \"{name}\"; {ObjectReader.NameMend}");
        });
        var command = new Command("init", "Writes a commented configuration, an identity and a group secret, and prints the peer id") { dir, config, key, join, group };
        command.SetAction(words =>
        {
            // What may be refused comes first: nothing is left behind then.
            using var identity = words.GetValue(key) is { } pem ? ReadKey(pem) : FileKey.Generate();
            ImmutableArray<GroupSecret> secrets = words.GetValue(join) is { } file ? ReadSecrets(file) : [];
            string path = words.GetValue(config) ?? WriteTemplate(words.GetValue(dir)!, words.GetValue(group)!);
            var configuration = ConfigurationFile.LoadAlone(path);
            if (!secrets.IsEmpty)
                RefuseToLose(configuration.Group, path);
            WriteIdentity(identity, configuration.StateDirectory);
            ProvideSecret(configuration.Group, secrets);
            Console.Out.WriteLine(identity.PeerId);
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static FileKey ReadKey(string path)
    {
        try
        {
            return FileKey.Read(path);
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
    }

    private static ImmutableArray<GroupSecret> ReadSecrets(string path) =>
        GroupSecretFile.TryRead(path, out var secrets, out var fault)
            ? secrets
            : throw new CommandException(ExitCode.Refused, fault.Line == 0 ? $"{path} {fault.What}; {fault.Mend}" : $"{path}:{fault.Line}: {fault.What}; {fault.Mend}");

    private static void RefuseToLose(GroupConfiguration group, string path)
    {
        if (group.SecretFile is not { } secretFile)
            throw new CommandException(ExitCode.Refused, $"{path} names no \"secretFile\" to keep the group's secret in; add \"group\": {{ \"secretFile\": \"group.key\" }}");
        if (File.Exists(secretFile))
            throw new CommandException(ExitCode.Refused, $"{secretFile} exists; remove it if another secret is to take its place, or leave --join out");
    }

    private static string WriteTemplate(string directory, string group)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            Directory.CreateDirectory(directory);
            using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            using var writer = new StreamWriter(stream);
            writer.Write(EmbeddedFiles.ReadText("edgepeer.template.json")
                .Replace("{name}", HostName(), StringComparison.Ordinal)
                .Replace("{group}", group, StringComparison.Ordinal));
            return path;
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new CommandException(ExitCode.Refused, $"{path} exists; `edgepeer init --config {path}` makes an identity for it");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{path} cannot be written: {fault.Message}", fault);
        }
    }

    private static void WriteIdentity(FileKey key, string stateDirectory)
    {
        try
        {
            key.WriteIdentity(stateDirectory);
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
    }

    private static void ProvideSecret(GroupConfiguration group, ImmutableArray<GroupSecret> joined)
    {
        if (group.SecretFile is not { } path)
            return;
        if (File.Exists(path))
        {
            Console.Error.WriteLine($"edgepeer: {path} is there, and its secret is used");
            return;
        }
        try
        {
            GroupSecretFile.Write(path, group.Name, joined.IsEmpty ? [GroupSecretFile.NewSecret()] : joined);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{path} cannot be written ({fault.Message.TrimEnd('.')}); make its directory, or copy the group's secret there as the user who may", fault);
        }
        Console.Error.WriteLine(joined.IsEmpty
            ? $"edgepeer: {path} holds a new secret of group \"{group.Name}\"; bring it to every other member, where `edgepeer init --join FILE` takes it"
            : $"edgepeer: {path} holds the secret that was given");
    }

    // A host's name may hold more than a peer's may.
    private static string HostName()
    {
        string name = string.Concat(Environment.MachineName.Where(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-').Take(NameLengthMax));
        return name.Length == 0 ? "device" : name;
    }

    private const string FileName = "edgepeer.json";
    private const int NameLengthMax = 64;
}
