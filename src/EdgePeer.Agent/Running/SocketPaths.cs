namespace EdgePeer.Agent.Running;

/// <summary>Where an agent's socket is when nobody says.</summary>
internal static class SocketPaths
{
    public const string Variable = "EDGEPEER_SOCKET";
    public const string System = "/run/edgepeer/edgepeer.sock";

    /// <summary>Where an agent listens: the given path, else the system's directory when it may write there, else the user's.</summary>
    public static string ForAgent(string? given) =>
        given ?? Environment.GetEnvironmentVariable(Variable) ?? (Directory.Exists(Path.GetDirectoryName(System)) ? System : OfUser ?? System);

    /// <summary>Where a command looks: the given path, else the system's agent when it is there, else the user's.</summary>
    public static string ForClient(string? given) =>
        given ?? Environment.GetEnvironmentVariable(Variable) ?? (File.Exists(System) ? System : OfUser ?? System);

    private static string? OfUser => Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } directory ? Path.Combine(directory, "edgepeer.sock") : null;
}
