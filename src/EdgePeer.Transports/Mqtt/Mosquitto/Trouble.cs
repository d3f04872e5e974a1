using System.Runtime.InteropServices;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary>Why a connection never came to be, as one line for a person.</summary>
/// <param name="Error">What the library returned.</param>
/// <param name="Errno">What the system said at that moment.</param>
/// <param name="Complaint">The first error that the library logged; empty for none.</param>
/// <param name="CertificateFault">What OpenSSL has against the broker's certificate; null for nothing.</param>
internal readonly record struct Trouble(MosquittoError Error, int Errno, string Complaint, string? CertificateFault)
{
    public MqttEnd EndOf(MqttBroker broker)
    {
        if (CertificateFault is not null || Complaint.Contains("host name verification", StringComparison.Ordinal))
            return new MqttEnd(MqttEndKind.Refused, $"{broker}: its certificate is not accepted: {CertificateFault ?? $"it is not for the host name {broker.Host}"}; check the certificate's authority (\"caFile\" names whom to believe), its dates and its name");
        if (Complaint.Contains("check cafile", StringComparison.Ordinal) || Complaint.Contains("client certificate", StringComparison.OrdinalIgnoreCase) || Complaint.Contains("client key", StringComparison.Ordinal))
            return new MqttEnd(MqttEndKind.Refused, $"{broker} cannot be tried: {Words}; name a PEM file");
        if (Complaint.StartsWith(OpenSsl, StringComparison.Ordinal))
            return OfTls(broker);
        return Error switch
        {
            MosquittoError.Tls or MosquittoError.TlsHandshake => OfTls(broker),
            // The library's way to say that OpenSSL knows no reason, or the system's that nobody reads any more.
            MosquittoError.Errno when broker.Tls is not null && Errno is (Interop.Errno.Protocol or Interop.Errno.BrokenPipe or Interop.Errno.ConnectionReset) =>
                new MqttEnd(MqttEndKind.NotReached, $"{broker} ends TLS without a word: check host and port; where the broker asks for a certificate, \"certificateFile\" and \"keyFile\""),
            // Closed, or nonsense, in place of an answer: what an older broker does with a newer opening, and so does what is no broker.
            MosquittoError.Protocol or MosquittoError.MalformedPacket =>
                new MqttEnd(MqttEndKind.OtherVersion, $"{broker} does not answer as a broker of MQTT 5 or 3.1.1 does: check host and port"),
            MosquittoError.ConnectionLost =>
                new MqttEnd(MqttEndKind.OtherVersion, $"{broker} closed the connection in place of an answer: check host and port{(broker.Tls is null ? "; where the port is for TLS, write mqtts://" : "")}"),
            MosquittoError.Lookup => new MqttEnd(MqttEndKind.NotReached, $"no connection to {broker}: the name {broker.Host} does not resolve: check it, and the DNS of this machine"),
            _ => new MqttEnd(MqttEndKind.NotReached, $"no connection to {broker}: {Words}; check host and port, and that a broker runs there"),
        };
    }

    /// <summary>What was said last, without the mend.</summary>
    public string Words =>
        Complaint.StartsWith(OpenSsl, StringComparison.Ordinal) ? Complaint[(Complaint.LastIndexOf(':') + 1)..].Trim()
        : Complaint != "" ? Complaint.Replace("Error: ", "", StringComparison.Ordinal).TrimEnd('.')
        : Error == MosquittoError.Errno ? Marshal.GetPInvokeErrorMessage(Errno)
        : Error == MosquittoError.ConnectionLost ? "the other side has ended it"
        : Libmosquitto.Describe((int)Error).TrimEnd('.');

    // An alert is the other side's word.
    private MqttEnd OfTls(MqttBroker broker) => Words.Contains(" alert ", StringComparison.Ordinal)
        ? new MqttEnd(MqttEndKind.Refused, $"{broker} ends TLS: {Words}; check \"certificateFile\" and \"keyFile\", and which clients the broker accepts")
        : new MqttEnd(MqttEndKind.NotReached, $"no TLS with {broker}: {Words}; check host and port; where the port is not for TLS, write mqtt://");

    private const string OpenSsl = "OpenSSL Error";
}
