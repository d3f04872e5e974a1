using System.Text.Json.Nodes;
using Xunit;

namespace EdgePeer.Tests.Protocol.Noise;

/// <summary>Handshakes come out to the byte as those of other implementations did (the vectors of cacophony and snow).</summary>
public class PublishedVectorTests
{
    [Fact]
    public void All_vectors_beside_the_repository_hold()
    {
        string path = Path.GetFullPath(Path.Combine(RepositoryRoot(), "../shared/vectors/noise-25519.json"));
        if (!File.Exists(path))
            Assert.Skip("no vectors of all patterns: ../shared/vectors/noise-25519.json is not beside the repository");
        var vectors = JsonNode.Parse(File.ReadAllText(path))!["vectors"]!.AsArray();
        Assert.Equal(30, vectors.Count);
        foreach (var vector in vectors)
            NoiseVector.Read(vector!).AssertHolds();
    }

    [Theory]
    [InlineData("Noise_XX_25519_ChaChaPoly_SHA256")]
    [InlineData("Noise_XXpsk3_25519_ChaChaPoly_SHA256")]
    [InlineData("Noise_IK_25519_AESGCM_SHA256")]
    [InlineData("Noise_IKpsk1_25519_ChaChaPoly_SHA256")]
    [InlineData("Noise_NNpsk0_25519_ChaChaPoly_SHA256")]
    [InlineData("Noise_NNpsk0_25519_AESGCM_SHA256")]
    public void Vectors_typed_in_here_hold(string name) => Assert.Single(Figures, vector => vector.Name == name).AssertHolds();

