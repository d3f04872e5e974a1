using System.CommandLine;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Identity;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer init</c></summary>
internal static class InitCommand
{
    public static Command Make()
    {
        var dir = new Option<string>("--dir") { Description = "Where to write edgepeer.json; its state directory stands beside it", HelpName = "D", DefaultValueFactory = static _ => "." };
        var config = new Option<string?>("--config") { Description = "Make the identity for a configuration that is there already", HelpName = "F" };
        var command = new Command("init", "Writes a commented configuration and an identity, and prints the peer id") { dir, config };
        command.SetAction(words =>
        {
            string path = words.GetValue(config) ?? WriteTemplate(words.GetValue(dir)!);
            using var key = Create(ConfigurationFile.Load(path).StateDirectory);
            Console.Out.WriteLine(key.PeerId());
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static string WriteTemplate(string directory)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            Directory.CreateDirectory(directory);
            using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            using var writer = new StreamWriter(stream);
            writer.Write(EmbeddedFiles.ReadText("edgepeer.template.json").Replace("{name}", HostName(), StringComparison.Ordinal));
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

    private static FileKey Create(string stateDirectory)
    {
        try
        {
            return FileKey.Create(stateDirectory);
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
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
