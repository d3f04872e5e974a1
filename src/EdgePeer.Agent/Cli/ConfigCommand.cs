using System.CommandLine;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Running;

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
            var configuration = ConfigurationFile.Load(path);
            foreach (string warning in Warnings(configuration))
                Console.Error.WriteLine($"{path}: warning: {warning}");
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

    /// <summary>What is legal and yet not what a person wants.</summary>
    private static IEnumerable<string> Warnings(AgentConfiguration configuration)
    {
        if (configuration.Transports.IsEmpty)
            yield return "no transports, so no other peer is ever reached; add \"transports\": { \"lan\": { \"type\": \"ethernet\", \"listen\": \"127.0.0.1:47474\" } }";
        var objections = LabGuard.Objections(configuration);
        foreach (string objection in objections)
            yield return $"`edgepeer run` refuses it as it is: {objection}";
        foreach (string remark in objections.Count > 0 ? [] : LabGuard.Remarks(configuration))
            yield return remark;
    }
}
