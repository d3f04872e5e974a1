namespace EdgePeer.Protocol.Groups;

/// <summary>Why a text that people write was refused.</summary>
/// <param name="Line">From 1; 0 when the text as a whole is meant.</param>
/// <param name="What">What is wrong, without a full stop.</param>
/// <param name="Mend">What to do about it.</param>
public readonly record struct TextFault(int Line, string What, string Mend);
