using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Asks the receiver of one channel to be told when what callers wait for is consumed, once for each session: the word is said until it is heard.</summary>
internal sealed class ConsumedWatch(Session session, int number)
{
    private ulong _next;
    private ulong _said;

    /// <param name="sequence">A message that a caller waits for; null for none.</param>
    public void Add(ulong? sequence) => _next = sequence is { } last ? Math.Max(_next, last + 1) : _next;

    public void Say()
    {
        if (_next <= _said)
            return;
        _said = _next;
        Span<byte> body = stackalloc byte[16];
        var writer = new WireWriter(body);
        new WatchItem(number, _next - 1).Write(ref writer);
        session.Say(ItemKind.Watch, writer.Written);
    }
}
