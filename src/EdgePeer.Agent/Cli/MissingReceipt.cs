using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>Says why a receipt did not come in time, as far as the agent knows.</summary>
internal static class MissingReceipt
{
    /// <param name="ended">What is said where nothing more is known.</param>
    public static async Task<CommandException> ExplainAsync(AgentClient client, string pipe, string receipt, int payloadBytes, CommandException ended)
    {
        using var patience = new CancellationTokenSource(AnswerMax);
        try
        {
            var status = await client.GetAsync("status", ApiJson.Plain.StatusView, patience.Token);
            return Explain(status, pipe, receipt, payloadBytes, ended);
        }
        catch (Exception fault) when (fault is AgentAwayException or CommandException or OperationCanceledException)
        {
            return ended;
        }
    }

    internal static CommandException Explain(StatusView status, string pipe, string receipt, int payloadBytes, CommandException ended)
    {
        if (receipt == "durable")
            return RoomWords.NoRoom(status, pipe, payloadBytes) is { } full ? new CommandException(ExitCode.TimedOut, $"{ended.Message}; {full}") : ended;
        if (status.Pipes.FirstOrDefault(one => one.Name == pipe)?.Endpoints is [{ Local: true }] && status.Bridges.FirstOrDefault(bridge => bridge.Pipe == pipe && bridge.Direction == ToBroker) is { } own)
            return own.Up
                ? new CommandException(ExitCode.TimedOut, $"{ended.Message}; the bridge here reads pipe {pipe}, and \"{receipt}\" comes once {own.Broker} has acknowledged the message and it has left the bridge's replay window (replayMessages, replayTime)")
                : new CommandException(ExitCode.NoWay, $"the bridge here reads pipe {pipe}, and is down: {own.DownReason}; the message is kept here and goes when it is up");
        var reader = status.Pipes.FirstOrDefault(one => one.Name == pipe)?.Endpoints.FirstOrDefault(endpoint => !endpoint.Local);
        bool reachable = reader is null
            ? status.Peers.Any(HasWay)
            : status.Peers.Any(peer => peer.Peer == reader.Peer && HasWay(peer));
        if (!reachable)
            return new CommandException(
                ExitCode.NoWay,
                $"no way to {(reader is null ? "any other peer" : $"peer {reader.Peer}, which reads pipe {pipe}")}; the message is kept here and goes when there is one, and `edgepeer links` shows what is up");
        return reader is null ? new CommandException(ExitCode.TimedOut, $"{ended.Message}; nobody reads pipe {pipe} yet: `edgepeer recv {pipe}` on another peer does") : ended;
    }

    private static bool HasWay(PeerView peer) => peer.Links.Any(link => link.Alive);

    // As BridgesReader has it.
    private const string ToBroker = "to-broker";

    // The agent is on this machine.
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);
}
