using EdgePeer.Protocol;
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
        if (to == Member || to.Node is not { } node || _heard.Count == 0 || TellFirst(to, node))
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
        Tell(to, node, AnyAge(), statement, signature);
    }

    /// <summary>True words, before anyone else says them, and as if they were over soon.</summary>
    private bool TellFirst(SimPeer to, Node node)
    {
        foreach (var peer in world.Peers)
            if (peer != to && peer.Node?.Advertisements.Own is { } own && !node.Advertisements.Others(default).Any(known => known.Peer == peer.Id && known.Version >= own.Version))
            {
                Tell(to, node, AnyAge(), own.Statement, own.Signature);
                return true;
            }
        return false;
    }

    private void Tell(SimPeer to, Node node, uint ageMinutes, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature)
    {
        node.Advertisements.OnAdvertisement(Member.Id, new AdvertisementItem(ageMinutes, statement, signature), to.LocalNow);
        to.Pump();
    }

    /// <summary>Ages are not signed. The worst is one that is over soon.</summary>
    private uint AnyAge() => random.Chance(0.5) ? (uint)random.Between(1_430, 1_440) : (uint)random.Below(2_000);

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
