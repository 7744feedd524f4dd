/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An RFB viewer's life.
 *
 * The end always takes the same way: viewer_rfb_fail() (or the stream) notes a reason, closes the
 * stream, and the kick timer reports it from the loop. So no function of the API calls back, and
 * the owner may free the viewer wherever it wants but inside of the stream's callbacks, which it
 * never sees.
 *
 * When the picture changes, everything is due to the client.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "relay/viewer-rfb-internal.h"

static void handle_kick(uv_timer_t *t);

/* A client may have sent more while the owner made it wait. */
static void kick(struct viewer_rfb *v)
{
	uv_timer_start(&v->kick, handle_kick, 0, 0);
}

/* False: there is more than one turn's work. */
static bool parse(struct viewer_rfb *v)
{
	unsigned n_messages = 0;
	bool progress = true;
	size_t n;

	while (progress && !v->base.failed) {
		if (n_messages++ >= VIEWER_RFB_MESSAGES_TURN_MAX) {
			/* Not 0: libuv 1.44 runs a timer that starts itself again in the same turn.
			 */
			uv_timer_start(&v->kick, handle_kick, 1, 0);
			return false;
		}
		if (v->skip > 0) {
			n = MIN(v->skip, (uint64_t)buf_len(&v->in));
			buf_consume(&v->in, n, 1);
			v->skip -= n;
			if (v->skip > 0)
				return true;
		}
		v->cost = 0;
		progress = v->state == VIEWER_RFB_RUNNING ? viewer_rfb_message(v)
							  : viewer_rfb_handshake(v);
		n_messages += v->cost;
	}
	return true;
}

static void handle_kick(uv_timer_t *t)
{
	struct viewer_rfb *v = t->data;

	if (!v->base.failed) {
		parse(v);
	} else if (!v->reported) {
		v->reported = true;
		v->base.events->handle_gone(&v->base, v->reason, v->base.userdata);
	}
}

static void end(struct viewer_rfb *v)
{
	v->base.failed = true;
	viewer_release_input(&v->base);
	uv_timer_stop(&v->limit);
	kick(v);
}

void viewer_rfb_fail(struct viewer_rfb *v, const char *fmt, ...)
{
	va_list ap;

	if (v->base.failed)
		return;
	va_start(ap, fmt);
	vsnprintf(v->reason, sizeof(v->reason), fmt, ap);
	va_end(ap);
	end(v);
	if (v->stream)
		stream_close(v->stream);
	v->stream = NULL;
}

bool viewer_rfb_write(struct viewer_rfb *v, const void *data, size_t n)
{
	int r;

	if (v->base.failed)
		return false;
	/* A frame is begun only when nothing is pending; a slow network may still carry one. */
	if (stream_pending(v->stream) > VIEWER_RFB_REPLIES_MAX + v->frame_bytes) {
		viewer_rfb_fail(v, "the viewer does not read its answers");
		return false;
	}
	r = stream_write_bytes(v->stream, data, n);
	if (r == -ENOMEM)
		viewer_rfb_fail(v, "no memory");
	else if (r < 0)
		viewer_rfb_fail(v, "writing failed: %s", strerror(-r));
	return r >= 0;
}

bool viewer_rfb_write_buf(struct viewer_rfb *v, struct buf *b)
{
	bool ok = viewer_rfb_write(v, buf_head(b), buf_len(b));

	buf_done(b);
	return ok;
}

/* --- the stream --- */

static void handle_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	struct viewer_rfb *v = userdata;
	size_t n;

	if (v->state == VIEWER_RFB_TLS) {
		viewer_rfb_fail(v, "the viewer sent data before the encryption was up");
		return;
	}
	while (len > 0 && !v->base.failed) {
		/* What is skipped never needs a place. */
		if (v->skip > 0 && buf_len(&v->in) == 0) {
			n = MIN(v->skip, (uint64_t)len);
			v->skip -= n;
			data += n;
			len -= n;
			continue;
		}
		n = MIN(len, VIEWER_RFB_IN_MAX - buf_len(&v->in));
		if (buf_append(&v->in, data, n) < 0) {
			viewer_rfb_fail(v, "no memory");
			return;
		}
		data += n;
		len -= n;
		if ((!parse(v) || n == 0) && len > 0 && !v->base.failed)
			viewer_rfb_fail(v, "the viewer sends faster than anybody types");
	}
}

static void handle_drained(struct stream *s, void *userdata)
{
	viewer_rfb_send(userdata);
}

static void handle_tls(struct stream *s, void *userdata)
{
	struct viewer_rfb *v = userdata;

	if (!v->base.failed)
		viewer_rfb_handshake_tls_done(v);
}

