namespace EdgePeer.Agent.Cli;

/// <summary>What a command ends with; scripts rely on the numbers.</summary>
internal enum ExitCode
{
    Done = 0,
    Failed = 1,
    WrongWords = 2,
    NoAgent = 3,
    NoWay = 4,
    TimedOut = 5,
    Refused = 6,
    PartlyDone = 7,
}
