using System.Globalization;
using EdgePeer.Protocol;
using EdgePeer.Store;

namespace EdgePeer.Simulator;

/// <summary>The words of the command line.</summary>
internal sealed record Arguments(ulong? Seed, ulong From, int Seeds, SimFaults Faults)
{
    /// <summary>After <c>--seed S</c>, so that a replay has the same known bugs.</summary>
    public string FaultWords => string.Concat(Names(Faults).Select(name => $" --fault {name}"));

    public static bool TryParse(string[] words, out Arguments arguments, out string? wrong)
    {
        arguments = new Arguments(null, 1, 0, default);
        for (int i = 0; i < words.Length; i += 2)
        {
            wrong = $"'{words[i]}' wants a value";
            if (i + 1 == words.Length || Take(ref arguments, words[i], words[i + 1], out wrong) is false)
                return false;
        }
        wrong = arguments.Seed is null && arguments.Seeds == 0 ? "nothing to run" : null;
        return wrong is null;
    }

    private static bool Take(ref Arguments arguments, string word, string value, out string? wrong)
    {
        wrong = $"'{word} {value}' is not understood";
        switch (word)
        {
            case "--seed" when ulong.TryParse(value, CultureInfo.InvariantCulture, out ulong seed):
                arguments = arguments with { Seed = seed };
                return true;
            case "--seeds" when int.TryParse(value, CultureInfo.InvariantCulture, out int seeds) && seeds > 0:
                arguments = arguments with { Seeds = seeds };
                return true;
            case "--from" when ulong.TryParse(value, CultureInfo.InvariantCulture, out ulong from):
                arguments = arguments with { From = from };
                return true;
            case "--fault" when Enum.TryParse<NodeFaults>(value, ignoreCase: true, out var node) && Enum.IsDefined(node):
                arguments = arguments with { Faults = arguments.Faults with { Node = arguments.Faults.Node | node } };
                return true;
            case "--fault" when Enum.TryParse<JournalFaults>(value, ignoreCase: true, out var journal) && Enum.IsDefined(journal):
                arguments = arguments with { Faults = arguments.Faults with { Journal = arguments.Faults.Journal | journal } };
                return true;
            default:
                return false;
        }
    }

    private static IEnumerable<string> Names(SimFaults faults) =>
        Enum.GetValues<NodeFaults>().Where(f => f != 0 && faults.Node.HasFlag(f)).Select(f => f.ToString())
            .Concat(Enum.GetValues<JournalFaults>().Where(f => f != 0 && faults.Journal.HasFlag(f)).Select(f => f.ToString()));

    public const int WrongWords = 2;

    /// <summary>Over so many seeds every counter of what must be reached is above zero; fewer prove nothing.</summary>
    public const int SeedsThatReachAll = 300;

    public const string Usage =
        """
        EdgePeer.Simulator --seeds N [--from SEED]   runs N seeds; the first that breaks a law ends it with 1
        EdgePeer.Simulator --seed S                  runs one seed and prints its trace
          --fault NAME                               switches a known bug on, to prove the checkers
        """;
}