    private static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "EdgePeer.sln")))
                return directory.FullName;
        throw new DirectoryNotFoundException($"no EdgePeer.sln above {AppContext.BaseDirectory}");
    }

    // The published ones share their keys and payloads.
    private const string Prologue = "4a6f686e2047616c74";
    private const string InitiatorStatic = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
    private const string InitiatorEphemeral = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
    private const string ResponderStatic = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
    private const string ResponderPublic = "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62";
    private const string ResponderEphemeral = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";
    private const string Psk = "54686973206973206d7920417573747269616e20706572737065637469766521";

    private static readonly string[] Payloads =
    [
        "4c756477696720766f6e204d69736573",
        "4d757272617920526f746862617264",
        "462e20412e20486179656b",
        "4361726c204d656e676572",
        "4a65616e2d426170746973746520536179",
        "457567656e2042f6686d20766f6e2042617765726b",
    ];

    private static readonly NoiseVector[] Figures =
    [
        Figure(
            "Noise_XX_25519_ChaChaPoly_SHA256",
            "c8e5f64e846193be2a834104c2a009868d6c9f3bd3c186299888b488b2f1f58e",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c756477696720766f6e204d69736573",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884381cbad1f276e038c48378ffce2b65285e08d6b68aaa3629a5a8639392490e5b9"
                + "bd5269c2f1e4f488ed8831161f19b7815528f8982ffe09be9b5c412f8a0db50f8814c7194e83f23dbd8d162c9326ad",
            "c7195ffacac1307ff99046f219750fc47693e23c3cb08b89c2af808b444850a80ae475b9df0f169ae80a89be0865b57f58c9fea0d4ec82a286427402f113e4b6"
                + "ae769a1d95941d49b25030",
            "96763ed773f8e47bb3712f0e29b3060ffc956ffc146cee53d5e1df",
            "3e40f15f6f3a46ae446b253bf8b1d9ffb6ed9b174d272328ff91a7e2e5c79c07f5",
            "eb3f3515110702e047a6c9da4478b6ead94873c11c0f2d710ddb3f09fce024b3a58502ae3f"),
        Figure(
            "Noise_XXpsk3_25519_ChaChaPoly_SHA256",
            "a477edf6a131bbdb54707f6ea30eab6cd935d9b560f0e5fd1f053a95a99669fb",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944c9f5ff0e8079630cb7e270c20bbf480821b77a384a645c71a2fd9b3db1c16a5f",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843b123def17f71e6ae8e57e0e1dec5949c5f7415c6f33517398747d821a06dc23a"
                + "d430aa1fd7381d46195c378a819fd574425462cbb2d4ca339e738a0b7001dc91423fbf55a99af0c6f1df21012ceb2f",
            "52187316111b118d4c060364f7b975dc0809b2590779aff2d63113c564f11744493384db7bf32d5ae6686df6ab06d508d2e07caaf1d6afc010b978735fc78900"
                + "e71ae1d314130d042e729a",
            "eaedc672d4c21e0e2955758756fb98f194c4e90d5deb5b6cf30b27",
            "522d543c5fe799d09a3d9da7ff54d0dc03c8af1dc7751d2ff708339d2290943e98",
            "7d4e2c3873eef6a213b04e72f9df60a91666072d3544c5d96c34a09e2329b5030bee796741"),
        Figure(
            "Noise_IK_25519_AESGCM_SHA256",
            "669c8640d9e42a3cda2f232f78597ceefb01daa6e3df81181ccce6fc6b5026bf",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444e417bc55c7a8166c993356c1be41ef67818a292426f301556c7f26b21d25ddb"
                + "097153891a9a956cff47b83e63ad8d701c1342c209cff1ca5ecd43402762ac249e3bd3a4c0a145fe07cb5dae28ea13a3",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843af2ccf9972e22afc67aeafcd25162f7f98c363b7762e3e4cb7d272e39f27a5",
            "66acfc92e3197de166809e6d4d5d003dcc819a84bc3522ca53c9d9",
            "71f89aa6533a6de70b0826864dd75f60806ee40170c16290189eb3",
            "4795a3423550c8bf00386bd496a3e2c76c10669d2a75ab8f79b5094c5412a25705",
            "aa0bb39097555c918e40be82abc2b909eb79d9eb87adb07e268fc37323a6cf904fd01fb391"),
        Figure(
            "Noise_IKpsk1_25519_ChaChaPoly_SHA256",
            "3ad252ed6f724c52da3450383b7d8b806c183e1ef157bbe0465ad24997ec4717",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944ac58a6c31948ce200911c5b27b67f1c4d1bed490532dd94ed17164fcc5784d37"
                + "30fc302b70cc0f19beedaeb56bd974c0e57d747d11534c746eb2a32ac3fde3e4cdf6c3a4705762a6c6ca664b3bc89490",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843846a944a0652fb390d213d0700d5ae8fef7aad0ecc79a9216d15de5d7f3ee4",
            "5d872673f64813a47a00369b15c8da92691605ad71ba019de8e718",
            "2045266a750b6af2547f7eb1391058196b742d0aac4b3a1bcc1913",
            "9ec47ed0e7628c7d7a4eed631b963740ac2fd754eadaa9232e99054af4f7b29174",
            "310e359407350594cfb96eb4596e35677d4a71ceb42aa8cbba097bb9e7150b0d1bd749c4aa"),
        Figure(
            "Noise_NNpsk0_25519_ChaChaPoly_SHA256",
            "f4d03dc34495c95729ea6de9e1b59004b59733102488b3e24bc441e0be208eaf",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794479b962b8aff8485742ac32f905ba45369e2465fb59e138a93d67a0d1266b6a54",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843d6062704d5a9c422a8e834423f8c1feada7e8d0d910a1a2cd030fb584221e3",
            "e632c3763d7669067383433197a3baddf146e9e70ad4b4e9e59e0f",
            "64c6bee32ea91c8474bb4c21d7a700109ad45af77b29764ba5eb1e",
            "e2fa0bed0603b62d3ccac2ecabbf3fe33f3e86514909b323361626266cb2471cc8",
            "0c01dc9cec1fe4ddd692e8dd32188aa351088dc91183639a53b57aa4692b5ebdef8b8ca111"),
        Figure(
            "Noise_NNpsk0_25519_AESGCM_SHA256",
            "9f3b1f9afd7767767b5b9d1069844a6154fdbdcc36dfb3e31c0fffc5c973d530",
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79447c37a89fc17813788d30df2d59501d6066f5f8aecc3406bbd9829f2d24a531b1",
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088432f29d79368ef9de4e1ae7a362fb05bf0ad668e026bf5714554497b3a720461",
            "7c01e898a6201f36aecee532e29cd0b7f8ffa29d3366ad0dce39a6",
            "a9ff535aace3db6a1da1a7fb00fe2de2622bb373abad9fb42c00e0",
            "6cfc49a3e65472edc2d0152abe5ce950170a8a47c959f30bd48b5f0aacf29adbfd",
            "9bc86e6d974ed21ba04604a94aa68de21677eb409ead070c0cd569b069ee19ba142aa4c1a9"),
    ];

    private static NoiseVector Figure(string name, string handshakeHash, params string[] texts)
    {
        bool hasStatic = !name.Contains("_NN", StringComparison.Ordinal);
        return new NoiseVector(name, handshakeHash, [.. Payloads.Zip(texts)])
        {
            Prologue = Prologue,
            InitiatorStatic = hasStatic ? InitiatorStatic : null,
            InitiatorEphemeral = InitiatorEphemeral,
            KnownToInitiator = name.Contains("_IK", StringComparison.Ordinal) ? ResponderPublic : null,
            ResponderStatic = hasStatic ? ResponderStatic : null,
            ResponderEphemeral = ResponderEphemeral,
            Psk = name.Contains("psk", StringComparison.Ordinal) ? Psk : null,
        };
    }
}
