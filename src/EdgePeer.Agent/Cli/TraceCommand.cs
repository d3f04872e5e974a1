using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer trace --message ID</c></summary>
internal static class TraceCommand
{
    public static Command Make()
    {
        var message = new Option<string>("--message")
        {
            Description = "Where this message is that was written here, and why: PIPE:PRIORITY:SEQUENCE, as `send --json` prints it, or PIPE:CLIENTID",
            HelpName = "ID",
            Required = true,
        };
        var (socket, timeout, json) = (CommonOptions.Socket(), CommonOptions.Timeout(), CommonOptions.Json());
        var command = new Command("trace", "Says where a message is and why it is there") { message, json, socket, timeout };
        command.SetAction(async (words, interrupted) =>
        {
            using var client = new AgentClient(SocketPaths.ForClient(words.GetValue(socket)));
            using var patience = new Patience(words.GetValue(timeout), interrupted);
            try
            {
                string answer = await patience.RetryAsync(cancellation => client.GetTextAsync($"trace?message={Uri.EscapeDataString(words.GetValue(message)!)}", cancellation));
                var trace = JsonSerializer.Deserialize(answer, ApiJson.Plain.TraceView)!;
                Console.Out.WriteLine(words.GetValue(json) ? answer.TrimEnd() : Text(trace));
                return (int)(trace.Place == Unknown ? ExitCode.Failed : ExitCode.Done);
            }
            catch (OperationCanceledException)
            {
                throw patience.Ended(client, "answer");
            }
        });
        return command;
    }

    internal static string Text(TraceView trace)
    {
        string text = $"{trace.Message}: {trace.Place}";
        if (trace.Why.Length > 0)
            text += $": {trace.Why}";
        if (trace.Ahead > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"; {trace.Ahead} {(trace.Ahead == 1 ? "message goes" : "messages go")} before it");
        if (trace.ExpiresInSeconds is { } seconds)
            text += string.Create(CultureInfo.InvariantCulture, $"; it expires in {seconds:F0} s");
        return text;
    }

    // As the API writes MessagePlace.Unknown.
    private const string Unknown = "unknown";
}
