namespace EdgePeer.Agent.Api;

/// <summary>Ends a request with a problem; the status says whose fault it is.</summary>
internal sealed class ApiProblemException(ProblemView problem) : Exception(problem.Title)
{
    public ApiProblemException(int status, string title, string mend)
        : this(new ProblemView(title, mend, status))
    {
    }

    public ProblemView Problem { get; } = problem;
}
