namespace EdgePeer.Runtime;

/// <summary>A second agent holds the journal's lock.</summary>
public sealed class StateDirectoryBusyException(string message) : Exception(message);
