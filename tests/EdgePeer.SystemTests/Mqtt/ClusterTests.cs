using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Mqtt;

/// <summary>A broker that is a cluster, reached by one address as through a balancer: its nodes die, and nothing is lost from end to end.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class ClusterTests
{
    [Fact]
    public async Task Each_message_reaches_a_consumer_in_order_while_nodes_of_a_cluster_are_killed_under_load()
    {
        int part = Effort.Of(300, 5_000), rounds = Effort.Of(1, NatsCluster.Nodes);
        await using var cluster = await NatsCluster.StartAsync();
        // The device's node is the consumer's last choice, and the other way round.
        await using var way = new TcpProxy([.. cluster.Ports]);
        await using var consumersWay = new TcpProxy([.. cluster.Ports.Reverse()]);
        await using var device = new BridgedDevice(way.Port, Bridge);
        using var consumer = new Consumer(consumersWay.Port, "farm/barn-3/readings/+", idInTopic: true);
        await consumer.HearsAsync();
        await device.StartAsync();
        int sent = 0;
        for (int node = 0; node < rounds; node++)
        {
            await device.SendAsync("readings", sent, part);
            sent += part;
            await Wait.UntilAsync("some have come", () => consumer.Count > sent - part + (part / 10), Long);
            await cluster.KillAsync(node);
            await device.SendAsync("readings", sent, part);
            sent += part;
            await AllComeAsync(consumer, sent);
            cluster.Start(node);
            await cluster.TakesAsync(node);
        }
        var numbers = consumer.Messages.Select(message => message.Number).ToList();
        Assert.Equal(Enumerable.Range(0, sent), numbers);
        TestContext.Current.TestOutputHelper!.WriteLine($"{sent} messages through {rounds} kills of nodes, all once and in order; {consumer.Repeats} repeats dropped by their ids");
    }

    private static Task AllComeAsync(Consumer consumer, int sent) => Wait.UntilAsync($"all {sent} have come", () => consumer.Count == sent, Long);

    // Debian's nats-server speaks MQTT 3.1.1: ids are in the topic.
    private const string Bridge = """{ "pipe": "readings", "transport": "cloud", "topic": "farm/{name}/readings/{id}", "direction": "to-broker" }""";

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);
}
