using System.CommandLine;

namespace EdgePeer.Agent.Cli;

/// <summary><c>edgepeer completion</c>: scripts that let a shell ask the command itself, by its <c>[suggest]</c> directive.</summary>
internal static class CompletionCommand
{
    public static Command Make()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Prints a script that completes words: source <(edgepeer completion bash)") { shell };
        command.SetAction(words =>
        {
            Console.Out.Write(words.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return (int)ExitCode.Done;
        });
        return command;
    }

    // What is suggested contains the word that was begun; compgen keeps what begins with it.
    private const string Bash = """
        # In ~/.bashrc: source <(edgepeer completion bash)
        _edgepeer() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(edgepeer "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _edgepeer edgepeer

        """;

    private const string Zsh = """
        # In ~/.zshrc, after compinit: source <(edgepeer completion zsh)
        _edgepeer() {
            local -a suggested
            suggested=("${(@f)$(edgepeer "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            compadd -a suggested || _files
        }
        compdef _edgepeer edgepeer

        """;

    private const string Fish = """
        # In ~/.config/fish/completions/edgepeer.fish
        complete -c edgepeer -a '(set -l line (commandline -cp); edgepeer "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'

        """;
}
