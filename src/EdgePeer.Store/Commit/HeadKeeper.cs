namespace EdgePeer.Store;

/// <summary>When the head is written, and into which of its two slots: JOURNAL.md, "Head".</summary>
internal sealed class HeadKeeper(IFlash flash, HeadFile found)
{
    private readonly byte[] _page = new byte[BlockHeader.PageBytes];
    private int _slot = found.NextSlot;
    private ulong _told = found.Head?.Durable ?? 0;
    private JournalHead? _newest;
    private int _batches;

    /// <summary>To be written before anything else.</summary>
    public bool Due { get; private set; }

    /// <summary>The agent stops: all that is durable by then is told, or the next start would not know of the last batches.</summary>
    public void NoteEnd() => Due |= _newest is { } newest && newest.Durable > _told;

    /// <summary>A block is durable.</summary>
    /// <param name="opened">As the first of its segment.</param>
    public void OnDurable(in JournalHead newest, bool opened)
    {
        _newest = newest;
        Due |= opened || ++_batches >= BatchesMax;
    }

    /// <summary>Only what was durable before is told, so that the head may reach the medium at any time after this.</summary>
    public void Compose(List<FlashCommand> commands)
    {
        if (flash.Length(IFlash.Head) != HeadFile.LengthBytes)
            commands.Add(new FlashCommand(FlashCommandKind.Create, IFlash.Head, 0, HeadFile.LengthBytes, default));
        _newest!.Value.Write(_page);
        commands.Add(new FlashCommand(FlashCommandKind.Write, IFlash.Head, _slot * BlockHeader.PageBytes, 0, _page));
        commands.Add(new FlashCommand(FlashCommandKind.Sync, IFlash.Head, 0, 0, default));
    }

    /// <summary>What failed is left until there is more to tell: the journal needs no head to work, and the other slot is as it was.</summary>
    public void OnDone(bool written)
    {
        Due = false;
        _batches = 0;
        _told = _newest!.Value.Durable;
        if (written)
            _slot = 1 - _slot;
    }

    // A page in 256 at most; hours of a device that says little, and so little that a crash leaves unknown.
    private const int BatchesMax = 256;
}
