using System.Runtime.InteropServices;
using System.Threading.Channels;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Cli;
using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Running;

/// <summary>The agent in the foreground: from the configuration to the last sync.</summary>
internal sealed class AgentProcess(string configurationPath, string socketPath, bool insecureLab)
{
    /// <summary>Runs until a signal or a failure ends it.</summary>
    /// <exception cref="CommandException">It could not start.</exception>
    public async Task<ExitCode> RunAsync()
    {
        var orders = Channel.CreateUnbounded<Order>();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop()
        {
            orders.Writer.TryWrite(Order.Stop);
            stopped.TrySetResult();
        }
        using var terminate = Catch(PosixSignal.SIGTERM, Stop);
        using var interrupt = Catch(PosixSignal.SIGINT, Stop);
        using var hangUp = Catch(PosixSignal.SIGHUP, () => orders.Writer.TryWrite(Order.Reload));

        KernelCount.Begin();
        var configuration = LoadConfiguration();
        using var key = LoadKey(configuration);
        var peer = key.PeerId;
        using var notifier = new SystemdNotifier(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
        var store = new MembersStore(configuration.StateDirectory, AgentLog.Write);
        await using var host = OpenHost(configuration, key, store, TakeMembers(configuration, peer, store));
        // A flash that takes no writes, as a full one, can keep it waiting for days.
        if (await Task.WhenAny(host.StartAsync(), stopped.Task) == stopped.Task)
        {
            AgentLog.Write("stopping: the journal had not recovered yet; it does at the next start");
            return ExitCode.Done;
        }
        await using var bridges = new BridgeSet(host, new BridgeOwner(peer, configuration.Name, AgentLog.Write));
        await bridges.UseAsync(configuration.Bridges);
        await using var api = await StartApiAsync(host, bridges, key, configuration);
        await using var watchdog = SystemdNotifier.WatchdogInterval(Environment.GetEnvironmentVariable("WATCHDOG_USEC")) is { } interval
            ? new Watchdog(host, notifier, interval)
            : null;

        // What the journal's recovery has read and dropped goes back to the system: a large backlog would keep it for good.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        await Console.Out.WriteLineAsync($"ready {peer}");
        await Console.Out.FlushAsync();
        AgentLog.Write($"{configuration.Name}: transports {string.Join(", ", configuration.Transports.Select(transport => transport.Name))}; journal in {configuration.StateDirectory}; API on {socketPath}{(configuration.StatusPage is { } page ? $" and http://{page.Listen}" : "")}");
        foreach (string remark in LabGuard.Remarks(configuration))
            AgentLog.Write(remark);
        notifier.Ready();
        var reload = new ConfigurationReload(configurationPath, insecureLab, host, bridges, peer, store, configuration);
        var exitCode = await ObeyAsync(orders.Reader, host, notifier, reload);
        notifier.Stopping();
        return exitCode;
    }

    private static async Task<ExitCode> ObeyAsync(ChannelReader<Order> orders, PeerHost host, SystemdNotifier notifier, ConfigurationReload reload)
    {
        while (true)
        {
            var order = orders.ReadAsync().AsTask();
            if (await Task.WhenAny(order, host.Failed) == host.Failed)
            {
                AgentLog.Write($"the agent cannot go on: {await host.Failed}; systemd or a person has to start it again, and the journal recovers");
                return ExitCode.Failed;
            }
            if (await order == Order.Stop)
            {
                AgentLog.Write("stopping: the journal is synced first");
                return ExitCode.Done;
            }
            notifier.Reloading(TimeSpan.FromMilliseconds(Environment.TickCount64));
            await reload.RunAsync();
            notifier.Ready();
        }
    }

    private AgentConfiguration LoadConfiguration()
    {
        var configuration = ConfigurationFile.Load(configurationPath);
        if (!insecureLab && LabGuard.Objections(configuration) is { Count: > 0 } objections)
            throw new CommandException(ExitCode.Refused, string.Join(Environment.NewLine, objections));
        return configuration;
    }

    private static FileKey LoadKey(AgentConfiguration configuration)
    {
        try
        {
            return FileKey.Load(configuration.StateDirectory);
        }
        catch (IdentityException fault)
        {
            throw new CommandException(ExitCode.Failed, fault.Message, fault);
        }
    }

    private static MemberList? TakeMembers(AgentConfiguration configuration, PeerId peer, MembersStore store)
    {
        try
        {
            var members = store.Take(configuration.Group);
            if (members is not null && !members.Contains(peer))
                throw new CommandException(ExitCode.Refused, $"this peer, {peer}, is not in version {members.Version} of the members of group \"{members.Group}\"; the authority adds it with `edgepeer group members add`");
            return members;
        }
        catch (MembershipException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
    }

    private static PeerHost OpenHost(AgentConfiguration configuration, FileKey key, MembersStore store, MemberList? members)
    {
        try
        {
            return PeerHost.Open(new PeerHostOptions
            {
                Node = new NodeOptions
                {
                    Peer = key.PeerId,
                    Key = key,
                    Cryptography = SystemCryptography.Instance,
                    Name = configuration.Name,
                    Group = configuration.Group.Name,
                    GroupSecrets = configuration.Group.Secrets,
                    Members = members,
                    SyncWindow = configuration.Journal.SyncWindow,
                    Pipes = configuration.Pipes,
                },
                Journal = configuration.Journal,
                StateDirectory = configuration.StateDirectory,
                Transports = [.. configuration.Transports.Select(TransportFactory.Make)],
                KeepMembers = store.Keep,
                Log = AgentLog.Write,
            });
        }
        catch (StateDirectoryBusyException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.Failed, $"{configuration.StateDirectory}: {fault.Message}", fault);
        }
    }

    private async Task<ApiServer> StartApiAsync(PeerHost host, BridgeSet bridges, FileKey key, AgentConfiguration configuration)
    {
        try
        {
            return await ApiServer.StartAsync(host, bridges, new IdentityView(key.PeerId.ToString(), key.PublicPem), key.PeerId, configuration, socketPath);
        }
        catch (SocketBusyException fault)
        {
            throw new CommandException(ExitCode.Refused, fault.Message, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            throw new CommandException(ExitCode.Failed, $"the local API cannot listen: {fault.Message}", fault);
        }
    }

    private static PosixSignalRegistration Catch(PosixSignal signal, Action obey) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            obey();
        });

    private enum Order
    {
        Stop,
        Reload,
    }
}
