using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Running;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer status</c>, <c>peers</c>, <c>links</c>, <c>pipes</c>, <c>queue</c>: tables for people, JSON for programs.</summary>
internal static class ViewCommands
{
    public static IEnumerable<Command> Make()
    {
        yield return Make("status", "Shows the agent: transports, peers, pipes, journal", "status", () => ApiJson.Plain.StatusView, StatusTables.Status);
        yield return Make("peers", "Shows the peers that are heard, or that others tell of", "peers", () => ApiJson.Plain.IReadOnlyListPeerView, StatusTables.Peers);
        yield return Make("links", "Shows the ways to each peer", "links", () => ApiJson.Plain.IReadOnlyListPeerLinkView, StatusTables.Links);
        yield return Make("pipes", "Shows the books of each pipe", "pipes", "status", () => ApiJson.Plain.StatusView, static (status, _) => StatusTables.Pipes(status));
        var pipe = new Argument<string?>("PIPE") { Description = "One pipe only", Arity = ArgumentArity.ZeroOrOne };
        yield return Make("queue", "Shows what waits to be delivered", "queue", "status", () => ApiJson.Plain.StatusView, StatusTables.Queue, pipe);
    }

    private static Command Make<T>(string name, string description, string path, Func<JsonTypeInfo<T>> type, Func<T, IRenderable> draw) =>
        Make(name, description, path, path, type, (view, _) => draw(view));

    /// <param name="path">What JSON shows.</param>
    /// <param name="drawn">What the table is drawn from, for the pipe named.</param>
    /// <param name="type">Asked for when the answer is there: other commands do not pay for it.</param>
    private static Command Make<T>(
        string name, string description, string path, string drawn, Func<JsonTypeInfo<T>> type, Func<T, string?, IRenderable> draw, Argument<string?>? pipe = null)
    {
        var (socket, timeout, json, watch) = (CommonOptions.Socket(), CommonOptions.Timeout(), CommonOptions.Json(), CommonOptions.Watch());
        var command = new Command(name, description) { socket, timeout, json, watch };
        if (pipe is not null)
            command.Add(pipe);
        command.SetAction(async (words, interrupted) =>
        {
            string? one = pipe is null ? null : words.GetValue(pipe);
            string query = !words.GetValue(json) ? drawn : one is null ? path : $"{path}?pipe={Uri.EscapeDataString(one)}";
            using var client = new AgentClient(SocketPaths.ForClient(words.GetValue(socket)));
            using var patience = new Patience(words.GetValue(timeout), interrupted);
            await using var output = StandardOutput.Writer();
            void Show(string answer)
            {
                if (words.GetValue(json))
                    output.WriteLine(answer.TrimEnd());
                else
                    Draw(draw(JsonSerializer.Deserialize(answer, type())!, one), output, words.GetValue(watch));
            }
            try
            {
                do
                    Show(await patience.RetryAsync(cancellation => client.GetTextAsync(query, cancellation)));
                while (words.GetValue(watch) && await PauseAsync(interrupted));
                return (int)ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                throw patience.Ended(client, "answer");
            }
        });
        return command;
    }

    private static void Draw(IRenderable view, TextWriter output, bool again)
    {
        bool terminal = !Console.IsOutputRedirected;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            Out = new AnsiConsoleOutput(terminal ? Console.Out : output),
        });
        // Into a pipe there is no width to fit: a row stays a line.
        if (!terminal)
            console.Profile.Width = PipeWidth;
        else if (again)
            console.Clear();
        console.Write(view);
    }

    private static async Task<bool> PauseAsync(CancellationToken interrupted)
    {
        await Task.Delay(WatchEvery, interrupted).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return !interrupted.IsCancellationRequested;
    }

    private const int PipeWidth = 240;
    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);
}
