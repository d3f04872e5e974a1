using System.Diagnostics;
using System.Globalization;
using EdgePeer.Simulator;
using EdgePeer.Simulator.Seeds;

if (!Arguments.TryParse(args, out var arguments, out string? wrong))
{
    Console.Error.WriteLine(wrong);
    Console.Error.WriteLine(Arguments.Usage);
    return Arguments.WrongWords;
}
if (arguments.Seed is { } seed)
{
    using var lines = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = false };
    var result = SeedRunner.RunOne(seed, arguments.Faults, lines);
    lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {result.Broken ?? "all laws held"}; trace {result.TraceHash:x16}; {result.Reached}"));
    return result.Broken is null ? 0 : 1;
}

var watch = Stopwatch.StartNew();
var (broken, ran, reached) = SeedRunner.RunMany(arguments.From, arguments.Seeds, arguments.Faults);
if (broken is not null)
{
    Console.WriteLine(broken.Broken);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {broken.Seed} broke a law after {ran} seeds; again, with its trace: {SeedRunner.Replay(broken.Seed)}{arguments.FaultWords}"));
    return 1;
}
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{ran} seeds from {arguments.From} in {watch.Elapsed.TotalSeconds:F1} s, all laws held: {reached}"));
var missing = reached.Missing().ToList();
if (missing.Count == 0 || ran < Arguments.SeedsThatReachAll)
    return 0;
Console.WriteLine($"never reached: {string.Join(", ", missing)}");
return 1;
