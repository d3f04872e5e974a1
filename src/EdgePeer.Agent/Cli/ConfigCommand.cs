using System.CommandLine;
using EdgePeer.Agent.Configuration;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer config</c></summary>
internal static class ConfigCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("F") { Description = "The configuration file" };
        var check = new Command("check", "Checks a configuration without running it") { file };
        check.SetAction(words =>
        {
            string path = words.GetValue(file)!;
            ConfigurationFile.Load(path);
            Console.Out.WriteLine($"{path}: good");
            return (int)ExitCode.Done;
        });
        var schema = new Command("schema", "Prints the configuration's JSON schema, for editors");
        schema.SetAction(_ =>
        {
            Console.Out.Write(EmbeddedFiles.ReadText("edgepeer.schema.json"));
            return (int)ExitCode.Done;
        });
        return new Command("config", "Checks and describes configurations") { check, schema };
    }
}
