using System.Text.Json;
using System.Text.Json.Nodes;
using EdgePeer.Agent;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>Holds the schema that editors get and the loader that agents run together.</summary>
public sealed class ConfigurationSchemaTests
{
    private readonly SchemaChecker _schema = new(EmbeddedFiles.ReadText("edgepeer.schema.json"));

    [Fact]
    public void Schema_and_loader_know_the_same_keys()
    {
        Assert.Equal(Sorted(ConfigurationKeys.Root), _schema.Keys("#"));
        Assert.Equal(Sorted(ConfigurationKeys.Group), _schema.Keys("#/properties/group"));
        Assert.Equal(Sorted(ConfigurationKeys.Ethernet), _schema.Keys("#/$defs/ethernet"));
        Assert.Equal(Sorted(ConfigurationKeys.Serial), _schema.Keys("#/$defs/serial"));
        Assert.Equal(Sorted(ConfigurationKeys.Mqtt), _schema.Keys("#/$defs/mqtt"));
        Assert.Equal(Sorted(ConfigurationKeys.ToBroker), _schema.Keys("#/$defs/toBroker"));
        Assert.Equal(Sorted(ConfigurationKeys.FromBroker), _schema.Keys("#/$defs/fromBroker"));
        Assert.Equal(Sorted(ConfigurationKeys.Pipe), _schema.Keys("#/$defs/pipe"));
        Assert.Equal(Sorted(ConfigurationKeys.Journal), _schema.Keys("#/$defs/journal"));
        Assert.Equal(Sorted(ConfigurationKeys.Api), _schema.Keys("#/$defs/api"));
        Assert.Equal(Sorted(ConfigurationKeys.StatusPage), _schema.Keys("#/$defs/statusPage"));
    }

    [Theory]
    [InlineData("device-configs/loopback-a.json")]
    [InlineData("device-configs/loopback-b.json")]
    [InlineData("device-configs/field-radio.json")]
    [InlineData("device-configs/behind-a-firewall.json")]
    [InlineData("device-configs/gateway-with-bridges.json")]
    public void Examples_pass_schema_and_loader(string example)
    {
        // The files that they name are each device's own.
        using var directory = new TemporaryDirectory();
        string path = directory.File(Path.Combine("device", example));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(directory.File("device/artifacts"));
        File.Copy(Path.Combine(Repository.Root, example), path);
        var group = ConfigurationFile.LoadAlone(path).Group;
        GroupSecretFile.Write(group.SecretFile!, group.Name, [GroupSecretFile.NewSecret()]);
        PasswordFile.Write(Path.Combine(Path.GetDirectoryName(path)!, "broker.password"), "secret");

        Assert.True(ConfigurationFile.TryLoad(path, out _, out var faults), string.Join('\n', faults));
        Assert.Null(_schema.Objection(Parse(File.ReadAllText(path))));
    }

    [Theory]
    [MemberData(nameof(ConfigurationCases.Refused), MemberType = typeof(ConfigurationCases))]
    public void What_the_loader_refuses_the_schema_refuses_too(string marked, string what, string mend)
    {
        bool structural = !NotForSchemas.Any(word => what.Contains(word, StringComparison.Ordinal) || mend.Contains(word, StringComparison.Ordinal));

        if (structural)
            Assert.NotNull(_schema.Objection(Parse(marked.Replace("^", "", StringComparison.Ordinal))));
    }

    // Syntax is the editor's own business, and the meaning of addresses and of sums is not for a schema.
    private static readonly string[] NotForSchemas = ["not JSON", "a second time", "not an address", "not a multicast group", "a second group", "64KiB to", "1MiB to", "0ms to 10s", "typing error", "is not there", "name a PEM file", "reached from other machines", "is reached without TLS", "a client certificate takes", "no transport of type mqtt", "a second bridge", "frames of transport", "has a brace", "a # that is not", "beside \"envelope\"", "of an envelope"];

    private static JsonNode? Parse(string text) =>
        JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });

    private static IEnumerable<string> Sorted(ConfigurationKeys keys) => keys.Known.Order(StringComparer.Ordinal);
}
