using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace EdgePeer.Agent.Cli;

/// <summary>
/// Cuts a stream into lines, and hands over those that are there already together: a fast program's lines share posts, a slow
/// one's leave at once.
/// </summary>
internal static class LineBatches
{
    /// <exception cref="CommandException">A line is longer than a message may be.</exception>
    public static async IAsyncEnumerable<List<byte[]>> ReadAsync(Stream input, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: ReadBytes));
        bool ended = false;
        while (!ended)
        {
            var read = await reader.ReadAsync(cancellation);
            var rest = read.Buffer;
            ended = read.IsCompleted;
            while (TakeBatch(ref rest, ended) is { Count: > 0 } lines)
                yield return lines;
            if (rest.Length > Limits.MessageBytesMax)
                throw new CommandException(ExitCode.Refused, $"a line has more than {Limits.MessageBytesMax} bytes; send it in parts");
            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    private static List<byte[]> TakeBatch(ref ReadOnlySequence<byte> rest, bool ended)
    {
        var lines = new List<byte[]>();
        long bytes = 0;
        while (lines.Count < Limits.BatchMessagesMax && bytes < BatchPayloadMax)
        {
            if (rest.PositionOf((byte)'\n') is { } end)
            {
                lines.Add(rest.Slice(0, end).ToArray());
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            else if (ended && !rest.IsEmpty)
            {
                lines.Add(rest.ToArray());
                rest = rest.Slice(rest.End);
            }
            else
                break;
            bytes += lines[^1].Length;
        }
        return lines;
    }

    private const int ReadBytes = 256 << 10;

    // Half of what a post may hold: base64 adds a third, the frame of each line some more.
    private const int BatchPayloadMax = Limits.BatchBytesMax / 2;
}
