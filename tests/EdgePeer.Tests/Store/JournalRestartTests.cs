using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>
/// Random calls, power cuts, kills and failed syncs against a model. After each restart the journal must hold exactly what the model held
/// after some call, and not an earlier one than the last that was reported durable.
/// </summary>
public class JournalRestartTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void After_any_crash_the_journal_holds_all_that_was_durable_and_nothing_out_of_order(int seed)
    {
        var run = new Run(seed);
        run.Go(600);
    }

    /// <param name="seed">1146, 1300: a file that was still being made when the power failed was taken for one that had been cut short.</param>
    [Theory]
    [InlineData(1146)]
    [InlineData(1300)]
    public void A_power_cut_that_once_was_misread_is_not(int seed) => new Run(seed, restarts: 0.12).Go(500);

    [Fact]
    public void Thousands_of_power_cuts_under_load_and_in_recovery_lose_nothing_that_was_durable()
    {
        int cuts = 0;
        for (int seed = 1000; cuts < PowerCuts; seed++)
        {
            var run = new Run(seed, restarts: 0.12);
            run.Go(500);
            cuts += run.PowerCuts;
        }
    }

    [Fact]
    public void The_same_seed_writes_the_same_bytes()
    {
        Assert.Equal(new Run(7).Go(400), new Run(7).Go(400));
    }

    private static readonly int PowerCuts = Environment.GetEnvironmentVariable("EDGEPEER_FULL") == "1" ? 15_000 : 1_500;

    private sealed class Run
    {
        // What a record of these small segments holds at most.
        private const int RangeBytesMax = 4096;
        private readonly JournalRig _rig;
        private readonly SeededRandom _choice;
        private readonly List<(ulong Ticket, Action<JournalModel> Apply)> _asked = [];
        private readonly List<string> _names = [];
        private readonly int _seed;
        private readonly JournalModel _durable = new();
        private readonly double _restarts;
        private UInt128 _lastTag;

        public Run(int seed, double restarts = 0.03)
        {
            _seed = seed;
            _restarts = restarts;
            _rig = new JournalRig(seed);
            _choice = new SeededRandom(seed + 1_000_000);
            if (seed % 3 == 1)
                _rig.Flash.Faults.SyncFails = 0.05;
            if (seed % 5 == 1)
                _rig.Flash.Faults.WriteFails = 0.03;
            if (seed % 7 == 1)
                _rig.Flash.Faults.NoSpace = 0.2;
        }

        public int PowerCuts { get; private set; }

        public long Go(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                for (int steps = _choice.Below(4); steps > 0; steps--)
                    _rig.Step();
                _rig.Advance(_choice.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(10)));
                NoteDurable();
                double what = _choice.NextDouble();
                if (_choice.NextDouble() < _restarts)
                    Restart(i);
                else if (_rig.Journal.Ready)
                    Call(what);
                if (i % 16 == 0)
                    _rig.Journal.NoteEnd();
            }
            _rig.Settle();
            NoteDurable();
            Assert.Empty(_asked);
            Check("at the end");
            return _rig.Journal.Counters.BytesWritten;
        }

        private void Restart(int turn)
        {
            if (_choice.Below(3) > 0)
            {
                _rig.PowerCut();
                PowerCuts++;
            }
            else
            {
                _rig.Kill();
            }
            Assert.True(_rig.Journal.Recovery.Damaged.Count == 0, $"seed {_seed}, call {turn}: {string.Join("; ", _rig.Journal.Recovery.Damaged)}");
            // Until recovery's own batch is done, what was found is no more durable than it was.
            string found = JournalModel.PictureOf(_rig.Journal);
            string read = JournalModel.PictureOf(new Journal(_rig.Options, _rig.Flash, new SeededRandom(1), readAll: true));
            Assert.True(found == read, $"seed {_seed}, call {turn}: a summary says what its segment does not: {JournalModel.Difference(found, read)}");
            int through = 0;
            for (var held = _durable.Clone(); found != held.Picture(); _asked[through++].Apply(held))
                Assert.True(through < _asked.Count, $"seed {_seed}, call {turn}: the journal holds what it never held: {JournalModel.Difference(found, held.Picture())}");
            _asked.RemoveRange(through, _asked.Count - through);
            for (int i = 0; i < through; i++)
                _asked[i] = (0, _asked[i].Apply);
            _last = default;
            _names.Clear();
            _names.AddRange(_rig.Journal.Streams().Select(stream => $"{(int)stream.Share}{System.Text.Encoding.ASCII.GetString(stream.Key.Span)}"));
        }

        private void NoteDurable()
        {
            if (!_rig.Journal.Ready)
                return;
            int count = 0;
            while (count < _asked.Count && _asked[count].Ticket <= _rig.Journal.DurableThrough.Value)
                _asked[count++].Apply(_durable);
            _asked.RemoveRange(0, count);
        }

        private void Check(string when)
        {
            string? difference = JournalModel.Difference(JournalModel.PictureOf(_rig.Journal), _durable.Picture());
            Assert.True(difference is null, $"seed {_seed}, {when}: {difference}");
            Assert.True(_durable.MissingTag(_rig.Journal) is null, $"seed {_seed}, {when}: {_durable.MissingTag(_rig.Journal)}");
        }

        private void Call(double what)
        {
            if (_names.Count == 0 || what < 0.06)
                Open();
            else if (what < 0.07)
                Forget();
            else if (what < 0.08)
                Truncate();
            else if (what < 0.14)
                ReleaseRange();
            else if (what < 0.20)
                Release();
            else if (what < 0.30)
                Put();
            else
                Append();
            if (_choice.Below(8) == 0)
                _rig.Journal.Hurry();
        }

        private void Open()
        {
            string name = $"{_choice.Below(2)}stream-{_choice.Below(12)}";
            if (_names.Contains(name))
                return;
            var stream = Stream(name);
            _names.Add(name);
            // Open gives no ticket away; it takes the next one.
            Ask(new Ticket(_last.Value + 1), model => model.Open(name, stream.Id.Value));
        }

        private void Forget()
        {
            string name = Any();
            Ask(_rig.Journal.Forget(Stream(name).Id), model => model.Forget(name));
            _names.Remove(name);
        }

        private void Release()
        {
            string name = Any();
            var stream = Stream(name);
            ulong next = stream.Base + (ulong)_choice.Below((int)(stream.Next - stream.Base) + 2);
            Ask(_rig.Journal.Release(stream.Id, next), model => model.Release(name, next));
        }

        private void ReleaseRange()
        {
            string name = Any();
            var stream = Stream(name);
            ulong from = stream.Base + (ulong)_choice.Below((int)(stream.Next - stream.Base) + 1);
            ulong to = ulong.Min(stream.Next, from + 1 + (ulong)_choice.Below(4));
            if (from < to && _rig.Journal.TryRelease(stream.Id, from, to, out var ticket))
                Ask(ticket, model => model.Release(name, from, to));
        }

        private void Truncate()
        {
            string name = Any();
            var stream = Stream(name);
            // What was released had been accepted, and what came before it too.
            ulong next = _rig.Journal.ReleasedRuns(stream.Id) is [.., var last] ? last.To : stream.Base;
            ulong cut = next + (ulong)_choice.Below((int)(stream.Next - next) + 1);
            for (ulong from = next; _rig.Journal.TryFind(stream.Id, from, out var message) && message.Sequence < cut; from = next)
                next = message.Sequence + 1;
            // Only what is durable can be cut off, and it may be gone before the word of it is durable, which the model does not know.
            _rig.Settle();
            Ask(_rig.Journal.Truncate(stream.Id, next), model => model.Truncate(name, next));
            _rig.Settle();
            NoteDurable();
        }

        private void Put()
        {
            string key = $"fact-{_choice.Below(20)}";
            byte[] value = JournalRig.Payload(_choice.Below(1000), _choice.Below(4) == 0 ? 0 : _choice.Below(200));
            Ask(_rig.Journal.Put(System.Text.Encoding.ASCII.GetBytes(key), value), model => model.Put(key, value));
        }

        private void Append()
        {
            string name = Any();
            var stream = Stream(name);
            ulong sequence = stream.Next + (_choice.Below(10) == 0 ? 1UL : 0);
            int total = _choice.Below(3) switch { 0 => _choice.Below(40), 1 => 100 + _choice.Below(2000), _ => 2000 + _choice.Below(12000) };
            int offset = 0;
            if (_rig.Journal.TryFind(stream.Id, stream.Next == 0 ? 0 : stream.Next - 1, out var last) && !last.Complete && _choice.Below(4) > 0)
                (sequence, total) = (last.Sequence, last.TotalBytes);
            int length = total;
            if (total > 200 && _choice.Below(3) == 0)
            {
                offset = _choice.Below(total - 100);
                length = 100 + _choice.Below(total - offset - 100);
            }
            length = int.Min(length, RangeBytesMax);
            byte[] bytes = JournalRig.Payload((int)sequence, total)[offset..(offset + length)];
            var gaps = Gaps(stream.Id, sequence, offset, length);
            UInt128 tag = _choice.Below(4) == 0 && gaps.Count == 1 ? ++_lastTag : 0;
            if (!_rig.Journal.TryAppend(stream.Id, sequence, total, offset, bytes, tag, out var ticket))
                return;
            // Each missing part is a record of its own, so a crash may come between them.
            for (int i = 0; i < gaps.Count; i++)
            {
                var (from, count) = gaps[i];
                byte[] part = bytes[(from - offset)..(from - offset + count)];
                Ask(new Ticket(ticket.Value - (ulong)(gaps.Count - 1 - i)), model => model.Append(name, sequence, total, from, part, tag));
            }
        }

        private List<(int From, int Count)> Gaps(StreamId stream, ulong sequence, int offset, int length)
        {
            var gaps = new List<(int, int)>();
            int end = offset + length;
            if (_rig.Journal.TryFind(stream, sequence, out var message) && message.Sequence == sequence)
                foreach (var held in message.Ranges)
                {
                    if (held.Offset > offset && offset < end)
                        gaps.Add((offset, int.Min(held.Offset, end) - offset));
                    offset = int.Max(offset, held.Offset + held.Length);
                }
            else if (length == 0)
                gaps.Add((0, 0));
            if (offset < end)
                gaps.Add((offset, end - offset));
            return gaps;
        }

        private JournalStream Stream(string name) =>
            _rig.Journal.Open((JournalShare)(name[0] - '0'), System.Text.Encoding.ASCII.GetBytes(name[1..]));

        private string Any() => _names[_choice.Below(_names.Count)];

        private Ticket _last;

        private void Ask(Ticket ticket, Action<JournalModel> apply)
        {
            _last = ticket;
            _asked.Add((ticket.Value, apply));
        }
    }
}
