using EdgePeer.Agent.Demo.Rig;
using EdgePeer.Runtime;
using EdgePeer.Transports.Ethernet;
using EdgePeer.Transports.Serial;

namespace EdgePeer.SystemTests.Runtime;

/// <summary>Two peers joined by a cable or by a serial line.</summary>
internal sealed class PeerPair : IAsyncDisposable
{
    private readonly Func<ValueTask> _disposeLink;

    private PeerPair(TestPeer sender, TestPeer receiver, Func<ValueTask> disposeLink)
    {
        Sender = sender;
        Receiver = receiver;
        _disposeLink = disposeLink;
    }

    public TestPeer Sender { get; }

    public TestPeer Receiver { get; }

    public static PeerPair ByCable()
    {
        var cable = new EmulatedCable(2);
        return new PeerPair(Peer("left", 0), Peer("right", 1), cable.DisposeAsync);

        TestPeer Peer(string name, int place) => new(name)
        {
            Transports = () => [new ConfiguredTransport(
                new EthernetTransport(new EthernetOptions { Name = "lan", Listen = [cable.Listen(place)] }),
                [IpLinkAddress.Of(cable.Seed(place, 1 - place))])],
        };
    }

    public static PeerPair ByRadio(int baud, double bitErrorRate)
    {
        var radio = new EmulatedRadio(baud, bitErrorRate, seed: 1);
        return new PeerPair(Peer("left", radio.LeftPort), Peer("right", radio.RightPort), () =>
        {
            radio.Dispose();
            return ValueTask.CompletedTask;
        });

        TestPeer Peer(string name, string port) => new(name)
        {
            Transports = () => [new ConfiguredTransport(new SerialTransport(new SerialOptions { Name = "radio", Port = port, Baud = baud }), [])],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Sender.DisposeAsync();
        await Receiver.DisposeAsync();
        await _disposeLink();
    }
}
