using EdgePeer.Runtime;
using Microsoft.AspNetCore.Http;

namespace EdgePeer.Agent.Api;

/// <summary>Answers faults of requests as problems. Anything not named here is a bug of ours and goes on up.</summary>
internal static class Problems
{
    public static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (ApiProblemException fault)
        {
            await AnswerAsync(context, fault.Problem);
        }
        catch (PipeRefusedException fault)
        {
            await AnswerAsync(context, Refused(fault.Message));
        }
        catch (BadHttpRequestException fault)
        {
            await AnswerAsync(context, new ProblemView(fault.Message.TrimEnd('.'), "send a smaller or whole request", fault.StatusCode));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away in the middle: there is nobody to answer.
            context.Abort();
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The host ended under the request.
            await AnswerAsync(context, Stopping);
        }
    }

    /// <summary>The node's refusal, whose reason has the mend in it.</summary>
    public static ProblemView Refused(string? reason)
    {
        var (what, mend) = Split(reason ?? "refused");
        return new ProblemView(what, mend, StatusCodes.Status409Conflict);
    }

    /// <summary>The message was taken, and its time is over.</summary>
    public static ProblemView Expired(string? reason) =>
        new($"the message has expired: {reason}", "send it again with a longer ttl, or see with `edgepeer links` what is up", StatusCodes.Status410Gone, "expired");

    public static ProblemView Stopping { get; } = new("the agent is stopping", "try again when it runs", StatusCodes.Status503ServiceUnavailable);

    private static async Task AnswerAsync(HttpContext context, ProblemView problem)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = problem.Status;
            context.Response.ContentType = "application/problem+json";
        }
        // Once a stream of lines has begun, the problem is its last line.
        await JsonLines.WriteAsync(context.Response, problem, ApiJson.Plain.ProblemView, context.RequestAborted);
    }

    private static (string What, string Mend) Split(string reason)
    {
        int at = reason.IndexOf(';', StringComparison.Ordinal);
        return at < 0 ? (reason, "") : (reason[..at], reason[(at + 1)..].Trim());
    }
}
