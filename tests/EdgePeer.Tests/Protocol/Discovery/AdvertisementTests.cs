using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Discovery;
using EdgePeer.Protocol.Groups;
using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Discovery;

/// <summary>What peers say of themselves finds its way over peers between, and nobody else can change it.</summary>
public sealed class AdvertisementTests
{
    [Fact]
    public void The_documents_example_is_signed_by_the_key_in_it_and_reads_as_the_document_says()
    {
        byte[] body = DocumentExample.Hex(DocumentExample.Wire, "advertisement");
        Assert.True(AdvertisementItem.TryRead(body, out var item));
        Assert.True(PeerStatement.TryRead(item.Statement, out var read));
        using var key = P256.Import([.. Enumerable.Repeat((byte)1, 32)]);
        Assert.Equal(key.PublicKey, read.PublicKey);
        Assert.Equal((3U, 7UL * 65_536 + 1, 1_440U, "barn-3"), (item.AgeMinutes, read.Version, read.LifetimeMinutes, read.Name));
        Assert.True(SystemCryptography.Instance.Verify(read.PublicKey, Advertisements.Signed("farm", item.Statement), item.Signature));
        Assert.False(SystemCryptography.Instance.Verify(read.PublicKey, Advertisements.Signed("home", item.Statement), item.Signature));
        var writer = new WireWriter(new byte[200]);
        new AdvertisementItem(3, Statement(key, read.Version, 1_440, "barn-3"), item.Signature).Write(ref writer);
        Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(writer.Written));
    }

    [Fact]
    public void Peers_without_a_link_know_each_other_through_one_between()
    {
        var chain = new Chain(1);
        chain.Meet();
        Assert.Equal(("c", chain.B.Options.Peer), (chain.KnownAtA!.Name, chain.KnownAtA.Teller));
        Assert.Equal("a", Known(chain.C, chain.A)!.Name);
        Assert.Equal(65_536UL, chain.KnownAtA.Version);
        Assert.InRange(chain.KnownAtA.ExpiresInSeconds, 86_200, 86_400);
        Assert.DoesNotContain(chain.A.Node.Status(chain.Lab.Now).Peers, peer => peer.Peer == chain.C.Options.Peer);
    }

    [Fact]
    public void Each_start_says_something_newer_and_each_half_day()
    {
        var chain = new Chain(2);
        chain.Meet();
        chain.C.Restart();
        Assert.True(chain.Lab.Run(TimeSpan.FromMinutes(1), () => chain.KnownAtA!.Version == 2 << 16));
        chain.Lab.Run(TimeSpan.FromHours(13));
        Assert.Equal((2UL << 16) + 1, chain.KnownAtA!.Version);
        Assert.True(chain.KnownAtA.ExpiresInSeconds > 82_000);
    }

    [Fact]
    public void What_is_not_renewed_expires_and_does_not_come_back()
    {
        var chain = new Chain(3);
        chain.Meet();
        var said = chain.C.Node.Advertisements.Own!;
        chain.Lines[1].Cut = true;
        chain.Lab.Run(TimeSpan.FromHours(23));
        Assert.NotNull(chain.KnownAtA);
        // It is an hour from its end wherever it is told now.
        var d = chain.Lab.AddPeer("d");
        chain.Lab.Connect(chain.A, d, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(chain.Lab.Run(TimeSpan.FromMinutes(1), () => Known(d, chain.C) is not null));
        Assert.InRange(Known(d, chain.C)!.ExpiresInSeconds, 3_000, 3_800);
        chain.Lab.Run(TimeSpan.FromHours(2));
        Assert.Null(chain.KnownAtA);
        Assert.Null(Known(d, chain.C));

        Assert.True(Tell(chain, said.Statement, said.Signature));
        Assert.Null(chain.KnownAtA);
    }

    [Fact]
    public void One_that_is_repeated_lasts_no_longer_than_a_lifetime_from_when_it_was_first_heard()
    {
        var chain = new Chain(4);
        chain.Meet();
        var said = chain.C.Node.Advertisements.Own!;
        chain.Lab.Run(TimeSpan.FromHours(1));
        var before = chain.KnownAtA;
        Assert.True(Tell(chain, said.Statement, said.Signature));
        Assert.Equal(before!.Version, chain.KnownAtA!.Version);
        Assert.InRange(before.ExpiresInSeconds, 82_000, 82_900);
        Assert.InRange(chain.KnownAtA.ExpiresInSeconds, before.ExpiresInSeconds, 82_900);
    }

    [Fact]
    public void Who_was_told_a_false_age_before_the_true_one_knows_it_by_the_true_one()
    {
        var chain = new Chain(14);
        chain.Meet();
        chain.Lines[0].Cut = true;
        chain.C.Restart();
        chain.Lab.Run(TimeSpan.FromSeconds(30));
        var said = chain.C.Node.Advertisements.Own!;
        Assert.True(Tell(chain, said.Statement, said.Signature, ageMinutes: 1_439));
        Assert.InRange(chain.KnownAtA!.ExpiresInSeconds, 1, 60);
        chain.Lines[0].Cut = false;

        Assert.True(chain.Lab.Run(TimeSpan.FromMinutes(1), () => chain.KnownAtA!.ExpiresInSeconds > 86_000));
        Assert.True(Tell(chain, said.Statement, said.Signature, ageMinutes: 1_439));
        Assert.True(chain.KnownAtA!.ExpiresInSeconds > 86_000);
    }

    [Fact]
    public void What_expires_before_its_time_is_asked_for_and_what_has_expired_is_not_asked_for_again()
    {
        var chain = new Chain(15);
        chain.Meet();
        var said = chain.C.Node.Advertisements.Own!;
        chain.A.Restart();
        // B is told that A knows it.
        Assert.True(Tell(chain, said.Statement, said.Signature, ageMinutes: 1_438));
        chain.Lab.Run(TimeSpan.FromMinutes(1));
        Assert.InRange(chain.KnownAtA!.ExpiresInSeconds, 1, 60);
        chain.Lab.Run(TimeSpan.FromMinutes(2));
        Assert.True(chain.KnownAtA!.ExpiresInSeconds > 86_000);

        chain.Lines[1].Cut = true;
        chain.Lab.Run(TimeSpan.FromHours(25));
        Assert.Null(chain.KnownAtA);
        long before = chain.Lines[0].BytesSent;
        chain.Lab.Run(TimeSpan.FromHours(1));
        long quiet = chain.Lines[0].BytesSent - before;
        chain.Lab.Run(TimeSpan.FromHours(1));
        Assert.InRange(chain.Lines[0].BytesSent - before - quiet, quiet / 2, quiet * 2);
        Assert.Null(chain.KnownAtA);
    }

    [Fact]
    public void An_older_one_changes_nothing()
    {
        var chain = new Chain(5);
        chain.Meet();
        var older = chain.C.Node.Advertisements.Own!;
        chain.C.Restart();
        Assert.True(chain.Lab.Run(TimeSpan.FromMinutes(1), () => chain.KnownAtA!.Version == 2 << 16));
        var before = chain.KnownAtA;
        Assert.True(Tell(chain, older.Statement, older.Signature));
        Assert.Equal(before, chain.KnownAtA);
    }

    [Fact]
    public void A_forged_one_changes_nothing_and_is_counted()
    {
        var chain = new Chain(6);
        chain.Meet();
        var said = chain.C.Node.Advertisements.Own!;
        using var own = LabPeer.KeyOf("c");
        using var other = LabPeer.KeyOf("forger");
        var before = chain.KnownAtA;
        byte[] newer = Statement(own, 9 << 16, 1_440, "forged");
        byte[] signature = new byte[64];
        Assert.False(Tell(chain, newer, said.Signature));
        other.Sign(Advertisements.Signed("default", newer), signature);
        Assert.False(Tell(chain, newer, signature));
        // Of another group with the same keys.
        own.Sign(Advertisements.Signed("home", newer), signature);
        Assert.False(Tell(chain, newer, signature));
        for (int bit = 0; bit < said.Statement.Length * 8; bit++)
        {
            byte[] flipped = said.Statement.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Tell(chain, flipped, said.Signature);
        }
        Assert.Equal(before, chain.KnownAtA);
        Assert.Equal(2, chain.A.Node.Status(chain.Lab.Now).Advertised.Count);
        own.Sign(Advertisements.Signed("default", newer), signature);
        Assert.True(Tell(chain, newer, signature));
        Assert.Equal("forged", chain.KnownAtA!.Name);
    }

    [Fact]
    public void Nobody_else_speaks_for_this_peer()
    {
        var chain = new Chain(7);
        chain.Meet();
        using var own = LabPeer.KeyOf("a");
        byte[] newer = Statement(own, 9 << 16, 1_440, "another");
        byte[] signature = new byte[64];
        own.Sign(Advertisements.Signed("default", newer), signature);
        Assert.True(Tell(chain, newer, signature));
        Assert.DoesNotContain(chain.A.Node.Status(chain.Lab.Now).Advertised, one => one.Peer == chain.A.Options.Peer);
    }

    [Fact]
    public void A_peer_that_has_lost_its_flash_goes_on_above_what_is_known_of_it()
    {
        var chain = new Chain(8);
        for (int starts = 0; starts < 4; starts++)
            chain.C.Restart();
        chain.Meet();
        Assert.Equal(5UL << 16, chain.KnownAtA!.Version);
        chain.C.Buffer.Put("a"u8, default);
        chain.C.Restart();
        Assert.True(chain.Lab.Run(TimeSpan.FromMinutes(1), () => chain.KnownAtA!.Version == 6 << 16));
    }

    [Fact]
    public void What_others_say_of_its_versions_does_not_move_a_peer()
    {
        var chain = new Chain(12, new Gullible());
        chain.Meet();
        using var own = LabPeer.KeyOf("a");
        var forged = new AdvertisementItem(0, Statement(own, PeerStatement.VersionMax, 1_440, "a"), new byte[64]);
        Assert.True(chain.B.Node.Advertisements.OnAdvertisement(chain.C.Options.Peer, forged, chain.Lab.Now));
        for (ulong start = 2; start <= 4; start++)
        {
            chain.A.Restart();
            chain.Lab.Run(TimeSpan.FromMinutes(1));
            Assert.Equal(start << 16, chain.A.Node.Advertisements.Own!.Version);
        }
        Assert.True(chain.A.Node.Status(chain.Lab.Now).Counters.FramesMalformed > 0);
    }

    [Fact]
    public void Who_is_a_member_again_is_known_again()
    {
        var chain = new Chain(13);
        chain.Meet();
        using var authority = LabPeer.KeyOf("authority");
        MemberList List(ulong version, params LabPeer[] peers) => new MemberListDraft("default", version, [.. peers.Select(peer => new Member(peer.Options.Peer, peer.Options.Name))]).Sign(authority);
        chain.A.Node.UseGroup(chain.A.Options.GroupSecrets, List(1, chain.A, chain.B), chain.Lab.Now);
        Assert.Null(chain.KnownAtA);
        chain.A.Node.UseGroup(chain.A.Options.GroupSecrets, List(2, chain.A, chain.B, chain.C), chain.Lab.Now);
        Assert.NotNull(chain.KnownAtA);
    }

    [Fact]
    public void Who_is_no_member_any_more_says_nothing()
    {
        var chain = new Chain(9);
        chain.Meet();
        using var authority = LabPeer.KeyOf("authority");
        var draft = new MemberListDraft("default", 1, [new Member(chain.A.Options.Peer, "a"), new Member(chain.B.Options.Peer, "b")]);
        chain.A.Node.UseGroup(chain.A.Options.GroupSecrets, draft.Sign(authority), chain.Lab.Now);
        Assert.Null(chain.KnownAtA);
        chain.C.Restart();
        chain.Lab.Run(TimeSpan.FromMinutes(5));
        Assert.Null(chain.KnownAtA);
        Assert.NotNull(Known(chain.A, chain.B));
    }

    [Fact]
    public void More_than_a_group_can_have_are_not_remembered_until_others_have_expired()
    {
        var chain = new Chain(10);
        chain.Meet();
        void TellMany(int from, int count)
        {
            byte[] signature = new byte[64];
            for (int i = from; i < from + count; i++)
            {
                using var key = LabPeer.KeyOf($"many-{i}");
                byte[] statement = Statement(key, 1, 60, $"many-{i}");
                key.Sign(Advertisements.Signed("default", statement), signature);
                Assert.True(Tell(chain, statement, signature));
            }
        }
        TellMany(0, Limits.AdvertisementsMax + 10);
        Assert.Equal(Limits.AdvertisementsMax, chain.A.Node.Sizes.Advertisements);
        Assert.NotNull(chain.KnownAtA);
        chain.Lab.Run(TimeSpan.FromHours(2));
        TellMany(1_000, 20);
        Assert.Equal(22, chain.A.Node.Status(chain.Lab.Now).Advertised.Count);
        Assert.Equal(Limits.AdvertisementsMax, chain.A.Node.Sizes.Advertisements);
    }

    [Fact]
    public void It_passes_in_frames_of_200_bytes_over_a_bad_line()
    {
        var lab = new Lab(11);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer(new string('n', 64)));
        lab.Connect(a, b, new TransportTraits { FrameBytesMax = 200, FramingBytes = 8, BitsPerSecond = 9600, HalfDuplex = true, KeepsOrder = true, ChosenAddresses = true, Broadcast = true, BitErrors = true }, TimeSpan.FromMilliseconds(5), loss: 0.2);
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => Known(a, b) is not null && Known(b, a) is not null));
    }

    private static AdvertisedPeer? Known(LabPeer at, LabPeer peer) => at.Node.Status(at.Now).Advertised.SingleOrDefault(one => one.Peer == peer.Options.Peer);

    /// <summary>B says it to A, as though C had just made it.</summary>
    private static bool Tell(Chain chain, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature, uint ageMinutes = 0) =>
        chain.A.Node.Advertisements.OnAdvertisement(chain.B.Options.Peer, new AdvertisementItem(ageMinutes, statement, signature), chain.Lab.Now);

    private static byte[] Statement(P256KeyPair key, ulong version, uint lifetimeMinutes, string name)
    {
        var writer = new WireWriter(new byte[PeerStatement.BytesMax]);
        new PeerStatement(key.PublicKey, version, lifetimeMinutes, name).Write(ref writer);
        return writer.Written.ToArray();
    }

    /// <summary>Of a member that believes any signature.</summary>
    private sealed class Gullible : ICryptography
    {
        public IKeyAgreement Agreement => SystemCryptography.Instance.Agreement;

        public ICipher Cipher(CipherSuite suite) => SystemCryptography.Instance.Cipher(suite);

        public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature) => true;
    }

    /// <summary>A and C know B.</summary>
    private sealed class Chain
    {
        public Chain(int seed, ICryptography? between = null)
        {
            Lab = new Lab(seed);
            (A, B, C) = (Lab.AddPeer("a"), Lab.AddPeer("b", cryptography: between), Lab.AddPeer("c"));
            Lines = [Lab.Connect(A, B, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1)), Lab.Connect(B, C, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1))];
        }

        public Lab Lab { get; }

        public LabPeer A { get; }

        public LabPeer B { get; }

        public LabPeer C { get; }

        public LabLine[] Lines { get; }

        public AdvertisedPeer? KnownAtA => Known(A, C);

        public void Meet() => Assert.True(Lab.Run(TimeSpan.FromSeconds(30), () => KnownAtA is not null && Known(C, A) is not null && Known(A, B) is not null));
    }
}
