using System.Reflection;
using BenchmarkDotNet.Running;

// `dotnet run -c Release --project tests/EdgePeer.Benchmarks -- --filter '*' --job short --inProcess`: in this process, because the
// project that BenchmarkDotNet would make and build for each run does not restore from every mirror.
BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
