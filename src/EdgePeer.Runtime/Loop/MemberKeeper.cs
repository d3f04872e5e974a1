using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// Puts member lists that other peers told on flash before the node goes by them. The loop does not wait for that: a thread of the
/// pool writes, one list at a time, and of those that come meanwhile the newest is next.
/// </summary>
/// <param name="keep">As <see cref="PeerHostOptions.KeepMembers"/>.</param>
/// <param name="post">Has a call made on the loop's thread.</param>
internal sealed class MemberKeeper(Action<MemberList>? keep, Func<LoopCall, bool> post, MonotonicClock clock, Action<string> log)
{
    private MemberList? _next;
    private bool _writing;
    private string? _trouble;

    /// <summary>On the loop's thread.</summary>
    public void OnLearnt(Node node, MemberList list)
    {
        if (keep is null)
        {
            node.UseMembers(list, clock.Now);
            return;
        }
        if (_next is null || _next.Version < list.Version || !_next.Authority.Equals(list.Authority))
            _next = list;
        WriteNext();
    }

    private void WriteNext()
    {
        if (_writing || _next is not { } list)
            return;
        _next = null;
        _writing = true;
        ThreadPool.UnsafeQueueUserWorkItem(_ => Write(list), null);
    }

    private void Write(MemberList list)
    {
        string? trouble = null;
        try
        {
            keep!(list);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            trouble = fault.Message;
        }
        post(node => OnWritten(node, list, trouble));
    }

    private void OnWritten(Node? node, MemberList list, string? trouble)
    {
        _writing = false;
        if (trouble is null)
            node?.UseMembers(list, clock.Now);
        else if (trouble != _trouble)
            log($"members: version {list.Version} cannot be kept ({trouble}); the list before stays in force until it can");
        _trouble = trouble;
        WriteNext();
    }
}