static void handle_closed(struct stream *s, const char *reason, void *userdata)
{
	struct viewer_rfb *v = userdata;

	v->stream = NULL;
	if (v->base.failed)
		return;
	snprintf(v->reason, sizeof(v->reason), "%s", reason);
	end(v);
}

static const struct stream_events stream_events = {
	.handle_data = handle_data,
	.handle_drained = handle_drained,
	.handle_tls = handle_tls,
	.handle_closed = handle_closed,
};

/* --- the picture --- */

static void client_damage(struct encode_client *c)
{
	struct viewer_rfb *v = list_entry(c, struct viewer_rfb, client);

	if (v->state == VIEWER_RFB_NO_PICTURE)
		viewer_rfb_start(v);
	viewer_rfb_send(v);
}

static void client_resized(struct encode_client *c)
{
	struct viewer_rfb *v = list_entry(c, struct viewer_rfb, client);

	v->size_due = true;
	viewer_rfb_send(v);
}

static void client_cursor(struct encode_client *c)
{
	struct viewer_rfb *v = list_entry(c, struct viewer_rfb, client);

	v->cursor_due = true;
	viewer_rfb_pointer_reset(v);
	viewer_rfb_send(v);
}

static void client_leds(struct encode_client *c)
{
	struct viewer_rfb *v = list_entry(c, struct viewer_rfb, client);

	v->leds_due = true;
	viewer_rfb_send(v);
}

static void client_gone(struct encode_client *c)
{
	struct viewer_rfb *v = list_entry(c, struct viewer_rfb, client);

	viewer_rfb_frame_drop(v);
	viewer_forget_picture(&v->base);
	viewer_rfb_pointer_reset(v);
	viewer_rfb_clipboard_forget(v);
}

void viewer_rfb_join(struct viewer_rfb *v)
{
	viewer_rfb_frame_drop(v);
	encode_leave(&v->client);
	if (!v->base.picture || v->base.failed)
		return;
	if (encode_join(v->loop, v->base.picture, &v->format, &v->client) < 0)
		viewer_rfb_fail(v, "no memory");
}

void viewer_rfb_start(struct viewer_rfb *v)
{
	struct buf b;

	if (v->state != VIEWER_RFB_NO_PICTURE || !v->base.picture || v->base.picture->blank)
		return;
	v->w = v->base.picture->w;
	v->h = v->base.picture->h;
	buf_init(&b, RFB_SERVER_INIT_LEN + RFB_NAME_MAX);
	if (rfb_build_server_init(&b, v->w, v->h, VIEWER_RFB_DESKTOP_NAME) < 0) {
		viewer_rfb_fail(v, "no memory");
		return;
	}
	v->state = VIEWER_RFB_RUNNING;
	v->size_due = false;
	viewer_rfb_write_buf(v, &b);
	kick(v);
}

/* --- what viewer.c asks for --- */

static void rfb_refuse(struct viewer *base, const char *reason)
{
	struct viewer_rfb *v = viewer_rfb_of(base);

	if (v->state == VIEWER_RFB_JUDGED)
		viewer_rfb_handshake_result(v, reason);
	viewer_rfb_fail(v, "refused");
}

static void rfb_handle_picture(struct viewer *base)
{
	struct viewer_rfb *v = viewer_rfb_of(base);
	const struct picture *p = base->picture;

	viewer_rfb_clipboard_forget(v);
	viewer_rfb_join(v);
	viewer_rfb_pointer_reset(v);
	if (!p || base->failed)
		return;
	viewer_rfb_start(v);
	v->size_due |= p->w != v->w || p->h != v->h;
	v->size_reason = v->size_status = 0;
	v->cursor_due = v->leds_due = true;
	viewer_rfb_send(v);
}

static void rfb_damage(struct viewer *base, const struct rfb_rect *r)
{
	struct viewer_rfb *v = viewer_rfb_of(base);
	pixman_region32_t *pending = &v->client.pending;

	if (!v->client.picture)
		return;
	pixman_region32_union_rect(pending, pending, r->x, r->y, r->w, r->h);
	pixman_region32_intersect_rect(pending, pending, 0, 0, base->picture->w, base->picture->h);
}

static void rfb_send(struct viewer *base)
{
	viewer_rfb_send(viewer_rfb_of(base));
}

