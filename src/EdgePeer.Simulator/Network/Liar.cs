using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>What one member whom the adversary owns could make of the advertisements of others: he passes them on late, again, and changed.</summary>
internal sealed class Liar(World world, SeededRandom random)
{
    private readonly List<(byte[] Statement, byte[] Signature)> _heard = [];

    /// <summary>Whom others take for the teller. What he has told nobody tells him, nor those behind him.</summary>
    public SimPeer Member { get; } = random.Pick(world.Peers);

    public void Lie()
    {
        foreach (var peer in world.Peers)
            if (peer.Node?.Advertisements.Own is { } own && !_heard.Exists(heard => own.Statement.SequenceEqual(heard.Statement)))
                _heard.Add((own.Statement.ToArray(), own.Signature.ToArray()));
        var to = random.Pick(world.Peers);
        if (to == Member || to.Node is not { } node || _heard.Count == 0)
            return;
        var (statement, signature) = random.Pick(_heard);
        switch (random.Below(4))
        {
            case 0:
                statement = Newer(statement);
                break;
            case 1:
                Flip(statement = [.. statement]);
                break;
            case 2:
                Flip(signature = [.. signature]);
                break;
        }
        node.Advertisements.OnAdvertisement(Member.Id, new AdvertisementItem((uint)random.Below(2_000), statement, signature), to.LocalNow);
        to.Pump();
    }

    private static byte[] Newer(byte[] statement)
    {
        if (!PeerStatement.TryRead(statement, out var read))
            return statement;
        var writer = new WireWriter(new byte[PeerStatement.BytesMax]);
        new PeerStatement(read.PublicKey, read.Version + (1 << 16), read.LifetimeMinutes, "liar").Write(ref writer);
        return writer.Written.ToArray();
    }

    private void Flip(byte[] bytes) => bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
}
