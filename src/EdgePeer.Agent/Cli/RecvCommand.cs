using System.CommandLine;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer recv</c></summary>
internal static class RecvCommand
{
    public static Command Make()
    {
        var pipe = CommonOptions.Pipe();
        var count = new Option<long?>("--count") { Description = "End after so many messages", HelpName = "N" };
        count.Validators.Add(static result =>
        {
            if (result.Tokens is not [{ Value: var text }] || !long.TryParse(text, out long number) || number < 1)
                result.AddError("--count wants a whole number from 1");
        });
        var endpoint = new Option<string?>("--as") { Description = "The endpoint to read as; readers of one endpoint compete. Default: named after the peer", HelpName = "ENDPOINT" };
        endpoint.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var name }] && !Wire.EndpointName.TryParse(name, out _))
                result.AddError($"\"{name}\" is not an endpoint's name; use 1 to 64 of a-z A-Z 0-9 . _ - /");
        });
        var reconnect = new Option<bool>("--reconnect") { Description = "Go on after the last message written when the agent comes back" };
        var (socket, timeout, json, type) = (CommonOptions.Socket(), CommonOptions.Timeout(), CommonOptions.Json(), CommonOptions.PipeType());
        var command = new Command("recv", "Prints a pipe's messages, each consumed once it is written") { pipe, count, endpoint, reconnect, type, timeout, socket, json };
        command.SetAction(async (words, interrupted) =>
        {
            using var client = new AgentClient(SocketPaths.ForClient(words.GetValue(socket)));
            using var patience = new Patience(words.GetValue(timeout), interrupted);
            await using var output = new BufferedStream(new StandardOutput(), OutputBytes);
            var receiver = new MessageReceiver(client, words.GetValue(pipe)!, words.GetValue(endpoint), new MessageOutput(output, words.GetValue(json)));
            long countMax = words.GetValue(count) ?? long.MaxValue;
            try
            {
                await NoteOwnMessagesAsync(client, words.GetValue(pipe)!, patience.Cancellation);
                await ReceiveAsync(receiver, patience, countMax, words.GetValue(reconnect));
                return (int)ExitCode.Done;
            }
            catch (OperationCanceledException) when (interrupted.IsCancellationRequested && words.GetValue(count) is null)
            {
                // Without a count an interruption is how it is meant to end.
                return (int)ExitCode.Done;
            }
            catch (OperationCanceledException) when (!interrupted.IsCancellationRequested && receiver.AgentAway)
            {
                throw new CommandException(ExitCode.NoAgent, client.Away().Message);
            }
            catch (OperationCanceledException)
            {
                throw patience.Ended(client, countMax == long.MaxValue ? "more messages" : $"{countMax} messages but {receiver.Count}");
            }
            catch (AgentAwayException fault)
            {
                throw new CommandException(ExitCode.NoAgent, $"{fault.Message}; --reconnect waits for it", fault);
            }
        });
        return command;
    }

    /// <summary>Whoever sends and reads on one peer would wait for ever, and not know why.</summary>
    private static async Task NoteOwnMessagesAsync(AgentClient client, string pipe, CancellationToken cancellation)
    {
        try
        {
            var status = await client.GetAsync("status", ApiJson.Plain.StatusView, cancellation);
            if (status.Pipes.Any(one => one.Name == pipe && one.Accepted > 0))
                await Console.Error.WriteLineAsync($"edgepeer: {status.Name} writes pipe {pipe} itself, and its own messages are not read here; only those of other peers come, run recv on the peer that they are meant for");
        }
        catch (AgentAwayException)
        {
            // Said by the reading itself, which also knows whether to wait.
        }
    }

    private static async Task ReceiveAsync(MessageReceiver receiver, Patience patience, long countMax, bool reconnect)
    {
        if (!reconnect)
        {
            await receiver.ReceiveAsync(countMax, patience.Cancellation);
            return;
        }
        while (receiver.Count < countMax)
        {
            try
            {
                await receiver.ReceiveAsync(countMax, patience.Cancellation);
            }
            catch (AgentAwayException)
            {
                await Task.Delay(ReconnectAfter, patience.Cancellation);
            }
        }
    }

    private const int OutputBytes = 64 << 10;
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(200);
}
