using System.IO.Pipelines;
using System.Text;
using EdgePeer.Agent.Cli;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class LineBatchesTests
{
    [Fact]
    public async Task Empty_lines_count_and_a_last_one_needs_no_end()
    {
        var batches = await ReadAllAsync("one\n\nthree\r\nlast");

        Assert.Equal(["one", "", "three\r", "last"], batches.SelectMany(static batch => batch));
    }

    [Fact]
    public async Task No_input_is_no_message() => Assert.Empty(await ReadAllAsync(""));

    [Fact]
    public async Task Many_lines_are_cut_into_posts_in_their_order()
    {
        string[] lines = [.. Enumerable.Range(0, 5000).Select(number => $"{number} {new string('x', 300)}")];

        var batches = await ReadAllAsync(string.Join('\n', lines));

        Assert.True(batches.Count > 1);
        Assert.All(batches, batch => Assert.InRange(batch.Length, 1, 1024));
        Assert.Equal(lines, batches.SelectMany(static batch => batch));
    }

    [Fact]
    public async Task A_line_leaves_before_the_next_one_is_there()
    {
        var input = new Pipe();
        await using var batches = LineBatches.ReadAsync(input.Reader.AsStream(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        await input.Writer.WriteAsync("one\ntw"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal(["one"], batches.Current.Select(line => Encoding.UTF8.GetString(line)));

        await input.Writer.WriteAsync("o\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(await batches.MoveNextAsync());
        Assert.Equal(["two"], batches.Current.Select(line => Encoding.UTF8.GetString(line)));

        await input.Writer.CompleteAsync();
        Assert.False(await batches.MoveNextAsync());
    }

    [Fact]
    public async Task A_line_beyond_a_message_is_refused()
    {
        using var input = new MemoryStream(new byte[(16 << 20) + 1]);

        var fault = await Assert.ThrowsAsync<CommandException>(async () =>
        {
            await foreach (var _ in LineBatches.ReadAsync(input, TestContext.Current.CancellationToken))
                Assert.Fail("nothing of it may be sent");
        });

        Assert.Equal(ExitCode.Refused, fault.ExitCode);
    }

    private static async Task<List<string[]>> ReadAllAsync(string text)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var batches = new List<string[]>();
        await foreach (var batch in LineBatches.ReadAsync(input, TestContext.Current.CancellationToken))
            batches.Add([.. batch.Select(line => Encoding.UTF8.GetString(line))]);
        return batches;
    }
}
