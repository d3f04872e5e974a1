using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>Configurations with one thing wrong each: the text with a ^ where it is wrong, what is said of it, and the mend.</summary>
public static class ConfigurationCases
{
    public static TheoryData<string, string, string> Refused => new()
    {
        // The file as a whole.
        { "^", "not JSON", "comma, quote or brace" },
        { "{ \"name\": \"a\" ^\"stateDirectory\": \"s\" }", "not JSON", "comma, quote or brace" },
        { "^[]", "a list", "an object in braces" },
        { "{ \"name\": \"a\",\n  \"stateDirectory\": \"s\",\n  ^\"name\": \"b\" }", "\"name\" stands here a second time", "line 1" },

        // Keys.
        { Root("^\"nane\": \"b\""), "no key \"nane\"", "did you mean \"name\"?" },
        { Root("^\"transport\": {}"), "no key \"transport\"", "did you mean \"transports\"?" },
        { Root("^\"telemetry\": {}"), "no key \"telemetry\"", "\"pipes\"" },
        { "^{\n\"stateDirectory\": \"s\" }", "no \"name\"", "add \"name\"" },
        { "^{\n\"name\": \"a\" }", "no \"stateDirectory\"", "add \"stateDirectory\"" },
        { "^{ \"name\": \"a\", \"stateDirectory\": \"\" }", "no \"stateDirectory\"", "add \"stateDirectory\"" },
        { "{ \"name\": ^\"barn 3\", \"stateDirectory\": \"s\" }", "barn 3", "a-z A-Z 0-9" },

        // What the contract has and this version does not.
        { Root("^\"devices\": {}"), "\"devices\" is not in this version", "remove it" },
        { Transport("\"type\": \"serial\", \"port\": \"p\", \"baud\": 9600, ^\"airtimePercent\": 10"), "\"airtimePercent\" is not in this version", "remove it" },
        { Pipe("\"type\": ^\"datagram\""), "\"datagram\" is not in this version", "\"reliable\"" },

        // Values.
        { Pipe("\"ttl\": ^\"soon\""), "\"ttl\" is \"soon\", which is not a duration", "ms, s, m, h or d" },
        { Pipe("\"ttl\": ^\"1ms\""), "\"ttl\" is \"1ms\"", "keep to 1s to 36500d" },
        { Pipe("\"ttl\": ^\"1\""), "not a duration", "such as \"1h\"" },
        { Pipe("\"capacity\": ^\"1KiB\""), "\"capacity\" is \"1KiB\"", "keep to 64KiB to 1024GiB" },
        { Pipe("\"whenFull\": ^\"drop-newest\""), "\"drop-newest\"", "\"drop-oldest\"" },
        { Pipe("\"order\": ^\"newest\""), "\"newest\"", "\"newest-first\"" },
        { Root("\"group\": ^\"farm\""), "\"group\" is a text", "an object in braces" },
        { Group("\"name\": ^\"far m\""), "far m", "a-z A-Z 0-9" },
        { Group("\"secretFile\": ^\"\""), "\"secretFile\" is empty", "name a file" },
        { Group("\"secretFile\": ^\"nowhere/group.key\""), "nowhere/group.key is not there", "for its owner alone" },
        { Group("^\"secret\": \"x\""), "no key \"secret\"", "\"secretFile\"" },
        { Group("\"membersFile\": ^\"members.list\""), "\"membersFile\" without \"authority\"", "edgepeer group authority new" },
        { Group($"\"authority\": ^\"{Authority}\""), "\"authority\" without \"membersFile\"", "members.list" },
        { Group("\"membersFile\": \"m\", \"authority\": ^\"MFkwEw\""), "does not begin with \"edgepeer-authority-1-\"", "edgepeer group authority show" },
        { Group($"\"membersFile\": \"m\", \"authority\": ^\"{Authority[..^1]}K\""), "typing error", "edgepeer group authority show" },
        { Root("\"api\": { \"mode\": ^\"rw\" }"), "\"mode\" is \"rw\"", "\"0660\"" },
        { Root("\"api\": { \"mode\": ^\"0770\" }"), "\"mode\" is \"0770\"", "\"0660\"" },
        { Root("\"api\": { \"mode\": ^\"0260\" }"), "\"mode\" is \"0260\"", "\"0660\"" },
        { Root("\"api\": { \"mode\": ^432 }"), "\"mode\" is a number", "in quotes" },
        { Root("\"api\": { \"group\": ^\"two words\" }"), "two words", "of this system" },
        { Root("\"statusPage\": ^{}"), "no \"listen\"", "127.0.0.1:8474" },
        { Root("\"statusPage\": { \"listen\": ^\"localhost:8474\" }"), "not an address and port", "127.0.0.1:8474" },
        { Root("\"statusPage\": { \"listen\": ^\"127.0.0.1:0\" }"), "not an address and port", "127.0.0.1:8474" },
        { Root("\"statusPage\": { \"listen\": ^\"0.0.0.0:8474\" }"), "reached from other machines", "add \"tokenFile\"" },
        { Root("\"statusPage\": { \"listen\": ^\"[::]:8474\" }"), "reached from other machines", "add \"tokenFile\"" },
        { Root("\"statusPage\": { \"listen\": \"10.0.0.1:8474\", \"tokenFile\": ^\"nowhere\" }"), "nowhere is not there", "for its owner alone" },
        { Root("\"transports\": ^[]"), "\"transports\" is a list", "\"lan\"" },
        { Transport("\"listen\": \"127.0.0.1:1\""), "no \"type\"", "\"serial\" or \"mqtt\"" },
        { Transport("\"type\": ^\"carrier pigeon\""), "unknown type", "\"serial\" or \"mqtt\"" },
        { Transport("\"type\": \"ethernet\""), "no \"listen\"", "add \"listen\"" },
        { Transport("\"type\": \"ethernet\", \"listen\": ^[]"), "\"listen\" is empty", "name an address" },
        { Transport("\"type\": \"ethernet\", \"listen\": ^\"10.0.0.1\""), "not an address and port", "10.0.0.2:47474" },
        { Transport("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\", \"seeds\": [^\"barn:47474\"]"), "not an address and port", "10.0.0.2:47474" },
        { Transport("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\", \"seeds\": [^\"10.0.0.2:0\"]"), "not an address and port", "10.0.0.2:47474" },
        { Transport("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\", \"multicast\": ^\"10.0.0.2\""), "not a multicast group", "239.255.47.47" },
        { Transport("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\", \"multicast\": [\"239.1.1.1\", ^\"239.1.1.2\"]"), "a second group", "one for IPv4" },
        { Transport("\"type\": \"ethernet\", \"listen\": \"10.0.0.1:1\", \"cost\": ^0"), "\"cost\" is 0", "from 1 to 10000" },
        { Transport("\"type\": \"serial\", \"port\": \"p\", \"baud\": ^\"57600\""), "\"baud\" is a text", "from 300 to 12000000" },
        { Transport("\"type\": \"serial\", \"port\": \"p\", \"baud\": ^57600.5"), "57600.5", "a whole number" },
        { Transport("\"type\": \"serial\", \"port\": \"p\""), "no \"baud\"", "add \"baud\"" },
        { Transport("\"type\": \"serial\", \"baud\": 9600"), "no \"port\"", "add \"port\"" },
        { Transport("\"type\": \"mqtt\", \"topicRoot\": \"r\""), "no \"broker\"", "mqtts://broker.example:8883" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtt://b\""), "no \"topicRoot\"", "the same on all peers" },
        { Transport("\"type\": \"mqtt\", \"broker\": ^\"broker.example:8883\", \"topicRoot\": \"r\""), "names no broker", "mqtt://10.0.0.9:1883" },
        { Transport("\"type\": \"mqtt\", \"broker\": ^\"mqtt://barn:secret@b\", \"topicRoot\": \"r\""), "names no broker", "\"passwordFile\" stand beside it" },
        { Transport("\"type\": \"mqtt\", \"broker\": ^\"mqtt://b/farm\", \"topicRoot\": \"r\""), "names no broker", "without TLS" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtt://b\", \"topicRoot\": ^\"farm/#\""), "can't begin topics", "without + and #" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtt://b\", \"topicRoot\": ^\"/farm\""), "can't begin topics", "no slash at either end" },
        { Transport("\"type\": \"mqtt\", \"broker\": ^\"mqtt://b\", \"topicRoot\": \"r\", \"caFile\": \"ca.pem\""), "is reached without TLS", "mqtts://" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtts://b\", \"topicRoot\": \"r\", \"keyFile\": ^\"key.pem\""), "a client certificate takes", "add the other" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtts://b\", \"topicRoot\": \"r\", \"caFile\": ^\"nowhere.pem\""), "nowhere.pem is not there", "name a PEM file" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtts://b\", \"topicRoot\": \"r\", \"caFile\": ^\"edgepeer.json\""), "holds no certificate in PEM", "name a PEM file" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtts://b\", \"topicRoot\": \"r\", \"certificateFile\": ^\"nowhere.pem\", \"keyFile\": \"nowhere.key\""), "\"certificateFile\"", "name a PEM file" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtt://b\", \"topicRoot\": \"r\", \"user\": \"u\", \"passwordFile\": ^\"nowhere\""), "nowhere is not there", "for its owner alone" },
        { Transport("\"type\": \"mqtt\", \"broker\": \"mqtt://b\", \"topicRoot\": \"r\", ^\"password\": \"x\""), "no key \"password\"", "\"passwordFile\"" },
        { Transport("\"type\": \"serial\", \"port\": \"p\", \"baud\": 9600, \"halfDuplex\": ^\"yes\""), "\"halfDuplex\" is a text", "true or false" },
        { Transport("\"type\": \"serial\", \"port\": \"p\", \"baud\": 9600, ^\"seeds\": []"), "no key \"seeds\"", "\"port\"" },
        { Root("\"pipes\": { ^\"a b\": {} }"), "\"a b\" is not a name", "a-z A-Z 0-9" },
        { Pipe("\"priority\": ^8"), "\"priority\" is 8", "from 0 to 7" },
        { Pipe("\"whenFull\": ^\"explode\""), "\"explode\"", "\"block\", \"reject\" or \"drop-oldest\"" },
        { Root("\"bridges\": ^{}"), "\"bridges\" is an object", "to-broker" },
        { Bridge("\"direction\": ^\"both\""), "\"both\"", "\"to-broker\" or \"from-broker\"" },
        { Root($"{Cloud}, \"bridges\": [ ^{{ \"pipe\": \"p\", \"transport\": \"cloud\", \"topic\": \"t\" }} ]"), "no \"direction\"", "\"to-broker\" or \"from-broker\"" },
        { Root($"{Cloud}, \"bridges\": [ {{ \"pipe\": \"p\", \"transport\": ^\"radio\", \"topic\": \"t\", \"direction\": \"to-broker\" }} ]"), "no transport of type mqtt is called so", "write \"cloud\"" },
        { Root($"{Cloud}, \"bridges\": [ {OneBridge}, ^{OneBridge} ]"), "a second bridge of pipe \"p\"", "a pipe of its own" },
        { Bridge("\"direction\": \"to-broker\"", topic: "^\"farm/+\""), "has a wildcard", "farm/{name}/readings" },
        { Bridge("\"direction\": \"to-broker\"", topic: "^\"farm/{device}\""), "has a brace", "farm/{name}/readings" },
        { Bridge("\"direction\": \"to-broker\"", topic: "^\"$SYS/x\""), "begins with $", "farm/{name}/readings" },
        { Bridge("\"direction\": \"from-broker\"", topic: "^\"farm/#/x\""), "a # that is not the last", "farm/{name}/commands" },
        { Bridge("\"direction\": \"from-broker\"", topic: "^\"farm/{id}\""), "has a brace", "farm/{name}/commands" },
        { Bridge("\"direction\": \"from-broker\"", topic: "^\"#\""), "frames of transport \"cloud\" are among its messages", "beside \"r/\"" },
        { Bridge("\"direction\": \"from-broker\"", topic: "^\"$share/g/+/to/#\""), "frames of transport \"cloud\" are among its messages", "beside \"r/\"" },
        { Bridge("\"direction\": \"to-broker\"", topic: "^\"r/beacon/{peer}\""), "where frames of transport \"cloud\" go", "beside \"r/\"" },
        { Bridge("\"direction\": \"from-broker\", ^\"retain\": true"), "no key \"retain\"", "\"sessionExpiry\"" },
        { Bridge("\"direction\": \"to-broker\", \"envelope\": ^\"cover\""), "\"cover\"", "\"none\", \"wrap\" or \"unwrap\"" },
        { Bridge("\"direction\": \"from-broker\", \"envelope\": ^\"cover\""), "\"cover\"", "\"none\" or \"wrap\"" },
        { Bridge("\"direction\": \"from-broker\", \"envelope\": ^\"unwrap\""), "\"unwrap\" in a bridge from-broker", "write \"wrap\" here" },
        { Bridge("\"direction\": \"to-broker\"", topic: "^\"farm/{topic}\""), "{topic} is that of an envelope", "add \"envelope\": \"unwrap\"" },
        { Bridge("\"direction\": \"to-broker\", \"envelope\": \"wrap\"", topic: "^\"farm/{topic}\""), "{topic} is that of an envelope", "add \"envelope\": \"unwrap\"" },
        { Bridge("\"direction\": \"from-broker\"", topic: "^\"farm/{topic}\""), "{topic} is that of an envelope", "a bridge to-broker" },
        { Bridge("\"direction\": \"to-broker\", \"envelope\": \"unwrap\", \"retain\": ^true"), "\"retain\" beside \"envelope\": \"unwrap\"", "remove it" },
        { Bridge("\"direction\": \"to-broker\", \"envelope\": \"unwrap\", \"contentType\": ^\"text/plain\""), "\"contentType\" beside \"envelope\"", "remove it" },
        { Bridge("\"direction\": \"to-broker\", \"envelope\": \"unwrap\", \"expiry\": ^\"1h\""), "\"expiry\" beside \"envelope\"", "remove it" },
        { Bridge("\"direction\": \"to-broker\", \"replayMessages\": ^20000"), "\"replayMessages\" is 20000", "from 0 to 16284" },
        { Bridge("\"direction\": \"to-broker\", \"replayTime\": ^\"long\""), "not a duration", "ms, s, m, h or d" },
        { Bridge("\"direction\": \"to-broker\", \"contentType\": ^\"\""), "\"contentType\" has not 1 to 255 characters", "application/json" },
        { Root("\"journal\": { \"capacity\": ^\"256MB\" }"), "not a size", "\"256MiB\"" },
        { Root("\"journal\": { \"capacity\": ^\"1KiB\" }"), "1KiB", "1MiB to 1024GiB" },
        { Root("\"journal\": { \"syncWindow\": ^20 }"), "a number", "in quotes" },
        { Root("\"journal\": { \"syncWindow\": ^\"1h\" }"), "1h", "0ms to 10s" },
    };

    private static string Root(string member) => $"{{ \"name\": \"a\", \"stateDirectory\": \"s\",\n{member} }}";

    private static string Group(string members) => Root($"\"group\": {{ {members} }}");

    // Without a place among the members, the object as a whole is meant.
    private static string Transport(string members) => Root($"\"transports\": {{ \"x\": {(members.Contains('^', StringComparison.Ordinal) ? "" : "^")}{{ {members} }} }}");

    // The one in MEMBERS.md.
    private const string Authority = "edgepeer-authority-1-AlFcPW6545a5BNP-yn9U_c0MwemXvzddylFa0KbDtANffG8J";

    private const string Cloud = "\"transports\": { \"cloud\": { \"type\": \"mqtt\", \"broker\": \"mqtt://127.0.0.1\", \"topicRoot\": \"r\" } }";

    private const string OneBridge = "{ \"pipe\": \"p\", \"transport\": \"cloud\", \"topic\": \"t\", \"direction\": \"to-broker\" }";

    private static string Bridge(string members, string topic = "\"t\"") =>
        Root($"{Cloud}, \"bridges\": [ {{ \"pipe\": \"p\", \"transport\": \"cloud\", \"topic\": {topic}, {members} }} ]");

    private static string Pipe(string members) => Root($"\"pipes\": {{ \"p\": {{ {members} }} }}");
}
