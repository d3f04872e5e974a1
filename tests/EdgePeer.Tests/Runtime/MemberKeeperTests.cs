using System.Collections.Concurrent;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Loop;
using EdgePeer.Tests.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Runtime;

/// <summary>A node, a queue in place of the loop, and a flash that answers when the test lets it.</summary>
public sealed class MemberKeeperTests
{
    private readonly Node _node = new(
        new NodeOptions { Peer = default, Key = Key, Cryptography = SystemCryptography.Instance, Name = "a", GroupSecrets = [GroupSecret.OfName("farm")], Members = List(1) }, new MemoryBuffer(), new SeededRandom(1), new Instant(1));
    private readonly BlockingCollection<LoopCall> _calls = [];
    private readonly List<string> _log = [];

    [Fact]
    public void A_list_is_in_force_when_it_is_kept_and_not_before()
    {
        using var written = new SemaphoreSlim(0);
        var kept = new List<ulong>();
        var keeper = Keeper(list =>
        {
            written.Wait(TestContext.Current.CancellationToken);
            kept.Add(list.Version);
        });

        keeper.OnLearnt(_node, List(2));
        Assert.Equal(1UL, _node.Members!.Version);
        written.Release();
        Turn();

        Assert.Equal(2UL, _node.Members!.Version);
        Assert.Equal([2UL], kept);
    }

    [Fact]
    public void Of_those_that_come_while_one_is_written_the_newest_is_next()
    {
        using var written = new SemaphoreSlim(0);
        var kept = new List<ulong>();
        var keeper = Keeper(list =>
        {
            written.Wait(TestContext.Current.CancellationToken);
            kept.Add(list.Version);
        });

        foreach (ulong version in (ulong[])[2, 3, 5, 4])
            keeper.OnLearnt(_node, List(version));
        written.Release(2);
        Turn();
        Turn();

        Assert.Equal([2UL, 5UL], kept);
        Assert.Equal(5UL, _node.Members!.Version);
    }

    [Fact]
    public void What_cannot_be_kept_is_not_in_force_and_may_come_again()
    {
        bool full = true;
        var keeper = Keeper(_ =>
        {
            if (full)
                throw new IOException("no space left");
        });

        keeper.OnLearnt(_node, List(2));
        Turn();
        keeper.OnLearnt(_node, List(2));
        Turn();
        Assert.Equal(1UL, _node.Members!.Version);
        Assert.Contains("no space left", Assert.Single(_log), StringComparison.Ordinal);

        full = false;
        keeper.OnLearnt(_node, List(2));
        Turn();
        Assert.Equal(2UL, _node.Members!.Version);
    }

    [Fact]
    public void A_node_goes_by_the_newest_list_of_the_authority_it_has()
    {
        _node.UseMembers(List(3), default);
        _node.UseMembers(List(2), default);
        using var other = P256.Import([.. Enumerable.Repeat((byte)8, 32)]);
        _node.UseMembers(new MemberListDraft("farm", 9, []).Sign(other), default);
        Assert.Equal(3UL, _node.Members!.Version);

        _node.UseGroup([GroupSecret.OfName("farm")], null, default);
        _node.UseMembers(List(4), default);
        Assert.Null(_node.Members);
    }

    private MemberKeeper Keeper(Action<MemberList> keep) => new(
        keep,
        call =>
        {
            _calls.Add(call);
            return true;
        },
        new MonotonicClock(TimeProvider.System),
        _log.Add);

    private void Turn()
    {
        Assert.True(_calls.TryTake(out var call, TimeSpan.FromSeconds(30)), "nothing was posted");
        call(_node);
    }

    private static readonly P256KeyPair Key = P256.Import([.. Enumerable.Repeat((byte)9, 32)]);

    private static MemberList List(ulong version)
    {
        using var authority = P256.Import([.. Enumerable.Repeat((byte)7, 32)]);
        return new MemberListDraft("farm", version, []).Sign(authority);
    }
}
