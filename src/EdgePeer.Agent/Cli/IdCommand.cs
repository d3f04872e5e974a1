using System.CommandLine;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Identity;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer id</c></summary>
internal static class IdCommand
{
    public static Command Make()
    {
        var config = new Option<string?>("--config") { Description = "Read the identity of this configuration; without it, the running agent is asked", HelpName = "F" };
        var (socket, timeout) = (CommonOptions.Socket(), CommonOptions.Timeout());
        var command = new Command("id", "Prints the peer's identity") { config, socket, timeout };
        command.SetAction(async (words, interrupted) =>
        {
            if (words.GetValue(config) is { } path)
            {
                Console.Out.WriteLine(ReadId(path));
                return (int)ExitCode.Done;
            }
            using var client = new AgentClient(SocketPaths.ForClient(words.GetValue(socket)));
            using var patience = new Patience(words.GetValue(timeout), interrupted);
            try
            {
                var status = await patience.RetryAsync(cancellation => client.GetAsync("status", ApiJson.Plain.StatusView, cancellation));
                Console.Out.WriteLine(status.Peer);
                return (int)ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                throw patience.Ended(client, "answer");
            }
        });
        return command;
    }

    private static string ReadId(string configurationPath)
    {
        try
        {
            using var key = FileKey.Load(ConfigurationFile.Load(configurationPath).StateDirectory);
            return key.PeerId().ToString();
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Failed, fault.Message, fault);
        }
    }
}
