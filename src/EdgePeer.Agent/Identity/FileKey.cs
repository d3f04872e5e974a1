using System.Security.Cryptography;

namespace EdgePeer.Agent.Identity;

/// <summary>A P-256 key in a PEM file (PKCS #8) that only its owner may read.</summary>
internal sealed class FileKey : IPeerKey
{
    public const string FileName = "identity.pem";

    private readonly ECDsa _key;
    private readonly byte[] _publicPoint;

    private FileKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        // SEC 1, 2.3.3: the parity of Y stands in front of X.
        _publicPoint = [(byte)(2 | (point.Y![^1] & 1)), .. point.X!];
    }

    public ReadOnlySpan<byte> PublicPoint => _publicPoint;

    /// <summary>Makes a key and writes it; never over one that is there, which other peers may know.</summary>
    /// <exception cref="IdentityException">There is one already, or the directory cannot be written.</exception>
    public static FileKey Create(string stateDirectory)
    {
        string path = Path.Combine(stateDirectory, FileName);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            Directory.CreateDirectory(stateDirectory, OwnerOnly | UnixFileMode.UserExecute);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using var stream = new FileStream(path, options);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
            stream.Flush(flushToDisk: true);
            return new FileKey(key);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw File.Exists(path)
                ? new IdentityException($"{path} exists, and other peers may know this one by it; remove it first if it is to be lost")
                : new IdentityException($"{path} cannot be written ({fault.Message}); run as the user who owns the directory", fault);
        }
    }

    /// <exception cref="IdentityException">The file is missing, open to others, or not a P-256 key.</exception>
    public static FileKey Load(string stateDirectory)
    {
        string path = Path.Combine(stateDirectory, FileName);
        ECDsa? key = null;
        try
        {
            if ((File.GetUnixFileMode(path) & ~OwnerOnly) is not 0)
                throw new IdentityException($"{path} can be read by others; `chmod 600 {path}`, or make a new identity if they may have done so");
            key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(path));
            if (key.KeySize != KeyBits || key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != P256Oid)
                throw new IdentityException($"{path} holds a key of another curve; a P-256 key is wanted, as `edgepeer init` writes it");
            return new FileKey(key);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IdentityException($"{path} is not there; `edgepeer init --config F` makes an identity for the configuration F", fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"{path} cannot be read ({fault.Message}); run as the user who owns it", fault);
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            key?.Dispose();
            throw new IdentityException($"{path} is not a private key in PEM; bring back the one that was there, or remove it and `edgepeer init`", fault);
        }
    }

    public void Dispose() => _key.Dispose();

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int KeyBits = 256;
    private const string P256Oid = "1.2.840.10045.3.1.7";
}
