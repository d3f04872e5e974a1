using System.Security.Cryptography;
using EdgePeer.Store;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>The journal, its batches run on the calling thread; what is appended is released a thousand records later.</summary>
internal sealed class CallingThread : IRival
{
    private readonly JournalRun _run;
    private readonly StreamId _stream;
    private readonly byte[] _record = RandomNumberGenerator.GetBytes(Rivals.RecordBytes);
    private ulong _next;

    public CallingThread(string directory)
    {
        _run = new JournalRun(directory, 32 << 20);
        _stream = _run.Journal.Open(JournalShare.Outgoing, "s"u8).Id;
        // Segments are made once in a journal's life: filled once, it has nearly all of them.
        while (_run.Journal.RoomBytes(JournalShare.Outgoing) > 2000L * Rivals.RecordBytes)
        {
            for (int i = 0; i < 1000; i++)
                _ = _run.Journal.TryAppend(_stream, _next++, _record.Length, 0, _record, 0, out _);
            _run.Sync();
        }
        Append(1);
    }

    public string Name => "journal, on the calling thread";

    public void Append(int records)
    {
        for (int i = 0; i < records; i++)
            if (!_run.Journal.TryAppend(_stream, _next++, _record.Length, 0, _record, 0, out _))
                throw new InvalidOperationException("full");
        if (_next > 1000)
            _run.Journal.Release(_stream, _next - 1000);
        _run.Sync();
    }

    public void Dispose() => _run.Dispose();
}
