using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>Two peers of which one speaks another version of the wire format, until it is updated.</summary>
public class OtherVersionTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    public void Both_name_the_others_version_nothing_passes_and_after_the_update_each_message_arrives_once(int version, bool radio)
    {
        const int Count = 30;
        var lab = new Lab(21);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, radio ? DeliveryTests.Radio : DeliveryTests.Lan, TimeSpan.FromMilliseconds(5));
        // Each hears the other speak it, as if the other were of that version.
        line.Tap = (_, frame) => frame[0] = OfVersion(frame[0], version);
        b.Read("readings");
        for (int i = 0; i < Count; i++)
            a.Send("readings", DeliveryTests.Payload(i, 40));
        lab.Run(TimeSpan.FromMinutes(5));
        Assert.Empty(b.Payloads);
        foreach (var peer in (LabPeer[])[a, b])
        {
            var said = peer.Reports.Where(report => report.Kind == ReportKind.Warning).ToList();
            Assert.InRange(said.Count, 2, 5);
            Assert.All(said, report => Assert.Contains($"version {version} of the wire format and this agent speaks version {FrameHead.CurrentVersion}", report.Text, StringComparison.Ordinal));
            Assert.All(said, report => Assert.Equal(new TransportId(0), report.Link!.Value.Transport));
            Assert.Empty(peer.Node.Status(lab.Now).Peers);
        }

        line.Tap = null;
        a.Reports.Clear();
        Assert.True(lab.Run(TimeSpan.FromMinutes(3), () => a.Receipts.Count(told => told.Receipt == Receipt.Delivered) == Count));
        Assert.Equal(Count, b.Payloads.Count);
        for (int i = 0; i < Count; i++)
            Assert.Equal(DeliveryTests.Payload(i, 40), b.Payloads[i]);
        Assert.DoesNotContain(a.Reports, report => report.Kind == ReportKind.Warning);
    }

    [Fact]
    public void An_update_under_way_ends_no_session_and_loses_no_message()
    {
        const int Count = 60;
        var lab = new Lab(22);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Radio, TimeSpan.FromMilliseconds(5));
        b.Read("readings");
        for (int i = 0; i < Count; i++)
            a.Send("readings", DeliveryTests.Payload(i, 200));
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => b.Payloads.Count > 10));
        line.Tap = (from, frame) => frame[0] = from == b ? OfVersion(frame[0], 1) : frame[0];
        lab.Run(TimeSpan.FromMinutes(2));
        Assert.InRange(a.Receipts.Count(told => told.Receipt == Receipt.Delivered), 1, Count - 1);
        line.Tap = null;
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => a.Receipts.Count(told => told.Receipt == Receipt.Delivered) == Count));
        Assert.Equal(Count, b.Payloads.Count);
        for (int i = 0; i < Count; i++)
            Assert.Equal(DeliveryTests.Payload(i, 200), b.Payloads[i]);
    }

    private static byte OfVersion(byte head, int version) => (byte)((version << 5) | (head & 0x1F));
}
