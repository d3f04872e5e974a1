using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace EdgePeer.Agent.Cli;

/// <summary>The help that the library writes, and below it what the exit codes mean: they are the same for all commands.</summary>
internal sealed class ExitCodeHelp(SynchronousCommandLineAction help) : SynchronousCommandLineAction
{
    public static void AddTo(RootCommand root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ExitCodeHelp((SynchronousCommandLineAction)option.Action!);
    }

    /// <summary>Who asks for the words needs none of them.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int result = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine("Exit codes:");
        parseResult.InvocationConfiguration.Output.WriteLine($"  {Words}");
        return result;
    }

    public const string Words =
        "0 done, 1 failed, 2 wrong words or configuration, 3 no agent there, 4 no way to the peer, 5 timed out or expired, 6 refused or full, 7 partly done";
}
