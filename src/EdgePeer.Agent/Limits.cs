namespace EdgePeer.Agent;

/// <summary>The maxima of this floor, each with its reason.</summary>
internal static class Limits
{
    /// <summary>A configuration file: a thousand times what a person writes.</summary>
    public const int ConfigurationBytesMax = 1 << 20;

    /// <summary>The contract nests four deep.</summary>
    public const int ConfigurationDepthMax = 16;

    /// <summary>A key in PEM, secrets, a token: with room for comments.</summary>
    public const int OwnersFileBytesMax = 16 << 10;

    /// <summary>Interfaces of one device.</summary>
    public const int TransportsMax = Runtime.Limits.TransportsMax;

    /// <summary>Seeds of one transport: each is greeted again and again until it answers.</summary>
    public const int SeedsMax = 64;

    /// <summary>Listen addresses of one Ethernet transport: each is a socket.</summary>
    public const int ListenMax = 8;

    /// <summary>Configured pipes: as many as the node keeps books of.</summary>
    public const int PipesMax = Protocol.Limits.PipesMax;

    /// <summary>The largest message of a reliable pipe.</summary>
    public const int MessageBytesMax = Protocol.Limits.MessageBytesMax;

    /// <summary>Many small messages in one post. Longer lines are posted alone.</summary>
    public const int BatchBytesMax = 1 << 20;

    /// <summary>Messages of one post: as many as the host takes in at once, so that they share a sync.</summary>
    public const int BatchMessagesMax = Runtime.Limits.SendsInFlightMax;

    /// <summary>A message of a batch, before base64 adds a third: some of them must fit one post.</summary>
    public const int BatchedMessageBytesMax = 64 << 10;

    /// <summary>Connections to the local API. A reader holds two for its life; a person's commands one for a moment.</summary>
    public const int ConnectionsMax = 256;

    /// <summary>Connections over TCP, where strangers may come too: enough for some browsers and a proxy.</summary>
    public const int TcpConnectionsMax = 64;

    /// <summary>Bodies above <see cref="BatchBytesMax"/> held at once: 64 MiB of memory at most.</summary>
    public const int LargeBodiesMax = 4;

    /// <summary>Messages handed to one reader and not yet consumed.</summary>
    public const int ReaderWindowMax = Protocol.Limits.ReaderWindowMax;

    /// <summary>What a reader gets when it asks for no window: hides a round trip over the socket at little memory.</summary>
    public const int ReaderWindowDefault = 64;

    /// <summary>A client's id of a message.</summary>
    public const int ClientIdLengthMax = Runtime.Limits.ClientIdCharsMax;

    /// <summary>A line that names consumed messages; it may be the whole received message sent back.</summary>
    public const int ConsumedBodyBytesMax = 32 << 20;

    /// <summary>A Unix socket's path, one byte of the kernel's 108 being the end.</summary>
    public const int SocketPathBytesMax = 107;
}
