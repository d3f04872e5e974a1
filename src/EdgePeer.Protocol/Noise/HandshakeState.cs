using System.Security.Cryptography;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Noise;

/// <summary>
/// One end of a handshake of the Noise framework, revision 34 (§5.3). Each end writes and reads in turns, and then splits. A message
/// that was not meant for this state, or was changed, changes nothing here: the right one can still come.
/// </summary>
public sealed class HandshakeState : IDisposable
{
    private readonly NoiseProtocol _protocol;
    private readonly bool _isInitiator;
    private readonly IRandom _random;
    private readonly IKeyPair? _localStatic;
    private readonly byte[] _psk;
    private readonly byte[] _remoteStatic;
    private readonly byte[] _remoteEphemeral;
    private SymmetricState _symmetric;
    private SymmetricState _trial;
    private IKeyPair? _localEphemeral;
    private bool _knowsRemoteStatic;
    private int _messagesDone;

    /// <param name="random">For the ephemeral key.</param>
    /// <param name="prologue">Any bytes that both ends must agree about.</param>
    /// <param name="localStatic">Where the pattern uses one. Stays the caller's, and alive as long as this.</param>
    /// <param name="remoteStatic">Where the pattern has it known before; copied.</param>
    /// <param name="psk">32 bytes that both ends hold, where the pattern has one; copied.</param>
    /// <exception cref="ArgumentException">A key is missing, or not of a legal form.</exception>
    public HandshakeState(
        NoiseProtocol protocol,
        bool isInitiator,
        IRandom random,
        ReadOnlySpan<byte> prologue,
        IKeyPair? localStatic = null,
        ReadOnlySpan<byte> remoteStatic = default,
        ReadOnlySpan<byte> psk = default)
    {
        _protocol = protocol;
        _isInitiator = isInitiator;
        _random = random;
        _localStatic = localStatic;
        _psk = psk.ToArray();
        RequireKeys(remoteStatic);
        _remoteStatic = new byte[protocol.Agreement.PublicKeyBytes];
        _remoteEphemeral = new byte[protocol.Agreement.PublicKeyBytes];
        _symmetric = new SymmetricState(protocol.Cipher);
        _trial = new SymmetricState(protocol.Cipher);
        _symmetric.Initialize(protocol.Name);
        _symmetric.MixHash(prologue);
        if (protocol.Pattern.Known.HasFlag(KnownKeys.Initiator))
            MixKnown(isInitiator, remoteStatic);
        if (protocol.Pattern.Known.HasFlag(KnownKeys.Responder))
            MixKnown(!isInitiator, remoteStatic);
    }

    /// <summary>All messages have been written and read.</summary>
    public bool IsComplete => _messagesDone == _protocol.Pattern.Messages.Length;

    /// <summary>The next message is written here, not read.</summary>
    public bool WritesNext => !IsComplete && (_messagesDone % 2 == 0) == _isInitiator;

    /// <summary>By how much the next message is longer than its payload.</summary>
    public int OverheadBytes => IsComplete ? throw Fault("is complete; nothing is written or read behind its last message") : CountOverhead();

    /// <summary>The other end's static key, once it is known; else empty. It is shown to be there only by the message that used it.</summary>
    public ReadOnlySpan<byte> RemoteStatic => _knowsRemoteStatic ? _remoteStatic : default;

    /// <summary>When complete: a name of this handshake that both ends have in common, and no other handshake has (§11.2).</summary>
    public ReadOnlySpan<byte> HandshakeHash => IsComplete ? _symmetric.Hash : throw Fault("is not complete; it has no hash yet");

    /// <param name="into">At least the payload's length and <see cref="OverheadBytes"/>, apart from the payload.</param>
    /// <returns>The message's length.</returns>
    /// <exception cref="InvalidOperationException">It is the other end's turn.</exception>
    public int Write(ReadOnlySpan<byte> payload, Span<byte> into)
    {
        if (!WritesNext)
            throw Fault("cannot write now; the next message is the other end's");
        int length = payload.Length + CountOverhead();
        if (length > Math.Min(into.Length, NoiseProtocol.MessageBytesMax))
            throw new ArgumentException($"{_protocol.Name}: a message of {length} bytes; the buffer has {into.Length}, and {NoiseProtocol.MessageBytesMax} are the most", nameof(into));
        var rest = into[..length];
        foreach (var token in _protocol.Pattern.Messages[_messagesDone])
            rest = rest[WriteToken(token, rest)..];
        _symmetric.EncryptAndHash(payload, rest);
        _messagesDone++;
        return length;
    }