static const char *rfb_describe(struct viewer *base)
{
	static const char *const kinds[] = {
		[ENCODE_RAW] = "Raw", [ENCODE_TIGHT] = "Tight", [ENCODE_ZRLE] = "ZRLE"
	};
	struct viewer_rfb *v = viewer_rfb_of(base);
	const struct tight_params *p = &v->format.params;
	char quality[24] = "lossless";

	if (v->format.kind == ENCODE_TIGHT && p->quality >= 0)
		snprintf(quality, sizeof(quality), "quality %d", p->quality);
	snprintf(v->description, sizeof(v->description), "%s, %s, compression %d, %u bit, %s%s%s",
			kinds[v->format.kind], quality, p->compress, p->format.bpp,
			v->subtype == RFB_VENCRYPT_X509_PLAIN  ? "X509Plain"
			: v->subtype == RFB_VENCRYPT_X509_NONE ? "X509None"
							       : "None",
			v->knows_qemu_key ? ", key codes" : "",
			v->continuous ? ", continuous updates" : "");
	return v->description;
}

void viewer_rfb_set_client_size(struct viewer *base, uint16_t w, uint16_t h)
{
	viewer_rfb_of(base)->client_w = w;
	viewer_rfb_of(base)->client_h = h;
}

static void rfb_get_client_size(struct viewer *base, uint16_t *ret_w, uint16_t *ret_h)
{
	*ret_w = viewer_rfb_of(base)->client_w;
	*ret_h = viewer_rfb_of(base)->client_h;
}

static void rfb_get_size(struct viewer *base, uint16_t *ret_w, uint16_t *ret_h)
{
	*ret_w = viewer_rfb_of(base)->w;
	*ret_h = viewer_rfb_of(base)->h;
}

static void rfb_get_layer_size(struct viewer *base, uint16_t *ret_w, uint16_t *ret_h)
{
	*ret_w = base->picture ? base->picture->w : 0;
	*ret_h = base->picture ? base->picture->h : 0;
}

static void rfb_send_cut_text(struct viewer *base, const char *utf8)
{
	viewer_rfb_clipboard_send(viewer_rfb_of(base), utf8);
}

static void handle_handle_closed(uv_handle_t *h)
{
	struct viewer_rfb *v = h->data;

	if (--v->n_handles == 0)
		free(v);
}

static void rfb_free(struct viewer *base)
{
	struct viewer_rfb *v = viewer_rfb_of(base);

	viewer_release_input(base);
	base->failed = v->reported = true;
	if (v->stream)
		stream_close(v->stream);
	v->stream = NULL;
	encode_leave(&v->client);
	base->picture = NULL;
	viewer_rfb_frame_done(v);
	viewer_rfb_pointer_done(v);
	viewer_rfb_clipboard_forget(v);
	buf_done(&v->in);
	uv_close((uv_handle_t *)&v->kick, handle_handle_closed);
	uv_close((uv_handle_t *)&v->limit, handle_handle_closed);
}

static const struct viewer_ops rfb_ops = {
	.free = rfb_free,
	.refuse = rfb_refuse,
	.handle_picture = rfb_handle_picture,
	.damage = rfb_damage,
	.send = rfb_send,
	.describe = rfb_describe,
	.get_client_size = rfb_get_client_size,
	.get_size = rfb_get_size,
	.get_layer_size = rfb_get_layer_size,
	.send_cut_text = rfb_send_cut_text,
};

int viewer_rfb_new(uv_loop_t *loop, struct stream *stream, enum viewer_security security,
		const struct viewer_events *events, void *userdata, struct viewer **ret)
{
	struct viewer_rfb *v;

	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->base.ops = &rfb_ops;
	v->loop = loop;
	v->stream = stream;
	v->security = security;
	v->base.events = events;
	v->base.userdata = userdata;
	v->client = (struct encode_client){
		.handle_damage = client_damage,
		.handle_frame = NULL, /* viewer_rfb_frame_init() */
		.handle_resized = client_resized,
		.handle_cursor = client_cursor,
		.handle_leds = client_leds,
		.handle_gone = client_gone,
	};
	v->format = (struct encode_format){
		.kind = ENCODE_RAW,
		.params = { .format = rfb_format_bgrx, .quality = -1, .compress = 1 },
	};
	buf_init(&v->in, VIEWER_RFB_IN_MAX);
	viewer_rfb_frame_init(v);
	uv_timer_init(loop, &v->kick);
	uv_timer_init(loop, &v->limit);
	v->kick.data = v->limit.data = v;
	v->n_handles = 2;
	stream_set_events(stream, &stream_events, v);
	viewer_rfb_handshake_begin(v);
	*ret = &v->base;
	return 0;
}

void viewer_rfb_accept(struct viewer *base)
{
	struct viewer_rfb *v = viewer_rfb_of(base);

	if (v->state != VIEWER_RFB_JUDGED || base->failed)
		return;
	viewer_rfb_handshake_result(v, NULL);
	kick(v);
}
