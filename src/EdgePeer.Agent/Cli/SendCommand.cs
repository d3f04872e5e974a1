using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Running;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer send</c></summary>
internal static class SendCommand
{
    public static Command Make()
    {
        var pipe = CommonOptions.Pipe();
        var text = new Argument<string?>("TEXT") { Description = "The message; without it, --file or standard input", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<FileInfo?>("--file") { Description = "Send a file's bytes as one message", HelpName = "F" };
        var lines = new Option<bool>("--lines") { Description = "Each line of standard input is a message" };
        var priority = new Option<int?>("--priority") { Description = "0 (least) to 7 (most urgent); default: the pipe's", HelpName = "0..7" };
        var wait = new Option<string>("--wait") { Description = "The receipt to wait for", DefaultValueFactory = static _ => "durable" };
        wait.AcceptOnlyFromAmong("durable", "delivered", "consumed");
        var ttl = new Option<string?>("--ttl") { Description = "Give the message up when it has not been delivered within so long, such as 1h; default: the pipe's", HelpName = "DURATION" };
        ttl.Validators.Add(static result =>
        {
            if (result.Tokens is not [{ Value: var text }] || !Quantities.TryParseDuration(text, out var duration) || duration < ConfigurationReader.TtlMin || duration > ConfigurationReader.TtlMax)
                result.AddError($"--ttl wants a second or more; {Quantities.DurationMendFrom(ConfigurationReader.TtlMin)}");
        });
        priority.Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: [>= '0' and <= '7'] }])
                result.AddError("--priority wants a number from 0 to 7");
        });
        var (socket, timeout, json, type) = (CommonOptions.Socket(), CommonOptions.Timeout(), CommonOptions.Json(), CommonOptions.PipeType());
        var command = new Command("send", "Sends a message to a pipe") { pipe, text, file, lines, priority, wait, ttl, type, timeout, socket, json };
        command.Validators.Add(result =>
        {
            int sources = (result.GetValue(text) is null ? 0 : 1) + (result.GetValue(file) is null ? 0 : 1) + (result.GetValue(lines) ? 1 : 0);
            if (sources > 1)
                result.AddError("a message comes from TEXT, --file or --lines; give one of them");
        });
        command.SetAction(async (words, interrupted) =>
        {
            using var client = new AgentClient(SocketPaths.ForClient(words.GetValue(socket)));
            using var patience = new Patience(words.GetValue(timeout), interrupted);
            string receipt = words.GetValue(wait)!;
            string query = $"wait={receipt}" + (words.GetValue(priority) is { } lane ? $"&priority={lane.ToString(CultureInfo.InvariantCulture)}" : "")
                + (words.GetValue(ttl) is { } life ? $"&ttl={life}" : "");
            var sender = new MessageSender(client, patience, words.GetValue(pipe)!, query);
            try
            {
                if (words.GetValue(lines))
                    return (int)await SendLinesAsync(sender, words.GetValue(json), patience.Cancellation);
                var payload = await ReadPayloadAsync(words.GetValue(text), words.GetValue(file), patience.Cancellation);
                Print(await sender.SendAsync(payload), words.GetValue(json));
                return (int)ExitCode.Done;
            }
            catch (OperationCanceledException)
            {
                var ended = patience.Ended(client, $"receipt \"{receipt}\"");
                if (ended.ExitCode == ExitCode.TimedOut)
                    ended = await MissingReceipt.ExplainAsync(client, words.GetValue(pipe)!, receipt, sender.WaitingBytes, ended);
                throw words.GetValue(lines) ? new CommandException(ended.ExitCode, $"{ended.Message}; {Taken(sender.Taken, receipt)}") : ended;
            }
        });
        return command;
    }

    private static string Taken(long lines, string receipt) =>
        string.Create(CultureInfo.InvariantCulture, $"{lines} {(lines == 1 ? "line was" : "lines were")} {(receipt == "durable" ? "taken" : receipt)} before");

    private static async Task<ExitCode> SendLinesAsync(MessageSender sender, bool json, CancellationToken cancellation)
    {
        long sent = 0, refused = 0, number = 0;
        await using var input = Console.OpenStandardInput();
        await foreach (var batch in LineBatches.ReadAsync(input, cancellation))
            foreach (var answer in await sender.SendAsync(batch))
            {
                number++;
                if (answer.Receipt is { } receipt)
                {
                    sent++;
                    Print(receipt, json);
                    continue;
                }
                if (refused++ == 0)
                    await Console.Error.WriteLineAsync($"edgepeer: line {number} was refused: {answer.Problem!.Title}; {answer.Problem.Mend}");
            }
        if (refused > 0)
            await Console.Error.WriteLineAsync($"edgepeer: {refused} of {number} lines were refused");
        return refused == 0 ? ExitCode.Done : sent == 0 ? ExitCode.Refused : ExitCode.PartlyDone;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadPayloadAsync(string? text, FileInfo? file, CancellationToken cancellation)
    {
        if (text is not null)
            return Encoding.UTF8.GetBytes(text);
        if (Directory.Exists(file?.FullName))
            throw new CommandException(ExitCode.WrongWords, $"{file!.FullName} is a directory; --file wants one of its files");
        try
        {
            await using var input = file is null ? Console.OpenStandardInput() : file.OpenRead();
            return await ReadToEndAsync(input, cancellation);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{file?.FullName ?? "standard input"} cannot be read: {fault.Message}", fault);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadToEndAsync(Stream input, CancellationToken cancellation)
    {
        using var payload = new MemoryStream();
        byte[] buffer = new byte[ReadBytes];
        while (await input.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            payload.Write(buffer, 0, read);
            if (payload.Length > Limits.MessageBytesMax)
                throw new CommandException(ExitCode.Refused, $"a message has at most {Limits.MessageBytesMax} bytes; send it in parts");
        }
        return payload.ToArray();
    }

    private static void Print(ReceiptView receipt, bool json)
    {
        if (json)
            Console.Out.WriteLine(JsonSerializer.Serialize(receipt, ApiJson.Plain.ReceiptView));
    }

    private const int ReadBytes = 64 << 10;
}
