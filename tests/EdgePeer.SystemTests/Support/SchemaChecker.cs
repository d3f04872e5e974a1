using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EdgePeer.SystemTests.Support;

/// <summary>Checks a value against the part of JSON Schema 2020-12 that EdgePeer's own schema uses; any other word is an error of the schema.</summary>
internal sealed class SchemaChecker(string schema)
{
    private readonly JsonNode _root = JsonNode.Parse(schema)!;

    public IEnumerable<string> Keys(string reference) => Follow(reference)["properties"]!.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal);

    /// <returns>Null when the value fits, else what does not.</returns>
    public string? Objection(JsonNode? value) => Check(_root, value, "$");

    private string? Check(JsonNode rule, JsonNode? value, string at)
    {
        foreach (var (word, argument) in rule.AsObject())
            if (CheckWord(rule, word, argument!, value, at) is { } objection)
                return objection;
        return null;
    }

    private string? CheckWord(JsonNode rule, string word, JsonNode argument, JsonNode? value, string at)
    {
        bool holds = word switch
        {
            "$schema" or "$defs" or "title" or "description" or "default" => true,
            "$ref" => Check(Follow(argument.GetValue<string>()), value, at) is null,
            "type" => IsA(argument.GetValue<string>(), value),
            "const" => JsonNode.DeepEquals(argument, value),
            "enum" => argument.AsArray().Any(one => JsonNode.DeepEquals(one, value)),
            "pattern" => value is not JsonValue text || !text.TryGetValue<string>(out var t) || Regex.IsMatch(t, argument.GetValue<string>()),
            "minLength" => value is not JsonValue text || !text.TryGetValue<string>(out var t) || t.Length >= argument.GetValue<int>(),
            "maxLength" => value is not JsonValue text || !text.TryGetValue<string>(out var t) || t.Length <= argument.GetValue<int>(),
            "minimum" => value is not JsonValue number || !number.TryGetValue<double>(out double n) || n >= argument.GetValue<double>(),
            "maximum" => value is not JsonValue number || !number.TryGetValue<double>(out double n) || n <= argument.GetValue<double>(),
            "minItems" => value is not JsonArray array || array.Count >= argument.GetValue<int>(),
            "maxItems" => value is not JsonArray array || array.Count <= argument.GetValue<int>(),
            "maxProperties" => value is not JsonObject members || members.Count <= argument.GetValue<int>(),
            "items" => value is not JsonArray array || array.All(item => Check(argument, item, at) is null),
            "oneOf" => argument.AsArray().Count(one => Check(one!, value, at) is null) == 1,
            "required" => value is not JsonObject members || argument.AsArray().All(key => members.ContainsKey(key!.GetValue<string>())),
            "dependentRequired" => value is not JsonObject members || argument.AsObject().All(one => !members.ContainsKey(one.Key) || one.Value!.AsArray().All(key => members.ContainsKey(key!.GetValue<string>()))),
            "properties" => value is not JsonObject members || argument.AsObject().All(one => !members.TryGetPropertyValue(one.Key, out var member) || Check(one.Value!, member, at) is null),
            "propertyNames" => value is not JsonObject members || members.All(member => Check(argument, JsonValue.Create(member.Key), at) is null),
            "additionalProperties" => value is not JsonObject members || members.Where(member => rule["properties"]?[member.Key] is null).All(member => Additional(argument, member.Value, at)),
            _ => throw new InvalidOperationException($"the schema uses \"{word}\", which this checker does not know"),
        };
        return holds ? null : $"{at}: {word} {argument.ToJsonString()}";
    }

    private bool Additional(JsonNode rule, JsonNode? value, string at) => rule is JsonObject ? Check(rule, value, at) is null : rule.GetValue<bool>();

    private static bool IsA(string type, JsonNode? value) => type switch
    {
        "object" => value is JsonObject,
        "array" => value is JsonArray,
        "null" => value is null,
        "string" => value?.GetValueKind() == JsonValueKind.String,
        "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        "integer" => value?.GetValueKind() == JsonValueKind.Number && value.GetValue<double>() % 1 == 0,
        _ => throw new InvalidOperationException($"the schema uses the type \"{type}\", which this checker does not know"),
    };

    private JsonNode Follow(string reference) =>
        reference.Split('/').Skip(1).Aggregate(_root, (node, name) => node[name] ?? throw new InvalidOperationException($"{reference} leads nowhere"));
}
