using System.Net.Security;

namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>A connection by TLS, of .NET.</summary>
internal sealed class TlsLink : IBrokerLink
{
    private readonly PlainLink _link;
    private readonly PolledStream _stream;
    private readonly SslStream _tls;
    private readonly TlsFiles _files;

    // Waits until there is something, holding no buffer; then for what it is.
    private Task<int>? _waiting;
    private Task<int>? _reading;
    private byte[] _read = [];

    /// <param name="link">Connected; owned from now on.</param>
    /// <param name="files">Owned from now on.</param>
    public TlsLink(PlainLink link, string host, TlsFiles files)
    {
        _link = link;
        _files = files;
        _stream = new PolledStream(link);
        _tls = new SslStream(_stream, leaveInnerStreamOpen: true);
        Agreement = _tls.AuthenticateAsClientAsync(files.Options(host));
    }

    /// <summary>Ends, within <see cref="OnReady"/>, when TLS has been agreed on.</summary>
    public Task Agreement { get; }

    public int Descriptor => _link.Descriptor;

    public bool HasUnsent => _link.HasUnsent;

    public bool HasMore => Agreement.IsCompletedSuccessfully && _reading is null && _waiting is null or { IsCompleted: true };

    /// <summary>Why the broker's certificate was not accepted; null for no reason.</summary>
    public string? Refusal => _files.Refusal;

    public void OnReady(short events) => _stream.OnReady(events);

    /// <summary>Begins to wait for what comes: TLS looks at it when it has.</summary>
    public void Listen() => _waiting ??= _tls.ReadAsync(Memory<byte>.Empty).AsTask();

    public void ThrowIfBroken()
    {
        if (_waiting is { IsFaulted: true })
            _waiting.GetAwaiter().GetResult();
    }

    public int Receive(Memory<byte> into)
    {
        if (_reading is null)
        {
            Listen();
            if (!_waiting!.IsCompleted)
                return IBrokerLink.NothingNow;
            _waiting.GetAwaiter().GetResult();
            _waiting = null;
            _read = BrokerBuffers.Pool.Rent(into.Length);
            _reading = _tls.ReadAsync(_read.AsMemory(0, into.Length)).AsTask();
        }
        if (!_reading.IsCompleted)
            return IBrokerLink.NothingNow;
        int received = _reading.GetAwaiter().GetResult();
        _read.AsSpan(0, received).CopyTo(into.Span);
        Release();
        return received;
    }

    public void Send(ReadOnlyMemory<byte> bytes)
    {
        var written = _tls.WriteAsync(bytes);
        // The stream below takes all at once.
        if (!written.IsCompleted)
            throw new IOException("TLS does not take what is to be sent");
        written.GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _tls.Dispose();
        _link.Dispose();
        _files.Dispose();
        Release();
    }

    private void Release()
    {
        _reading = null;
        if (_read.Length > 0)
            BrokerBuffers.Pool.Return(_read);
        _read = [];
    }
}
