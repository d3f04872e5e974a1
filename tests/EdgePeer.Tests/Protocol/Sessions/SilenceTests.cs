using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

/// <summary>A path of which one direction falls silent, and comes back.</summary>
public class SilenceTests
{
    /// <summary>
    /// Words that ask for nothing are the first to be heard of again, and show that the probe before them was lost: someone must probe anew.
    /// </summary>
    [Fact]
    public void A_direction_that_comes_back_is_used_again_whatever_is_heard_of_it_first()
    {
        for (int moment = 0; moment < 40; moment++)
        {
            var lab = new Lab(moment);
            var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
            var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
            b.Read("readings");
            a.Read("commands");
            a.Send("readings", DeliveryTests.Payload(0, 50));
            b.Send("commands", DeliveryTests.Payload(0, 50));
            Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => a.Payloads.Count == 1 && b.Payloads.Count == 1));
            line.Loses = (from, _) => from == a;
            a.Send("readings", DeliveryTests.Payload(1, 50));
            void Talk(int number, TimeSpan apart)
            {
                b.Send("commands", DeliveryTests.Payload(number, 50));
                lab.At(lab.Now + apart, () => Talk(number + 1, apart));
            }
            Talk(1, TimeSpan.FromMilliseconds(70));
            lab.Run(TimeSpan.FromMilliseconds(3_000 + moment * 97));
            line.Loses = null;

            Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Payloads.Count == 2), $"nothing is sent any more, moment {moment}");
        }
    }
}
