using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

public class RoundTripTests
{
    [Fact]
    public void The_first_sample_is_believed()
    {
        var trip = new RoundTrip();
        Assert.False(trip.Measured);
        trip.Add(Ms(100), TimeSpan.Zero, At(0));
        Assert.Equal((Ms(100), Ms(50), Ms(100)), (trip.Smoothed, trip.Variance, trip.Minimum));
        Assert.True(trip.Measured);
    }

    [Fact]
    public void A_steady_path_is_learned_and_its_variance_goes_to_nothing()
    {
        var trip = new RoundTrip();
        trip.Add(Ms(400), TimeSpan.Zero, At(0));
        for (int i = 1; i < 100; i++)
            trip.Add(Ms(40), TimeSpan.Zero, At(i * 0.1));
        Assert.InRange(trip.Smoothed, Ms(39.9), Ms(40.5));
        Assert.InRange(trip.Variance, TimeSpan.Zero, Ms(1));
    }

    [Fact]
    public void The_airtime_of_the_frame_is_not_the_paths()
    {
        var trip = new RoundTrip();
        for (int i = 0; i < 100; i++)
        {
            // Long frames and short ones in turn, on a line where their airtime is most of the trip.
            var airtime = i % 2 == 0 ? Ms(900) : Ms(90);
            trip.Add(airtime + Ms(20), airtime, At(i));
        }
        Assert.InRange(trip.Smoothed, Ms(19.9), Ms(20.1));
        Assert.InRange(trip.Variance, TimeSpan.Zero, Ms(0.1));
    }

    [Fact]
    public void A_least_round_trip_that_has_grown_is_believed_after_a_while()
    {
        var trip = new RoundTrip();
        trip.Add(Ms(10), TimeSpan.Zero, At(0));
        for (double s = 0.5; s < 9; s += 0.5)
            trip.Add(Ms(300), TimeSpan.Zero, At(s));
        Assert.Equal(Ms(10), trip.Minimum);
        for (double s = 9; s < 30; s += 0.5)
            trip.Add(Ms(300), TimeSpan.Zero, At(s));
        Assert.Equal(Ms(300), trip.Minimum);
    }

    [Fact]
    public void Answers_faster_than_any_clock_count_as_a_little_time()
    {
        var trip = new RoundTrip();
        trip.Add(TimeSpan.FromSeconds(-1), Ms(5), At(0));
        Assert.True(trip.Smoothed > TimeSpan.Zero && trip.Minimum > TimeSpan.Zero);
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static Instant At(double seconds) => new((long)(seconds * TimeSpan.TicksPerSecond));
}
