using static EdgePeer.Protocol.Noise.HandshakeToken;

namespace EdgePeer.Protocol.Noise;

/// <summary>Which keys a handshake sends and mixes, message by message; the initiator writes the first one (Noise §7).</summary>
public sealed class HandshakePattern
{
    private HandshakePattern(string name, KnownKeys known, params HandshakeToken[][] messages)
    {
        Name = name;
        Known = known;
        Messages = messages;
        HasPsk = messages.Any(tokens => tokens.Contains(Psk));
    }

    /// <summary>With a stranger: both tell who they are, sealed, and both hold the group's secret.</summary>
    public static HandshakePattern XXpsk0 { get; } = Named("XXpsk0");

    /// <summary>With a peer whose key is known: one round trip.</summary>
    public static HandshakePattern IKpsk0 { get; } = Named("IKpsk0");

    /// <summary>As it stands in the name of a Noise protocol: "IKpsk0".</summary>
    public string Name { get; }

    internal KnownKeys Known { get; }

    internal HandshakeToken[][] Messages { get; }

    internal bool HasPsk { get; }

    /// <param name="name">A pattern of the table below, with at most one modifier <c>psk0</c> to <c>psk3</c>.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static HandshakePattern Named(string name)
    {
        int modifier = name.IndexOf("psk", StringComparison.Ordinal);
        var plain = Array.Find(Plain(), pattern => pattern.Name == (modifier < 0 ? name : name[..modifier]));
        if (plain is null)
            throw new ArgumentException($"no handshake pattern '{name}' here; {nameof(HandshakePattern)} has a table to add it to", nameof(name));
        return modifier < 0 ? plain : plain.WithPsk(name, name[(modifier + 3)..]);
    }

    /// <summary>psk0 goes before the first message's tokens, another one behind those of the message that it counts (Noise §9.4).</summary>
    private HandshakePattern WithPsk(string name, string place)
    {
        if (!int.TryParse(place, out int number) || number < 0 || number > Messages.Length)
            throw new ArgumentException($"'{name}': a psk of {Name} has a place from 0 to {Messages.Length}", nameof(name));
        var messages = Messages.ToArray();
        if (number == 0)
            messages[0] = [Psk, .. messages[0]];
        else
            messages[number - 1] = [.. messages[number - 1], Psk];
        return new HandshakePattern(name, Known, messages);
    }

    /// <summary>Noise §7.4 and §7.5.</summary>
    private static HandshakePattern[] Plain() =>
    [
        new("N", KnownKeys.Responder, [E, ES]),
        new("X", KnownKeys.Responder, [E, ES, S, SS]),
        new("NN", KnownKeys.None, [E], [E, EE]),
        new("NK", KnownKeys.Responder, [E, ES], [E, EE]),
        new("XX", KnownKeys.None, [E], [E, EE, S, ES], [S, SE]),
        new("XK", KnownKeys.Responder, [E, ES], [E, EE], [S, SE]),
        new("IK", KnownKeys.Responder, [E, ES, S, SS], [E, EE, SE]),
        new("KK", KnownKeys.Both, [E, ES, SS], [E, EE, SE]),
    ];
}

/// <summary>Whose static key the other end knows before the handshake.</summary>
[Flags]
internal enum KnownKeys
{
    None = 0,
    Initiator = 1,
    Responder = 2,
    Both = Initiator | Responder,
}
