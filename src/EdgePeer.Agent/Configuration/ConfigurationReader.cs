using System.Collections.Immutable;
using EdgePeer.Protocol;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Configuration;

/// <summary>Turns a file's tree into an <see cref="AgentConfiguration"/>, or into all the faults in it at once.</summary>
/// <param name="readFiles">The files that it names belong to it; false where they may not be there yet.</param>
internal sealed class ConfigurationReader(string file, ICollection<ConfigurationFault> faults, bool readFiles)
{
    private readonly string _directory = Path.GetDirectoryName(Path.GetFullPath(file))!;

    /// <returns>What could be read; of use only when no fault was added.</returns>
    public AgentConfiguration? Read(ConfigurationNode node)
    {
        if (ObjectReader.TryOpen(file, faults, node, ConfigurationKeys.Root, "a configuration") is not { } root)
            return null;
        string name = root.Name("name") ?? root.Missing("name", "add \"name\": \"barn-3\" or what this device is called");
        string directory = root.Text("stateDirectory") is { Length: > 0 } path
            ? Path.GetFullPath(path, _directory)
            : root.Missing("stateDirectory", "add \"stateDirectory\": \"/var/lib/edgepeer\" or where the journal is to lie");
        var transports = ReadTransports(root.Value("transports"));
        var pipes = ReadPipes(root.Value("pipes"));
        return new AgentConfiguration
        {
            Name = name,
            StateDirectory = directory,
            Group = new GroupReader(_directory, faults, readFiles).Read(Open(root, "group", ConfigurationKeys.Group)),
            Transports = transports,
            Pipes = pipes,
            Bridges = new BridgesReader(file, faults, root.Value("transports"), transports, pipes).Read(root.Value("bridges")),
            Journal = ReadJournal(root.Value("journal")),
            Api = Open(root, "api", ConfigurationKeys.Api) is { } api ? ApiReader.ReadApi(api) : new ApiConfiguration(),
            StatusPage = Open(root, "statusPage", ConfigurationKeys.StatusPage) is { } page ? new ApiReader(_directory, readFiles).ReadStatusPage(page) : null,
        };
    }

    private ImmutableArray<TransportConfiguration> ReadTransports(ConfigurationNode? node)
    {
        var transports = ImmutableArray.CreateBuilder<TransportConfiguration>();
        if (node is null || !IsObject(node, "\"transports\"", "write { \"lan\": { \"type\": \"ethernet\", … } }"))
            return [];
        if (node.Members.Length > Limits.TransportsMax)
            Fault(node, $"{node.Members.Length} transports", $"keep to {Limits.TransportsMax}");
        var reader = new TransportReader(file, _directory, readFiles, faults);
        foreach (var member in node.Members)
            if (CheckKeyName(member) && reader.Read(member) is { } transport)
                transports.Add(transport);
        return transports.ToImmutable();
    }

    private ImmutableSortedDictionary<PipeName, PipeOptions> ReadPipes(ConfigurationNode? node)
    {
        var pipes = ImmutableSortedDictionary.CreateBuilder<PipeName, PipeOptions>();
        if (node is null || !IsObject(node, "\"pipes\"", "write { \"readings\": { \"type\": \"reliable\" } }"))
            return pipes.ToImmutable();
        if (node.Members.Length > Limits.PipesMax)
            Fault(node, $"{node.Members.Length} pipes", $"keep to {Limits.PipesMax}");
        foreach (var member in node.Members)
            if (CheckKeyName(member) && ReadPipe(member) is { } pipe)
                pipes[PipeName.Parse(member.Key)] = pipe;
        return pipes.ToImmutable();
    }

