// SPDX-License-Identifier: MIT
// lwip_echo: TCP and UDP echo within one lwIP, over its loopback interface, 127.0.0.1. Everything happens
// in this thread, and time is a count of ticks, so that each run asks for the same memory in the same
// order. Says what came back; what did not is an error, with status 1.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <lwip/udp.h>

enum {
    CONNECTIONS = 4,
    STREAM_BYTES = 48 * 1024, // sent by each connection, and echoed
    PIECE_BYTES = 700,        // of them in one tcp_write
    BURSTS = 16,
    BURST_DATAGRAMS = 12, // of 1 to 1200 bytes, sent without waiting for an answer
    ECHO_PORT = 7,
    PATIENCE = 8, // ticks of lwIP's TCP timer without a packet: then it has stalled
};

static unsigned refused; // requests that lwIP answered with ERR_MEM or NULL

// ---- The loopback interface: as lwIP's netif.c makes it, which Debian's liblwip leaves to its users ----

static struct netif loopback;
static bool poll_is_due;

// netif_loop_output queues a packet, and has lwIP's thread call netif_poll, which delivers what is queued.
// The thread is this one, so that nothing depends on when it runs: in the place of liblwip's function.
err_t tcpip_try_callback(tcpip_callback_fn function, void *context)
{
    if (function != (tcpip_callback_fn)netif_poll || context != &loopback)
        return ERR_VAL;
    poll_is_due = true;
    return ERR_OK;
}

static err_t loopback_send(struct netif *netif, struct pbuf *packet, const ip4_addr_t *address)
{
    (void)address;
    return netif_loop_output(netif, packet);
}

static err_t loopback_init(struct netif *netif)
{
    netif->name[0] = 'l';
    netif->name[1] = 'o';
    netif->output = loopback_send;
    return ERR_OK;
}

static void loopback_add(void)
{
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&address, 127, 0, 0, 1);
    IP4_ADDR(&mask, 255, 0, 0, 0);
    IP4_ADDR(&gateway, 127, 0, 0, 1);
    netif_add(&loopback, &address, &mask, &gateway, NULL, loopback_init, ip_input);
    netif_set_link_up(&loopback);
    netif_set_up(&loopback);
}

// Runs until `done` says so, or nothing has moved for a while.
static void run_until(bool (*done)(void))
{
    for (int idle = 0; !done() && idle < PATIENCE;) {
        if (poll_is_due) {
            poll_is_due = false;
            netif_poll(&loopback);
            idle = 0;
        } else {
            idle++;
            tcp_tmr(); // delayed acknowledgements
        }
    }
}

// ---- Echo servers ----

static err_t server_received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    (void)context, (void)error;
    if (!data)
        return tcp_close(pcb);
    if (data->tot_len > tcp_sndbuf(pcb))
        return ERR_MEM; // lwIP keeps the data and offers it again
    for (struct pbuf *part = data; part; part = part->next) {
        if (tcp_write(pcb, part->payload, part->len, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            refused++; // what is written already must not be written again: the stream ends here
            tcp_abort(pcb);
            pbuf_free(data);
            return ERR_ABRT;
        }
    }
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    tcp_output(pcb);
    return ERR_OK;
}

static err_t server_accepted(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)context;
    if (error != ERR_OK || !pcb)
        return ERR_VAL;
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, server_received);
    return ERR_OK;
}

static void server_datagram(void *context, struct udp_pcb *pcb, struct pbuf *data,
                            const ip_addr_t *address, u16_t port)
{
    (void)context;
    refused += udp_sendto(pcb, data, address, port) != ERR_OK;
    pbuf_free(data);
}

static bool start_servers(void)
{
    struct tcp_pcb *tcp = tcp_new();
    struct udp_pcb *udp = udp_new();
    if (!tcp || !udp)
        return false;
    if (tcp_bind(tcp, IP_ADDR_ANY, ECHO_PORT) != ERR_OK
        || udp_bind(udp, IP_ADDR_ANY, ECHO_PORT) != ERR_OK)
        return false;
    tcp = tcp_listen(tcp);
    if (!tcp)
        return false;
    tcp_accept(tcp, server_accepted);
    udp_recv(udp, server_datagram, NULL);
    return true;
}

// ---- TCP client ----

static struct stream {
    unsigned sent, echoed;
    bool closed, wrong;
} streams[CONNECTIONS];

