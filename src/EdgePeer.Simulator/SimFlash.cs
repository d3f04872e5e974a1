using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Simulator;

/// <summary>How often each fault comes, as probabilities; all zero is a flash that never fails.</summary>
public sealed class SimFlashFaults
{
    public double SyncFails { get; set; }
    public double WriteFails { get; set; }
    public double NoSpace { get; set; }
    public bool ReadOnly { get; set; }
}

/// <summary>
/// Flash in memory that does what a device's flash and file system may do: a power cut loses what was not synced in any
/// combination, tears it at any byte and damages any byte of the pages it touched; a failed sync leaves pages that read well and never
/// reach the medium. Batches run command by command, so that a crash may come between any two.
/// </summary>
public sealed class SimFlash(IRandom random) : IFlash
{
    private readonly SortedDictionary<uint, SimFile> _files = [];
    private JournalBatch? _batch;
    private int _command;
    private bool _halfDone;

    public SimFlashFaults Faults { get; } = new();

    /// <summary>Writes that a power cut left torn.</summary>
    public long TornWrites { get; private set; }

    public long FailedSyncs { get; private set; }

    public long FailedWrites { get; private set; }

    public long LostWrites { get; private set; }

    /// <summary>Bytes of the medium were changed by <see cref="Damage"/>.</summary>
    public bool Damaged { get; private set; }

    /// <summary>Bytes of all segments.</summary>
    public long TotalBytes => Segments().Sum(Length);

    /// <summary>Changes with what a power cut now would leave for certain.</summary>
    public long DurableVersion { get; private set; }

    /// <summary>What the batch that has begun does next; null when it has come to its end.</summary>
    public FlashCommandKind? NextCommand => _batch is { } batch && _command < batch.Commands.Count ? batch.Commands[_command].Kind : null;

    /// <summary>A batch has begun and not ended.</summary>
    public bool Busy => _batch is not null;

    public IReadOnlyList<uint> Segments() => [.. _files.Where(file => file.Key != IFlash.Head && file.Value.Present).Select(file => file.Key)];

    public long Length(uint segment) => Has(segment) ? _files[segment].Cached.Length : 0;

    public int Read(uint segment, long offset, Span<byte> into)
    {
        var cached = Has(segment) ? _files[segment].Cached.AsSpan() : [];
        if (offset >= cached.Length)
            return 0;
        var from = cached[(int)offset..];
        int length = int.Min(from.Length, into.Length);
        from[..length].CopyTo(into);
        return length;
    }

    public void Begin(JournalBatch batch)
    {
        if (_batch is not null)
            throw new InvalidOperationException("one batch at a time");
        _batch = batch;
        _command = 0;
        _halfDone = false;
    }

    /// <summary>Goes on by half a command at least.</summary>
    /// <returns>How the batch ended; null while it goes on.</returns>
    public FlashOutcome? Step()
    {
        if (_batch is not { } batch)
            throw new InvalidOperationException("no batch has begun");
        if (_command == batch.Commands.Count)
            return End(FlashOutcome.Done);
        var outcome = Execute(batch.Commands[_command]);
        if (batch.Commands[_command].Kind != FlashCommandKind.Write)
            DurableVersion++;
        if (outcome != FlashOutcome.Done)
            return End(outcome);
        if (!_halfDone)
            _command++;
        return _command == batch.Commands.Count ? End(FlashOutcome.Done) : null;
    }

    /// <summary>Runs a whole batch.</summary>
    public FlashOutcome Run(JournalBatch batch)
    {
        Begin(batch);
        while (true)
            if (Step() is { } outcome)
                return outcome;
    }

    /// <summary>The process dies, the machine does not: what was written and not synced stays as it is.</summary>
    public void Kill() => _batch = null;

    /// <summary>The power fails.</summary>
    public void Crash()
    {
        _batch = null;
        DurableVersion++;
        foreach (var (number, file) in _files.ToList())
        {
            if (!file.EntrySynced && random.NextDouble() < 0.5)
                file.Present = !file.Present;
            if (!file.Present)
            {
                _files.Remove(number);
                continue;
            }
            file.EntrySynced = true;
            PowerCut(file);
        }
    }

