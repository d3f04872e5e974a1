using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgePeer.Agent.Api;
using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Interop;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;
using Xunit;

namespace EdgePeer.SystemTests.Interop;

/// <summary>What C says of the structs and constants, here and on the boards of the field, against what the C# side believes.</summary>
public sealed class InteropLayoutTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edgepeer-layouts-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Layouts_and_constants_are_those_of_this_machine()
    {
        Tool.Require("gcc", "gcc");
        await Compare("gcc", emulator: null);
    }

    [Theory]
    [InlineData("arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf", "/usr/arm-linux-gnueabihf/lib/libc.a", "libc6-dev-armhf-cross", "qemu-arm")]
    [InlineData("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu", "/usr/aarch64-linux-gnu/lib/libc.a", "libc6-dev-arm64-cross", "qemu-aarch64")]
    public async Task Layouts_and_constants_are_those_of_the_boards(string compiler, string package, string library, string libraryPackage, string emulator)
    {
        Tool.Require(compiler, package);
        Tool.Require(emulator, "qemu-user");
        if (!File.Exists(library))
            Assert.Skip($"{library} is missing: install Debian's package {libraryPackage}");
        await Compare(compiler, emulator);
    }

    private async Task Compare(string compiler, string? emulator)
    {
        string source = Path.Combine(Repository.Root, "tests/EdgePeer.SystemTests/Interop/layouts.c");
        string program = Path.Combine(_directory, "layouts");
        if (!File.Exists(MosquittoHeader))
            Assert.Skip($"{MosquittoHeader} is missing: install Debian's package libmosquitto-dev");
        // The compilers of the boards do not look where it is, and may not: what else is there is this machine's.
        File.Copy(MosquittoHeader, Path.Combine(_directory, Path.GetFileName(MosquittoHeader)));
        // Static: the emulator then needs no library of that machine.
        await Tool.Run(compiler, "-static", "-Wall", "-Wextra", "-Werror", "-I", _directory, "-o", program, source);
        string output = emulator is null ? await Tool.Run(program) : await Tool.Run(emulator, program);
        var there = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(words => string.Join(' ', words[..^1]), words => long.Parse(words[^1], CultureInfo.InvariantCulture));
        Assert.Equal(Believed().OrderBy(pair => pair.Key, StringComparer.Ordinal), there.OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    private static Dictionary<string, long> Believed()
    {
        var poll = new PollDescriptor();
        var mode = new Termios2();
        return new Dictionary<string, long>
        {
            ["word size_t"] = 1,
            ["word ssize_t"] = 1,
            ["word nfds_t"] = 1,
            ["word unsigned long"] = 1,

            ["words before struct group.gr_gid"] = SocketPermissions.GroupIdWords,
            ["sizeof gid_t"] = sizeof(uint),

            ["sizeof struct pollfd"] = Unsafe.SizeOf<PollDescriptor>(),
            ["offset struct pollfd.fd"] = Offset(ref poll, ref poll.Descriptor),
            ["offset struct pollfd.events"] = Offset(ref poll, ref poll.Events),
            ["offset struct pollfd.revents"] = Offset(ref poll, ref poll.Returned),

            ["sizeof struct termios2"] = Unsafe.SizeOf<Termios2>(),
            ["offset struct termios2.c_iflag"] = Offset(ref mode, ref mode.InputFlags),
            ["offset struct termios2.c_oflag"] = Offset(ref mode, ref mode.OutputFlags),
            ["offset struct termios2.c_cflag"] = Offset(ref mode, ref mode.ControlFlags),
            ["offset struct termios2.c_lflag"] = Offset(ref mode, ref mode.LocalFlags),
            ["offset struct termios2.c_line"] = Offset(ref mode, ref mode.LineDiscipline),
            ["offset struct termios2.c_cc"] = Offset(ref mode, ref mode.Characters),
            ["offset struct termios2.c_ispeed"] = Offset(ref mode, ref mode.InputSpeed),
            ["offset struct termios2.c_ospeed"] = Offset(ref mode, ref mode.OutputSpeed),
            ["NCCS"] = ControlCharacters.Length,

            ["offset struct sockaddr_in.sin_port"] = SocketAddressLayout.PortOffset,
            ["offset struct sockaddr_in.sin_addr"] = SocketAddressLayout.Ipv4AddressOffset,
            ["sizeof struct sockaddr_in"] = SocketAddressLayout.Ipv4Bytes,
            ["offset struct sockaddr_in6.sin6_port"] = SocketAddressLayout.PortOffset,
            ["offset struct sockaddr_in6.sin6_addr"] = SocketAddressLayout.Ipv6AddressOffset,
            ["offset struct sockaddr_in6.sin6_scope_id"] = SocketAddressLayout.Ipv6ScopeOffset,
            ["sizeof struct sockaddr_in6"] = SocketAddressLayout.Ipv6Bytes,
            ["sizeof struct ip_mreqn"] = SocketOptions.MulticastRequestBytes,
            ["offset struct ip_mreqn.imr_ifindex"] = SocketOptions.MulticastRequestIndexOffset,

            ["offset struct mosquitto_message.mid"] = OffsetOfMessage(nameof(MosquittoMessage.Id)),
            ["words before struct mosquitto_message.topic"] = OffsetOfMessage(nameof(MosquittoMessage.Topic)) / IntPtr.Size,
            ["words before struct mosquitto_message.payload"] = OffsetOfMessage(nameof(MosquittoMessage.Payload)) / IntPtr.Size,
            ["words before struct mosquitto_message.payloadlen"] = OffsetOfMessage(nameof(MosquittoMessage.PayloadBytes)) / IntPtr.Size,
            ["payloadlen to struct mosquitto_message.qos"] = OffsetOfMessage(nameof(MosquittoMessage.Qos)) - OffsetOfMessage(nameof(MosquittoMessage.PayloadBytes)),
            ["payloadlen to struct mosquitto_message.retain"] = OffsetOfMessage(nameof(MosquittoMessage.Retain)) - OffsetOfMessage(nameof(MosquittoMessage.PayloadBytes)),
            ["sizeof bool"] = sizeof(byte),

            ["MQTT_PROTOCOL_V311"] = (long)MqttVersion.Three,
            ["MQTT_PROTOCOL_V5"] = (long)MqttVersion.Five,
            ["MOSQ_OPT_PROTOCOL_VERSION"] = (long)MosquittoOption.ProtocolVersion,
            ["MOSQ_LOG_ERR"] = MosquittoClient.ErrorLevel,
            ["MOSQ_ERR_PROTOCOL"] = (long)MosquittoError.Protocol,
            ["MOSQ_ERR_INVAL"] = (long)MosquittoError.Invalid,
            ["MOSQ_ERR_NO_CONN"] = (long)MosquittoError.NoConnection,
            ["MOSQ_ERR_CONN_REFUSED"] = (long)MosquittoError.Refused,
            ["MOSQ_ERR_CONN_LOST"] = (long)MosquittoError.ConnectionLost,
            ["MOSQ_ERR_TLS"] = (long)MosquittoError.Tls,
            ["MOSQ_ERR_PAYLOAD_SIZE"] = (long)MosquittoError.PayloadTooLong,
            ["MOSQ_ERR_ERRNO"] = (long)MosquittoError.Errno,
            ["MOSQ_ERR_EAI"] = (long)MosquittoError.Lookup,
            ["MOSQ_ERR_MALFORMED_UTF8"] = (long)MosquittoError.MalformedText,
            ["MOSQ_ERR_KEEPALIVE"] = (long)MosquittoError.KeepAlive,
            ["MOSQ_ERR_MALFORMED_PACKET"] = (long)MosquittoError.MalformedPacket,
            ["MOSQ_ERR_TLS_HANDSHAKE"] = (long)MosquittoError.TlsHandshake,
            ["MOSQ_ERR_QOS_NOT_SUPPORTED"] = (long)MosquittoError.QosNotSupported,
            ["MOSQ_ERR_OVERSIZE_PACKET"] = (long)MosquittoError.PacketTooLong,

            ["O_RDWR"] = OpenFlags.ReadWrite,
            ["O_NOCTTY"] = OpenFlags.NoControllingTerminal,
            ["O_NONBLOCK"] = OpenFlags.NonBlocking,
            ["O_CLOEXEC"] = OpenFlags.CloseOnExec,
            ["EFD_NONBLOCK"] = EventFlags.NonBlocking,
            ["EFD_CLOEXEC"] = EventFlags.CloseOnExec,
            ["POLLIN"] = PollEvents.In,
            ["POLLOUT"] = PollEvents.Out,
            ["POLLERR"] = PollEvents.Error,
            ["POLLHUP"] = PollEvents.HangUp,
            ["POLLNVAL"] = PollEvents.Invalid,
            ["LOCK_EX"] = LockOperations.Exclusive,
            ["LOCK_NB"] = LockOperations.NonBlocking,

            ["ENOENT"] = Errno.NoEntry,
            ["EINTR"] = Errno.Interrupted,
            ["EAGAIN"] = Errno.TryAgain,
            ["EPIPE"] = Errno.BrokenPipe,
            ["EPROTO"] = Errno.Protocol,
            ["ECONNRESET"] = Errno.ConnectionReset,
            ["EACCES"] = Errno.AccessDenied,
            ["EBUSY"] = Errno.Busy,
            ["ENOTTY"] = Errno.NotATerminal,

            ["TCGETS2"] = TerminalRequests.GetTermios2,
            ["TCSETS2"] = TerminalRequests.SetTermios2,
            ["TIOCEXCL"] = TerminalRequests.Exclusive,
            ["TCFLSH"] = TerminalRequests.Flush,
            ["TIOCOUTQ"] = TerminalRequests.OutputWaiting,
            ["FIONREAD"] = TerminalRequests.InputWaiting,
            ["TIOCMGET"] = TerminalRequests.GetModemLines,
            ["TIOCMBIS"] = TerminalRequests.RaiseModemLines,
            ["TCIFLUSH"] = TerminalRequests.FlushInput,
            ["TIOCM_DTR"] = TerminalRequests.DataTerminalReady,
            ["TIOCM_RTS"] = TerminalRequests.RequestToSend,

            ["CS8"] = TerminalModes.EightBits,
            ["CREAD"] = TerminalModes.Receive,
            ["HUPCL"] = TerminalModes.HangUpOnClose,
            ["CLOCAL"] = TerminalModes.IgnoreModemLines,
            ["CBAUD"] = TerminalModes.SpeedMask,
            ["BOTHER"] = TerminalModes.SpeedAsNumber,
            ["IBSHIFT"] = TerminalModes.InputSpeedShift,
            ["VMIN"] = TerminalModes.MinimumIndex,
            ["VTIME"] = TerminalModes.TimeIndex,

            ["IPPROTO_IP"] = SocketOptions.LevelIp,
            ["IPPROTO_IPV6"] = SocketOptions.LevelIpv6,
            ["IPPROTO_TCP"] = SocketOptions.LevelTcp,
            ["TCP_QUICKACK"] = SocketOptions.TcpQuickAcknowledgement,
            ["SOL_SOCKET"] = SocketOptions.LevelSocket,
            ["SO_SNDBUF"] = SocketOptions.SendBuffer,
            ["AF_UNIX"] = SocketKinds.LocalFamily,
            ["SOCK_STREAM"] = SocketKinds.Stream,
            ["SOCK_NONBLOCK"] = SocketKinds.NonBlocking,
            ["SOCK_CLOEXEC"] = SocketKinds.CloseOnExec,
            ["IP_MTU_DISCOVER"] = SocketOptions.IpMtuDiscover,
            ["IP_MTU"] = SocketOptions.IpMtu,
            ["IP_MULTICAST_IF"] = SocketOptions.IpMulticastInterface,
            ["IP_MULTICAST_ALL"] = SocketOptions.IpMulticastAll,
            ["IPV6_MULTICAST_IF"] = SocketOptions.Ipv6MulticastInterface,
            ["IPV6_MTU_DISCOVER"] = SocketOptions.Ipv6MtuDiscover,
            ["IPV6_MTU"] = SocketOptions.Ipv6Mtu,
            ["IPV6_MULTICAST_ALL"] = SocketOptions.Ipv6MulticastAll,
            ["IP_PMTUDISC_DO"] = SocketOptions.MtuDiscoverDo,
            ["IPV6_PMTUDISC_DO"] = SocketOptions.MtuDiscoverDo,
        };
    }

    // Of a struct with pointers, which cannot stand in for a type.
    private static long OffsetOfMessage(string field) => Marshal.OffsetOf<MosquittoMessage>(field);

    private const string MosquittoHeader = "/usr/include/mosquitto.h";

    private static long Offset<TStruct, TField>(ref TStruct start, ref TField field)
        where TStruct : struct
        where TField : struct =>
        Unsafe.ByteOffset(ref Unsafe.As<TStruct, byte>(ref start), ref Unsafe.As<TField, byte>(ref field));
}
