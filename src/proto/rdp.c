/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RDP's first packets. Each is a TPKT (RFC 1006) with an X.224 TPDU; inside, in this order:
 *
 *   Connection Request (T.123), Connect Initial (T.125, BER) around GCC's Conference Create Request
 *   (T.124, PER) around user data blocks, then T.125 PER: Erect Domain, Attach User, Channel Join,
 *   Send Data Request with the Client Info.
 *
 * Only what is needed is read, everything else is passed over by its length. A reader that has run
 * out of bytes stays so: its owner looks at the end only.
 */
#include "proto/rdp.h"

#include <errno.h>
#include <string.h>

enum {
	TPKT_LEN = 4,
	TPDU_REQUEST = 0xe0,
	TPDU_CONFIRM = 0xd0,
	NEGOTIATION_REQUEST = 1,
	NEGOTIATION_RESPONSE = 2,
	NEGOTIATION_FAILURE = 3,
	EXTENDED_CLIENT_DATA = 1, /* the client may send all blocks that it knows */
	DATA_HEAD_LEN = 7,        /* TPKT, and an X.224 Data TPDU */
	BER_BOOLEAN = 1,
	BER_OCTETS = 4,
	BER_SEQUENCE = 0x30,
	CONNECT_INITIAL = 0x65, /* after 0x7f */
	BLOCK_CORE = 0xc001,
	CORE_NAME_AT = 20, /* after the head of the block */
	CORE_NAME_LEN = 32,
	MCS_SEND_DATA = 0x64,
	SECURITY_ENCRYPTED = 0x0008,
	SECURITY_INFO = 0x0040,
	INFO_AUTOLOGON = 0x0008,
	INFO_UNICODE = 0x0010,
	INFO_HEAD_LEN = 18, /* code page, flags, five lengths */
	INFO_TEXT_MAX = 512,
	INFO_PACKET_MAX = 8 * 1024,
};

struct reader {
	const uint8_t *p, *end;
	bool failed;
};

static const uint8_t *take(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->failed || (size_t)(r->end - r->p) < n) {
		r->failed = true;
		return NULL;
	}
	r->p += n;
	return p;
}

static unsigned u8(struct reader *r)
{
	const uint8_t *p = take(r, 1);

	return p ? p[0] : 0;
}

static unsigned u16_be(struct reader *r)
{
	const uint8_t *p = take(r, 2);

	return p ? (unsigned)p[0] << 8 | p[1] : 0;
}

static unsigned u16_le(struct reader *r)
{
	const uint8_t *p = take(r, 2);

	return p ? (unsigned)p[1] << 8 | p[0] : 0;
}

static uint32_t u32_le(struct reader *r)
{
	uint32_t low = u16_le(r);

	return low | (uint32_t)u16_le(r) << 16;
}

static uint8_t *put_u16_be(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *put_u16_le(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)v;
	*p++ = (uint8_t)(v >> 8);
	return p;
}

static uint8_t *put_u32_le(uint8_t *p, uint32_t v)
{
	p = put_u16_le(p, v & 0xffff);
	return put_u16_le(p, v >> 16);
}

/* --- text --- */

static char *put_utf8(char *d, uint32_t c)
{
	if (c < 0x80) {
		*d++ = (char)c;
	} else if (c < 0x800) {
		*d++ = (char)(0xc0 | c >> 6);
		*d++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*d++ = (char)(0xe0 | c >> 12);
		*d++ = (char)(0x80 | (c >> 6 & 0x3f));
		*d++ = (char)(0x80 | (c & 0x3f));
	} else {
		*d++ = (char)(0xf0 | c >> 18);
		*d++ = (char)(0x80 | (c >> 12 & 0x3f));
		*d++ = (char)(0x80 | (c >> 6 & 0x3f));
		*d++ = (char)(0x80 | (c & 0x3f));
	}
	return d;
}

/* UTF-16 up to a NUL or the end, into at most 3 bytes for each unit; halves of pairs become U+FFFD.
 */
static void text_get(const uint8_t *p, size_t len, char *ret)
{
	size_t n = len / 2;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = (uint32_t)p[2 * i + 1] << 8 | p[2 * i], low = 0;

		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < n)
			low = (uint32_t)p[2 * i + 3] << 8 | p[2 * i + 2];
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i++;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		ret = put_utf8(ret, c);
	}
	*ret = '\0';
}

static uint8_t *text_put(uint8_t *p, const char *ascii)
{
	for (; *ascii; ascii++)
		p = put_u16_le(p, (uint8_t)*ascii);
	return put_u16_le(p, 0);
}

/* --- packets --- */

int rdp_packet_measure(const uint8_t *data, size_t len)
{
	unsigned n;

	if (len >= 1 && data[0] != 3)
		return -EPROTO;
	if (len < TPKT_LEN)
		return 0;
	n = (unsigned)data[2] << 8 | data[3];
	return n < DATA_HEAD_LEN || n > RDP_PACKET_MAX ? -EPROTO : (int)n;
}

