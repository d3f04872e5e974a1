using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePeer.SystemTests.Support;

/// <summary>Paths of PEM files.</summary>
internal sealed record CertificateFiles(string CertificateFile, string KeyFile);

/// <summary>A certificate authority of one test, and what it has signed, in a directory of its own.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly X509Certificate2 _certificate;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=test authority {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(2));
        AuthorityFile = _directory.Write("authority.pem", _certificate.ExportCertificatePem());
    }

    public string AuthorityFile { get; }

    /// <summary>For a broker at a name or an address.</summary>
    public CertificateFiles Issue(string host, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var until = DateTimeOffset.UtcNow.AddDays(expired ? -1 : 30);
        using var signed = Request(host, key).Create(_certificate, until.AddDays(-60), until, RandomNumberGenerator.GetBytes(8));
        return Write(signed, key);
    }

    /// <summary>Signed by nobody but itself.</summary>
    public CertificateFiles SelfSigned(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Request(host, key).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        return Write(signed, key);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _directory.Dispose();
    }

    private static CertificateRequest Request(string host, ECDsa key)
    {
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private CertificateFiles Write(X509Certificate2 certificate, ECDsa key)
    {
        string name = $"{Guid.NewGuid():N}";
        return new CertificateFiles(_directory.Write($"{name}.pem", certificate.ExportCertificatePem()), _directory.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
