using System.CommandLine;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Running;
using EdgePeer.Core;
using EdgePeer.Runtime.Flash;
using EdgePeer.Store;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer journal</c>: is the flash whole, and how fast is it worn.</summary>
internal static class JournalCommand
{
    public static Command Make() => new("journal", "Checks the journal, and says how fast it wears the flash") { MakeVerify(), MakeWear() };

    private static Command MakeVerify()
    {
        var config = new Option<string?>("--config") { Description = "Check the journal of this configuration", HelpName = "F" };
        var directory = new Option<string?>("--directory") { Description = "Check the journal in this state directory", HelpName = "D" };
        var command = new Command("verify", "Reads each record of a journal and checks it; changes nothing, and may run while the agent does") { config, directory };
        command.Validators.Add(words =>
        {
            if (words.GetValue(config) is null == words.GetValue(directory) is null)
                words.AddError("name the journal: --config F or --directory D");
        });
        command.SetAction(async (words, interrupted) =>
        {
            string place = words.GetValue(directory) ?? ConfigurationFile.LoadAlone(words.GetValue(config)!).StateDirectory;
            var report = await VerifyAsync(place, interrupted);
            foreach (string damaged in report.Damaged)
                Console.Out.WriteLine(damaged);
            foreach (var missing in report.Missing)
                Console.Out.WriteLine($"{DamageText.Of(missing)}: missing, lost to the damage or not yet come");
            Console.Out.WriteLine(FormattableString.Invariant($"{report.Segments} segments in use, {report.Records} records: {(report.Damaged.Count == 0 ? "all check" : "damaged, as above; what still checks is kept at the next start")}"));
            return (int)(report.Damaged.Count == 0 ? ExitCode.Done : ExitCode.Failed);
        });
        return command;
    }

    /// <summary>While an agent writes, a segment may be used again between two reads: only what is damaged each time is.</summary>
    private static async Task<RecoveryReport> VerifyAsync(string directory, CancellationToken interrupted)
    {
        try
        {
            for (int tries = 1; ; tries++)
            {
                bool inUse = FileFlash.IsInUse(directory);
                using var flash = FileFlash.OpenToRead(directory);
                if (flash.IsEmpty)
                    throw new CommandException(ExitCode.Failed, $"there is no journal in {directory}: name the \"stateDirectory\" of an agent that has run; if one has run here, its journal is lost");
                var report = Journal.Verify(flash);
                if (report.Damaged.Count == 0 || !inUse || tries == TriesInUse)
                    return report;
                await Task.Delay(PauseInUse, interrupted);
            }
        }
        catch (JournalFormatException fault)
        {
            throw new CommandException(ExitCode.Failed, fault.Message, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{directory}: {fault.Message}", fault);
        }
    }

    private static Command MakeWear()
    {
        var (socket, timeout, json) = (CommonOptions.Socket(), CommonOptions.Timeout(), CommonOptions.Json());
        var endurance = new Option<string?>("--endurance") { Description = "What the flash can take, such as 40TB; a forecast follows", HelpName = "SIZE" };
        endurance.Validators.Add(words =>
        {
            if (words.GetValueOrDefault<string?>() is { } text && !WearForecast.TryParseEndurance(text, out _))
                words.AddError($"\"{text}\" is no endurance; write a number and GB or TB, such as 40TB");
        });
        var command = new Command("wear", "Shows what the agent has written since its start, why, and how long the flash lasts at that rate") { endurance, json, socket, timeout };
        command.SetAction(async (words, interrupted) =>
        {
            using var client = new AgentClient(SocketPaths.ForClient(words.GetValue(socket)));
            using var patience = new Patience(words.GetValue(timeout), interrupted);
            try
            {
                var status = await patience.RetryAsync(cancellation => client.GetAsync("status", ApiJson.Plain.StatusView, cancellation));
                var forecast = WearForecast.Of(status, WearForecast.TryParseEndurance(words.GetValue(endurance) ?? "", out double bytes) ? bytes : 0);
                Console.Out.WriteLine(words.GetValue(json) ? forecast.ToJson() : forecast.ToText());
                return (int)ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                throw patience.Ended(client, "answer");
            }
        });
        return command;
    }

    private const int TriesInUse = 3;
    private static readonly TimeSpan PauseInUse = TimeSpan.FromSeconds(1);
}
