using System.Globalization;
using EdgePeer.Agent.Configuration;
using EdgePeer.Protocol;
using EdgePeer.Wire;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>Reads the words of a request's path and query; a wrong one ends the request with 400.</summary>
internal static class RequestWords
{
    /// <summary>The pipe of the path. Its slashes are written %2F, which the server leaves as they are.</summary>
    public static PipeName Pipe(HttpRequest request)
    {
        string text = Uri.UnescapeDataString((string?)request.RouteValues["pipe"] ?? "");
        return PipeName.TryParse(text, out var pipe) ? pipe : throw Wrong($"\"{text}\" is not a pipe's name", "use 1 to 64 of a-z A-Z 0-9 . _ - /, with / written %2F");
    }

    public static EndpointName Endpoint(HttpRequest request, PeerId peer)
    {
        // Unless it has a name of its own, an endpoint is called after its peer.
        string text = (string?)request.Query["as"] ?? peer.ToShortString();
        return EndpointName.TryParse(text, out var endpoint) ? endpoint : throw Wrong($"\"{text}\" is not an endpoint's name", "use 1 to 64 of a-z A-Z 0-9 . _ - /");
    }

    public static byte? Priority(HttpRequest request) => (byte?)Number(request, "priority", 0, StreamKey.LaneCount - 1);

    public static Receipt WaitFor(HttpRequest request) => (string?)request.Query["wait"] switch
    {
        null or "durable" => Receipt.Durable,
        "delivered" => Receipt.Delivered,
        "consumed" => Receipt.Consumed,
        var other => throw Wrong($"wait is \"{other}\"", "write durable, delivered or consumed"),
    };

    /// <summary>A duration as in the configuration, "1h".</summary>
    public static TimeSpan? Ttl(string? text) =>
        text is null ? null
        : Quantities.TryParseDuration(text, out var ttl) && ttl >= ConfigurationReader.TtlMin && ttl <= ConfigurationReader.TtlMax ? ttl
        : throw Wrong($"ttl is \"{text}\"", "write a whole number and s, m, h or d, such as \"1h\", of a second or more");

    public static string? ClientId(string? text) =>
        text is null or { Length: > 0 and <= Limits.ClientIdLengthMax } ? text : throw Wrong("the client id has no or too many characters", $"use 1 to {Limits.ClientIdLengthMax}");

    public static int? Number(HttpRequest request, string word, int least, int most)
    {
        string? text = request.Query[word];
        if (text is null)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw Wrong($"{word} is \"{text}\"", $"write a whole number from {least} to {most}");
    }

    public static ApiProblemException Wrong(string title, string mend) => new(StatusCodes.Status400BadRequest, title, mend);
}
