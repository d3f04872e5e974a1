namespace EdgePeer.Protocol.Noise;

/// <summary>What a message of a handshake is made of (Noise §7.1). Of two letters the first names the initiator's key.</summary>
internal enum HandshakeToken
{
    E,
    S,
    EE,
    ES,
    SE,
    SS,
    Psk,
}
