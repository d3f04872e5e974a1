namespace EdgePeer.Agent.Identity;

/// <summary>The identity cannot be had; the message says why, where, and the mend.</summary>
internal sealed class IdentityException(string message, Exception? inner = null) : Exception(message, inner);
