using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// Finds out when long frames vanish without a word while short ones pass (a narrow hop whose complaints are filtered):
/// silence halves the length, and it grows again once frames of that length have passed, each time more carefully.
/// </summary>
internal sealed class FramePassage
{
    private int _limit = int.MaxValue;
    private int _passed;
    private int _passedNeeded = 16;

    public int Bytes(int frameBytesMax) => Math.Min(_limit, frameBytesMax);

    public void OnSilence(int frameBytesMax)
    {
        _limit = Math.Max(GreetingFrame.FrameBytesMin, Math.Min(_limit, frameBytesMax) / 2);
        _passed = 0;
        _passedNeeded = Math.Min(_passedNeeded * 2, PassedNeededMax);
    }

    public void OnHeard(int frameBytes)
    {
        if (_limit == int.MaxValue || frameBytes < _limit * 3 / 4 || ++_passed < _passedNeeded)
            return;
        _passed = 0;
        _limit = _limit > int.MaxValue / 2 ? int.MaxValue : _limit * 2;
    }

    // A route that has become wider is used fully after that many frames.
    private const int PassedNeededMax = 4096;
}
