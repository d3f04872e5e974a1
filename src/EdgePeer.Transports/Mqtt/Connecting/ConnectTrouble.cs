using System.Net.Sockets;

namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>Why a connection never came to be, or ended, as one line for a person.</summary>
internal static class ConnectTrouble
{
    public static MqttEnd Nobody(MqttBroker broker) =>
        new(MqttEndKind.NotReached, $"no connection to {broker}: nobody has answered within {Limits.ConnectWait.TotalSeconds} s; check host and port, and that a broker runs there");

    /// <summary>TLS could not be agreed on, or ended before an answer.</summary>
    /// <param name="refusal">What is wrong with the broker's certificate; null for nothing.</param>
    public static MqttEnd OfTls(MqttBroker broker, Exception fault, string? refusal)
    {
        if (refusal is not null)
            return new MqttEnd(MqttEndKind.Refused, $"{broker}: its certificate is not accepted: {refusal}; check the certificate's authority (\"caFile\" names whom to believe), its dates and its name");
        string words = WordsOf(fault);
        // An alert is the other side's word.
        return words.Contains(" alert ", StringComparison.Ordinal)
            ? new MqttEnd(MqttEndKind.Refused, $"{broker} ends TLS: {words}; check \"certificateFile\" and \"keyFile\", and which clients the broker accepts")
            : new MqttEnd(MqttEndKind.NotReached, $"no TLS with {broker}: {words}; check host and port; where the port is not for TLS, write mqtt://");
    }

    /// <summary>The connection has broken before an answer.</summary>
    public static MqttEnd Unanswered(MqttBroker broker, Exception fault) =>
        broker.Tls is null ? Closed(broker)
        : WordsOf(fault).Contains(" alert ", StringComparison.Ordinal) ? OfTls(broker, fault, null)
        : new MqttEnd(MqttEndKind.NotReached, $"{broker} ends TLS without a word: check host and port; where the broker asks for a certificate, \"certificateFile\" and \"keyFile\"");

    /// <summary>Closed in place of an answer: what an older broker does with a newer opening, and so does what is no broker.</summary>
    public static MqttEnd Closed(MqttBroker broker) => new(
        MqttEndKind.OtherVersion,
        $"{broker} closed the connection in place of an answer: check host and port{(broker.Tls is null ? "; where the port is for TLS, write mqtts://" : "; where the broker asks for a certificate, \"certificateFile\" and \"keyFile\"")}");

    /// <summary>The innermost words, which are the system's, or OpenSSL's without its numbers.</summary>
    public static string WordsOf(Exception fault)
    {
        var innermost = fault;
        while (innermost.InnerException is { } inner)
            innermost = inner;
        string words = innermost is SocketException ? innermost.Message : innermost.Message.Replace('\n', ' ');
        return (words.StartsWith("error:", StringComparison.Ordinal) ? words[(words.LastIndexOf(':') + 1)..] : words).Trim().TrimEnd('.');
    }
}
