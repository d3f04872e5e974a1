using EdgePeer.Protocol;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>The transports by their numbers, which are places here. Only the loop's thread touches it.</summary>
internal sealed class TransportSlots
{
    private readonly TransportSlot?[] _places = new TransportSlot?[Limits.TransportsMax];

    /// <summary>Those that are there, in the order of their numbers.</summary>
    public IEnumerable<TransportSlot> All => _places.OfType<TransportSlot>();

    /// <returns>Null when the transport is no longer there.</returns>
    public TransportSlot? At(int place) => _places[place];

    /// <summary>False for one whose last words come after it was taken out.</summary>
    public bool Contains(TransportSlot slot) => _places[slot.Id.Value] == slot;

    /// <summary>A place as the configuration and people name it, to stand behind a line of the log.</summary>
    public string Describe(in LinkPlace link) =>
        At(link.Transport.Value)?.Transport is { } transport ? $" ({transport.Name} {AddressText.Of(transport.Type, link.Address)})" : "";

    public TransportSlot Put(ConfiguredTransport transport)
    {
        int place = Array.IndexOf(_places, null);
        if (place < 0)
            throw new ArgumentException($"at most {Limits.TransportsMax} transports", nameof(transport));
        return _places[place] = new TransportSlot(new TransportId(place), transport);
    }

    /// <returns>The transports, which are the caller's to dispose.</returns>
    public List<ITransport> TakeOut(Node? node, IReadOnlyCollection<string> names, Instant now)
    {
        var taken = new List<ITransport>();
        foreach (var slot in All.Where(slot => names.Contains(slot.Transport.Name)).ToList())
        {
            _places[slot.Id.Value] = null;
            node?.ForgetTransport(slot.Id, now);
            taken.Add(slot.Transport);
        }
        return taken;
    }
}