    /// <param name="message">From outside: any length, any content.</param>
    /// <param name="payloadInto">As long as the longest payload that the caller takes, apart from the message.</param>
    /// <returns>False, and nothing has changed, when the message does not fit.</returns>
    /// <exception cref="InvalidOperationException">It is this end's turn.</exception>
    public bool TryRead(ReadOnlySpan<byte> message, Span<byte> payloadInto, out int payloadBytes)
    {
        if (IsComplete || WritesNext)
            throw Fault("cannot read now; the next message is this end's");
        payloadBytes = message.Length - CountOverhead();
        if (payloadBytes < 0 || payloadBytes > payloadInto.Length || message.Length > NoiseProtocol.MessageBytesMax)
            return false;
        bool knewRemoteStatic = _knowsRemoteStatic;
        _trial.CopyFrom(_symmetric);
        if (!TryReadParts(message, payloadInto[..payloadBytes]))
        {
            _knowsRemoteStatic = knewRemoteStatic;
            return false;
        }
        (_symmetric, _trial) = (_trial, _symmetric);
        _messagesDone++;
        return true;
    }

    /// <summary>Two secrets of 32 bytes, one a direction; what this end sends with, the other one receives with.</summary>
    /// <exception cref="InvalidOperationException">The handshake is not complete.</exception>
    public void Split(Span<byte> sending, Span<byte> receiving)
    {
        if (!IsComplete)
            throw Fault("is not complete; it has no keys yet");
        if (_isInitiator)
            _symmetric.Split(sending, receiving);
        else
            _symmetric.Split(receiving, sending);
    }

    public void Dispose()
    {
        _symmetric.Dispose();
        _trial.Dispose();
        _localEphemeral?.Dispose();
        CryptographicOperations.ZeroMemory(_psk);
    }

    private int WriteToken(HandshakeToken token, Span<byte> into)
    {
        switch (token)
        {
            case HandshakeToken.E:
                _localEphemeral = _protocol.Agreement.Generate(_random);
                _localEphemeral.PublicKey.CopyTo(into);
                MixEphemeral(_symmetric, _localEphemeral.PublicKey);
                return _localEphemeral.PublicKey.Length;
            case HandshakeToken.S:
                int length = _localStatic!.PublicKey.Length + TagBytes(_symmetric.HasKey);
                _symmetric.EncryptAndHash(_localStatic.PublicKey, into[..length]);
                return length;
            default:
                if (!TryMix(_symmetric, token))
                    throw Fault("came to no secret with a key that was found good when it came in");
                return 0;
        }
    }

    private bool TryReadParts(ReadOnlySpan<byte> message, Span<byte> payload)
    {
        foreach (var token in _protocol.Pattern.Messages[_messagesDone])
        {
            int length = token switch
            {
                HandshakeToken.E => _remoteEphemeral.Length,
                HandshakeToken.S => _remoteStatic.Length + TagBytes(_trial.HasKey),
                _ => 0,
            };
            if (!TryReadToken(token, message[..length]))
                return false;
            message = message[length..];
        }
        return _trial.TryDecryptAndHash(message, payload);
    }

    private bool TryReadToken(HandshakeToken token, ReadOnlySpan<byte> bytes)
    {
        switch (token)
        {
            case HandshakeToken.E:
                if (!_protocol.Agreement.IsPublicKey(bytes))
                    return false;
                bytes.CopyTo(_remoteEphemeral);
                MixEphemeral(_trial, bytes);
                return true;
            case HandshakeToken.S:
                _knowsRemoteStatic = _trial.TryDecryptAndHash(bytes, _remoteStatic) && _protocol.Agreement.IsPublicKey(_remoteStatic);
                return _knowsRemoteStatic;
            default:
                return TryMix(_trial, token);
        }
    }

