using System.CommandLine;
using System.Runtime.InteropServices;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer run</c></summary>
internal static partial class RunCommand
{
    /// <summary>Stops the agent when its standard input ends: for a program that runs agents and must not leave them behind, however it ends.</summary>
    public const string EndWithInput = "--end-with-input";

    public static Command Make()
    {
        var config = new Option<string>("--config") { Description = "The configuration file", HelpName = "F", Required = true };
        var socket = new Option<string?>("--socket") { Description = $"Where the local API listens. Default: {SocketPaths.Variable}, else {SocketPaths.System}, else edgepeer.sock in XDG_RUNTIME_DIR", HelpName = "PATH" };
        var lab = new Option<bool>("--insecure-lab") { Description = "Leave this machine without a group secret: only where nobody else listens" };
        var endWithInput = new Option<bool>(EndWithInput) { Hidden = true };
        var command = new Command("run", "Runs the agent in the foreground") { config, socket, lab, endWithInput };
        command.SetAction(async (words, _) =>
        {
            if (words.GetValue(endWithInput))
                new Thread(TerminateAfterInput) { Name = "edgepeer input", IsBackground = true }.Start();
            string path = Path.GetFullPath(SocketPaths.ForAgent(words.GetValue(socket)));
            return (int)await new AgentProcess(words.GetValue(config)!, path, words.GetValue(lab)).RunAsync();
        });
        return command;
    }

    // As a signal, because that is how the agent is stopped whatever it is doing.
    private static void TerminateAfterInput()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }
        _ = Kill(Environment.ProcessId, Terminate);
    }

    // SIGTERM, the same on every architecture of Linux.
    private const int Terminate = 15;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
