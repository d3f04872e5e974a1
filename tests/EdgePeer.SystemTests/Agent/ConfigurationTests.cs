using System.Net;
using EdgePeer.Agent.Configuration;
using EdgePeer.Protocol;
using EdgePeer.SystemTests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class ConfigurationTests
{
    [Fact]
    public void All_keys_are_read()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("edgepeer.json", """
            {
              "$schema": "edgepeer.schema.json", // for editors
              "name": "barn-3", "stateDirectory": "state", "group": { "name": "farm" },
              "transports": {
                "lan": { "type": "ethernet", "listen": ["127.0.0.1:47474", "[::1]:0"], "multicast": ["239.255.47.47", "ff02::4747"], "seeds": "10.0.0.2:47474", "cost": 7 },
                "radio": { "type": "serial", "port": "tty", "baud": 57600, "halfDuplex": true, "cost": 80 },
              },
              "pipes": { "readings": { "type": "reliable", "priority": 5, "whenFull": "reject" }, "site/alarms": {} },
              "journal": { "capacity": "64MiB", "syncWindow": "5ms" }
            }
            """);

        Assert.True(ConfigurationFile.TryLoad(path, out var read, out var faults), string.Join('\n', faults));

        Assert.Equal("barn-3", read.Name);
        Assert.Equal(directory.File("state"), read.StateDirectory);
        Assert.Equal("farm", read.Group.Name);
        var lan = Assert.IsType<EthernetConfiguration>(read.Transports[0]);
        Assert.Equal([IPEndPoint.Parse("127.0.0.1:47474"), IPEndPoint.Parse("[::1]:0")], lan.Listen);
        Assert.Equal([IPAddress.Parse("239.255.47.47"), IPAddress.Parse("ff02::4747")], lan.Multicast);
        Assert.Equal([IPEndPoint.Parse("10.0.0.2:47474")], lan.Seeds);
        Assert.Equal(7, lan.Cost);
        Assert.Equal(new SerialConfiguration("radio", directory.File("tty"), 57600, HalfDuplex: true, 80), read.Transports[1]);
        Assert.Equal(new PipeOptions { Priority = 5, WhenFull = WhenFull.Reject }, read.Pipes[PipeName.Parse("readings")]);
        Assert.Equal(new PipeOptions(), read.Pipes[PipeName.Parse("site/alarms")]);
        Assert.Equal(64L << 20, read.Journal.CapacityBytes);
        Assert.Equal(TimeSpan.FromMilliseconds(5), read.Journal.SyncWindow);
    }

    [Theory]
    [MemberData(nameof(ConfigurationCases.Refused), MemberType = typeof(ConfigurationCases))]
    public void A_bad_file_is_refused_with_place_and_mend(string marked, string what, string mend)
    {
        using var directory = new TemporaryDirectory();
        string[] before = marked[..marked.IndexOf('^', StringComparison.Ordinal)].Split('\n');
        string path = directory.Write("edgepeer.json", marked.Replace("^", "", StringComparison.Ordinal));

        Assert.False(ConfigurationFile.TryLoad(path, out _, out var faults));

        string fault = Assert.Single(faults).ToString();
        Assert.StartsWith($"{path}:{before.Length}:{before[^1].Length + 1}: ", fault, StringComparison.Ordinal);
        Assert.Contains(what, fault, StringComparison.Ordinal);
        Assert.Contains(mend, fault[fault.IndexOf(';', StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_a_file_are_told_at_once_in_its_order()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("edgepeer.json", """
            {
              "name": "two words", "stateDirectory": 5,
              "transports": {
                "lan": { "type": "ethernet", "listen": "nowhere" },
                "radio": { "type": "serial", "port": "/dev/ttyS0", "baud": 1 }
              },
              "journal": { "capacity": "1KiB" }
            }
            """);

        Assert.False(ConfigurationFile.TryLoad(path, out _, out var faults));

        Assert.Equal([2, 2, 4, 5, 7], faults.Select(fault => fault.Line));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.False(ConfigurationFile.TryLoad("/nowhere/edgepeer.json", out _, out var faults));

        Assert.Equal("/nowhere/edgepeer.json: no such file; `edgepeer init --dir /nowhere` writes edgepeer.json there", Assert.Single(faults).ToString());
    }

    [Fact]
    public void Arbitrary_bytes_end_in_faults_and_never_in_exceptions()
    {
        var random = new Random(2026);
        byte[] good = File.ReadAllBytes(Path.Combine(Repository.Root, "device-configs/field-radio.json"));
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = [.. good];
            for (int change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var faults = new List<ConfigurationFault>();
            var root = ConfigurationText.Read("f.json", bytes, faults);
            if (root is not null)
                new ConfigurationReader("f.json", faults, readFiles: true).Read(root);
            else
                Assert.Single(faults, fault => fault.What.StartsWith("not JSON", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("0B", 0)]
    [InlineData("7KiB", 7 << 10)]
    [InlineData("256MiB", 256L << 20)]
    [InlineData("2GiB", 2L << 30)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("20ms", 20)]
    [InlineData("3s", 3_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("7d", 604_800_000)]
    public void Durations_are_read(string text, double milliseconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out var read));
        Assert.Equal(milliseconds, read.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("1.5s")]
    [InlineData("5sec")]
    [InlineData("99999999999999999999d")]
    [InlineData("9999999999999d")]
    public void What_is_not_a_duration_is_not_read(string text) => Assert.False(Quantities.TryParseDuration(text, out _));
}