    /// <summary>Damages bytes of the medium, as age does: for tests of what recovery says about it.</summary>
    public void Damage(uint segment, int offset, ReadOnlySpan<byte> bytes)
    {
        Damaged = true;
        bytes.CopyTo(_files[segment].Cached.AsSpan(offset));
        bytes.CopyTo(_files[segment].Medium.AsSpan(offset));
    }

    /// <summary>A copy of what the medium holds, with every cache lost.</summary>
    public SimFlash Clone(IRandom other)
    {
        var clone = new SimFlash(other);
        foreach (var (number, file) in _files)
            clone._files.Add(number, new SimFile { Cached = [.. file.Cached], Medium = [.. file.Medium], Unsynced = [.. file.Unsynced], EntrySynced = file.EntrySynced, Present = file.Present });
        return clone;
    }

    /// <summary>What a power cut now would leave for certain: read it before anything more is done to the flash.</summary>
    public IFlash DurableView() => new MediumView(_files);

    // The head alone is asked for without being listed.
    private bool Has(uint segment) => segment != IFlash.Head || (_files.TryGetValue(segment, out var file) && file.Present);

    private FlashOutcome End(FlashOutcome outcome)
    {
        _batch = null;
        return outcome;
    }

    private FlashOutcome Execute(in FlashCommand command)
    {
        if (Faults.ReadOnly)
            return FlashOutcome.ReadOnly;
        return command.Kind switch
        {
            FlashCommandKind.Create => Create(command),
            FlashCommandKind.Write => Write(command),
            FlashCommandKind.Sync => Sync(command.Segment),
            FlashCommandKind.Delete => Delete(command.Segment),
            _ => SyncDirectory(),
        };
    }

    private FlashOutcome Create(in FlashCommand command)
    {
        if (!_halfDone)
        {
            if (Hits(Faults.NoSpace))
                return FlashOutcome.NoSpace;
            bool entryWas = _files.TryGetValue(command.Segment, out var old) && old.EntrySynced && old.Present;
            _files[command.Segment] = new SimFile { Cached = new byte[command.LengthBytes], Medium = [], Present = true, EntrySynced = entryWas };
            _halfDone = true;
            return FlashOutcome.Done;
        }
        _halfDone = false;
        var file = _files[command.Segment];
        file.Medium = new byte[file.Cached.Length];
        file.EntrySynced = true;
        return FlashOutcome.Done;
    }

    private FlashOutcome Write(in FlashCommand command)
    {
        var file = _files[command.Segment];
        var bytes = command.Bytes.Span;
        if (bytes.Length > file.Cached.Length - command.Offset)
            throw new InvalidOperationException("a write beyond the end of the segment");
        bool fails = Hits(Faults.WriteFails);
        if (fails)
        {
            FailedWrites++;
            bytes = bytes[..random.Below(bytes.Length + 1)];
        }
        bytes.CopyTo(file.Cached.AsSpan((int)command.Offset));
        if (!bytes.IsEmpty)
            file.Unsynced.Add(((int)command.Offset, bytes.ToArray()));
        return fails ? FlashOutcome.Failed : FlashOutcome.Done;
    }

    private FlashOutcome Sync(uint segment)
    {
        var file = _files[segment];
        bool fails = Hits(Faults.SyncFails);
        if (file.Medium.Length == 0)
            file.Medium = new byte[file.Cached.Length];
        foreach (var (offset, bytes) in file.Unsynced)
            // After a failed sync the pages count as clean: some never reach the medium, and no later sync brings them there.
            if (!fails || random.NextDouble() < 0.5)
                Store(file, offset, bytes);
        file.Unsynced.Clear();
        FailedSyncs += fails ? 1 : 0;
        return fails ? FlashOutcome.Failed : FlashOutcome.Done;
    }

    private FlashOutcome Delete(uint segment)
    {
        if (!_halfDone)
        {
            if (_files.TryGetValue(segment, out var file))
            {
                file.Present = false;
                file.EntrySynced = false;
            }
            _halfDone = true;
            return FlashOutcome.Done;
        }
        _halfDone = false;
        _files.Remove(segment);
        return FlashOutcome.Done;
    }

