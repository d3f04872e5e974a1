using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgePeer.Agent.Api;

/// <summary>What the server does with a request: finds its route, and answers its faults as problems.</summary>
internal sealed class ApiApplication(RouteTable routes) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => Problems.GuardAsync(context, routes.AnswerAsync);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing of a request outlives it.
    }
}
