using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;
using EdgePeer.Transports.Ethernet;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;
using EdgePeer.Transports.Serial;

namespace EdgePeer.Agent.Running;

/// <summary>Makes what the configuration names; nothing is opened yet.</summary>
internal static class TransportFactory
{
    public static ConfiguredTransport Make(TransportConfiguration transport) => transport switch
    {
        EthernetConfiguration ethernet => new ConfiguredTransport(
            new EthernetTransport(new EthernetOptions
            {
                Name = ethernet.Name,
                Listen = ethernet.Listen,
                MulticastGroups = ethernet.Multicast,
                Cost = ethernet.Cost,
            }),
            [.. ethernet.Seeds.Select(IpLinkAddress.Of)]),
        SerialConfiguration serial => new ConfiguredTransport(
            new SerialTransport(new SerialOptions
            {
                Name = serial.Name,
                Port = serial.Port,
                Baud = serial.Baud,
                HalfDuplex = serial.HalfDuplex,
                Cost = serial.Cost,
            }),
            []),
        MqttConfiguration mqtt => new ConfiguredTransport(
            new MqttTransport(
                new MqttOptions { Name = mqtt.Name, Broker = mqtt.Broker, TopicRoot = mqtt.TopicRoot, Cost = mqtt.Cost },
                static (broker, presence) => new MosquittoClient(broker, presence)),
            []),
        _ => throw new ArgumentOutOfRangeException(nameof(transport)),
    };
}
