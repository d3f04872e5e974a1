using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Running;

/// <summary>Reads the configuration again: the whole file is checked, and then what changed is swapped, or nothing is.</summary>
internal sealed class ConfigurationReload(string path, bool insecureLab, PeerHost host, BridgeSet bridges, PeerId peer, MembersStore store, AgentConfiguration running)
{
    private AgentConfiguration _running = running;

    public async Task RunAsync()
    {
        if (!ConfigurationFile.TryLoad(path, out var wanted, out var faults))
        {
            Refuse(faults.Select(fault => fault.ToString()));
            return;
        }
        var objections = insecureLab ? [] : LabGuard.Objections(wanted);
        if (Fixed(wanted) is { } changed)
            objections = [.. objections, $"{path}: {changed} cannot change while the agent runs; restart it"];
        if (objections.Count > 0)
        {
            Refuse(objections);
            return;
        }
        try
        {
            // Kept on flash before it is in force; an agent that then fails to swap starts with it.
            var members = store.Take(wanted.Group);
            await SwapAsync(wanted, members);
        }
        catch (MembershipException fault)
        {
            Refuse([fault.Message]);
        }
    }

    private async Task SwapAsync(AgentConfiguration wanted, MemberList? members)
    {
        var ended = _running.Transports.Where(old => !wanted.Transports.Any(old.SameAs)).Select(old => old.Name).ToList();
        var begun = wanted.Transports.Where(one => !_running.Transports.Any(one.SameAs)).ToList();
        // First: what begins must not speak under secrets that have gone.
        await host.UseGroupAsync(wanted.Group.Secrets, members);
        await host.ReconfigureAsync(wanted.Pipes, ended, [.. begun.Select(TransportFactory.Make)]);
        await bridges.UseAsync(wanted.Bridges);
        _running = wanted;
        if (members is not null && !members.Contains(peer))
            AgentLog.Write($"this peer is not in version {members.Version} of the members of group \"{members.Group}\": the others talk to it no more");
        AgentLog.Write($"{path}: reloaded; transports ended: {Names(ended)}, begun: {Names(begun.Select(one => one.Name))}; {wanted.Group.Secrets.Length} of the group's secrets accepted{(members is null ? "" : $", members of version {members.Version}")}");
    }

    // What the journal and the node were made with.
    private string? Fixed(AgentConfiguration wanted) =>
        wanted.StateDirectory != _running.StateDirectory ? "\"stateDirectory\""
        : wanted.Name != _running.Name ? "\"name\""
        : wanted.Group.Name != _running.Group.Name ? "the group's name"
        : wanted.Journal != _running.Journal ? "\"journal\""
        : wanted.Api != _running.Api ? "\"api\""
        : wanted.StatusPage != _running.StatusPage ? "\"statusPage\""
        : null;

    private void Refuse(IEnumerable<string> reasons)
    {
        foreach (string reason in reasons)
            AgentLog.Write(reason);
        AgentLog.Write($"{path}: not reloaded; the agent runs on as before");
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "none";
}
