using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <param name="ClientId">The application's own id of the message, 1 to 128 characters; a second send to the pipe with it is not stored again.</param>
/// <param name="Lane">0 to 7; null takes the pipe's priority.</param>
public sealed record SendOptions(string? ClientId = null, byte? Lane = null, Receipt WaitFor = Receipt.Durable);

/// <param name="Reached">
/// <see cref="Receipt.Rejected"/>, or the receipt waited for. A host that stops meanwhile answers with the lesser one reached so far.
/// </param>
/// <param name="Reason">Why it was rejected or the wait ended early; else null.</param>
public sealed record SendResult(Receipt Reached, StreamKey Stream, ulong Sequence, string? Reason);
