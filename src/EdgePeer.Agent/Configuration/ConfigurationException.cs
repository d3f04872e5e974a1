namespace EdgePeer.Agent.Configuration;

/// <summary>A file was refused whole.</summary>
internal sealed class ConfigurationException(IReadOnlyList<ConfigurationFault> faults) : Exception($"{faults.Count} faults in a configuration")
{
    public IReadOnlyList<ConfigurationFault> Faults => faults;
}
