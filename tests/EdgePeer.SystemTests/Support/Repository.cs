namespace EdgePeer.SystemTests.Support;

/// <summary>Where the repository stands on this machine.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "EdgePeer.sln")))
                return directory.FullName;
        throw new DirectoryNotFoundException($"no EdgePeer.sln above {AppContext.BaseDirectory}");
    }
}
