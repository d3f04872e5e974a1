using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Two agents on a serial line that someone records.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class PassiveReaderTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_passive_reader_of_a_serial_capture_sees_no_payload_no_pipe_and_no_peer()
    {
        const int Count = 50;
        var messages = new NumberedMessages("capture", 40);
        string group = $"cornfield-{Guid.NewGuid():N}";
        await using var line = new SerialTee();
        await using var a = await Station.MakeAsync(NameOfA, group, Port(line.PortA));
        await using var b = await Station.MakeAsync(NameOfB, group, Port(line.PortB));
        await Task.WhenAll(a.StartAsync(), b.StartAsync());
        await Task.WhenAll(UntilUpAsync(a), UntilUpAsync(b));
        line.Start();
        await using var reading = new ReadingApplication(b, messages);
        await new SendingApplication(a, messages).SendAsync(Count, batch: 5, TestContext.Current.CancellationToken);
        await reading.UntilAsync(Count, Wait.Limit);
        reading.Ledger.AssertComplete(Count);
        await Wait.UntilAsync("the sender knows that all is delivered", async () => await a.CountAsync("queued") == 0);
        var (fromA, fromB) = await line.StopAsync();

        var reader = Look(messages, Count, group, PeerOf(a), PeerOf(b));
        reader.Hear(fromA);
        reader.Hear(fromB);
        Assert.Empty(reader.Found());
        // What it did not see went over that line.
        Assert.InRange(fromA.Length, Count * messages.Bytes, int.MaxValue);
        Assert.InRange(reader.Frames.Count(frame => FrameHead.Of(frame[0]).Kind == FrameKind.ShortTagPacket), 10, int.MaxValue);
        Assert.InRange(reader.Frames.Count(frame => FrameHead.Of(frame[0]).Kind == FrameKind.Beacon), 2, int.MaxValue);
        output.WriteLine($"{fromA.Length} and {fromB.Length} bytes recorded, {reader.Frames.Count} frames: nothing found");
    }

    [Fact]
    public void The_same_search_finds_each_of_them_in_frames_that_are_not_sealed()
    {
        var messages = new NumberedMessages("capture", 40);
        var (a, b) = (new PeerId(0x0123456789ABCDEF, 0x1122334455667788), new PeerId(0xFEDCBA9876543210, 0x8877665544332211));
        byte[][] plain =
        [
            Written((ref WireWriter writer) => new BeaconBody(a, 400, 1, 0, LinkAddress.Broadcast, NameOfA).Write(ref writer)),
            Written((ref WireWriter writer) => new BeaconBody(b, 400, 1, 0, LinkAddress.Broadcast, NameOfB).Write(ref writer)),
            Written((ref WireWriter writer) => new QueryItem(PipeName.Parse(Station.Pipe)).Write(ref writer)),
            [0x41, .. messages.Payload(3)],
            [0x41, .. "cornfield-0123"u8],
        ];
        for (int i = 0; i < plain.Length; i++)
        {
            var reader = Look(messages, 5, "cornfield-0123", a, b);
            reader.Hear(OnTheLine(plain[i]));
            Assert.Equal(i switch { 0 => ["name of a", "id of a"], 1 => ["name of b", "id of b"], 2 => ["pipe"], 3 => ["payload 3"], _ => ["group"] }, reader.Found());
        }
    }

    private static PassiveReader Look(NumberedMessages messages, int count, string group, PeerId a, PeerId b)
    {
        var reader = new PassiveReader();
        reader.LookFor("name of a", NameOfA);
        reader.LookFor("id of a", a);
        reader.LookFor("name of b", NameOfB);
        reader.LookFor("id of b", b);
        reader.LookFor("group", group);
        reader.LookFor("pipe", Station.Pipe);
        for (int i = 0; i < count; i++)
            // The first eight bytes are the number, which is nearly all zeros.
            reader.LookFor($"payload {i}", messages.Payload(i).AsSpan(8));
        return reader;
    }

    private static PeerId PeerOf(Station station)
    {
        Assert.True(PeerId.TryParse(station.Agent.Peer, out var peer));
        return peer;
    }

    private static Task UntilUpAsync(Station station) =>
        Wait.UntilAsync("the port is open", async () => (bool)(await station.Agent.StatusAsync())["transports"]![0]!["up"]!);

    private static JsonObject Port(string path) => new()
    {
        ["radio"] = new JsonObject { ["type"] = "serial", ["port"] = path, ["baud"] = Site.Baud },
    };

    private static byte[] OnTheLine(byte[] frame)
    {
        byte[] line = new byte[SerialFraming.LineBytesMax(frame.Length)];
        return line[..SerialFraming.Encode(SerialFraming.Everyone, yields: false, afterSilence: true, frame, line, out _)];
    }

    private delegate void Writes(ref WireWriter writer);

    private static byte[] Written(Writes write)
    {
        var writer = new WireWriter(new byte[200]);
        write(ref writer);
        return writer.Written.ToArray();
    }

    private const string NameOfA = "north-barn-pump", NameOfB = "south-gate-store";
}
