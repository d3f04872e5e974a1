using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace EdgePeer.Agent.Configuration;

/// <summary>JSON with comments and trailing commas, read into a tree whose nodes know their line and column.</summary>
internal static class ConfigurationText
{
    /// <returns>Null when the text is not JSON; the one fault says where it stopped being so.</returns>
    public static ConfigurationNode? Read(string file, ReadOnlySpan<byte> utf8, ICollection<ConfigurationFault> faults)
    {
        if (utf8.StartsWith(Utf8Bom))
            utf8 = utf8[Utf8Bom.Length..];
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = Limits.ConfigurationDepthMax });
        var places = new Places(utf8);
        try
        {
            reader.Read();
            var root = ReadValue(file, ref reader, ref places, faults);
            if (reader.Read())
                throw new JsonException("text after the closing brace");
            return root;
        }
        catch (JsonException fault)
        {
            faults.Add(new ConfigurationFault(file, (int)(fault.LineNumber ?? 0) + 1, (int)(fault.BytePositionInLine ?? 0) + 1, $"not JSON: {FirstSentence(fault.Message)}", "look for a comma, quote or brace that is missing just before"));
            return null;
        }
    }

    private static ConfigurationNode ReadValue(string file, ref Utf8JsonReader reader, ref Places places, ICollection<ConfigurationFault> faults)
    {
        var (line, column) = places.Of((int)reader.TokenStartIndex);
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => new(NodeKind.Object, line, column, "", ReadMembers(file, ref reader, ref places, faults), []),
            JsonTokenType.StartArray => new(NodeKind.Array, line, column, "", [], ReadItems(file, ref reader, ref places, faults)),
            JsonTokenType.String => new(NodeKind.Text, line, column, ReadText(file, ref reader, line, column, faults), [], []),
            JsonTokenType.Number => new(NodeKind.Number, line, column, Encoding.UTF8.GetString(reader.ValueSpan), [], []),
            JsonTokenType.True => new(NodeKind.True, line, column, "", [], []),
            JsonTokenType.False => new(NodeKind.False, line, column, "", [], []),
            _ => new(NodeKind.Null, line, column, "", [], []),
        };
    }

    private static ImmutableArray<ConfigurationMember> ReadMembers(string file, ref Utf8JsonReader reader, ref Places places, ICollection<ConfigurationFault> faults)
    {
        var members = ImmutableArray.CreateBuilder<ConfigurationMember>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (line, column) = places.Of((int)reader.TokenStartIndex);
            string key = ReadText(file, ref reader, line, column, faults);
            reader.Read();
            var value = ReadValue(file, ref reader, ref places, faults);
            if (members.FirstOrDefault(member => member.Key == key) is { } first)
                faults.Add(new ConfigurationFault(file, line, column, $"\"{key}\" stands here a second time", $"keep one; the first is in line {first.Line}"));
            else
                members.Add(new ConfigurationMember(key, line, column, value));
        }
        return members.ToImmutable();
    }

    private static ImmutableArray<ConfigurationNode> ReadItems(string file, ref Utf8JsonReader reader, ref Places places, ICollection<ConfigurationFault> faults)
    {
        var items = ImmutableArray.CreateBuilder<ConfigurationNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(ReadValue(file, ref reader, ref places, faults));
        return items.ToImmutable();
    }

    private static string ReadText(string file, ref Utf8JsonReader reader, int line, int column, ICollection<ConfigurationFault> faults)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The reader looks at a text's bytes and escapes only when they are asked for.
            faults.Add(new ConfigurationFault(file, line, column, "a text that is not Unicode", "save the file as UTF-8"));
            return "";
        }
    }

    // The library's messages go on to repeat the position, which is printed in front already.
    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }

    private static ReadOnlySpan<byte> Utf8Bom => [0xEF, 0xBB, 0xBF];

    /// <summary>Turns offsets, asked for in ascending order, into lines and columns in one pass over the text.</summary>
    private ref struct Places(ReadOnlySpan<byte> utf8)
    {
        private readonly ReadOnlySpan<byte> _utf8 = utf8;
        private int _line = 1;
        private int _lineStart;
        private int _seen;

        public (int Line, int Column) Of(int offset)
        {
            for (; _seen < offset; _seen++)
                if (_utf8[_seen] == (byte)'\n')
                {
                    _line++;
                    _lineStart = _seen + 1;
                }
            return (_line, Encoding.UTF8.GetCharCount(_utf8[_lineStart..offset]) + 1);
        }
    }
}
