using System.Globalization;

namespace EdgePeer.Agent.Configuration;

/// <summary>One thing wrong in a configuration file, printed as compilers do: <c>file:line:column: what; mend</c>.</summary>
/// <param name="Line">From 1; 0 when the file as a whole is meant.</param>
/// <param name="Column">In characters, from 1.</param>
/// <param name="What">What is wrong, without a full stop.</param>
/// <param name="Mend">What to write instead.</param>
internal sealed record ConfigurationFault(string File, int Line, int Column, string What, string Mend)
{
    public override string ToString() => Line == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{File}: {What}; {Mend}")
        : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {What}; {Mend}");
}
