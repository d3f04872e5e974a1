namespace EdgePeer.Agent;

/// <summary>Documents that travel inside the program.</summary>
internal static class EmbeddedFiles
{
    public static Stream Open(string name) =>
        typeof(EmbeddedFiles).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded");

    public static string ReadText(string name)
    {
        using var reader = new StreamReader(Open(name));
        return reader.ReadToEnd();
    }
}
