namespace EdgePeer.Transports.Serial;

/// <summary>One serial port, as configured.</summary>
public sealed record SerialOptions
{
    public required string Name { get; init; }

    /// <summary>Path of the tty or pty; may be a link, followed anew at each opening.</summary>
    public required string Port { get; init; }

    /// <summary>Bits a second, any number that the port's hardware can make.</summary>
    public required int Baud { get; init; }

    /// <summary>Those who share the line hear each other only while they are silent: turns are taken (SERIAL.md, "Turns").</summary>
    public bool HalfDuplex { get; init; }

    /// <summary>Above Ethernet's 10: a cable is used while there is one.</summary>
    public int Cost { get; init; } = 50;

    /// <exception cref="ArgumentException">The options can't be used; says what to mend.</exception>
    internal void Check()
    {
        ArgumentException.ThrowIfNullOrEmpty(Port);
        ArgumentOutOfRangeException.ThrowIfLessThan(Baud, Limits.BaudMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Baud, Limits.BaudMax);
    }
}