    /// <summary>Where a psk is used the ephemeral key becomes part of the key too, so that no key repeats (§9.2).</summary>
    private void MixEphemeral(SymmetricState symmetric, ReadOnlySpan<byte> key)
    {
        symmetric.MixHash(key);
        if (_protocol.Pattern.HasPsk)
            symmetric.MixKey(key);
    }

    private bool TryMix(SymmetricState symmetric, HandshakeToken token)
    {
        if (token == HandshakeToken.Psk)
        {
            symmetric.MixKeyAndHash(_psk);
            return true;
        }
        bool initiatorsIsStatic = token is HandshakeToken.SE or HandshakeToken.SS, respondersIsStatic = token is HandshakeToken.ES or HandshakeToken.SS;
        var (localIsStatic, remoteIsStatic) = _isInitiator ? (initiatorsIsStatic, respondersIsStatic) : (respondersIsStatic, initiatorsIsStatic);
        Span<byte> secret = stackalloc byte[SecretBytesMax];
        secret = secret[.._protocol.Agreement.SecretBytes];
        var local = localIsStatic ? _localStatic! : _localEphemeral!;
        if (!local.TryAgree(remoteIsStatic ? _remoteStatic : _remoteEphemeral, secret))
            return false;
        symmetric.MixKey(secret);
        CryptographicOperations.ZeroMemory(secret);
        return true;
    }

    private void MixKnown(bool isLocal, ReadOnlySpan<byte> remoteStatic)
    {
        if (isLocal)
        {
            _symmetric.MixHash(_localStatic!.PublicKey);
            return;
        }
        remoteStatic.CopyTo(_remoteStatic);
        _knowsRemoteStatic = true;
        _symmetric.MixHash(remoteStatic);
    }

    private int CountOverhead()
    {
        int keyBytes = _protocol.Agreement.PublicKeyBytes, length = 0;
        bool hasKey = _symmetric.HasKey;
        foreach (var token in _protocol.Pattern.Messages[_messagesDone])
        {
            length += token switch
            {
                HandshakeToken.E => keyBytes,
                HandshakeToken.S => keyBytes + TagBytes(hasKey),
                _ => 0,
            };
            hasKey |= token switch
            {
                HandshakeToken.E => _protocol.Pattern.HasPsk,
                HandshakeToken.S => false,
                _ => true,
            };
        }
        return length + TagBytes(hasKey);
    }

    private int TagBytes(bool hasKey) => hasKey ? _protocol.Cipher.TagBytes : 0;

    private void RequireKeys(ReadOnlySpan<byte> remoteStatic)
    {
        var pattern = _protocol.Pattern;
        var (here, there) = _isInitiator ? (KnownKeys.Initiator, KnownKeys.Responder) : (KnownKeys.Responder, KnownKeys.Initiator);
        bool sendsStatic = pattern.Messages.Where((tokens, number) => (number % 2 == 0) == _isInitiator && tokens.Contains(HandshakeToken.S)).Any();
        if ((sendsStatic || pattern.Known.HasFlag(here)) && _localStatic is null)
            throw new ArgumentException($"{_protocol.Name} uses a static key of this end, and none was given");
        if (pattern.Known.HasFlag(there) && !_protocol.Agreement.IsPublicKey(remoteStatic))
            throw new ArgumentException($"{_protocol.Name} has the other end's static key known before, and what was given is none of {_protocol.Agreement.Name}", nameof(remoteStatic));
        if (!pattern.Known.HasFlag(there) && !remoteStatic.IsEmpty)
            throw new ArgumentException($"{_protocol.Name} does not use what is known of the other end's static key", nameof(remoteStatic));
        int pskBytes = pattern.HasPsk ? NoiseProtocol.PskBytes : 0;
        if (_psk.Length != pskBytes)
            throw new ArgumentException($"{_protocol.Name} takes a shared secret of {pskBytes} bytes, and {_psk.Length} were given");
    }

    private InvalidOperationException Fault(string what) => new($"a handshake of {_protocol.Name} {what}");

    // P-256 has 32; X448, the longest of the framework, 56.
    private const int SecretBytesMax = 56;
}
