using Spectre.Console.Rendering;

namespace EdgePeer.Agent.Cli;

/// <summary>Draws one of two, by the room that the terminal has.</summary>
/// <param name="least">Columns that the wide one needs.</param>
internal sealed class ByWidth(int least, IRenderable wide, IRenderable narrow) : IRenderable
{
    public Measurement Measure(RenderOptions options, int maxWidth) => Fitting(maxWidth).Measure(options, maxWidth);

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => Fitting(maxWidth).Render(options, maxWidth);

    private IRenderable Fitting(int width) => width >= least ? wide : narrow;
}
