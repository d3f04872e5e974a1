using System.CommandLine;
using System.CommandLine.Parsing;
using EdgePeer.Agent.Configuration;

namespace EdgePeer.Agent.Cli;

/// <summary>Runs a command line: wrong words end with 2, faults with one line on standard error and the code that scripts rely on.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(RootCommand root, string[] words)
    {
        var parsed = root.Parse(words);
        if (parsed.Errors.Count > 0)
        {
            // The others mostly follow from the first, but a command that is not known is told last.
            string first = parsed.UnmatchedTokens is [var unknown, ..] ? $"\"{unknown}\" has no meaning here" : parsed.Errors[0].Message.TrimEnd('.');
            string mend = first.Contains(';', StringComparison.Ordinal) ? "" : $"; `{CommandPath(parsed)} --help` lists the words";
            await Console.Error.WriteLineAsync($"edgepeer: {first}{mend}");
            return (int)ExitCode.WrongWords;
        }
        // The agent answers its signals itself; the other commands end their waits by the token.
        bool agent = parsed.CommandResult.Command.Name == "run";
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = agent ? null : InterruptPatience,
            });
        }
        catch (ConfigurationException refused)
        {
            // As compilers print them, so that editors and terminals can jump to the place.
            foreach (var fault in refused.Faults)
                await Console.Error.WriteLineAsync(fault.ToString());
            return (int)ExitCode.WrongWords;
        }
        catch (CommandException fault)
        {
            foreach (string line in fault.Message.Split(Environment.NewLine))
                await Console.Error.WriteLineAsync($"edgepeer: {line}");
            return (int)fault.ExitCode;
        }
        catch (IOException fault)
        {
            await Console.Error.WriteLineAsync($"edgepeer: {fault.Message}; is what reads the output still there?");
            return (int)ExitCode.Failed;
        }
    }

    private static string CommandPath(ParseResult parsed)
    {
        string path = "";
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            path = at.Parent is null ? $"edgepeer{path}" : $" {command.Command.Name}{path}";
        return path;
    }

    // Long enough to end a wait, short enough for someone who wants out.
    private static readonly TimeSpan InterruptPatience = TimeSpan.FromSeconds(2);
}
