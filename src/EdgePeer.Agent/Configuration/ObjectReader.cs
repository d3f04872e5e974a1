using System.Collections.Immutable;
using System.Globalization;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Configuration;

/// <summary>Reads the members of one object by name; what does not fit becomes a fault at its place and reads as null.</summary>
internal sealed class ObjectReader
{
    private readonly string _file;
    private readonly ICollection<ConfigurationFault> _faults;
    private readonly ConfigurationNode _node;
    private readonly string _what;

    private ObjectReader(string file, ICollection<ConfigurationFault> faults, ConfigurationNode node, string what)
    {
        _file = file;
        _faults = faults;
        _node = node;
        _what = what;
    }

    /// <summary>Opens an object after checking its keys against the table.</summary>
    /// <param name="what">The object's name in messages.</param>
    /// <returns>Null when the value is not an object.</returns>
    public static ObjectReader? TryOpen(string file, ICollection<ConfigurationFault> faults, ConfigurationNode node, ConfigurationKeys keys, string what)
    {
        var reader = new ObjectReader(file, faults, node, what);
        if (node.Kind != NodeKind.Object)
        {
            reader.Add(node.Line, node.Column, $"{what} is {node.KindName}", "write an object in braces");
            return null;
        }
        foreach (var member in node.Members)
            reader.CheckKey(member, keys);
        return reader;
    }

    public ConfigurationNode? Value(string key)
    {
        foreach (var member in _node.Members)
            if (member.Key == key)
                return member.Value;
        return null;
    }

    public string? Text(string key)
    {
        if (Value(key) is not { } value)
            return null;
        if (value.Kind == NodeKind.Text)
            return value.Text;
        Refuse(key, $"\"{key}\" is {value.KindName}", "write a text in quotes");
        return null;
    }

    /// <summary>A text of the alphabet of names; one that is not gets its fault and is given back all the same.</summary>
    public string? Name(string key)
    {
        if (Text(key) is not { } name)
            return null;
        if (!PipeName.TryParse(name, out _))
            Refuse(key, $"\"{key}\" is \"{name}\"", NameMend);
        return name;
    }

    public bool? Flag(string key)
    {
        if (Value(key) is not { } value)
            return null;
        if (value.Kind is NodeKind.True or NodeKind.False)
            return value.Kind == NodeKind.True;
        Refuse(key, $"\"{key}\" is {value.KindName}", "write true or false, without quotes");
        return null;
    }

    public int? Number(string key, int least, int most)
    {
        if (Value(key) is not { } value)
            return null;
        if (value.Kind == NodeKind.Number && int.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
            return number;
        string written = value.Kind == NodeKind.Number ? value.Text : value.KindName;
        Refuse(key, $"\"{key}\" is {written}", string.Create(CultureInfo.InvariantCulture, $"write a whole number from {least} to {most}"));
        return null;
    }

    public long? Size(string key, long least, long most)
    {
        if (Text(key) is not { } text)
            return null;
        if (!Quantities.TryParseSize(text, out long bytes))
            Refuse(key, $"\"{key}\" is \"{text}\", which is not a size", Quantities.SizeMend);
        else if (bytes < least || bytes > most)
            Refuse(key, $"\"{key}\" is \"{text}\"", $"keep to {Quantities.Size(least)} to {Quantities.Size(most)}");
        else
            return bytes;
        return null;
    }

    public TimeSpan? Duration(string key, TimeSpan least, TimeSpan most)
    {
        if (Text(key) is not { } text)
            return null;
        if (!Quantities.TryParseDuration(text, out var duration))
            Refuse(key, $"\"{key}\" is \"{text}\", which is not a duration", Quantities.DurationMendFrom(least));
        else if (duration < least || duration > most)
            Refuse(key, $"\"{key}\" is \"{text}\"", $"keep to {Quantities.Duration(least)} to {Quantities.Duration(most)}");
        else
            return duration;
        return null;
    }

    /// <param name="later">Words of other versions: refused as such.</param>
    public string? Choice(string key, ImmutableArray<string> words, ImmutableArray<string> later)
    {
        if (Text(key) is not { } text || words.Contains(text))
            return Value(key)?.Text;
        if (later.Contains(text))
            Refuse(key, $"\"{key}\": \"{text}\" is not in this version", $"write {OneOf(words)}");
        else
            Refuse(key, $"\"{key}\" is \"{text}\"", $"write {OneOf(words)}");
        return null;
    }

    /// <summary>The texts of a list, or one text alone, each with its place.</summary>
    public IEnumerable<ConfigurationNode> Texts(string key, int most)
    {
        if (Value(key) is not { } value)
            return [];
        if (value.Kind == NodeKind.Text)
            return [value];
        if (value.Kind == NodeKind.Array && value.Items.All(item => item.Kind == NodeKind.Text) && value.Items.Length <= most)
            return value.Items;
        Refuse(key, $"\"{key}\" is not a list of at most {most} texts", "write [\"…\", \"…\"]");
        return [];
    }

    /// <summary>Adds a fault for a member that is not there or empty, at the object's own place; one of a wrong kind has its fault already.</summary>
    /// <returns>The empty text, to go on with.</returns>
    public string Missing(string key, string mend)
    {
        if (Value(key) is null or { Kind: NodeKind.Text, Text: "" })
            Add(_node.Line, _node.Column, $"{_what} has no \"{key}\"", mend);
        return "";
    }

    /// <summary>Adds a fault at a member's value.</summary>
    public void Refuse(string key, string what, string mend)
    {
        var at = Value(key) ?? _node;
        Add(at.Line, at.Column, what, mend);
    }

    private void CheckKey(ConfigurationMember member, ConfigurationKeys keys)
    {
        if (keys.Known.Contains(member.Key))
            return;
        if (keys.Later.Contains(member.Key))
            Add(member.Line, member.Column, $"\"{member.Key}\" is not in this version", "remove it");
        else if (keys.Nearest(member.Key) is { } nearest)
            Add(member.Line, member.Column, $"{_what} has no key \"{member.Key}\"", $"did you mean \"{nearest}\"?");
        else
            Add(member.Line, member.Column, $"{_what} has no key \"{member.Key}\"", $"use {OneOf([.. keys.Known.Where(key => key[0] != '$')])}");
    }

    private void Add(int line, int column, string what, string mend) => _faults.Add(new ConfigurationFault(_file, line, column, what, mend));

    public const string NameMend = "use 1 to 64 of a-z A-Z 0-9 . _ - /";

    private static string OneOf(ImmutableArray<string> words) => words.Length == 1
        ? $"\"{words[0]}\""
        : string.Join(", ", words[..^1].Select(word => $"\"{word}\"")) + $" or \"{words[^1]}\"";
}
