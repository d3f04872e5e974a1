using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace EdgePeer.Agent.Demo;

/// <summary><c>edgepeer demo</c></summary>
internal static class DemoCommand
{
    public static Command Make()
    {
        var messages = new Option<int>("--messages") { Description = "Numbered messages in all", HelpName = "N", DefaultValueFactory = static _ => DemoOptions.MessagesUsual };
        messages.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= DemoOptions.MessagesMin and <= DemoOptions.MessagesMax))
                result.AddError($"--messages wants a whole number from {DemoOptions.MessagesMin} to {DemoOptions.MessagesMax}");
        });
        var keep = new Option<bool>("--keep") { Description = "Leave the peers' configurations, journals and logs behind, and say where" };
        var command = new Command("demo", "Three peers on this machine, links that are cut, a peer that is killed, and every message once and in order") { messages, keep };
        command.SetAction((words, interrupted) =>
            Demo.RunAsync(new DemoOptions(words.GetValue(messages), words.GetValue(keep)), AnsiConsole.Console, interrupted));
        return command;
    }
}
