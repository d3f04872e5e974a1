using System.Net;
using System.Text.Json;
using EdgePeer.Agent.Demo.Rig;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent.Demo;

/// <summary>
/// The place where the demo happens: three peers, a cable between all of them, a radio between two, a broker for all where the machine
/// has one, and a directory that is gone afterwards.
/// </summary>
internal sealed class DemoSite : IAsyncDisposable
{
    private readonly bool _keep;
    private readonly DirectoryInfo _directory;

    // Of this run alone: nobody else on the machine is in its group.
    private readonly GroupSecret _secret = GroupSecretFile.NewSecret();

    /// <exception cref="System.ComponentModel.Win32Exception">The system has no ptys to give.</exception>
    public DemoSite(bool keep)
    {
        _keep = keep;
        // First what a system may refuse: nothing is left behind then.
        Radio = new EmulatedRadio(Baud, BitErrorRate, RadioSeed);
        Cable = new EmulatedCable(Names.Count);
        _directory = System.IO.Directory.CreateTempSubdirectory("edgepeer-demo-");
        if (LocalBroker.MissingPackage is null)
            Broker = new LocalBroker(_directory.CreateSubdirectory(BrokerName).FullName);
        Peers = [.. Names.Select(Settle)];
    }

    public const int Barn = 0, Field = 1, House = 2;

    public static IReadOnlyList<string> Names { get; } = ["barn", "field", "house"];

    public const int Baud = 57_600;
    public const double BitErrorRate = 1e-5;
    public const string CableName = "cable";
    public const string RadioName = "radio";
    public const string BrokerName = "broker";

    public EmulatedCable Cable { get; }

    public EmulatedRadio Radio { get; }

    /// <summary>Null where the machine lacks what it takes.</summary>
    public LocalBroker? Broker { get; }

    public IReadOnlyList<PeerProcess> Peers { get; }

    public string Directory => _directory.FullName;

    /// <summary>How many links the peer has to others when nothing is cut: one by cable and by broker to each, and the radio.</summary>
    public int LinksOf(int place) => ((Names.Count - 1) * (Broker is null ? 1 : 2)) + (RadioPort(place) is null ? 0 : 1);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Peers.Select(peer => peer.DisposeAsync().AsTask()));
        Broker?.Dispose();
        await Cable.DisposeAsync();
        Radio.Dispose();
        if (!_keep)
            _directory.Delete(recursive: true);
    }

    private PeerProcess Settle(string name, int place)
    {
        var directory = _directory.CreateSubdirectory(name);
        string state = Path.Combine(directory.FullName, "state");
        using var key = FileKey.Create(state);
        GroupSecretFile.Write(Path.Combine(directory.FullName, SecretFile), GroupName, [_secret]);
        var peer = new PeerProcess(name, key.PeerId, directory.FullName);
        File.WriteAllBytes(peer.ConfigurationPath, Configuration(name, place, state));
        return peer;
    }

    private byte[] Configuration(string name, int place, string state)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("stateDirectory", state);
            json.WriteStartObject("group");
            json.WriteString("name", GroupName);
            json.WriteString("secretFile", SecretFile);
            json.WriteEndObject();
            json.WriteStartObject("transports");
            WriteCable(json, place);
            if (RadioPort(place) is { } port)
                WriteRadio(json, port);
            if (Broker is not null)
                WriteBroker(json, Broker);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private void WriteCable(Utf8JsonWriter json, int place)
    {
        json.WriteStartObject(CableName);
        json.WriteString("type", "ethernet");
        json.WriteString("listen", Cable.Listen(place).ToString());
        json.WriteStartArray("seeds");
        for (int other = 0; other < Names.Count; other++)
            if (other != place)
                json.WriteStringValue(Cable.Seed(place, other).ToString());
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRadio(Utf8JsonWriter json, string port)
    {
        json.WriteStartObject(RadioName);
        json.WriteString("type", "serial");
        json.WriteString("port", port);
        json.WriteNumber("baud", Baud);
        json.WriteEndObject();
    }

    private static void WriteBroker(Utf8JsonWriter json, LocalBroker broker)
    {
        json.WriteStartObject(BrokerName);
        json.WriteString("type", "mqtt");
        json.WriteString("broker", $"mqtt://{IPAddress.Loopback}:{broker.Port}");
        json.WriteString("topicRoot", "edgepeer/demo");
        json.WriteEndObject();
    }

    private string? RadioPort(int place) => place switch { Barn => Radio.LeftPort, Field => Radio.RightPort, _ => null };

    private const string GroupName = "demo";
    private const string SecretFile = "group.key";

    // The same bits are turned over in every run; what they hit differs.
    private const int RadioSeed = 7;
}
