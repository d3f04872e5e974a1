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

    /// <summary>Messages handed to one reader and not yet consumed: more than hides any round trip over the socket.</summary>
    public const int ReaderWindowMax = 1_024;

    /// <summary>What a reader gets when it asks for no window: hides a round trip over the socket at little memory.</summary>
    public const int ReaderWindowDefault = 64;

    /// <summary>A client's id of a message.</summary>
    public const int ClientIdLengthMax = Runtime.Limits.ClientIdCharsMax;

    /// <summary>A line that names consumed messages; it may be the whole received message sent back.</summary>
    public const int ConsumedBodyBytesMax = 32 << 20;

    /// <summary>A Unix socket's path, one byte of the kernel's 108 being the end.</summary>
    public const int SocketPathBytesMax = 107;

    /// <summary>Bridges of one device: each has a thread, a connection and, to a broker, a reader.</summary>
    public const int BridgesMax = 16;

    /// <summary>Messages that a broker has acknowledged and that are kept for it: their names are in memory, some 100 bytes each.</summary>
    public const int ReplayMessagesMax = Protocol.Limits.ReaderWindowMax - PublishedMax;

    /// <summary>What is kept for a broker takes at most this part of the journal's capacity: less than either direction has for itself, so that what is still to go there has room.</summary>
    public const int ReplayJournalDivisor = 16;

    /// <summary>And this part of what its pipe may take, for the same reason.</summary>
    public const int ReplayPipeDivisor = 4;

    /// <summary>Messages given to a broker and not yet acknowledged: five times what mosquitto takes at once, so that it never waits for us.</summary>
    public const int PublishedMax = 100;

    /// <summary>Connections lost over the same message before it is named: more than a network that comes and goes loses without one acknowledgement.</summary>
    public const int LostWithMessageMax = 5;

    /// <summary>Bytes of those: the client library holds a copy of each. One message may be larger.</summary>
    public const int PublishedBytesMax = 1 << 20;

    /// <summary>A topic with its words in braces: clouds take topics of 256 bytes, brokers of 64 KiB.</summary>
    public const int TopicTemplateBytesMax = 512;

    /// <summary>A topic with its words filled in: those of an envelope are a stranger's, and four times what a cloud takes.</summary>
    public const int TopicBytesMax = 1_024;

    /// <summary>The client library takes no more.</summary>
    public const int TopicLevelsMax = 200;

    /// <summary>RFC 6838 §4.2: two names of 127 characters at most, and a slash.</summary>
    public const int ContentTypeCharsMax = 255;

    /// <summary>Topics of writers that a bridge has at hand.</summary>
    public const int BridgedStreamsMax = 1_024;
}
