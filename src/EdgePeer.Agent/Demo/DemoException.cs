namespace EdgePeer.Agent.Demo;

/// <summary>Why the demo could not go on, in words for the person who watches.</summary>
internal sealed class DemoException(string message) : Exception(message);
