namespace EdgePeer.SystemTests.Support;

/// <summary>A file that its owner alone may read, as the agent asks for.</summary>
internal static class PasswordFile
{
    public static void Write(string path, string text)
    {
        using var file = new StreamWriter(new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }));
        file.WriteLine(text);
    }
}
