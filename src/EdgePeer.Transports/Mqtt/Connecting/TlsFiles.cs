using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>The files of TLS, read: whom to believe, and what to show.</summary>
internal sealed class TlsFiles : IDisposable
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly X509Certificate2Collection _own = [];
    private readonly SslStreamCertificateContext? _shown;

    private TlsFiles(X509Certificate2Collection? authorities, X509Certificate2? own, X509Certificate2Collection chain)
    {
        _authorities = authorities;
        if (own is null)
            return;
        _own.Add(own);
        _own.AddRange(chain);
        // What stands behind the first one in its file goes along.
        _shown = SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    /// <summary>Why the broker's certificate was not accepted, as the end of a sentence; null while it was not refused.</summary>
    public string? Refusal { get; private set; }

    public static bool TryRead(MqttTls tls, [NotNullWhen(true)] out TlsFiles? files, [NotNullWhen(false)] out MqttTlsFault? fault)
    {
        files = null;
        X509Certificate2Collection? authorities = null;
        if (tls.AuthorityFile is { } authorityFile && !TryReadCertificates("caFile", authorityFile, out authorities, out fault))
            return false;
        if (tls.CertificateFile is null || tls.KeyFile is null)
        {
            (files, fault) = (new TlsFiles(authorities, null, []), null);
            return true;
        }
        if (!TryReadCertificates("certificateFile", tls.CertificateFile, out var chain, out fault) || !TryReadText("keyFile", tls.KeyFile, out string? key, out fault))
            return false;
        var first = chain[0];
        chain.RemoveAt(0);
        if (!TryJoin(first, tls.CertificateFile, key, tls.KeyFile, out var own, out fault))
            return false;
        files = new TlsFiles(authorities, own, chain);
        return true;
    }

    /// <summary>For the broker at a host: its chain, dates and host name are checked, by what is here alone.</summary>
    public SslClientAuthenticationOptions Options(string host) => new()
    {
        TargetHost = host,
        ClientCertificateContext = _shown,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => (Refusal = Judge(certificate as X509Certificate2, chain, errors, host)) is null,
    };

    public void Dispose()
    {
        foreach (var certificate in _own.Concat(_authorities ?? []))
            certificate.Dispose();
    }

    private X509ChainPolicy Policy()
    {
        // Nothing is fetched: a device may have no other way out, and who it asks what is nobody's business.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (_authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_authorities);
        }
        return policy;
    }

    private string? Judge(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, string host)
    {
        if (certificate is null || chain is null)
            return "it shows none";
        // The broker's own certificate, named as the one to believe, needs nobody's signature.
        bool pinned = _authorities?.Any(one => one.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)) == true;
        foreach (var status in chain.ChainStatus)
            if (status.Status != X509ChainStatusFlags.NoError && !(pinned && status.Status is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.UntrustedRoot))
                return status.StatusInformation.Trim().TrimEnd('.');
        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
            return $"it is not for the host name {host}";
        // Of a pinned one the chain does not count; else what is wrong with it was found above.
        return errors == SslPolicyErrors.None || (pinned && errors == SslPolicyErrors.RemoteCertificateChainErrors) ? null : "it leads to nobody who is trusted";
    }

    private static bool TryReadCertificates(string key, string path, [NotNullWhen(true)] out X509Certificate2Collection? certificates, [NotNullWhen(false)] out MqttTlsFault? fault)
    {
        certificates = null;
        if (!TryReadText(key, path, out string? text, out fault))
            return false;
        certificates = [];
        try
        {
            certificates.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            // The same as none.
            certificates.Clear();
        }
        if (certificates.Count > 0)
            return true;
        fault = new MqttTlsFault(key, $"\"{key}\" {path} holds no certificate in PEM", "name a PEM file: text with -----BEGIN CERTIFICATE-----");
        return false;
    }

    private static bool TryReadText(string key, string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out MqttTlsFault? fault)
    {
        (text, fault) = (null, null);
        try
        {
            text = File.ReadAllText(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string what = e is FileNotFoundException or DirectoryNotFoundException ? "is not there" : e is UnauthorizedAccessException ? "may not be read by this user" : $"cannot be read: {e.Message}";
            fault = new MqttTlsFault(key, $"\"{key}\" {path} {what}", "name a PEM file that this user may read");
            return false;
        }
    }

    private static bool TryJoin(
        X509Certificate2 certificate, string certificateFile, string key, string keyFile, [NotNullWhen(true)] out X509Certificate2? own, [NotNullWhen(false)] out MqttTlsFault? fault)
    {
        (own, fault) = (null, null);
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            fault = new MqttTlsFault("keyFile", $"\"keyFile\" {keyFile} is encrypted", "name one without a passphrase, which only this user may read");
            return false;
        }
        if (!key.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            fault = new MqttTlsFault("keyFile", $"\"keyFile\" {keyFile} holds no key in PEM", "name a PEM file: text with -----BEGIN PRIVATE KEY-----");
            return false;
        }
        try
        {
            own = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            fault = new MqttTlsFault("keyFile", $"\"keyFile\" {keyFile} holds no key of the first certificate in {certificateFile}", "name the two that belong together");
            return false;
        }
    }
}
