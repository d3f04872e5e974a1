using System.Globalization;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Two agents over an emulated radio: everything arrives, and little of the line is wasted.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class RadioTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("0", 0.90)]
    [InlineData("1e-5", 0.85)]
    [InlineData("1e-4", 0.60)]
    public async Task Messages_cross_a_noisy_radio_once_in_order_and_use_the_line(string bitErrorRate, double target)
    {
        double share = await ShareAsync(bitErrorRate);
        // Small counts measure the start of a window more than the line; and a busy machine may stop both agents for a while.
        if (Effort.Full && share < target)
            share = await ShareAsync(bitErrorRate);
        if (Effort.Full)
            Assert.InRange(share, target, 1);
    }

    /// <returns>Payload bits over what the line carries in 8 of 10 bits, from the first byte on the air to the delivery of the last message.</returns>
    private async Task<double> ShareAsync(string bitErrorRate)
    {
        int count = Effort.Of(usual: 40, full: 200);
        var messages = new NumberedMessages("radio", MessageBytes);
        await using var site = await Site.WithRadioAsync("--latency-ms", "5", "--ber", bitErrorRate);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await site.UntilLinkedAsync("radio");
        var sending = new SendingApplication(site.A, messages);
        // The pipe is bound and the line quiet before the clock runs.
        await sending.SendAsync(1, batch: 1, TestContext.Current.CancellationToken);
        await reading.UntilAsync(1, Patience);
        await site.Radio!.Reset();

        await sending.SendAsync(count, batch: count, TestContext.Current.CancellationToken);
        await reading.UntilAsync(1 + count, Patience);
        reading.Ledger.AssertComplete(1 + count);
        var ports = await site.Radio.Statistics();
        double begun = (double)ports[0]!["first_byte_time"]!, ended = reading.Ledger.LastAt.ToUnixTimeMilliseconds() / 1000.0;
        double capacity = (ended - begun) * Site.Baud * 8 / 10;
        double share = count * MessageBytes * 8 / capacity;
        var link = (await site.A.LinkAsync("radio"))!;
        var pipe = (await site.A.PipeAsync())!;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"bit error rate {bitErrorRate}: {count} messages of {MessageBytes} bytes in {ended - begun:0.00} s, {share:0.000} of the line; "
            + $"{ports[0]!["bytes_sent"]} bytes sent and {ports[1]!["bytes_sent"]} back in {(double)ports[0]!["busy_seconds"]!:0.00} s on the air, "
            + $"{link["packetsLost"]} of {link["packetsSent"]} packets lost, {pipe["sentAgain"]} ranges sent again, round trip {link["rttMs"]} ms, window {link["windowBytes"]} bytes"));
        output.WriteLine("(share = payload bits / (line rate * 8/10 * seconds), from the first byte on the air to the delivery of the last message)");
        await site.AssertBooksAsync(1 + count);
        return share;
    }

    private const int MessageBytes = 1_000;

    // Four times what 200 messages take at the lowest of the targets.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
}
