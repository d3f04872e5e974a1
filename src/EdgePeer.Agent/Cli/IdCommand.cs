using System.CommandLine;
using System.Text.Json;
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
        var asPublic = new Option<bool>("--public") { Description = "Print the public key in PEM" };
        var check = new Option<string?>("--check") { Description = "Tell whether this is a peer id, as after reading one aloud, and print it", HelpName = "TEXT" };
        var (socket, timeout, json) = (CommonOptions.Socket(), CommonOptions.Timeout(), CommonOptions.Json());
        var command = new Command("id", "Prints the peer's identity") { config, asPublic, check, json, socket, timeout };
        command.Validators.Add(words =>
        {
            if (words.GetValue(check) is not null && (words.GetValue(config) is not null || words.GetValue(asPublic)))
                words.AddError("--check looks at the text alone; leave the other options out");
        });
        command.SetAction(async (words, interrupted) =>
        {
            bool asJson = words.GetValue(json);
            if (words.GetValue(check) is { } text)
                return (int)Check(text, asJson);
            var identity = words.GetValue(config) is { } path
                ? Read(path)
                : await AskAsync(words.GetValue(socket), words.GetValue(timeout), interrupted);
            Console.Out.WriteLine(
                asJson ? JsonSerializer.Serialize(identity, ApiJson.Plain.IdentityView)
                : words.GetValue(asPublic) ? identity.PublicKey.TrimEnd()
                : identity.Peer);
            return (int)ExitCode.Done;
        });
        return command;
    }

    /// <summary>It may come from anywhere, and a terminal obeys what it is shown.</summary>
    private static string Printable(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));

    private static ExitCode Check(string text, bool asJson)
    {
        string? fault = SpokenPeerId.Fault(text, out var id);
        if (asJson)
            Console.Out.WriteLine(JsonSerializer.Serialize(new IdCheckView(fault is null ? id.ToString() : null, fault), ApiJson.Plain.IdCheckView));
        else if (fault is null)
            Console.Out.WriteLine(id);
        else
            throw new CommandException(ExitCode.Failed, $"\"{Printable(text)}\" {fault}");
        return fault is null ? ExitCode.Done : ExitCode.Failed;
    }

    private static IdentityView Read(string configurationPath)
    {
        try
        {
            using var key = FileKey.Load(ConfigurationFile.LoadAlone(configurationPath).StateDirectory);
            return new IdentityView(key.PeerId.ToString(), key.PublicPem);
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Failed, fault.Message, fault);
        }
    }

    private static async Task<IdentityView> AskAsync(string? socket, TimeSpan? timeout, CancellationToken interrupted)
    {
        using var client = new AgentClient(SocketPaths.ForClient(socket));
        using var patience = new Patience(timeout, interrupted);
        try
        {
            return await patience.RetryAsync(cancellation => client.GetAsync("identity", ApiJson.Plain.IdentityView, cancellation));
        }
        catch (OperationCanceledException)
        {
            throw patience.Ended(client, "answer");
        }
    }
}
