using System.Diagnostics;

namespace EdgePeer.Agent.Demo.Rig;

/// <summary>
/// Two serial ports joined by a radio: bytes take their time on the line, some of their bits are turned over, and nothing
/// arrives while it is cut. One thread carries both directions and sleeps while nothing is on the air.
/// </summary>
internal sealed class EmulatedRadio : IDisposable
{
    private readonly PseudoTerminal _left = new(), _right = new();
    private readonly RadioDirection _there, _back;
    private readonly Thread _thread;
    private volatile bool _cut, _stopping;

    /// <param name="seed">Chooses which bits are turned over.</param>
    public EmulatedRadio(int baud, double bitErrorRate, int seed)
    {
        _there = new RadioDirection(_left, _right, baud, bitErrorRate, new Random(seed));
        _back = new RadioDirection(_right, _left, baud, bitErrorRate, new Random(seed + 1));
        _thread = new Thread(Carry) { Name = "demo radio", IsBackground = true };
        _thread.Start();
    }

    public string LeftPort => _left.Path;

    public string RightPort => _right.Path;

    /// <summary>Out of range: the ports stay, and both ends hear nothing.</summary>
    public bool Cut
    {
        get => _cut;
        set => _cut = value;
    }

    public long BitsDamaged => _there.BitsDamaged + _back.BitsDamaged;

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _left.Dispose();
        _right.Dispose();
    }

    private void Carry()
    {
        while (!_stopping)
        {
            var now = Stopwatch.GetElapsedTime(0);
            _there.Advance(now, _cut);
            _back.Advance(now, _cut);
            var due = _there.DueAt < _back.DueAt ? _there.DueAt : _back.DueAt;
            int wait = due == TimeSpan.MaxValue ? LookForStopMs : (int)Math.Ceiling((due - now).TotalMilliseconds);
            PseudoTerminal.Wait(_there.Idle ? _left : null, _back.Idle ? _right : null, Math.Clamp(wait, 0, LookForStopMs));
        }
    }

    // How long the end of the demo may wait for this thread.
    private const int LookForStopMs = 100;
}
