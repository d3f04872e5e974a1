using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <param name="ClientId">The application's own id of the message, 1 to 128 characters; a second send to the pipe with it is not stored again.</param>
/// <param name="Lane">0 to 7; null takes the pipe's priority.</param>
/// <param name="Ttl">How long the message may take to be kept by its endpoint, above zero; null takes the pipe's.</param>
/// <param name="Hurry">The sync does not wait for other messages to share it: for who sends one after another.</param>
public sealed record SendOptions(string? ClientId = null, byte? Lane = null, Receipt WaitFor = Receipt.Durable, TimeSpan? Ttl = null, bool Hurry = false);

/// <param name="Reached">
/// <see cref="Receipt.Rejected"/>, <see cref="Receipt.Expired"/>, or the receipt waited for. A host that stops meanwhile answers with the lesser one reached so far.
/// </param>
/// <param name="Reason">Why it was rejected, or dropped, or has expired, or the wait ended early; else null.</param>
public sealed record SendResult(Receipt Reached, StreamKey Stream, ulong Sequence, string? Reason);
