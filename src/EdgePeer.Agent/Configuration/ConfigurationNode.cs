using System.Collections.Immutable;

namespace EdgePeer.Agent.Configuration;

internal enum NodeKind
{
    Object,
    Array,
    Text,
    Number,
    True,
    False,
    Null,
}

/// <summary>A value of the file, with the place where it starts, so that any later objection can name it.</summary>
/// <param name="Text">The unescaped text, or the digits of a number; empty for other kinds.</param>
/// <param name="Members">Of an object, in the order of the file.</param>
/// <param name="Items">Of an array.</param>
internal sealed record ConfigurationNode(
    NodeKind Kind, int Line, int Column, string Text, ImmutableArray<ConfigurationMember> Members, ImmutableArray<ConfigurationNode> Items)
{
    /// <summary>The kind with its article, as a person would name it.</summary>
    public string KindName => Kind switch
    {
        NodeKind.Object => "an object",
        NodeKind.Array => "a list",
        NodeKind.Text => "a text",
        NodeKind.Number => "a number",
        NodeKind.Null => "null",
        _ => "true or false",
    };
}

/// <param name="Line">Where the key stands.</param>
internal sealed record ConfigurationMember(string Key, int Line, int Column, ConfigurationNode Value);
