namespace EdgePeer.Protocol.Pipes;

internal enum ChannelState : byte
{
    Binding,
    Bound,
    Refused,
}
