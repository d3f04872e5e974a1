using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// Finds out when long frames vanish without a word while short ones pass (a narrow hop whose complaints are filtered). A path
/// that falls silent is probed with short frames; when it answers and falls silent again before a long frame was heard, the
/// length is halved. It grows again once frames of that length have passed, each time more carefully.
/// </summary>
internal sealed class FramePassage
{
    private int _limit = int.MaxValue;
    private int _passed;
    private int _passedNeeded = 16;
    private bool _longHeard = true;

    public int Bytes(int frameBytesMax) => Math.Min(_limit, frameBytesMax);

    /// <summary>The path has fallen silent; once each time.</summary>
    public void OnSilence(int frameBytesMax)
    {
        if (!_longHeard)
        {
            _limit = Math.Max(HandshakeParameters.FrameBytesMin, Bytes(frameBytesMax) / 2);
            _passed = 0;
            _passedNeeded = Math.Min(_passedNeeded * 2, PassedNeededMax);
        }
        _longHeard = false;
    }

    public void OnHeard(int frameBytes, int frameBytesMax)
    {
        if (frameBytes < Bytes(frameBytesMax) * 3 / 4)
            return;
        _longHeard = true;
        if (_limit == int.MaxValue || ++_passed < _passedNeeded)
            return;
        _passed = 0;
        _limit = _limit >= frameBytesMax ? int.MaxValue : _limit * 2;
    }

    // A route that has become wider is used fully after that many frames.
    private const int PassedNeededMax = 4096;
}
