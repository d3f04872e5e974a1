using System.Security.Cryptography;
using System.Text;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Flash;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Identity;

/// <summary>A P-256 key in a PEM file that only its owner may read: a peer's identity, or the authority of a group.</summary>
internal sealed class FileKey : IPeerKey
{
    public const string FileName = "identity.pem";

    private readonly ECDsa _key;
    private readonly P256KeyPair _pair;

    private FileKey(ECDsa key)
    {
        _key = key;
        byte[] scalar = key.ExportParameters(includePrivateParameters: true).D!;
        _pair = P256.Import(scalar);
        CryptographicOperations.ZeroMemory(scalar);
    }

    public ReadOnlySpan<byte> PublicKey => _pair.PublicKey;

    public PeerId PeerId => PeerIdentity.Of(PublicKey);

    /// <summary>As other programs read it: SubjectPublicKeyInfo, RFC 5480.</summary>
    public string PublicPem => _key.ExportSubjectPublicKeyInfoPem();

    public bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret) => _pair.TryAgree(other, secret);

    public void Sign(ReadOnlySpan<byte> statement, Span<byte> signature) => _pair.Sign(statement, signature);

    public static FileKey Generate() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Makes an identity and writes it.</summary>
    /// <exception cref="IdentityException">There is one already, or the directory cannot be written.</exception>
    public static FileKey Create(string stateDirectory)
    {
        var key = Generate();
        try
        {
            key.WriteIdentity(stateDirectory);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Loads a peer's identity.</summary>
    /// <exception cref="IdentityException">The file is missing, open to others, or not a P-256 key.</exception>
    public static FileKey Load(string stateDirectory)
    {
        string path = Path.Combine(stateDirectory, FileName);
        return File.Exists(path) ? Read(path) : throw new IdentityException($"{path} is not there; `edgepeer init --config F` makes an identity for the configuration F");
    }

    /// <summary>Reads a private key that this program or another has written: PKCS #8 or SEC 1, without a passphrase.</summary>
    /// <exception cref="IdentityException">The file is missing, open to others, or not a P-256 key.</exception>
    public static FileKey Read(string path)
    {
        if (!OwnersFile.TryReadText(path, out string? pem, out var fault))
            throw new IdentityException($"{path} {fault.What}; {fault.Mend}");
        if (pem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal) || pem.Contains("Proc-Type: 4,ENCRYPTED", StringComparison.Ordinal))
            throw new IdentityException($"{path} has a passphrase, and an agent starts with nobody there to type it; `openssl pkey -in {path} -out NEW` writes the key without one");
        ECDsa? key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.KeySize != KeyBits || key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != P256Oid)
                throw new IdentityException($"{path} holds a key of another curve; a P-256 key is wanted, as `edgepeer init` writes it");
            var read = new FileKey(key);
            key = null;
            return read;
        }
        catch (Exception problem) when (problem is ArgumentException or CryptographicException)
        {
            throw new IdentityException($"{path} is not a private key in PEM; bring back the one that was there, or make a new one elsewhere", problem);
        }
        finally
        {
            key?.Dispose();
        }
    }

    /// <summary>Writes the key as a peer's identity; never over one that is there, which other peers may know.</summary>
    /// <exception cref="IdentityException">There is one already, or the directory cannot be written.</exception>
    public void WriteIdentity(string stateDirectory)
    {
        try
        {
            Directory.CreateDirectory(stateDirectory, OwnersFile.Mode | UnixFileMode.UserExecute);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(stateDirectory, fault);
        }
        Write(Path.Combine(stateDirectory, FileName), "other peers may know this one by it");
    }

    /// <param name="worth">Why a file that is there is not written over.</param>
    /// <exception cref="IdentityException">The file is there already, or cannot be written.</exception>
    public void Write(string path, string worth)
    {
        byte[] pem = Encoding.ASCII.GetBytes(_key.ExportPkcs8PrivateKeyPem() + "\n");
        try
        {
            DurableFile.Create(path, pem, OwnersFile.Mode);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path) ? new IdentityException($"{path} exists, and {worth}; remove it first if it is to be lost") : CannotWrite(path, fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pem);
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        _pair.Dispose();
    }

    private static IdentityException CannotWrite(string path, Exception fault) =>
        new($"{path} cannot be written ({fault.Message.TrimEnd('.')}); run as the user who owns the directory", fault);

    private const int KeyBits = 256;
    private const string P256Oid = "1.2.840.10045.3.1.7";
}
