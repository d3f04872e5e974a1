using EdgePeer.Protocol;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Seeds;

/// <summary>What the applications of a seed do: send, alone and in bursts, send again what they sent, lose interest.</summary>
internal sealed class Workload(World world, SeededRandom random) : IEventTarget
{
    private readonly List<(SimPeer Sender, SimPipe Pipe, bool Roomy)> _outputs = [];
    private readonly List<SimMessage> _tagged = [];
    private bool _ended;

    /// <param name="roomy">A medium between the two is quick enough for large messages.</param>
    public void AddOutput(SimPeer sender, SimPipe pipe, bool roomy) => _outputs.Add((sender, pipe, roomy));

    public void Spread(TimeSpan time)
    {
        int messages = random.Between(MessagesMin, MessagesMax);
        while (messages > 0)
        {
            int burst = random.Chance(0.7) ? 1 : random.Between(2, 40);
            world.Queue.Schedule(world.Now + random.Between(TimeSpan.Zero, time), this, Send, burst);
            messages -= burst;
        }
        for (int repeats = random.Between(0, 20); repeats > 0; repeats--)
            world.Queue.Schedule(world.Now + random.Between(TimeSpan.Zero, time), this, Repeat);
        for (int forgotten = random.Between(0, 10); forgotten > 0; forgotten--)
            world.Queue.Schedule(world.Now + random.Between(TimeSpan.Zero, time), this, Forget);
    }

    public void End() => _ended = true;

    public void OnEvent(in SimEvent happening)
    {
        if (_ended)
            return;
        switch (happening.Kind)
        {
            case Send:
                SendBurst((int)happening.Number);
                break;
            case Repeat when _tagged.Count > 0:
                SendAgain(random.Pick(_tagged));
                break;
            case Forget:
                ForgetOne(random.Pick(world.Peers).Applications);
                break;
        }
    }

    private void SendBurst(int messages)
    {
        var (sender, pipe, roomy) = random.Pick(_outputs);
        byte? lane = random.Chance(0.6) ? null : (byte)random.Below(StreamKey.LaneCount);
        int lengthMax = Length(roomy);
        for (; messages > 0; messages--)
        {
            bool tagged = random.Chance(0.6);
            var message = world.NewMessage(sender, pipe, random.Between(lengthMax / 2, lengthMax), lane, tagged ? new UInt128(random.Next(), random.Next()) : default,
                random.Chance(0.8) ? null : TimeSpan.FromSeconds(random.Magnitude(1, 300)));
            world.Reached.Messages++;
            if (tagged)
                _tagged.Add(message);
            sender.Applications.Submit(message, Wait());
        }
    }

    /// <summary>An application that does not know whether its message was taken sends it again, with the same tag.</summary>
    private void SendAgain(SimMessage message)
    {
        if (message.State is MessageState.InDoubt or MessageState.Durable)
            message.Sender.Applications.Submit(message, Wait());
    }

    private void ForgetOne(SimApplications applications)
    {
        if (applications.Calls.Count > 0)
            applications.Forget(random.Pick(applications.Calls));
    }

    private Receipt Wait() => random.Below(4) switch { 0 => Receipt.Durable, 1 => Receipt.Consumed, _ => Receipt.Delivered };

    private int Length(bool roomy) => random.Below(roomy ? 20 : 12) switch
    {
        0 => 0,
        1 or 2 => 12,
        < 8 => 300,
        < 11 => 1500,
        11 => 3000,
        < 17 => 6000,
        < 19 => 30_000,
        _ => 120_000,
    };

    private const int Send = 0;
    private const int Repeat = 1;
    private const int Forget = 2;

    private const int MessagesMin = 200;
    private const int MessagesMax = 320;
}
