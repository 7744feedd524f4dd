/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the version line to ClientInit (RFC 6143 7.1-7.3, rfbproto: VeNCrypt). Each step takes
 * exactly the bytes it needs. A client that sent anything between choosing TLS and the TLS
 * handshake is turned away: such bytes would have come in the clear and be read as if encrypted.
 */
#include <stdio.h>
#include <string.h>

#include "relay/viewer-rfb-internal.h"

static const uint32_t subtypes[] = { RFB_VENCRYPT_X509_NONE, RFB_VENCRYPT_X509_PLAIN };

static void handle_limit(uv_timer_t *t)
{
	viewer_rfb_fail(t->data, "the viewer did not finish its greeting in time");
}

void viewer_rfb_handshake_begin(struct viewer_rfb *v)
{
	uv_timer_start(&v->limit, handle_limit, VIEWER_RFB_HANDSHAKE_MS_MAX, 0);
	if (v->security == VIEWER_SECURITY_DONE)
		v->state = VIEWER_RFB_CLIENT_INIT;
	else
		viewer_rfb_write(v, RFB_VERSION_3_8, RFB_VERSION_LEN);
}

static bool need(struct viewer_rfb *v, size_t n)
{
	return buf_len(&v->in) >= n;
}

static void eat(struct viewer_rfb *v, size_t n)
{
	buf_consume(&v->in, n, 1);
}

static bool fail(struct viewer_rfb *v, const char *reason)
{
	viewer_rfb_fail(v, "%s", reason);
	return false;
}

/* A client of another version learns why in the form that it can read (RFC 6143 7.1.2, 3.3). */
static bool refuse_version(struct viewer_rfb *v, unsigned minor)
{
	uint8_t m[8 + 256];
	size_t head = minor < 7 ? 4 : 1, len;
	char *text;

	memset(m, 0, head);
	text = (char *)m + head + 4;
	len = (size_t)snprintf(text, sizeof(m) - head - 4,
			"Your viewer speaks version 3.%u of the RFB protocol, but this system "
			"needs version 3.8. Please connect with a newer viewer, such as TigerVNC.",
			minor);
	rfb_put_u32(m + head, (uint32_t)len);
	viewer_rfb_write(v, m, head + 4 + len);
	viewer_rfb_fail(v, "the viewer speaks RFB 3.%u only", minor);
	return false;
}

static bool handle_version(struct viewer_rfb *v)
{
	static const uint8_t types[][2] = {
		[VIEWER_SECURITY_NONE] = { 1, RFB_SECURITY_NONE },
		[VIEWER_SECURITY_VENCRYPT] = { 1, RFB_SECURITY_VENCRYPT },
	};
	unsigned major, minor;

	if (!need(v, RFB_VERSION_LEN))
		return false;
	if (rfb_version_parse(buf_head(&v->in), &major, &minor) < 0 || major < 3)
		return fail(v, "not an RFB viewer");
	eat(v, RFB_VERSION_LEN);
	if (major == 3 && minor < 8)
		return refuse_version(v, minor);
	v->state = VIEWER_RFB_SECURITY_CHOICE;
	return viewer_rfb_write(v, types[v->security], 2);
}

static bool handle_security(struct viewer_rfb *v)
{
	static const uint8_t version[2] = { 0, 2 };
	uint8_t choice;

	if (!need(v, 1))
		return false;
	choice = *buf_head(&v->in);
	eat(v, 1);
	if (v->security == VIEWER_SECURITY_NONE && choice == RFB_SECURITY_NONE) {
		viewer_rfb_handshake_result(v, NULL);
		return true;
	}
	if (v->security == VIEWER_SECURITY_VENCRYPT && choice == RFB_SECURITY_VENCRYPT) {
		v->state = VIEWER_RFB_VENCRYPT_VERSION;
		return viewer_rfb_write(v, version, 2);
	}
	return fail(v, "the viewer chose a security type that was not offered");
}

static bool handle_vencrypt_version(struct viewer_rfb *v)
{
	uint8_t m[2 + 4 * ELEMENTSOF(subtypes)], *p = m;
	bool ok;

	if (!need(v, 2))
		return false;
	ok = buf_head(&v->in)[0] == 0 && buf_head(&v->in)[1] == 2;
	eat(v, 2);
	*p++ = !ok;
	if (!ok) {
		viewer_rfb_write(v, m, 1);
		return fail(v, "the viewer speaks another version of VeNCrypt");
	}
	*p++ = ELEMENTSOF(subtypes);
	for (size_t i = 0; i < ELEMENTSOF(subtypes); i++)
		p = rfb_put_u32(p, subtypes[i]);
	v->state = VIEWER_RFB_VENCRYPT_CHOICE;
	return viewer_rfb_write(v, m, (size_t)(p - m));
}

