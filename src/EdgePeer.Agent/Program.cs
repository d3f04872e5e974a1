using System.CommandLine;
using EdgePeer.Agent.Cli;
using EdgePeer.Agent.Demo;

var root = new RootCommand("EdgePeer keeps messages on flash until the other end has them on flash too, over whichever way is up.")
{
    InitCommand.Make(),
    IdCommand.Make(),
    GroupCommand.Make(),
    JournalCommand.Make(),
    RunCommand.Make(),
    SendCommand.Make(),
    RecvCommand.Make(),
    TraceCommand.Make(),
    ConfigCommand.Make(),
    CompletionCommand.Make(),
    DemoCommand.Make(),
};
foreach (var view in ViewCommands.Make())
    root.Add(view);
ExitCodeHelp.AddTo(root);
return await CommandLine.RunAsync(root, args);
