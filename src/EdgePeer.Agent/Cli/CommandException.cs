namespace EdgePeer.Agent.Cli;

/// <summary>Ends a command with one line on standard error: what happened, where, and the mend.</summary>
internal sealed class CommandException(ExitCode exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode ExitCode => exitCode;
}
