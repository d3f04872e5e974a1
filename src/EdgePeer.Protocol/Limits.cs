using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>Every maximum of the protocol, and why it is that.</summary>
public static class Limits
{
    /// <summary>A site has tens of peers; one frame of each neighbour's state is a few KiB, so this stays below a megabyte.</summary>
    public const int SessionsMax = 256;

    /// <summary>Boots of peers whose packet numbers are remembered: for a site of the largest size that has restarted once; some hundred bytes each, 8 KiB at most.</summary>
    public const int SessionNumbersMax = SessionsMax * 2;

    /// <summary>A peer has a handful of transports, each with one address of the other, and some that have just changed.</summary>
    public const int PathsPerSessionMax = 8;

    /// <summary>Addresses being greeted at once; the oldest that is no seed gives way.</summary>
    public const int OpeningsMax = 64;

    /// <summary>Handshakes that are answered here and not done: strangers with recorded frames can fill this, and push out each other.</summary>
    public const int AnswersMax = 32;

    /// <summary>Openings answered at once: a whole site comes up after a power cut.</summary>
    public const int HandshakesAtOnceMax = 64;

    /// <summary>Openings answered in a second after that: some milliseconds each on a small board.</summary>
    public const int HandshakesPerSecondMax = 10;

    /// <summary>Openings remembered, so that recorded ones lead nowhere: 8 bytes each, and more than a site makes in a month.</summary>
    public const int SeenOpeningsMax = 4_096;

    /// <summary>Public keys of peers remembered: 33 bytes each, for as many sessions as there can be.</summary>
    public const int KnownKeysMax = SessionsMax * 2;

    /// <summary>Peers of the group whose advertisements are remembered: some 200 bytes each, for as many as a group has members.</summary>
    public const int AdvertisementsMax = MembersMax;

    /// <summary>Keys of one session at once: those in use, those before, and some that are being made.</summary>
    public const int KeysPerSessionMax = 4;

    /// <summary>Packets sealed under one handshake's keys: far below what AES-CCM and ChaCha20-Poly1305 bear (RFC 9001 §6.6).</summary>
    public const long PacketsPerKeysMax = 1L << 22;

    /// <summary>Packets that did not open: with tags of 8 bytes a guess then has one chance in 2^44. Noise on a bad line counts too.</summary>
    public const long ForgedPerKeysMax = 1L << 20;

    /// <summary>Age at which keys in use are replaced: a stolen device gives away no more than that.</summary>
    public static readonly TimeSpan KeysAgeMax = TimeSpan.FromHours(4);

    /// <summary>Greetings and hints waiting for a slow line; more would be stale before they leave.</summary>
    public const int GreetingsQueuedMax = 32;

    /// <summary>Pipes of a device; their books live in memory.</summary>
    public const int PipesMax = 256;

    /// <summary>Streams of all peers that are kept here; as many channels can be bound.</summary>
    public const int IncomingStreamsMax = 1024;

    /// <summary>Readers of all pipes at once; each is a connection of an application.</summary>
    public const int ReadersMax = 256;

    /// <summary>Most messages handed to a reader and not yet consumed: a bridge holds back what its broker may forget. 24 bytes each.</summary>
    public const int ReaderWindowMax = 16_384;

    /// <summary>Applications waiting for receipts.</summary>
    public const int CallersMax = 65_536;

    /// <summary>Control items not yet heard: bindings of all pipes at once, and a few words each.</summary>
    public const int ControlsMax = 2_048;

    /// <summary>Messages of one channel on the way: at 32 bytes each they still fill a 100 ms path of 10 Mbit/s.</summary>
    public const int WindowMessagesMax = 4_096;

    /// <summary>Bytes of one channel that a receiver allows on the way.</summary>
    public const long WindowBytesMax = 4 << 20;

    /// <summary>What a message counts in a window beside its bytes: about its record's overhead, so that small ones are bounded too.</summary>
    public const int MessageCostBytes = 64;

    /// <summary>Parts that are appended to the journal at once, so that one message never holds a batch up.</summary>
    public const int AppendBytesMax = 32 << 10;

    /// <summary>A message takes at most this part of its pipe's capacity, so that the next one fits while it leaves.</summary>
    public const int MessageShareDivisor = 4;

    /// <summary>Packets of a path whose fate is remembered, to tell reordering from loss.</summary>
    public const int SentPacketsMax = 8_192;

    /// <summary>Runs of received packet numbers remembered; numbers below the lowest count as seen.</summary>
    public const int ReceivedRunsMax = 64;

    /// <summary>Ranges held of one unfinished message.</summary>
    public const int RangesPerMessageMax = 4_096;

    /// <summary>Whole or begun messages above the kept cursor of one stream.</summary>
    public const int AheadMessagesMax = WindowMessagesMax;

    /// <summary>Gaps of one stream that a receiver remembers: those that its sender may ask for, and some that it has not said are settled. Half a fact.</summary>
    public const int GapsPerStreamMax = 32;

    /// <summary>Runs of messages of one stream that the flash did not give back, above those that readers have. Half a fact.</summary>
    public const int LostRunsMax = 32;

    /// <summary>The longest message, as on the wire.</summary>
    public const int MessageBytesMax = MessageItem.TotalBytesMax;

    /// <summary>A message that the flash does not give back is asked for so often again, <see cref="ReadPause"/> apart, before it is given up.</summary>
    public const int ReadTriesMax = 5;

    /// <summary>Secrets of a group that are accepted at once: the new one, the old one, and one more for peers that missed a rotation.</summary>
    public const int GroupSecretsMax = 3;

    /// <summary>Members of a group: as many as one of them can have sessions with.</summary>
    public const int MembersMax = SessionsMax;

    /// <summary>A full list with the longest names; it is passed on in sessions and read whole.</summary>
    public const int MemberListBytesMax = 32 << 10;

    /// <summary>Versions of a list: what every language's signed integer holds.</summary>
    public const ulong MemberListVersionMax = long.MaxValue;

    /// <summary>A card that recovers from an error of its own takes a second or two.</summary>
    public static readonly TimeSpan ReadPause = TimeSpan.FromSeconds(1);

    /// <summary>No timer backs off further: a link that comes back is used within a minute.</summary>
    public static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(60);
}
