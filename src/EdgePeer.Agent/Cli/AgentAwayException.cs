namespace EdgePeer.Agent.Cli;

/// <summary>Nobody answers on the socket, or the agent went away in the middle: worth trying again.</summary>
internal sealed class AgentAwayException(string message, Exception? inner = null) : Exception(message, inner);