static struct reader data_open(const uint8_t *data, size_t len)
{
	static const uint8_t tpdu[] = { 2, 0xf0, 0x80 };
	struct reader r = { .p = data, .end = data + len };

	take(&r, TPKT_LEN);
	if (len < DATA_HEAD_LEN || data[0] != 3 ||
			memcmp(take(&r, sizeof(tpdu)), tpdu, sizeof(tpdu)) != 0)
		r.failed = true;
	return r;
}

/* --- negotiation --- */

/* Before what is negotiated there may be a line of text: a cookie, or a routing token, which begins
 * as the balancer that made it likes ([MS-RDPBCGR] 2.2.1.1). */
static void line_pass(struct reader *r)
{
	const uint8_t *end;

	if (r->failed || r->p == r->end || *r->p == NEGOTIATION_REQUEST)
		return;
	end = memchr(r->p, '\n', (size_t)(r->end - r->p));
	r->p = end ? end + 1 : r->end;
}

int rdp_request_parse(const uint8_t *data, size_t len, uint32_t *ret_protocols)
{
	struct reader r = { .p = data, .end = data + len };
	uint32_t protocols;

	take(&r, TPKT_LEN + 1);
	if (u8(&r) != TPDU_REQUEST)
		return -EPROTO;
	take(&r, 5); /* references, class */
	if (r.failed)
		return -EPROTO;
	line_pass(&r);
	*ret_protocols = RDP_PROTOCOL_CLASSIC;
	if (u8(&r) != NEGOTIATION_REQUEST)
		return 0;
	take(&r, 3); /* flags, length */
	protocols = u32_le(&r);
	if (r.failed)
		return -EPROTO;
	*ret_protocols = protocols;
	return 0;
}

struct negotiation {
	uint8_t tpdu, type, flags;
	unsigned source;
	uint32_t value;
};

static void negotiation_build(uint8_t *p, const struct negotiation *n)
{
	*p++ = 3;
	*p++ = 0;
	p = put_u16_be(p, RDP_NEGOTIATION_LEN);
	*p++ = RDP_NEGOTIATION_LEN - TPKT_LEN - 1;
	*p++ = n->tpdu;
	p = put_u16_be(p, 0);
	p = put_u16_be(p, n->source);
	*p++ = 0;
	*p++ = n->type;
	*p++ = n->flags;
	p = put_u16_le(p, 8);
	put_u32_le(p, n->value);
}

void rdp_request_build(uint8_t ret[static RDP_NEGOTIATION_LEN], uint32_t protocols)
{
	negotiation_build(ret, &(struct negotiation){ .tpdu = TPDU_REQUEST,
					       .type = NEGOTIATION_REQUEST,
					       .value = protocols });
}

void rdp_confirm_build(uint8_t ret[static RDP_NEGOTIATION_LEN], uint32_t protocol)
{
	negotiation_build(ret, &(struct negotiation){ .tpdu = TPDU_CONFIRM,
					       .type = NEGOTIATION_RESPONSE,
					       .flags = EXTENDED_CLIENT_DATA,
					       .source = 0x1234,
					       .value = protocol });
}

void rdp_refusal_build(uint8_t ret[static RDP_NEGOTIATION_LEN], uint32_t failure)
{
	negotiation_build(ret, &(struct negotiation){ .tpdu = TPDU_CONFIRM,
					       .type = NEGOTIATION_FAILURE,
					       .source = 0x1234,
					       .value = failure });
}

bool rdp_is_confirm(const uint8_t *data, size_t len)
{
	return len > TPKT_LEN + 1 && data[TPKT_LEN + 1] == TPDU_CONFIRM;
}

/* --- client --- */

static size_t ber_length(struct reader *r)
{
	unsigned n = u8(r);

	if (n == 0x81)
		return u8(r);
	if (n == 0x82)
		return u16_be(r);
	if (n > 0x7f)
		r->failed = true;
	return n;
}

static void ber_enter(struct reader *r, unsigned tag)
{
	if (u8(r) != tag || ber_length(r) > (size_t)(r->end - r->p))
		r->failed = true;
}

static void ber_pass(struct reader *r, unsigned tag)
{
	if (u8(r) != tag)
		r->failed = true;
	take(r, ber_length(r));
}

static size_t per_length(struct reader *r)
{
	unsigned n = u8(r);

	return n & 0x80 ? (n & 0x7f) << 8 | u8(r) : n;
}

/* T.124 ConnectData up to the client's blocks: nothing but lengths differs between clients. */
static void conference_enter(struct reader *r)
{
	static const uint8_t key[] = { 0, 5, 0, 0x14, 0x7c, 0, 1 };
	const uint8_t *p = take(r, sizeof(key));

	if (!p || memcmp(p, key, sizeof(key)) != 0)
		r->failed = true;
	per_length(r);
	take(r, 8); /* Conference Create Request with one set of user data */
	p = take(r, 4);
	if (!p || memcmp(p, "Duca", 4) != 0)
		r->failed = true;
	per_length(r);
}

