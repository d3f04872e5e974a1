namespace EdgePeer.Agent.Demo;

/// <summary>A message's identity within a pipe, as its reader is told.</summary>
internal readonly record struct MessageIdentity(string From, string Incarnation, int Priority, ulong Sequence)
{
    public override string ToString() => $"{From[..Math.Min(9, From.Length)]}:{Priority}#{Incarnation}/{Sequence}";
}
