using System.Net;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>
/// Decides about requests over TCP, which come without the permissions of a file. Any web page that a person of this machine opens can
/// have the browser send requests here, under names of its own that lead to loopback (DNS rebinding): so names and origins are checked.
/// </summary>
/// <param name="listen">Where the requests come in.</param>
/// <param name="token">Null lets everyone in who reaches the address.</param>
internal sealed class TcpGuard(IPEndPoint listen, AccessToken? token)
{
    /// <exception cref="ApiProblemException">It is refused.</exception>
    public void Check(HttpContext context)
    {
        var request = context.Request;
        if (IPAddress.IsLoopback(listen.Address) && !IsLoopbackName(request.Host.Host))
            throw new ApiProblemException(StatusCodes.Status403Forbidden, $"this address is not called \"{request.Host.Host}\"", $"name it 127.0.0.1, [::1] or localhost, as http://{listen} does");
        if (IsForeign(request))
            throw new ApiProblemException(StatusCodes.Status403Forbidden, "the request was made by a page of another origin", "leave Origin out, as programs other than browsers do");
        if (token is null || (Shown(request) is { } shown && token.Is(shown)))
            return;
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"edgepeer\"";
        throw new ApiProblemException(StatusCodes.Status401Unauthorized, "the request shows no valid token", "add the header Authorization: Bearer TOKEN, with the token of the agent's tokenFile");
    }

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static bool IsForeign(HttpRequest request)
    {
        // Not every request of a page has an Origin, but browsers say of each where it comes from.
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "same-origin" && site != "none")
            return true;
        // "null", as sandboxed pages say, is nobody's host.
        return request.Headers.Origin is { Count: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static string? Shown(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;

    private const string Scheme = "Bearer ";
}