    private PipeOptions? ReadPipe(ConfigurationMember member)
    {
        if (ObjectReader.TryOpen(file, faults, member.Value, ConfigurationKeys.Pipe, $"pipe \"{member.Key}\"") is not { } pipe)
            return null;
        var defaults = new PipeOptions();
        pipe.Choice("type", PipeTypes, PipeTypesLater);
        long? capacity = pipe.Size("capacity", PipeBytesMin, CapacityBytesMax), share = pipe.Size("share", PipeBytesMin, CapacityBytesMax);
        if (share > capacity)
            Fault(pipe.Value("share")!, $"\"share\" of pipe \"{member.Key}\" is more than its \"capacity\"", "keep free for a pipe at most what it may take");
        return defaults with
        {
            Priority = (byte)(pipe.Number("priority", 0, StreamKey.LaneCount - 1) ?? defaults.Priority),
            CapacityBytes = capacity,
            ShareBytes = share ?? 0,
            Ttl = pipe.Duration("ttl", TtlMin, TtlMax),
            WhenFull = pipe.Choice("whenFull", WhenFullWords, []) switch
            {
                "block" => WhenFull.Block,
                "reject" => WhenFull.Reject,
                "drop-oldest" => WhenFull.DropOldest,
                _ => defaults.WhenFull,
            },
            Order = pipe.Choice("order", OrderWords, []) switch
            {
                "oldest-first" => BacklogOrder.OldestFirst,
                "newest-first" => BacklogOrder.NewestFirst,
                _ => defaults.Order,
            },
        };
    }

    private JournalOptions ReadJournal(ConfigurationNode? node)
    {
        var defaults = new JournalOptions();
        if (node is null || ObjectReader.TryOpen(file, faults, node, ConfigurationKeys.Journal, "\"journal\"") is not { } journal)
            return defaults;
        return defaults with
        {
            CapacityBytes = journal.Size("capacity", CapacityBytesMin, CapacityBytesMax) ?? defaults.CapacityBytes,
            SyncWindow = journal.Duration("syncWindow", TimeSpan.Zero, SyncWindowMax) ?? defaults.SyncWindow,
        };
    }

    private ObjectReader? Open(ObjectReader root, string key, ConfigurationKeys keys) =>
        root.Value(key) is { } node ? ObjectReader.TryOpen(file, faults, node, keys, $"\"{key}\"") : null;

    private bool CheckKeyName(ConfigurationMember member)
    {
        if (PipeName.TryParse(member.Key, out _))
            return true;
        faults.Add(new ConfigurationFault(file, member.Line, member.Column, $"\"{member.Key}\" is not a name", ObjectReader.NameMend));
        return false;
    }

    private bool IsObject(ConfigurationNode node, string what, string mend)
    {
        if (node.Kind == NodeKind.Object)
            return true;
        Fault(node, $"{what} is {node.KindName}", mend);
        return false;
    }

    private void Fault(ConfigurationNode node, string what, string mend) =>
        faults.Add(new ConfigurationFault(file, node.Line, node.Column, what, mend));

    internal static readonly ImmutableArray<string> PipeTypes = ["reliable"];
    internal static readonly ImmutableArray<string> PipeTypesLater = ["datagram", "propagate", "stream"];
    internal static readonly ImmutableArray<string> WhenFullWords = ["block", "reject", "drop-oldest"];
    internal static readonly ImmutableArray<string> OrderWords = ["oldest-first", "newest-first"];

    // Below a megabyte the journal's reserves leave no room for a message; above a terabyte its segment numbers mean hours of recovery.
    private const long CapacityBytesMin = 1L << 20;
    private const long CapacityBytesMax = 1L << 40;

    // A quarter of it is the longest message of the pipe.
    private const long PipeBytesMin = 1L << 16;

    // Running time is told apart by fifths of a second; a century is for ever.
    internal static readonly TimeSpan TtlMin = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan TtlMax = TimeSpan.FromDays(36_500);

    // Receivers state the window to senders, who wait that long before they ask: beyond ten seconds a lost sync looks like a dead peer.
    private static readonly TimeSpan SyncWindowMax = TimeSpan.FromSeconds(10);
}
