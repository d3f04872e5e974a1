using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>One JSON value a line, in either direction.</summary>
internal static class JsonLines
{
    public const string ContentType = "application/x-ndjson";

    /// <summary>Writes a line without flushing it.</summary>
    public static void Write<T>(HttpResponse response, T value, JsonTypeInfo<T> type)
    {
        using (var writer = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { Encoder = type.Options.Encoder }))
            JsonSerializer.Serialize(writer, value, type);
        response.BodyWriter.Write("\n"u8);
    }

    public static async Task WriteAsync<T>(HttpResponse response, T value, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        Write(response, value, type);
        await response.BodyWriter.FlushAsync(cancellation);
    }

    /// <summary>Reads all lines of a body; empty ones do not count.</summary>
    /// <exception cref="ApiProblemException">A line is not what it should be; the problem names it.</exception>
    public static List<T> Parse<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type, int linesMax)
        where T : class
    {
        var values = new List<T>();
        int number = 0;
        foreach (var range in body.Split((byte)'\n'))
        {
            number++;
            var line = body[range].Trim(" \r\t"u8);
            if (line.IsEmpty)
                continue;
            if (values.Count == linesMax)
                throw new ApiProblemException(StatusCodes.Status413PayloadTooLarge, $"more than {linesMax} lines in one post", "post them in parts");
            values.Add(ParseLine(line, number, type));
        }
        return values;
    }

    private static T ParseLine<T>(ReadOnlySpan<byte> line, int number, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw new JsonException("null is no object");
        }
        catch (JsonException fault)
        {
            throw new ApiProblemException(StatusCodes.Status400BadRequest, $"line {number} is not an object as it should be here: {fault.Message}", "see GET /openapi.json");
        }
    }
}
