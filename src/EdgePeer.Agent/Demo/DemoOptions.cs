namespace EdgePeer.Agent.Demo;

/// <param name="Messages">Numbered messages in all, over all flows.</param>
/// <param name="Keep">Leaves the configurations, journals and logs where they are, and says where.</param>
internal sealed record DemoOptions(int Messages = DemoOptions.MessagesUsual, bool Keep = false)
{
    public const int MessagesUsual = 2000;

    /// <summary>One for each flow at least.</summary>
    public const int MessagesMin = 3;

    /// <summary>A hundred times the usual: at some point the radio alone would need minutes.</summary>
    public const int MessagesMax = 200_000;
}