static unsigned char stream_byte(unsigned offset)
{
    return (unsigned char)(offset * 7 + offset / 251);
}

static void stream_send(struct stream *stream, struct tcp_pcb *pcb)
{
    unsigned char piece[PIECE_BYTES];
    while (stream->sent < STREAM_BYTES) {
        unsigned length = LWIP_MIN(PIECE_BYTES, STREAM_BYTES - stream->sent);
        if (length > tcp_sndbuf(pcb) || stream->sent - stream->echoed > 8 * 1460)
            return;
        for (unsigned i = 0; i < length; i++)
            piece[i] = stream_byte(stream->sent + i);
        if (tcp_write(pcb, piece, (u16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK) {
            refused++;
            return;
        }
        stream->sent += length;
    }
}

static err_t client_received(void *context, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct stream *stream = context;
    (void)error;
    if (!data)
        return ERR_OK;
    for (unsigned i = 0; i < data->tot_len; i++)
        stream->wrong |= pbuf_get_at(data, (u16_t)i) != stream_byte(stream->echoed + i);
    stream->echoed += data->tot_len;
    tcp_recved(pcb, data->tot_len);
    pbuf_free(data);
    stream_send(stream, pcb);
    if (stream->echoed == STREAM_BYTES) {
        stream->closed = tcp_close(pcb) == ERR_OK;
        return ERR_OK;
    }
    tcp_output(pcb);
    return ERR_OK;
}

static err_t client_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
    (void)error;
    stream_send(context, pcb);
    return tcp_output(pcb);
}

static bool streams_done(void)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (!streams[i].closed)
            return false;
    return !poll_is_due;
}

static void run_streams(void)
{
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        struct tcp_pcb *pcb = tcp_new();
        if (!pcb) {
            refused++;
            continue;
        }
        tcp_arg(pcb, &streams[i]);
        tcp_recv(pcb, client_received);
        refused += tcp_connect(pcb, netif_ip_addr4(&loopback), ECHO_PORT, client_connected) != ERR_OK;
    }
    run_until(streams_done);
}

// ---- UDP client ----

static unsigned datagrams_sent, datagrams_echoed, datagram_bytes;

static void client_datagram(void *context, struct udp_pcb *pcb, struct pbuf *data,
                            const ip_addr_t *address, u16_t port)
{
    (void)context, (void)pcb, (void)address, (void)port;
    datagrams_echoed++;
    datagram_bytes += data->tot_len;
    pbuf_free(data);
}

static bool all_is_delivered(void)
{
    return !poll_is_due;
}

static void run_datagrams(void)
{
    struct udp_pcb *pcb = udp_new();
    if (!pcb) {
        refused++;
        return;
    }
    udp_recv(pcb, client_datagram, NULL);
    for (unsigned i = 0; i < BURSTS * BURST_DATAGRAMS; i++) {
        u16_t length = (u16_t)(1 + i * 389 % 1200);
        struct pbuf *data = pbuf_alloc(PBUF_TRANSPORT, length, PBUF_RAM);
        if (data)
            memset(data->payload, 'd', length);
        if (!data || udp_sendto(pcb, data, netif_ip_addr4(&loopback), ECHO_PORT) != ERR_OK)
            refused++;
        if (data)
            pbuf_free(data);
        datagrams_sent++;
        if (datagrams_sent % BURST_DATAGRAMS == 0)
            run_until(all_is_delivered);
    }
    udp_remove(pcb);
}

int main(void)
{
    static char output[BUFSIZ]; // so that only lwIP's requests depend on what lwIP does
    unsigned echoed = 0, whole = 0;
    setvbuf(stdout, output, _IOFBF, sizeof output);
    lwip_init();
    loopback_add();
    if (!start_servers()) {
        fputs("lwip_echo: the servers did not start: out of memory\n", stderr);
        return 1;
    }
    run_streams();
    run_datagrams();
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        echoed += streams[i].echoed;
        whole += streams[i].closed && !streams[i].wrong;
    }
    printf("TCP: %u bytes echoed, %u of %u connections complete\n", echoed, whole, CONNECTIONS);
    printf("UDP: %u of %u datagrams echoed, %u bytes\n", datagrams_echoed, datagrams_sent,
           datagram_bytes);
    if (refused > 0)
        printf("lwIP was out of memory %u times\n", refused);
    return whole < CONNECTIONS || datagrams_echoed < datagrams_sent || refused > 0;
}
