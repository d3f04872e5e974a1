using System.Collections.Immutable;
using EdgePeer.Agent.Configuration;

namespace EdgePeer.Agent.Running;

/// <summary>Reads the configuration again: the whole file is checked, and then what changed is swapped, or nothing is.</summary>
internal sealed class ConfigurationReload(string path, bool insecureLab, AgentConfiguration running)
{
    private AgentConfiguration _running = running;

    public void Run()
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
        _running = wanted;
        AgentLog.Write($"{path}: reloaded");
    }

    // What the journal and the node were made with.
    private string? Fixed(AgentConfiguration wanted) =>
        wanted.StateDirectory != _running.StateDirectory ? "\"stateDirectory\""
        : wanted.Name != _running.Name ? "\"name\""
        : wanted.Group != _running.Group ? "\"group\""
        : wanted.Journal != _running.Journal ? "\"journal\""
        : !Same(wanted.Transports, _running.Transports) ? "\"transports\""
        : !wanted.Pipes.SequenceEqual(_running.Pipes) ? "\"pipes\""
        : null;

    private static bool Same(ImmutableArray<TransportConfiguration> some, ImmutableArray<TransportConfiguration> others) =>
        some.Length == others.Length && some.Zip(others).All(pair => pair.First.SameAs(pair.Second));

    private void Refuse(IEnumerable<string> reasons)
    {
        foreach (string reason in reasons)
            AgentLog.Write(reason);
        AgentLog.Write($"{path}: not reloaded; the agent runs on as before");
    }
}
