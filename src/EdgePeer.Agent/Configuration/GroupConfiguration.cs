using System.Collections.Immutable;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent.Configuration;

/// <summary>Whom this peer talks to.</summary>
internal sealed record GroupConfiguration
{
    public required string Name { get; init; }

    /// <summary>Absolute; null when none is configured.</summary>
    public string? SecretFile { get; init; }

    /// <summary>What the file holds, or the name's own; the first seals, all are accepted. Empty when files were not read.</summary>
    public ImmutableArray<GroupSecret> Secrets { get; init; } = [];

    /// <summary>Null when whoever holds the secret belongs to the group.</summary>
    public GroupAuthority? Authority { get; init; }

    /// <summary>Absolute; null without an authority.</summary>
    public string? MembersFile { get; init; }

    /// <summary>What the file holds, signed by the authority; null when it is not there: one may be kept from before.</summary>
    public MemberList? Members { get; init; }
}
