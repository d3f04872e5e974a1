using System.Net;
using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Configuration;

/// <summary>Who may open the local API's socket.</summary>
internal sealed record ApiConfiguration
{
    /// <summary>Of the socket's file: to connect, a user needs to be allowed to write.</summary>
    public UnixFileMode Mode { get; init; } = DefaultMode;

    /// <summary>The group of the socket's file; null for the agent's own.</summary>
    public string? Group { get; init; }

    // The user and the group of the agent, as other daemons have it: whoever administers the device is put into the group.
    private const UnixFileMode DefaultMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
}

/// <summary>The local API over TCP.</summary>
/// <param name="Token">What each request must show; null on loopback where none is configured.</param>
internal sealed record StatusPageConfiguration(IPEndPoint Listen, AccessToken? Token);
