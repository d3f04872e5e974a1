using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace EdgePeer.Agent.Bridges;

/// <summary>A topic, or a filter of topics, with words in braces that stand for something else: BRIDGE.md, "Topics".</summary>
internal sealed record TopicTemplate
{
    private TopicTemplate(string text) => Text = text;

    public string Text { get; }

    /// <summary>Each message has a topic of its own.</summary>
    public bool IsOfMessage => HasId || Text.Contains("{sequence}", StringComparison.Ordinal) || Text.Contains(OfEnvelope, StringComparison.Ordinal);

    public bool HasName => Text.Contains("{name}", StringComparison.Ordinal);

    public bool HasId => Text.Contains("{id}", StringComparison.Ordinal);

    /// <param name="fault">What is wrong, as the end of a sentence.</param>
    public static bool TryParse(string text, TopicUse use, [NotNullWhen(true)] out TopicTemplate? template, [NotNullWhen(false)] out string? fault)
    {
        template = null;
        bool filter = use == TopicUse.Subscribed;
        fault = text.Length == 0 ? "is empty"
            : Encoding.UTF8.GetByteCount(text) > Limits.TopicTemplateBytesMax ? $"has more than {Limits.TopicTemplateBytesMax} bytes"
            : text.Contains('\0', StringComparison.Ordinal) ? "has a zero in it"
            : text[0] == '$' && !(filter && text.StartsWith("$share/", StringComparison.Ordinal)) ? "begins with $, where topics are the broker's own"
            : WordFault(text, use switch { TopicUse.Subscribed => OfDevice, TopicUse.Published => OfMessage, _ => OfUnwrapped })
            ?? (filter ? FilterFault(text) : text.AsSpan().ContainsAny("+#") ? "has a wildcard, and what is published has one topic" : null);
        if (fault is null)
            template = new TopicTemplate(text);
        return fault is null;
    }

    public string Fill(in TopicWords words)
    {
        var topic = new StringBuilder(Text)
            .Replace("{pipe}", words.Pipe)
            .Replace("{peer}", words.Peer)
            // Whoever chose the name chooses no levels.
            .Replace("{name}", words.Name.Replace('/', '_'));
        if (IsOfMessage)
            // What others wrote comes last: words in it stand for themselves.
            topic.Replace("{id}", words.Id).Replace("{sequence}", words.Sequence.ToString(System.Globalization.CultureInfo.InvariantCulture)).Replace(OfEnvelope, words.Topic);
        return topic.ToString();
    }

    private static string? WordFault(string text, ImmutableArray<string> words)
    {
        string rest = text;
        foreach (string word in words)
            rest = rest.Replace(word, "", StringComparison.Ordinal);
        int brace = rest.AsSpan().IndexOfAny('{', '}');
        return brace < 0 ? null : $"has a brace that begins or ends none of {string.Join(" ", words)}";
    }

    private static string? FilterFault(string text)
    {
        string[] levels = text.Split('/');
        for (int i = 0; i < levels.Length; i++)
            if ((levels[i].Contains('+', StringComparison.Ordinal) && levels[i] != "+") || (levels[i].Contains('#', StringComparison.Ordinal) && (levels[i] != "#" || i < levels.Length - 1)))
                return "has a + that is not a level of its own, or a # that is not the last";
        return null;
    }

    private static readonly ImmutableArray<string> OfDevice = ["{name}", "{peer}", "{pipe}"];
    private static readonly ImmutableArray<string> OfMessage = [.. OfDevice, "{sequence}", "{id}"];
    private static readonly ImmutableArray<string> OfUnwrapped = [.. OfMessage, OfEnvelope];

    /// <summary>The topic that an envelope names.</summary>
    public const string OfEnvelope = "{topic}";
}

/// <summary>What a template is for.</summary>
internal enum TopicUse : byte
{
    /// <summary>Wildcards are allowed, and words of single messages are not.</summary>
    Subscribed,

    Published,

    /// <summary>Published, of messages that have an envelope.</summary>
    Unwrapped,
}

/// <summary>What the words of a template stand for.</summary>
internal readonly record struct TopicWords(string Name, string Peer, string Pipe, string Id = "", ulong Sequence = 0, string Topic = "");
