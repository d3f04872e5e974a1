using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Groups;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Groups;

/// <summary>Identities, secrets and member lists as a person makes them, and an agent that goes by them.</summary>
public sealed class GroupCommandTests
{
    [Fact]
    public async Task A_new_secret_is_one_line_with_the_hint_beside_it()
    {
        var (first, second) = (await Edgepeer.RunAsync(["group", "new"]), await Edgepeer.RunAsync(["group", "new"]));

        Assert.True(GroupSecret.TryParse(Assert.Single(first.Lines), out _, out string? fault), fault);
        Assert.Contains("umask 077", first.Errors, StringComparison.Ordinal);
        Assert.NotEqual(first.Output, second.Output);
    }

    [Fact]
    public async Task A_second_device_joins_the_group_of_the_first_with_a_key_of_its_own()
    {
        using var directory = new TemporaryDirectory();
        using var key = FileKey.Generate();
        key.Write(directory.File("their.pem"), "");
        string secret = directory.File("one/group.key");

        await DoneAsync("init", "--dir", directory.File("one"), "--group", "farm");
        var joined = await DoneAsync("init", "--dir", directory.File("two"), "--group", "farm", "--join", secret, "--key", directory.File("their.pem"));
        var asPublic = await DoneAsync("id", "--config", directory.File("two/edgepeer.json"), "--public");
        var again = await Edgepeer.RunAsync(["init", "--config", directory.File("two/edgepeer.json"), "--join", secret]);
        var missing = await Edgepeer.RunAsync(["init", "--dir", directory.File("three"), "--join", directory.File("none")]);

        Assert.Equal(key.PeerId.ToString(), joined.Output.Trim());
        Assert.Equal(Secrets(secret), Secrets(directory.File("two/group.key")));
        using var read = ECDsa.Create();
        read.ImportFromPem(asPublic.Output);
        Assert.Equal(key.PublicPem, read.ExportSubjectPublicKeyInfoPem());
        Assert.Equal((6, 6), (again.ExitCode, missing.ExitCode));
        Assert.False(Directory.Exists(directory.File("three")), "a refused init left something behind");
        await DoneAsync("config", "check", directory.File("two/edgepeer.json"));
    }

