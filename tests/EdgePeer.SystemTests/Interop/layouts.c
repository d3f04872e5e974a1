/*
 * Prints, for the machine it is compiled for, every size, offset and constant that src/EdgePeer.Transports/Interop and the agent rely on,
 * one "name value" a line. InteropLayoutTests compares them with the C# side.
 */
#define _GNU_SOURCE
#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "mosquitto.h"

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29 /* linux/in6.h, which can't stand beside netinet/in.h */
#endif

static void print(const char *name, unsigned long long value)
{
    printf("%s %llu\n", name, value);
}

#define VALUE(name) print(#name, (unsigned int)(name))
#define SIZE(type) print("sizeof " #type, sizeof(type))
#define OFFSET(type, field) print("offset " #type "." #field, offsetof(type, field))
#define WORD(type) print("word " #type, sizeof(type) == sizeof(void *))

int main(void)
{
    /* Passed as native integers. */
    WORD(size_t);
    WORD(ssize_t);
    WORD(nfds_t);
    WORD(unsigned long);

    /* In words, and its id in 4 bytes. */
    print("words before struct group.gr_gid", offsetof(struct group, gr_gid) / sizeof(void *));
    SIZE(gid_t);

    SIZE(struct pollfd);
    OFFSET(struct pollfd, fd);
    OFFSET(struct pollfd, events);
    OFFSET(struct pollfd, revents);

    SIZE(struct termios2);
    OFFSET(struct termios2, c_iflag);
    OFFSET(struct termios2, c_oflag);
    OFFSET(struct termios2, c_cflag);
    OFFSET(struct termios2, c_lflag);
    OFFSET(struct termios2, c_line);
    OFFSET(struct termios2, c_cc);
    OFFSET(struct termios2, c_ispeed);
    OFFSET(struct termios2, c_ospeed);
    VALUE(NCCS);

    OFFSET(struct sockaddr_in, sin_port);
    OFFSET(struct sockaddr_in, sin_addr);
    SIZE(struct sockaddr_in);
    OFFSET(struct sockaddr_in6, sin6_port);
    OFFSET(struct sockaddr_in6, sin6_addr);
    OFFSET(struct sockaddr_in6, sin6_scope_id);
    SIZE(struct sockaddr_in6);
    SIZE(struct ip_mreqn);
    OFFSET(struct ip_mreqn, imr_ifindex);

    /* Pointers count as words, what stands behind them from the first of it on. */
    OFFSET(struct mosquitto_message, mid);
    print("words before struct mosquitto_message.topic", offsetof(struct mosquitto_message, topic) / sizeof(void *));
    print("words before struct mosquitto_message.payload", offsetof(struct mosquitto_message, payload) / sizeof(void *));
    print("words before struct mosquitto_message.payloadlen", offsetof(struct mosquitto_message, payloadlen) / sizeof(void *));
    print("payloadlen to struct mosquitto_message.qos", offsetof(struct mosquitto_message, qos) - offsetof(struct mosquitto_message, payloadlen));
    print("payloadlen to struct mosquitto_message.retain", offsetof(struct mosquitto_message, retain) - offsetof(struct mosquitto_message, payloadlen));
    print("sizeof bool", sizeof(bool));

    VALUE(MQTT_PROTOCOL_V311);
    VALUE(MQTT_PROTOCOL_V5);
    VALUE(MOSQ_OPT_PROTOCOL_VERSION);
    VALUE(MOSQ_LOG_ERR);
    VALUE(MOSQ_ERR_PROTOCOL);
    VALUE(MOSQ_ERR_INVAL);
    VALUE(MOSQ_ERR_NO_CONN);
    VALUE(MOSQ_ERR_CONN_REFUSED);
    VALUE(MOSQ_ERR_CONN_LOST);
    VALUE(MOSQ_ERR_TLS);
    VALUE(MOSQ_ERR_PAYLOAD_SIZE);
    VALUE(MOSQ_ERR_ERRNO);
    VALUE(MOSQ_ERR_EAI);
    VALUE(MOSQ_ERR_MALFORMED_UTF8);
    VALUE(MOSQ_ERR_KEEPALIVE);
    VALUE(MOSQ_ERR_MALFORMED_PACKET);
    VALUE(MOSQ_ERR_TLS_HANDSHAKE);
    VALUE(MOSQ_ERR_QOS_NOT_SUPPORTED);
    VALUE(MOSQ_ERR_OVERSIZE_PACKET);

    VALUE(O_RDWR);
    VALUE(O_NOCTTY);
    VALUE(O_NONBLOCK);
    VALUE(O_CLOEXEC);
    VALUE(EFD_NONBLOCK);
    VALUE(EFD_CLOEXEC);
    VALUE(POLLIN);
    VALUE(POLLOUT);
    VALUE(POLLERR);
    VALUE(POLLHUP);
    VALUE(POLLNVAL);
    VALUE(LOCK_EX);
    VALUE(LOCK_NB);

    VALUE(ENOENT);
    VALUE(EINTR);
    VALUE(EAGAIN);
    VALUE(EPIPE);
    VALUE(EPROTO);
    VALUE(ECONNRESET);
    VALUE(EACCES);
    VALUE(EBUSY);
    VALUE(ENOTTY);

    VALUE(TCGETS2);
    VALUE(TCSETS2);
    VALUE(TIOCEXCL);
    VALUE(TCFLSH);
    VALUE(TIOCOUTQ);
    VALUE(FIONREAD);
    VALUE(TIOCMGET);
    VALUE(TIOCMBIS);
    VALUE(TCIFLUSH);
    VALUE(TIOCM_DTR);
    VALUE(TIOCM_RTS);

    VALUE(CS8);
    VALUE(CREAD);
    VALUE(HUPCL);
    VALUE(CLOCAL);
    VALUE(CBAUD);
    VALUE(BOTHER);
    VALUE(IBSHIFT);
    VALUE(VMIN);
    VALUE(VTIME);

    VALUE(IPPROTO_IP);
    VALUE(IPPROTO_IPV6);
    VALUE(IPPROTO_TCP);
    VALUE(TCP_QUICKACK);
    VALUE(SOL_SOCKET);
    VALUE(SO_SNDBUF);
    VALUE(AF_UNIX);
    VALUE(SOCK_STREAM);
    VALUE(SOCK_NONBLOCK);
    VALUE(SOCK_CLOEXEC);
    VALUE(IP_MTU_DISCOVER);
    VALUE(IP_MTU);
    VALUE(IP_MULTICAST_IF);
    VALUE(IP_MULTICAST_ALL);
    VALUE(IPV6_MULTICAST_IF);
    VALUE(IPV6_MTU_DISCOVER);
    VALUE(IPV6_MTU);
    VALUE(IPV6_MULTICAST_ALL);
    VALUE(IP_PMTUDISC_DO);
    VALUE(IPV6_PMTUDISC_DO);
    return 0;
}