    private FlashOutcome SyncDirectory()
    {
        foreach (var (number, file) in _files.ToList())
        {
            file.EntrySynced = true;
            if (!file.Present)
                _files.Remove(number);
        }
        return FlashOutcome.Done;
    }

    private void PowerCut(SimFile file)
    {
        if (file.Medium.Length == 0)
            file.Medium = new byte[random.Below(file.Cached.Length + 1)];
        foreach (var (offset, bytes) in file.Unsynced)
        {
            double fate = random.NextDouble();
            if (fate < 0.35)
                LostWrites++;
            else if (fate < 0.65)
                Store(file, offset, bytes);
            else
                Tear(file, offset, bytes);
        }
        file.Unsynced.Clear();
        file.Cached = [.. file.Medium];
    }

    private void Tear(SimFile file, int offset, byte[] bytes)
    {
        TornWrites++;
        // Half of the cuts fall near the start: writes end in padding, where a cut would change nothing.
        int torn = random.Below(random.NextDouble() < 0.5 ? int.Min(bytes.Length, NearStartBytes) : bytes.Length);
        // Pages reach the medium in any order, and all but the torn one whole or not at all.
        for (int at = 0; at < bytes.Length; at += PageBytes)
        {
            int end = int.Min(at + PageBytes, bytes.Length);
            if (at <= torn && torn < end)
                Store(file, offset + at, bytes.AsSpan(at, torn - at));
            else if (random.NextDouble() < 0.5)
                Store(file, offset + at, bytes.AsSpan(at, end - at));
        }
        // Any byte of a page that the write touches may come out as anything.
        if (random.NextDouble() < 0.3)
        {
            int pages = (bytes.Length + PageBytes - 1) / PageBytes;
            int page = (offset / PageBytes * PageBytes) + (random.Below(pages) * PageBytes);
            int at = random.Below(PageBytes);
            var anything = new byte[1 + random.Below(PageBytes - at)];
            random.Fill(anything);
            Store(file, page + at, anything);
        }
        // What lies behind the cut in its page stays as it was, or comes out as anything.
        int from = offset + torn;
        int pageEnd = ((from / PageBytes) + 1) * PageBytes;
        var garbage = new byte[random.NextDouble() < 0.5 ? 0 : random.Below(pageEnd - from + 1)];
        random.Fill(garbage);
        Store(file, from, garbage);
    }

    private static void Store(SimFile file, int offset, ReadOnlySpan<byte> bytes)
    {
        int length = int.Clamp(file.Medium.Length - offset, 0, bytes.Length);
        bytes[..length].CopyTo(file.Medium.AsSpan(int.Min(offset, file.Medium.Length)));
    }

    private bool Hits(double probability) => probability > 0 && random.NextDouble() < probability;

    private const int PageBytes = 4096;
    private const int NearStartBytes = 512;

    private sealed class MediumView(SortedDictionary<uint, SimFile> files) : IFlash
    {
        public IReadOnlyList<uint> Segments() => [.. files.Where(file => file.Key != IFlash.Head && Has(file.Key)).Select(file => file.Key)];

        public long Length(uint segment) => Has(segment) ? files[segment].Medium.Length : 0;

        public int Read(uint segment, long offset, Span<byte> into)
        {
            var medium = Has(segment) ? files[segment].Medium : [];
            int length = (int)long.Clamp(medium.Length - offset, 0, into.Length);
            medium.AsSpan((int)long.Min(offset, medium.Length), length).CopyTo(into);
            return length;
        }

        private bool Has(uint segment) => files.TryGetValue(segment, out var file) && file is { Present: true, EntrySynced: true };
    }

    private sealed class SimFile
    {
        /// <summary>What a read sees.</summary>
        public byte[] Cached { get; set; } = [];

        /// <summary>What a power cut leaves, before it does its damage; empty until the file's zeros are synced.</summary>
        public byte[] Medium { get; set; } = [];
        public List<(int Offset, byte[] Bytes)> Unsynced { get; init; } = [];
        public bool Present { get; set; }

        /// <summary>The directory on the medium says the same.</summary>
        public bool EntrySynced { get; set; }
    }
}
