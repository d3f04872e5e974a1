using System.Diagnostics.CodeAnalysis;

namespace EdgePeer.Agent.Configuration;

/// <summary>Loads a configuration file whole, or not at all.</summary>
internal static class ConfigurationFile
{
    /// <param name="faults">All that is wrong with it, in the order of the file; empty when it was loaded.</param>
    public static bool TryLoad(string path, [NotNullWhen(true)] out AgentConfiguration? configuration, out IReadOnlyList<ConfigurationFault> faults) =>
        TryLoad(path, readFiles: true, out configuration, out faults);

    /// <summary>With the files that it names: they are part of it.</summary>
    /// <exception cref="ConfigurationException">Something is wrong with it.</exception>
    public static AgentConfiguration Load(string path) =>
        TryLoad(path, out var configuration, out var faults) ? configuration : throw new ConfigurationException(faults);

    /// <summary>Without the files that it names, which may not be there yet, or be of no interest.</summary>
    /// <exception cref="ConfigurationException">Something is wrong with it.</exception>
    public static AgentConfiguration LoadAlone(string path) =>
        TryLoad(path, readFiles: false, out var configuration, out var faults) ? configuration : throw new ConfigurationException(faults);

    private static bool TryLoad(string path, bool readFiles, [NotNullWhen(true)] out AgentConfiguration? configuration, out IReadOnlyList<ConfigurationFault> faults)
    {
        configuration = null;
        var found = new List<ConfigurationFault>();
        if (ReadBytes(path, found) is { } utf8 && ConfigurationText.Read(path, utf8, found) is { } root)
            configuration = new ConfigurationReader(path, found, readFiles).Read(root);
        faults = [.. found.OrderBy(fault => fault.File != path).ThenBy(fault => fault.Line).ThenBy(fault => fault.Column)];
        if (faults.Count > 0)
            configuration = null;
        return configuration is not null;
    }

    private static byte[]? ReadBytes(string path, List<ConfigurationFault> faults)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > Limits.ConfigurationBytesMax)
            {
                faults.Add(new ConfigurationFault(path, 0, 0, $"{file.Length} bytes long", "name the configuration, not something else"));
                return null;
            }
            if (Directory.Exists(path))
            {
                faults.Add(new ConfigurationFault(path, 0, 0, "is a directory", $"name the file in it, such as {Path.Combine(path, "edgepeer.json")}"));
                return null;
            }
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            faults.Add(new ConfigurationFault(path, 0, 0, "no such file", $"`edgepeer init --dir {DirectoryOf(path)}` writes edgepeer.json there"));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            faults.Add(new ConfigurationFault(path, 0, 0, $"cannot be read ({fault.Message})", "look at its permissions"));
        }
        return null;
    }

    private static string DirectoryOf(string path) => Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";
}
