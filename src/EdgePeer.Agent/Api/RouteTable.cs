using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>
/// Which handler answers which method and path. A segment in braces takes any text and becomes a route value of that name; the
/// others match whatever their case, and a slash at the end does not count.
/// </summary>
internal sealed class RouteTable
{
    private readonly List<Route> _routes = [];

    public void Get(string pattern, RequestDelegate handler) => _routes.Add(new Route(HttpMethods.Get, Segments(pattern), handler));

    public void Post(string pattern, RequestDelegate handler) => _routes.Add(new Route(HttpMethods.Post, Segments(pattern), handler));

    /// <exception cref="ApiProblemException">No route leads there, or none for this method.</exception>
    public Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        string[] path = Segments(request.Path.Value ?? "");
        var there = _routes.FindAll(route => Matches(route.Pattern, path));
        if (there.Count == 0)
            throw new ApiProblemException(StatusCodes.Status404NotFound, $"there is nothing at {request.Path}", "GET /openapi.json lists what there is");
        int chosen = there.FindIndex(route => HttpMethods.Equals(route.Method, request.Method));
        if (chosen < 0)
            throw WrongMethod(context, string.Join(", ", there.Select(route => route.Method)));
        var (_, pattern, handler) = there[chosen];
        for (int i = 0; i < path.Length; i++)
            if (IsParameter(pattern[i]))
                request.RouteValues[pattern[i][1..^1]] = path[i];
        return handler(context);
    }

    private static ApiProblemException WrongMethod(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return new ApiProblemException(StatusCodes.Status405MethodNotAllowed, $"{context.Request.Path} knows no {context.Request.Method}", $"use {allowed}");
    }

    private static bool Matches(string[] pattern, string[] path)
    {
        if (path.Length != pattern.Length)
            return false;
        for (int i = 0; i < path.Length; i++)
            if (IsParameter(pattern[i]) ? path[i].Length == 0 : !path[i].Equals(pattern[i], StringComparison.OrdinalIgnoreCase))
                return false;
        return true;
    }

    private static bool IsParameter(string segment) => segment.StartsWith('{');

    private static string[] Segments(string path) => (path.EndsWith('/') ? path[..^1] : path).Split('/');

    private readonly record struct Route(string Method, string[] Pattern, RequestDelegate Handler);
}