    [Fact]
    public async Task An_id_is_checked_in_words_and_in_JSON()
    {
        using var key = FileKey.Generate();
        string id = key.PeerId.ToString();

        var good = await DoneAsync("id", "--check", id.ToLowerInvariant());
        var bad = await Edgepeer.RunAsync(["id", "--check", id[..^1]]);
        var json = await Edgepeer.RunAsync(["id", "--check", id[..^1], "--json"]);

        Assert.Equal(id, good.Output.Trim());
        Assert.Equal((1, ""), (bad.ExitCode, bad.Output));
        Assert.Contains("some are missing", bad.Errors, StringComparison.Ordinal);
        Assert.Equal(1, json.ExitCode);
        Assert.Contains("some are missing", JsonNode.Parse(json.Output)!["fault"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_are_begun_changed_by_the_tool_and_by_hand_and_shown()
    {
        using var directory = new TemporaryDirectory();
        string key = directory.File("authority.pem"), list = directory.File("members.list");
        using FileKey barn = FileKey.Generate(), field = FileKey.Generate();
        string authority = (await DoneAsync("group", "authority", "new", key)).Output.Trim();

        Assert.Equal(authority, (await DoneAsync("group", "authority", "show", key)).Output.Trim());
        Assert.Equal(6, (await Edgepeer.RunAsync(["group", "authority", "new", key])).ExitCode);
        await RefusedAsync("--group NAME begins a list", "group", "members", "add", list, $"{barn.PeerId}", "barn", "--key", key);
        await DoneAsync("group", "members", "add", list, $"{barn.PeerId}", "barn", "--key", key, "--group", "farm");
        await DoneAsync("group", "members", "add", list, $"{field.PeerId}", "field", "--key", key);
        await RefusedAsync("already", "group", "members", "add", list, $"{field.PeerId}", "another", "--key", key);
        Assert.Equal((2, "barn field"), await ShownAsync(list, authority));

        File.WriteAllText(list, File.ReadAllText(list).Replace(" field\n", " meadow\n", StringComparison.Ordinal));
        await RefusedAsync(":6: the signature is not the authority's", "group", "members", "remove", list, "barn", "--key", key);
        await DoneAsync("group", "members", "sign", list, "--key", key);
        await RefusedAsync("has no field", "group", "members", "remove", list, "field", "--key", key);
        await DoneAsync("group", "members", "remove", list, $"{barn.PeerId}", "--key", key);
        Assert.Equal((4, "meadow"), await ShownAsync(list, authority));

        string other = (await DoneAsync("group", "authority", "new", directory.File("other.pem"))).Output.Trim();
        await RefusedAsync("not the authority's", "group", "members", "show", list, "--authority", other);
        await RefusedAsync("not the authority's", "group", "members", "remove", list, "meadow", "--key", directory.File("other.pem"));
    }

    [Fact]
    public async Task An_agent_goes_by_its_list_and_takes_newer_ones_and_other_secrets_while_it_runs()
    {
        await using var peers = TwoPeers.Make();
        string key = peers.File("authority.pem"), list = peers.File("members.list");
        string authority = (await DoneAsync("group", "authority", "new", key)).Output.Trim();
        string configuration = await File.ReadAllTextAsync(peers.Configuration("a"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            peers.Configuration("a"),
            configuration.Replace("\"secretFile\"", $"\"authority\": \"{authority}\", \"membersFile\": \"members.list\", \"secretFile\"", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        string id = (await DoneAsync("id", "--config", peers.Configuration("a"))).Output.Trim();
        string[] run = ["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("a")];
        using var stranger = FileKey.Generate();

        await RefusedAsync("members.list is not there", run);
        await DoneAsync("group", "members", "add", list, $"{stranger.PeerId}", "stranger", "--key", key, "--group", "two");
        await RefusedAsync($"this peer, {id}, is not in version 1", run);
        await DoneAsync("group", "members", "add", list, id, "a", "--key", key);
        var a = await peers.StartAsync("a");

        string second = await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken);
        await DoneAsync("group", "members", "remove", list, "stranger", "--key", key);
        GroupSecret[] rotated = [GroupSecretFile.NewSecret(), .. Secrets(peers.File("group.key"))];
        File.Delete(peers.File("group.key"));
        GroupSecretFile.Write(peers.File("group.key"), "two", rotated);
        await ReloadAsync(a, "reloaded", "2 of the group's secrets accepted, members of version 3");

        await File.WriteAllTextAsync(list, second, TestContext.Current.CancellationToken);
        await ReloadAsync(a, "reloaded", "version 2 is not used");
        await File.WriteAllTextAsync(list, second.Replace("stranger", "friend", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await ReloadAsync(a, "not reloaded", "the signature is not the authority's");

        // Not even a restart brings the older one back.
        await File.WriteAllTextAsync(list, second, TestContext.Current.CancellationToken);
        await a.KillAsync();
        a = await peers.StartAsync("a");
        await Wait.UntilAsync("the log says so", () => a.Log.Any(line => line.Contains("version 2 is not used", StringComparison.Ordinal)));
    }

    private static async Task ReloadAsync(RunningAgent agent, string outcome, string said)
    {
        int before = agent.Log.Count;
        agent.Signal(PosixSignal.SIGHUP);
        await Wait.UntilAsync("the configuration is read again", () => agent.Log.Skip(before).Any(line => line.Contains(outcome, StringComparison.Ordinal)));
        Assert.Contains(agent.Log.Skip(before), line => line.Contains(said, StringComparison.Ordinal));
    }

    private static async Task<(int Version, string Names)> ShownAsync(string list, string authority)
    {
        var shown = JsonNode.Parse((await DoneAsync("group", "members", "show", list, "--authority", authority, "--json")).Output)!;
        Assert.Equal("farm", shown["group"]!.GetValue<string>());
        return (shown["version"]!.GetValue<int>(), string.Join(' ', shown["members"]!.AsArray().Select(member => member!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal)));
    }

    private static async Task<CommandResult> DoneAsync(params string[] words)
    {
        var result = await Edgepeer.RunAsync(words);
        Assert.True(result.ExitCode == 0, result.Errors);
        return result;
    }

    private static async Task RefusedAsync(string said, params string[] words)
    {
        var result = await Edgepeer.RunAsync(words);
        Assert.Equal((6, ""), (result.ExitCode, result.Output));
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    private static GroupSecret[] Secrets(string path) => GroupSecretFile.TryRead(path, out var secrets, out var fault) ? [.. secrets] : throw new InvalidOperationException(fault.What);
}
