using System.Text.Json;
using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>Writes received messages: the payload and a newline, or an object a line.</summary>
internal sealed class MessageOutput(Stream output, bool json)
{
    public async Task WriteAsync(MessageView message, CancellationToken cancellation)
    {
        if (json)
            await JsonSerializer.SerializeAsync(output, message, ApiJson.Plain.MessageView, cancellation);
        else
            await output.WriteAsync(message.Payload, cancellation);
        output.WriteByte((byte)'\n');
    }

    public Task FlushAsync(CancellationToken cancellation) => output.FlushAsync(cancellation);
}
