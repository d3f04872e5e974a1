using System.CommandLine;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary>The options that many commands share.</summary>
internal static class CommonOptions
{
    public static Option<string?> Socket() => new("--socket")
    {
        Description = $"The agent to talk to. Default: {SocketPaths.Variable}, else {SocketPaths.System}, else edgepeer.sock in XDG_RUNTIME_DIR",
        HelpName = "PATH",
    };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON for programs" };

    public static Option<bool> Watch() => new("--watch") { Description = "Show it again every second, until interrupted" };

    public static Option<TimeSpan?> Timeout() => new("--timeout")
    {
        Description = "Wait at most so long, such as 30s; also for an agent that is away",
        HelpName = "DURATION",
        CustomParser = static result =>
        {
            if (Quantities.TryParseDuration(result.Tokens[0].Value, out var duration) && duration > TimeSpan.Zero && duration <= TimeoutMax)
                return duration;
            result.AddError($"--timeout is \"{result.Tokens[0].Value}\"; {Quantities.DurationMend}");
            return null;
        },
    };

    public static Argument<string> Pipe()
    {
        var pipe = new Argument<string>("PIPE") { Description = "The pipe's name" };
        pipe.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var name }] && !Wire.PipeName.TryParse(name, out _))
                result.AddError($"\"{name}\" is not a pipe's name; use 1 to 64 of a-z A-Z 0-9 . _ - /");
        });
        return pipe;
    }

    /// <summary>Pipe types are part of the contract; this version has one.</summary>
    public static Option<string?> PipeType()
    {
        var type = new Option<string?>("--type") { Description = "The pipe's type: reliable", HelpName = "TYPE" };
        type.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var word }] && !ConfigurationReader.PipeTypes.Contains(word))
                result.AddError(ConfigurationReader.PipeTypesLater.Contains(word) ? $"--type {word} is not in this version; use reliable" : $"--type is \"{word}\"; use reliable");
        });
        return type;
    }

    // The longest that a timer takes.
    private static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(24);
}
