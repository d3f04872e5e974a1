namespace EdgePeer.Agent.Bridges;

/// <summary>What of the messages that a broker has acknowledged stays here, for a broker that forgets: the latest, while they are young.</summary>
/// <param name="Messages">0 for none.</param>
/// <param name="Always">Given again in each new connection; else to a broker that knows no session of this bridge.</param>
internal readonly record struct ReplayWindow(int Messages, TimeSpan Time, bool Always = false);
