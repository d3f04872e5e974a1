using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>Talks to the agent behind a socket.</summary>
internal sealed class AgentClient : IDisposable
{
    private readonly string _socketPath;
    private readonly HttpClient _http;

    public AgentClient(string socketPath)
    {
        _socketPath = socketPath;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectCallback = ConnectAsync })
        {
            // The host part means nothing on a Unix socket, but HTTP wants one.
            BaseAddress = new Uri("http://edgepeer/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public string SocketPath => _socketPath;

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        JsonSerializer.Deserialize(await GetTextAsync(path, cancellation), type) ?? throw new CommandException(ExitCode.Failed, $"the agent answered nothing to {path}");

    public async Task<string> GetTextAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
        return await response.Content.ReadAsStringAsync(cancellation);
    }

    /// <exception cref="AgentAwayException">There is no agent, or it left before it answered.</exception>
    /// <exception cref="CommandException">It answered with a problem.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, completion, cancellation);
        }
        catch (HttpRequestException fault) when (fault.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            throw new CommandException(ExitCode.Failed, $"{_socketPath} may not be opened by this user; join the group that owns it", fault);
        }
        catch (HttpRequestException fault)
        {
            throw Away(fault);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw Fault(await ReadProblemAsync(response, cancellation));
    }

    public AgentAwayException Away(Exception? inner = null) =>
        new($"no agent answers on {_socketPath}; start one with `edgepeer run`, or name its socket with --socket", inner);

    /// <summary>What a problem that the agent told means for a command.</summary>
    public Exception Fault(ProblemView problem)
    {
        if (problem.Status == (int)HttpStatusCode.ServiceUnavailable)
            return Away();
        string message = problem.Mend.Length == 0 ? problem.Title : $"{problem.Title}; {problem.Mend}";
        return new CommandException(ExitCodeOf((HttpStatusCode)problem.Status), message);
    }

    public void Dispose() => _http.Dispose();

    private static async Task<ProblemView> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        string text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            if (JsonSerializer.Deserialize(text, ApiJson.Plain.ProblemView) is { } problem)
                return problem;
        }
        catch (JsonException)
        {
            // Something else than our agent answers there: its words are shown as they are.
            text = text.ReplaceLineEndings(" ");
        }
        return new ProblemView($"the agent answered {(int)response.StatusCode} {text}", "", (int)response.StatusCode);
    }

    private static ExitCode ExitCodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => ExitCode.WrongWords,
        HttpStatusCode.Gone => ExitCode.TimedOut,
        HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge => ExitCode.Refused,
        _ => ExitCode.Failed,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
