namespace EdgePeer.Agent.Groups;

/// <summary>There is no member list to go by; the message says why, where, and the mend.</summary>
internal sealed class MembershipException(string message, Exception? inner = null) : Exception(message, inner);
