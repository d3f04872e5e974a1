using System.Text.Json.Nodes;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Noise;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Noise;

/// <summary>One published run of a handshake: all keys, and what both ends then say, in hex.</summary>
internal sealed record NoiseVector(string Name, string HandshakeHash, (string Payload, string Text)[] Messages)
{
    public string Prologue { get; init; } = "";

    public string? InitiatorStatic { get; init; }

    public string? InitiatorEphemeral { get; init; }

    public string? KnownToInitiator { get; init; }

    public string? ResponderStatic { get; init; }

    public string? ResponderEphemeral { get; init; }

    public string? KnownToResponder { get; init; }

    public string? Psk { get; init; }

    public static NoiseVector Read(JsonNode json) => new(
        Text(json, "protocol_name")!,
        Text(json, "handshake_hash")!,
        [.. json["messages"]!.AsArray().Select(message => (Text(message!, "payload")!, Text(message!, "ciphertext")!))])
    {
        Prologue = Text(json, "init_prologue")!,
        InitiatorStatic = Text(json, "init_static"),
        InitiatorEphemeral = Text(json, "init_ephemeral"),
        KnownToInitiator = Text(json, "init_remote_static"),
        ResponderStatic = Text(json, "resp_static"),
        ResponderEphemeral = Text(json, "resp_ephemeral"),
        KnownToResponder = Text(json, "resp_remote_static"),
        Psk = json["init_psks"] is { } psks ? psks.AsArray().Single()!.GetValue<string>() : null,
    };

    /// <summary>Both ends say what stands here and understand each other, with the keys that come of it too.</summary>
    public void AssertHolds()
    {
        string[] name = Name.Split('_');
        var cipher = SystemCryptography.Instance.Cipher(name[3] == "AESGCM" ? CipherSuite.AesGcm : CipherSuite.ChaChaPoly);
        var protocol = new NoiseProtocol(HandshakePattern.Named(name[1]), new X25519(), cipher);
        Assert.Equal(Name, protocol.Name);
        using var initiator = End(protocol, true, InitiatorStatic, InitiatorEphemeral, KnownToInitiator);
        using var responder = End(protocol, false, ResponderStatic, ResponderEphemeral, KnownToResponder);
        int count = 0;
        for (; !initiator.IsComplete; count++)
            AssertStep(count % 2 == 0 ? initiator : responder, count % 2 == 0 ? responder : initiator, Messages[count]);
        Assert.True(responder.IsComplete);
        Assert.Equal(HandshakeHash, Convert.ToHexStringLower(initiator.HandshakeHash));
        Assert.Equal(HandshakeHash, Convert.ToHexStringLower(responder.HandshakeHash));
        AssertTransport(initiator, responder, cipher, Messages[count..], isOneWay: count == 1, count);
    }

    private HandshakeState End(NoiseProtocol protocol, bool isInitiator, string? own, string? ephemeral, string? known) => new(
        protocol,
        isInitiator,
        new Fixed(Bytes(ephemeral)),
        Bytes(Prologue),
        own is null ? null : new X25519.Pair(Bytes(own)),
        Bytes(known),
        Bytes(Psk));

    private static void AssertStep(HandshakeState writer, HandshakeState reader, (string Payload, string Text) message)
    {
        byte[] text = new byte[message.Text.Length / 2], payload = new byte[message.Payload.Length / 2];
        Assert.True(writer.WritesNext);
        Assert.False(reader.WritesNext);
        Assert.Equal(text.Length, writer.OverheadBytes + payload.Length);
        Assert.Equal(text.Length, writer.Write(Bytes(message.Payload), text));
        Assert.Equal(message.Text, Convert.ToHexStringLower(text));
        Assert.True(reader.TryRead(text, payload, out int payloadBytes));
        Assert.Equal(message.Payload, Convert.ToHexStringLower(payload.AsSpan(0, payloadBytes)));
    }

    private static void AssertTransport(
        HandshakeState initiator, HandshakeState responder, ICipher cipher, (string Payload, string Text)[] messages, bool isOneWay, int number)
    {
        var (fromInitiator, fromResponder) = Keys(initiator, cipher);
        var (toInitiator, toResponder) = Keys(responder, cipher);
        foreach (var (payload, text) in messages)
        {
            bool initiatorSends = isOneWay || number++ % 2 == 0;
            byte[] sealedText = new byte[text.Length / 2], opened = new byte[payload.Length / 2];
            (initiatorSends ? fromInitiator : toInitiator).EncryptWithAd([], Bytes(payload), sealedText);
            Assert.Equal(text, Convert.ToHexStringLower(sealedText));
            Assert.True((initiatorSends ? toResponder : fromResponder).TryDecryptWithAd([], sealedText, opened));
            Assert.Equal(payload, Convert.ToHexStringLower(opened));
        }
    }

    private static (CipherState Sending, CipherState Receiving) Keys(HandshakeState end, ICipher cipher)
    {
        byte[] sending = new byte[32], receiving = new byte[32];
        end.Split(sending, receiving);
        CipherState sender = new(cipher), receiver = new(cipher);
        sender.InitializeKey(sending);
        receiver.InitializeKey(receiving);
        return (sender, receiver);
    }

    private static string? Text(JsonNode json, string name) => json[name]?.GetValue<string>();

    private static byte[] Bytes(string? hex) => Convert.FromHexString(hex ?? "");

    private sealed class Fixed(byte[] bytes) : IRandom
    {
        public void Fill(Span<byte> into) => bytes.CopyTo(into);
    }
}
