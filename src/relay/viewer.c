/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A viewer's life and scenes.
 *
 * The end always takes the same way: viewer_fail() (or the stream) notes a reason, closes the
 * stream, and the kick timer reports it from the loop. So no function of the API calls back, and
 * the owner may free the viewer wherever it wants but inside of the stream's callbacks, which it
 * never sees.
 *
 * The scene is the picture, whether input reaches it, and the overlay. When it changes, what was
 * held down is let go in the old picture, and everything is due to the client.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "relay/viewer-internal.h"

static void handle_kick(uv_timer_t *t);

/* A client may have sent more while the owner made it wait. */
static void kick(struct viewer *v)
{
	uv_timer_start(&v->kick, handle_kick, 0, 0);
}

/* False: there is more than one turn's work. */
static bool parse(struct viewer *v)
{
	unsigned n_messages = 0;
	bool progress = true;
	size_t n;

	while (progress && !v->failed) {
		if (n_messages++ >= VIEWER_MESSAGES_TURN_MAX) {
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
		progress = v->state == VIEWER_RUNNING ? viewer_message(v) : viewer_handshake(v);
		n_messages += v->cost;
	}
	return true;
}

static void handle_kick(uv_timer_t *t)
{
	struct viewer *v = t->data;

	if (!v->failed) {
		parse(v);
	} else if (!v->reported) {
		v->reported = true;
		v->events->handle_gone(v, v->reason, v->userdata);
	}
}

static void end(struct viewer *v)
{
	v->failed = true;
	viewer_release_input(v);
	uv_timer_stop(&v->limit);
	kick(v);
}

void viewer_fail(struct viewer *v, const char *fmt, ...)
{
	va_list ap;

	if (v->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(v->reason, sizeof(v->reason), fmt, ap);
	va_end(ap);
	end(v);
	if (v->stream)
		stream_close(v->stream);
	v->stream = NULL;
}

bool viewer_write(struct viewer *v, const void *data, size_t n)
{
	_cleanup_(chunk_unrefp) struct chunk *c = NULL;
	int r;

	if (v->failed)
		return false;
	/* A frame is begun only when nothing is pending; a slow network may still carry one. */
	if (stream_pending(v->stream) > VIEWER_REPLIES_MAX + v->frame_bytes) {
		viewer_fail(v, "the viewer does not read its answers");
		return false;
	}
	c = chunk_new(n);
	if (!c) {
		viewer_fail(v, "no memory");
		return false;
	}
	memcpy(c->data, data, n);
	c->len = n;
	r = stream_write(v->stream, &c, 1);
	if (r < 0)
		viewer_fail(v, "writing failed: %s", strerror(-r));
	return r >= 0;
}

bool viewer_write_buf(struct viewer *v, struct buf *b)
{
	bool ok = viewer_write(v, buf_head(b), buf_len(b));

	buf_done(b);
	return ok;
}

/* --- the stream --- */

static void handle_data(struct stream *s, const uint8_t *data, size_t len, void *userdata)
{
	struct viewer *v = userdata;
	size_t n;

	if (v->state == VIEWER_TLS) {
		viewer_fail(v, "the viewer sent data before the encryption was up");
		return;
	}
	while (len > 0 && !v->failed) {
		/* What is skipped never needs a place. */
		if (v->skip > 0 && buf_len(&v->in) == 0) {
			n = MIN(v->skip, (uint64_t)len);
			v->skip -= n;
			data += n;
			len -= n;
			continue;
		}
		n = MIN(len, VIEWER_IN_MAX - buf_len(&v->in));
		if (buf_append(&v->in, data, n) < 0) {
			viewer_fail(v, "no memory");
			return;
		}
		data += n;
		len -= n;
		if ((!parse(v) || n == 0) && len > 0 && !v->failed)
			viewer_fail(v, "the viewer sends faster than anybody types");
	}
}

static void handle_drained(struct stream *s, void *userdata)
{
	viewer_send(userdata);
}

static void handle_tls(struct stream *s, void *userdata)
{
	struct viewer *v = userdata;

	if (!v->failed)
		viewer_handshake_tls_done(v);
}

static void handle_closed(struct stream *s, const char *reason, void *userdata)
{
	struct viewer *v = userdata;

	v->stream = NULL;
	if (v->failed)
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
	struct viewer *v = list_entry(c, struct viewer, client);

	if (v->state == VIEWER_NO_PICTURE)
		viewer_start(v);
	viewer_send(v);
}

static void client_resized(struct encode_client *c)
{
	struct viewer *v = list_entry(c, struct viewer, client);

	v->size_due = true;
	viewer_send(v);
}

static void client_cursor(struct encode_client *c)
{
	struct viewer *v = list_entry(c, struct viewer, client);

	v->cursor_due = true;
	viewer_pointer_reset(v);
	viewer_send(v);
}

static void client_leds(struct encode_client *c)
{
	struct viewer *v = list_entry(c, struct viewer, client);

	v->leds_due = true;
	viewer_send(v);
}

static void client_gone(struct encode_client *c)
{
	struct viewer *v = list_entry(c, struct viewer, client);

	viewer_frame_drop(v);
	v->picture = NULL;
	viewer_pointer_reset(v);
	viewer_clipboard_forget(v);
	v->n_keys = 0;
	v->buttons = 0;
}

void viewer_join(struct viewer *v)
{
	viewer_frame_drop(v);
	encode_leave(&v->client);
	if (!v->picture || v->failed)
		return;
	if (encode_join(v->loop, v->picture, &v->format, &v->client) < 0)
		viewer_fail(v, "no memory");
}

void viewer_start(struct viewer *v)
{
	struct buf b;

	if (v->state != VIEWER_NO_PICTURE || !v->picture || v->picture->blank)
		return;
	v->w = v->picture->w;
	v->h = v->picture->h;
	buf_init(&b, RFB_SERVER_INIT_LEN + RFB_NAME_MAX);
	if (rfb_build_server_init(&b, v->w, v->h, VIEWER_DESKTOP_NAME) < 0) {
		viewer_fail(v, "no memory");
		return;
	}
	v->state = VIEWER_RUNNING;
	v->size_due = false;
	viewer_write_buf(v, &b);
	kick(v);
}

/* --- API --- */

int viewer_new(uv_loop_t *loop, struct stream *stream, enum viewer_security security,
		const struct viewer_events *events, void *userdata, struct viewer **ret)
{
	struct viewer *v;

	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->loop = loop;
	v->stream = stream;
	v->security = security;
	v->events = events;
	v->userdata = userdata;
	v->client = (struct encode_client){
		.handle_damage = client_damage,
		.handle_frame = NULL, /* viewer_frame_init() */
		.handle_resized = client_resized,
		.handle_cursor = client_cursor,
		.handle_leds = client_leds,
		.handle_gone = client_gone,
	};
	v->format = (struct encode_format){
		.kind = ENCODE_RAW,
		.params = { .format = rfb_format_bgrx, .quality = -1, .compress = 1 },
	};
	buf_init(&v->in, VIEWER_IN_MAX);
	viewer_frame_init(v);
	uv_timer_init(loop, &v->kick);
	uv_timer_init(loop, &v->limit);
	v->kick.data = v->limit.data = v;
	v->n_handles = 2;
	stream_set_events(stream, &stream_events, v);
	viewer_handshake_begin(v);
	*ret = v;
	return 0;
}

static void handle_handle_closed(uv_handle_t *h)
{
	struct viewer *v = h->data;

	if (--v->n_handles == 0)
		free(v);
}

struct viewer *viewer_free(struct viewer *v)
{
	if (!v)
		return NULL;
	viewer_release_input(v);
	v->failed = v->reported = true;
	if (v->stream)
		stream_close(v->stream);
	v->stream = NULL;
	encode_leave(&v->client);
	v->picture = NULL;
	viewer_frame_done(v);
	viewer_pointer_done(v);
	viewer_clipboard_forget(v);
	buf_done(&v->in);
	uv_close((uv_handle_t *)&v->kick, handle_handle_closed);
	uv_close((uv_handle_t *)&v->limit, handle_handle_closed);
	return NULL;
}

void viewer_accept(struct viewer *v)
{
	if (v->state != VIEWER_JUDGED || v->failed)
		return;
	viewer_handshake_result(v, NULL);
	kick(v);
}

void viewer_refuse(struct viewer *v, const char *reason)
{
	if (v->failed)
		return;
	if (v->state == VIEWER_JUDGED)
		viewer_handshake_result(v, reason);
	viewer_fail(v, "refused");
}

void viewer_set_picture(struct viewer *v, struct picture *p, bool input)
{
	if (v->failed)
		return;
	if (p == v->picture) {
		if (v->input && !input)
			viewer_release_input(v);
		v->input = input;
		return;
	}
	viewer_release_input(v);
	v->picture = p;
	v->input = input && p;
	viewer_clipboard_forget(v);
	viewer_join(v);
	viewer_pointer_reset(v);
	if (!p || v->failed)
		return;
	viewer_start(v);
	v->size_due |= p->w != v->w || p->h != v->h;
	v->size_reason = v->size_status = 0;
	v->cursor_due = v->leds_due = true;
	viewer_send(v);
}

void viewer_set_filter(struct viewer *v, const struct viewer_filter *filter, void *userdata)
{
	v->filter = filter;
	v->filter_userdata = userdata;
}

void viewer_set_overlay(struct viewer *v, enum viewer_layer layer, struct overlay *o)
{
	struct rfb_rect *old = &v->overlays_at[layer];

	v->overlays[layer] = o;
	if (!v->client.picture || v->failed)
		return;
	if (old->w > 0)
		pixman_region32_union_rect(&v->client.pending, &v->client.pending, old->x, old->y,
				old->w, old->h);
	*old = (struct rfb_rect){ 0 };
	if (o) {
		*old = (struct rfb_rect){ .x = o->x, .y = o->y, .w = o->w, .h = o->h };
		pixman_region32_union_rect(
				&v->client.pending, &v->client.pending, o->x, o->y, o->w, o->h);
	}
	pixman_region32_intersect_rect(
			&v->client.pending, &v->client.pending, 0, 0, v->picture->w, v->picture->h);
	viewer_send(v);
}

const char *viewer_describe(struct viewer *v)
{
	static const char *const kinds[] = {
		[ENCODE_RAW] = "Raw", [ENCODE_TIGHT] = "Tight", [ENCODE_ZRLE] = "ZRLE"
	};
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

void viewer_get_client_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h)
{
	*ret_w = v->client_w;
	*ret_h = v->client_h;
}

void viewer_get_size(struct viewer *v, uint16_t *ret_w, uint16_t *ret_h)
{
	*ret_w = v->w;
	*ret_h = v->h;
}
