using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgePeer.Agent.Api;

/// <summary>What a server does with a request: finds its route, and answers its faults as problems.</summary>
/// <param name="guard">Decides who is let in; null where who gets here may do all.</param>
internal sealed class ApiApplication(RouteTable routes, TcpGuard? guard) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => Problems.GuardAsync(context, AnswerAsync);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing of a request outlives it.
    }

    private Task AnswerAsync(HttpContext context)
    {
        guard?.Check(context);
        return routes.AnswerAsync(context);
    }
}
