namespace EdgePeer.Wire;

/// <summary>64 random bits that name one life of a stream of sequence numbers.</summary>
public readonly record struct Incarnation(ulong Value) : IComparable<Incarnation>
{
    public int CompareTo(Incarnation other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A pipe's name: 1 to 64 of <c>a-z A-Z 0-9 . _ - /</c>, compared byte for byte.</summary>
public readonly record struct PipeName : IComparable<PipeName>
{
    private readonly string? _text;

    private PipeName(string text) => _text = text;

    public string Text => _text ?? "";

    public static bool TryParse(string? text, out PipeName name) => Names.Legal(text) ? Names.Ok(new PipeName(text!), out name) : Names.No(out name);

    /// <exception cref="FormatException">The text is not a legal name: for names that were checked before.</exception>
    public static PipeName Parse(string text) => TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not a name: 1 to 64 of a-z A-Z 0-9 . _ - /");

    public int CompareTo(PipeName other) => string.CompareOrdinal(Text, other.Text);

    public override string ToString() => Text;
}

/// <summary>An input endpoint's stable name, by which a binding knows it; same alphabet as <see cref="PipeName"/>.</summary>
public readonly record struct EndpointName : IComparable<EndpointName>
{
    private readonly string? _text;

    private EndpointName(string text) => _text = text;

    public string Text => _text ?? "";

    public static bool TryParse(string? text, out EndpointName name) => Names.Legal(text) ? Names.Ok(new EndpointName(text!), out name) : Names.No(out name);

    /// <exception cref="FormatException">The text is not a legal name: for names that were checked before.</exception>
    public static EndpointName Parse(string text) => TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not a name: 1 to 64 of a-z A-Z 0-9 . _ - /");

    public int CompareTo(EndpointName other) => string.CompareOrdinal(Text, other.Text);

    public override string ToString() => Text;
}

internal static class Names
{
    public const int LengthMax = 64;

    public static bool Legal(string? text)
    {
        if (text is not { Length: > 0 and <= LengthMax })
            return false;
        foreach (char c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-' or '/'))
                return false;
        return true;
    }

    public static bool Ok<T>(T value, out T name)
    {
        name = value;
        return true;
    }

    public static bool No<T>(out T name)
    {
        name = default!;
        return false;
    }
}
