using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;

namespace EdgePeer.Agent.Running;

/// <summary>Reads the configuration again: the whole file is checked, and then what changed is swapped, or nothing is.</summary>
internal sealed class ConfigurationReload(string path, bool insecureLab, PeerHost host, AgentConfiguration running)
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
        await SwapAsync(wanted);
    }

    private async Task SwapAsync(AgentConfiguration wanted)
    {
        var ended = _running.Transports.Where(old => !wanted.Transports.Any(old.SameAs)).Select(old => old.Name).ToList();
        var begun = wanted.Transports.Where(one => !_running.Transports.Any(one.SameAs)).ToList();
        await host.ReconfigureAsync(wanted.Pipes, ended, [.. begun.Select(TransportFactory.Make)]);
        _running = wanted;
        AgentLog.Write($"{path}: reloaded; transports ended: {Names(ended)}, begun: {Names(begun.Select(one => one.Name))}");
    }

    // What the journal and the node were made with.
    private string? Fixed(AgentConfiguration wanted) =>
        wanted.StateDirectory != _running.StateDirectory ? "\"stateDirectory\""
        : wanted.Name != _running.Name ? "\"name\""
        : wanted.Group != _running.Group ? "\"group\""
        : wanted.Journal != _running.Journal ? "\"journal\""
        : null;

    private void Refuse(IEnumerable<string> reasons)
    {
        foreach (string reason in reasons)
            AgentLog.Write(reason);
        AgentLog.Write($"{path}: not reloaded; the agent runs on as before");
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "none";
}