static bool handle_vencrypt_choice(struct viewer_rfb *v)
{
	static const uint8_t yes = 1, no = 0;
	uint32_t choice;
	int r;

	if (!need(v, 4))
		return false;
	choice = rfb_get_u32(buf_head(&v->in));
	eat(v, 4);
	if (choice != RFB_VENCRYPT_X509_NONE && choice != RFB_VENCRYPT_X509_PLAIN) {
		viewer_rfb_write(v, &no, 1);
		return fail(v, "the viewer chose an encryption that was not offered");
	}
	if (buf_len(&v->in) > 0)
		return fail(v, "the viewer sent data before the encryption was up");
	if (!v->stream->ops->start_tls)
		return fail(v, "no encryption on this connection");
	v->subtype = choice;
	v->state = VIEWER_RFB_TLS;
	if (!viewer_rfb_write(v, &yes, 1))
		return false;
	r = v->stream->ops->start_tls(v->stream);
	if (r < 0)
		viewer_rfb_fail(v, "TLS: %s", strerror(-r));
	return false;
}

void viewer_rfb_handshake_tls_done(struct viewer_rfb *v)
{
	if (v->state != VIEWER_RFB_TLS)
		return;
	if (v->subtype == RFB_VENCRYPT_X509_PLAIN)
		v->state = VIEWER_RFB_CREDENTIALS;
	else
		viewer_rfb_handshake_result(v, NULL);
}

/* rfbproto: Plain. Both lengths, then both texts. */
static bool handle_credentials(struct viewer_rfb *v)
{
	char user[RFB_CREDENTIAL_MAX + 1], password[RFB_CREDENTIAL_MAX + 1];
	uint32_t n, m;

	if (!need(v, 8))
		return false;
	n = rfb_get_u32(buf_head(&v->in));
	m = rfb_get_u32(buf_head(&v->in) + 4);
	if (n > RFB_CREDENTIAL_MAX || m > RFB_CREDENTIAL_MAX)
		return fail(v, "user name or password is too long");
	if (!need(v, 8 + (size_t)n + m))
		return false;
	memcpy(user, buf_head(&v->in) + 8, n);
	memcpy(password, buf_head(&v->in) + 8 + n, m);
	eat(v, 8 + (size_t)n + m);
	user[n] = password[m] = '\0';
	v->state = VIEWER_RFB_JUDGED;
	v->credentials_given = true;
	/* How long the owner takes is not the viewer's fault. */
	uv_timer_stop(&v->limit);
	v->base.events->handle_credentials(&v->base, user, password, v->base.userdata);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(user, sizeof(user));
	return true;
}

void viewer_rfb_handshake_result(struct viewer_rfb *v, const char *reason)
{
	uint8_t m[8 + RFB_REASON_MAX];
	size_t n;

	if (!reason) {
		rfb_put_u32(m, 0);
		v->state = VIEWER_RFB_CLIENT_INIT;
		uv_timer_start(&v->limit, handle_limit, VIEWER_RFB_HANDSHAKE_MS_MAX, 0);
		viewer_rfb_write(v, m, 4);
		return;
	}
	n = strnlen(reason, RFB_REASON_MAX);
	rfb_put_u32(m, 1);
	rfb_put_u32(m + 4, (uint32_t)n);
	memcpy(m + 8, reason, n);
	viewer_rfb_write(v, m, 8 + n);
}

static bool handle_client_init(struct viewer_rfb *v)
{
	if (!need(v, 1))
		return false;
	eat(v, 1); /* shared or not: every station may be shown to others */
	uv_timer_stop(&v->limit);
	v->state = VIEWER_RFB_NO_PICTURE;
	v->base.events->handle_ready(&v->base, v->credentials_given, v->base.userdata);
	if (!v->base.failed)
		viewer_rfb_start(v);
	return true;
}

bool viewer_rfb_handshake(struct viewer_rfb *v)
{
	switch (v->state) {
	case VIEWER_RFB_VERSION:
		return handle_version(v);
	case VIEWER_RFB_SECURITY_CHOICE:
		return handle_security(v);
	case VIEWER_RFB_VENCRYPT_VERSION:
		return handle_vencrypt_version(v);
	case VIEWER_RFB_VENCRYPT_CHOICE:
		return handle_vencrypt_choice(v);
	case VIEWER_RFB_CREDENTIALS:
		return handle_credentials(v);
	case VIEWER_RFB_CLIENT_INIT:
		return handle_client_init(v);
	case VIEWER_RFB_TLS:
	case VIEWER_RFB_JUDGED:
	case VIEWER_RFB_NO_PICTURE:
	case VIEWER_RFB_RUNNING:
	default:
		return false;
	}
}