static int core_parse(struct reader *r, struct rdp_client *ret)
{
	const uint8_t *name;

	take(r, 4); /* version */
	ret->width = (uint16_t)u16_le(r);
	ret->height = (uint16_t)u16_le(r);
	take(r, CORE_NAME_AT - 8);
	name = take(r, CORE_NAME_LEN);
	if (!name)
		return -EPROTO;
	text_get(name, CORE_NAME_LEN - 2, ret->name);
	return 0;
}

int rdp_client_parse(const uint8_t *data, size_t len, struct rdp_client *ret)
{
	struct reader r = data_open(data, len);

	if (u8(&r) != 0x7f)
		return -EPROTO;
	ber_enter(&r, CONNECT_INITIAL);
	ber_pass(&r, BER_OCTETS);
	ber_pass(&r, BER_OCTETS);
	ber_pass(&r, BER_BOOLEAN);
	for (int i = 0; i < 3; i++)
		ber_pass(&r, BER_SEQUENCE);
	ber_enter(&r, BER_OCTETS);
	conference_enter(&r);
	while (!r.failed && r.p < r.end) {
		unsigned type = u16_le(&r), n = u16_le(&r);
		struct reader block = { .end = r.end };

		block.p = n >= 4 ? take(&r, n - 4) : NULL;
		if (!block.p)
			return -EPROTO;
		block.end = r.p;
		if (type == BLOCK_CORE)
			return core_parse(&block, ret);
	}
	return -EPROTO;
}

/* --- info --- */

static int info_texts(struct reader *r, const unsigned lengths[static 5], struct rdp_info *ret)
{
	/* Domain, user, password, shell, folder; each ends with a NUL that is not counted. */
	for (size_t i = 0; i < 5; i++) {
		const uint8_t *p;

		if (lengths[i] >= INFO_TEXT_MAX || lengths[i] % 2)
			return -EPROTO;
		p = take(r, lengths[i] + 2);
		if (!p)
			return -EPROTO;
		if (i == 1)
			text_get(p, lengths[i], ret->user);
		if (i == 2)
			text_get(p, lengths[i], ret->password);
	}
	return 0;
}

int rdp_info_parse(const uint8_t *data, size_t len, struct rdp_info *ret)
{
	struct reader r = data_open(data, len);
	unsigned lengths[5], security;
	uint32_t flags;

	if (r.failed || r.p == r.end || len > INFO_PACKET_MAX)
		return -EPROTO;
	if (u8(&r) != MCS_SEND_DATA)
		return 0;
	take(&r, 5); /* user, channel, priority */
	per_length(&r);
	security = u16_le(&r);
	u16_le(&r);
	if (!(security & SECURITY_INFO) || (security & SECURITY_ENCRYPTED))
		return -EPROTO;
	take(&r, 4);
	flags = u32_le(&r);
	for (size_t i = 0; i < 5; i++)
		lengths[i] = u16_le(&r);
	if (r.failed || !(flags & INFO_UNICODE))
		return -EPROTO;
	ret->wants_log_in = flags & INFO_AUTOLOGON;
	ret->texts = (size_t)(r.p - data);
	if (info_texts(&r, lengths, ret) < 0)
		return -EPROTO;
	ret->rest = (size_t)(r.p - data);
	return 1;
}

size_t rdp_info_build(const uint8_t *data, size_t len, const struct rdp_info *info,
		const char *password, uint8_t *ret)
{
	static const char user[] = "station";
	const uint8_t *head = data + info->texts - INFO_HEAD_LEN;
	uint32_t flags = (uint32_t)head[4] | (uint32_t)head[5] << 8 | (uint32_t)head[6] << 16 |
			 (uint32_t)head[7] << 24;
	uint8_t *p = ret, *mcs, *begin;

	memcpy(p, data, DATA_HEAD_LEN + 6);
	p += DATA_HEAD_LEN + 6;
	mcs = p;
	begin = p += 2;
	p = put_u16_le(p, SECURITY_INFO);
	p = put_u16_le(p, 0);
	memcpy(p, head, 4);
	p = put_u32_le(p + 4, flags | INFO_AUTOLOGON);
	p = put_u16_le(p, 0);
	p = put_u16_le(p, 2 * (sizeof(user) - 1));
	p = put_u16_le(p, 2 * (unsigned)strlen(password));
	p = put_u16_le(p, 0);
	p = put_u16_le(p, 0);
	p = text_put(p, "");
	p = text_put(p, user);
	p = text_put(p, password);
	p = text_put(p, "");
	p = text_put(p, "");
	memcpy(p, data + info->rest, len - info->rest);
	p += len - info->rest;
	put_u16_be(mcs, 0x8000 | (unsigned)(p - begin));
	put_u16_be(ret + 2, (unsigned)(p - ret));
	return (size_t)(p - ret);
}
