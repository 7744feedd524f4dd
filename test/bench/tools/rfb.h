/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An RFB client that measures: it takes what a real viewer would take and shows nothing. Whatever
 * goes wrong ends the program, since a figure of a broken run is no figure.
 */
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

/* Where to connect: address is the path of a Unix socket, HOST:PORT or ws://HOST:PORT/PATH. */
struct endpoint {
	char address[256];
	char user[128]; /* VeNCrypt X509Plain; empty: None, or else VeNCrypt X509None */
	char password[128];
	char cookie[256]; /* of a WebSocket */
};

enum rfb_decode {
	RFB_SKIP,   /* sizes only: for many viewers on one machine */
	RFB_UNPACK, /* zlib and JPEG, as an honest viewer has to */
	RFB_KEEP,   /* into pixels, too */
};

struct rfb {
	int fd;
	SSL *ssl;
	bool is_web;
	uint64_t frame_left; /* payload of the WebSocket message that is being read */
	uint8_t *raw;        /* what was read of the socket and not unwrapped: [raw_pos, raw_len) */
	size_t raw_pos, raw_len;
	uint8_t *buf; /* what was read ahead: [pos, len) */
	size_t pos, len, size;

	unsigned width, height;
	enum rfb_decode decode;
	uint32_t *pixels; /* RFB_KEEP; 0xrrggbb */
	z_stream z[4];
	bool z_open[4];
	int level;          /* of JPEG quality, as a viewer asks for it; 0: 6 */
	bool continuous;    /* wanted: the server sends without being asked, paced by fences */
	bool is_continuous; /* and it does */
	bool pending;       /* a request is out */

	/* Of each rectangle of pixels, before it is decoded. */
	void (*handle_rect)(struct rfb *c, unsigned x, unsigned y, unsigned w, unsigned h);
	void *userdata;
	uint64_t painted; /* pixels */
	uint64_t bytes;
	unsigned long updates;
	unsigned quality; /* of the last JPEG */
	bool is_full_chroma;
};

double now_ms(void);
__attribute__((noreturn)) void die(const char *what);

/* Line of a list of endpoints: "ADDRESS [USER PASSWORD]", "ws://… [COOKIE]". */
void endpoint_parse(struct endpoint *e, const char *line);

/* decode and continuous are set before. */
void rfb_open(struct rfb *c, const struct endpoint *e);
/* Reads one message to its end; true: it was an update. */
bool rfb_read(struct rfb *c);
/* Something is there to be read, at the latest in ms. */
bool rfb_has_input(struct rfb *c, double ms);
/* Something was read already and poll() does not know. */
bool rfb_has_buffered(const struct rfb *c);
/* Nothing is sent where updates are continuous and incremental. */
void rfb_request(struct rfb *c, bool incremental);
void rfb_press(struct rfb *c, uint32_t keysym, bool down);

/* --- rfb-io.c, for rfb.c --- */
void rfb_connect(struct rfb *c, const struct endpoint *e);
void rfb_start_tls(struct rfb *c);
void rfb_put(struct rfb *c, const void *bytes, size_t n);
/* Waits for n bytes; valid until the next call. */
const uint8_t *rfb_need(struct rfb *c, size_t n);
