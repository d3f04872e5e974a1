using System.CommandLine;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer run</c></summary>
internal static class RunCommand
{
    public static Command Make()
    {
        var config = new Option<string>("--config") { Description = "The configuration file", HelpName = "F", Required = true };
        var socket = new Option<string?>("--socket") { Description = $"Where the local API listens. Default: {SocketPaths.Variable}, else {SocketPaths.System}, else edgepeer.sock in XDG_RUNTIME_DIR", HelpName = "PATH" };
        var lab = new Option<bool>("--insecure-lab") { Description = "Send unsealed frames off this machine: only where nobody else listens" };
        var command = new Command("run", "Runs the agent in the foreground") { config, socket, lab };
        command.SetAction(async (words, _) =>
        {
            string path = Path.GetFullPath(SocketPaths.ForAgent(words.GetValue(socket)));
            return (int)await new AgentProcess(words.GetValue(config)!, path, words.GetValue(lab)).RunAsync();
        });
        return command;
    }
}
