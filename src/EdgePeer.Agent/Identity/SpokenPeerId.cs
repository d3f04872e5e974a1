using EdgePeer.Wire;

namespace EdgePeer.Agent.Identity;

/// <summary>A peer id as somebody read it aloud and somebody else typed it.</summary>
internal static class SpokenPeerId
{
    /// <returns>What is wrong with it, as the end of a sentence, and what to ask for again; null when it is a peer id.</returns>
    public static string? Fault(string text, out PeerId id)
    {
        string symbols = string.Concat(text.Where(c => c != '-' && !char.IsWhiteSpace(c)));
        if (PeerId.TryParse(symbols, out id))
            return null;
        for (int i = 0; i < symbols.Length; i++)
            if (!Alphabet.Contains(char.ToUpperInvariant(symbols[i]), StringComparison.Ordinal))
                return $"holds '{symbols[i]}' in place {i + 1}, which stands in no id; ask for group {(i / GroupSymbols) + 1} again";
        if (symbols.Length != Symbols)
            return $"has {symbols.Length} symbols where {Symbols} belong: {(symbols.Length < Symbols ? "some are missing" : "there are too many")}; ask for all of it again";
        for (int i = 0; i < Symbols - 1; i++)
            if (CheckOnly.Contains(char.ToUpperInvariant(symbols[i]), StringComparison.Ordinal))
                return $"holds '{symbols[i]}' in place {i + 1}, which can stand only at the end; ask for group {(i / GroupSymbols) + 1} again";
        if (symbols[0] > '7')
            return "begins with a symbol above 7; ask for group 1 again";
        return "does not fit its check symbol, the last: a symbol is wrong, or two are swapped; ask for it again, group by group";
    }

    private const int Symbols = 27;
    private const int GroupSymbols = 9;

    // Those that stand only as check symbols.
    private const string CheckOnly = "*~$=U";

    // Crockford's, with the letters that are read as digits.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" + CheckOnly + "ILO";
}
