using System.Reflection;
using BenchmarkDotNet.Running;
using EdgePeer.Benchmarks.Journal;
using EdgePeer.Benchmarks.Mqtt;

// `dotnet run -c Release --project tests/EdgePeer.Benchmarks -- --filter '*' --job short --inProcess`: in this process, because the
// project that BenchmarkDotNet would make and build for each run does not restore from every mirror.
// What the journal is measured against, a large backlog, and how much of the capacity is room: `dotnet run -c Release --project tests/EdgePeer.Benchmarks -- journal`, `-- backlog`, or `-- room`;
// messages over a broker with `-- mqtt`, through a bridge to it with `-- mqtt-bridge`, and what a killed bridge has lost with `-- mqtt-bridge-killed`;
// a thousand devices into one broker with `-- devices`.
if (args is ["backlog", .. var backlog])
    Backlog.Run(backlog);
else if (args is ["room"])
    Room.Run();
else if (args is ["journal"])
    Rivals.Run();
else if (args is ["mqtt"])
    MqttRivals.Run();
else if (args is ["devices", .. var devices])
    Devices.Run(devices);
else if (args is ["mqtt-bridge"])
    MqttRivals.RunBridge();
else if (args is ["mqtt-bridge-killed"])
    await KilledBridges.RunAsync();
else
    BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
