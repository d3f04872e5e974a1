using EdgePeer.Transports.Mqtt.Connecting;

namespace EdgePeer.Transports.Mqtt;

/// <summary>How to reach a broker.</summary>
public sealed record MqttBroker
{
    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>Null where the connection is not encrypted by TLS.</summary>
    public MqttTls? Tls { get; init; }

    /// <summary>Null for none.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    public override string ToString() => $"{(Tls is null ? "mqtt" : "mqtts")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}

/// <summary>Paths of PEM files.</summary>
/// <param name="AuthorityFile">Whose certificates are believed; null for those of the system. The broker's own certificate pins it.</param>
/// <param name="CertificateFile">This client's, and what stands between it and its authority; null for none.</param>
public sealed record MqttTls(string? AuthorityFile, string? CertificateFile, string? KeyFile)
{
    /// <summary>Reads the files.</summary>
    /// <returns>Null where they can be used.</returns>
    public MqttTlsFault? FindFault()
    {
        if (!TlsFiles.TryRead(this, out var files, out var fault))
            return fault;
        files.Dispose();
        return null;
    }
}

/// <summary>A file of TLS that cannot be used.</summary>
/// <param name="Key">Which, as the configuration calls it.</param>
/// <param name="What">With its path.</param>
public sealed record MqttTlsFault(string Key, string What, string Mend);

/// <summary>One configured MQTT transport.</summary>
public sealed record MqttOptions
{
    /// <summary>The name in the configuration.</summary>
    public required string Name { get; init; }

    public required MqttBroker Broker { get; init; }

    /// <summary>Topics of the group begin with it; without a slash at its end.</summary>
    public required string TopicRoot { get; init; }

    /// <summary>Relative cost of a byte.</summary>
    public int Cost { get; init; } = 30;

    /// <summary>Whether topics can begin with it.</summary>
    public static bool IsTopicRoot(string? text) => MqttTopics.IsRoot(text);

    /// <summary>Whether the filter, or topic, stands for such that frames below that root go through.</summary>
    public static bool CarriesFrames(string root, string filter) => MqttTopics.Overlaps(root, filter);

    /// <exception cref="ArgumentException">A value can't be used.</exception>
    internal void Check()
    {
        ArgumentException.ThrowIfNullOrEmpty(Name);
        ArgumentException.ThrowIfNullOrEmpty(Broker.Host);
        if (!MqttTopics.IsRoot(TopicRoot))
            throw new ArgumentException($"topic root '{TopicRoot}' can't be used: 1 to {MqttTopics.RootBytesMax} bytes, without + and #, and no slash at either end", nameof(TopicRoot));
    }
}

public enum MqttVersion : byte
{
    /// <summary>3.1.1.</summary>
    Three = 4,

    Five = 5,
}
