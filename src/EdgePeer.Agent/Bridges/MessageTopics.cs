using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>The topic of each message that goes to a broker.</summary>
internal sealed class MessageTopics(TopicTemplate template, WriterNames names, TimeProvider time)
{
    private readonly Dictionary<StreamKey, Writer> _writers = [];

    /// <param name="wrapped">The topic in the message's envelope, where it has one.</param>
    public async ValueTask<MessageTopic> OfAsync(ReceivedMessage message, string wrapped)
    {
        if (!_writers.TryGetValue(message.Stream, out var writer) || writer.AskAgainAt <= time.GetUtcNow())
            writer = await LearnAsync(message.Stream);
        string id = BridgeIdentity.IdOf(message);
        return new MessageTopic(writer.Topic ?? template.Fill(writer.Words with { Id = id, Sequence = message.Sequence, Topic = wrapped }), writer.Words.Peer, id);
    }

    private async Task<Writer> LearnAsync(StreamKey stream)
    {
        string? name = template.HasName ? await names.FindAsync(stream.Sender) : "";
        string peer = stream.Sender.ToString();
        var words = new TopicWords(name ?? peer, peer, stream.Pipe.Text);
        var writer = new Writer(words, template.IsOfMessage ? null : template.Fill(words), name is null ? time.GetUtcNow() + AskAgain : DateTimeOffset.MaxValue);
        if (_writers.Count >= Limits.BridgedStreamsMax)
            _writers.Clear();
        _writers[stream] = writer;
        return writer;
    }

    /// <param name="Topic">Null where each message has its own.</param>
    private sealed record Writer(TopicWords Words, string? Topic, DateTimeOffset AskAgainAt);

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);
}

/// <param name="Peer">Who wrote the message.</param>
/// <param name="Id">The message's.</param>
internal readonly record struct MessageTopic(string Topic, string Peer, string Id);
