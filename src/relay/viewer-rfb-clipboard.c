/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clipboard texts between a client and the picture it sees. With the extended clipboard a text is
 * announced, and sent when it is asked for; without, Latin-1 at once. What the picture has is kept
 * here for a client that asks late, until the scene changes: a station never gets the text of a
 * session that it does not show any more. What the client has is asked for only where the scene
 * takes input.
 */
#include <string.h>

#include "base/str.h"
#include "relay/viewer-rfb-internal.h"

enum {
	TEXT_COST = 64
}; /* messages that a text counts for: it may be long however short it comes */

static bool fail(struct viewer_rfb *v, const char *reason)
{
	viewer_rfb_fail(v, "%s", reason);
	return false;
}

static bool write_built(struct viewer_rfb *v, struct buf *b, int r)
{
	if (r >= 0)
		return viewer_rfb_write_buf(v, b);
	buf_done(b);
	return fail(v, "no memory");
}

static bool tell(struct viewer_rfb *v, uint32_t action, bool has_text)
{
	struct buf b;

	buf_init(&b, 64);
	return write_built(v, &b,
			rfb_build_clipboard_action(&b, RFB_SERVER_CUT_TEXT, action, has_text));
}

static bool give(struct viewer_rfb *v, const char *utf8)
{
	struct buf b;

	v->cost += TEXT_COST;
	buf_init(&b, 3 * RFB_CLIPBOARD_TEXT_MAX);
	return write_built(v, &b, rfb_build_clipboard_text(&b, RFB_SERVER_CUT_TEXT, utf8));
}

static bool give_latin1(struct viewer_rfb *v, const char *utf8)
{
	struct buf b;

	buf_init(&b, RFB_CUT_TEXT_MAX + 8);
	return write_built(v, &b, rfb_build_server_cut_text(&b, utf8));
}

bool viewer_rfb_clipboard_announce(struct viewer_rfb *v)
{
	struct buf b;

	if (!v->knows_clipboard)
		return true;
	v->clipboard_flags = RFB_CLIPBOARD_DEFAULT;
	v->clipboard_max = RFB_CLIPBOARD_DEFAULT_MAX;
	buf_init(&b, 64);
	return write_built(v, &b, rfb_build_clipboard_caps(&b, RFB_SERVER_CUT_TEXT));
}

/* NULL: the picture takes no text of this client. */
static const struct picture_input *taker_of(struct viewer_rfb *v)
{
	const struct picture_input *in = v->base.picture && v->base.input && !v->base.failed
							 ? v->base.picture->input
							 : NULL;

	if (!in || !in->cut_text)
		return NULL;
	if (v->base.filter && v->base.filter->cut_text &&
			v->base.filter->cut_text(v->base.filter_userdata))
		return NULL;
	return in;
}

static bool pass(struct viewer_rfb *v, char *utf8)
{
	const struct picture_input *in = taker_of(v);

	if (in)
		in->cut_text(v->base.picture->input_userdata, utf8);
	str_wipe_free(utf8);
	return true;
}

static bool take_provided(struct viewer_rfb *v, const struct rfb_cut_text *m)
{
	char *utf8;
	int r;

	if (!v->clipboard_asked)
		return true;
	v->clipboard_asked = false;
	v->cost += TEXT_COST;
	r = rfb_clipboard_parse_text(m->data, m->len, &utf8);
	if (r == -EBADMSG)
		return fail(v, "the viewer sent garbage");
	return r < 0 || pass(v, utf8); /* what cannot be read is not passed */
}

static bool handle_extended(struct viewer_rfb *v, const struct rfb_cut_text *m)
{
	struct rfb_clipboard c;

	if (!v->knows_clipboard || rfb_clipboard_parse(m->data, m->len, &c) < 0)
		return fail(v, "the viewer sent garbage");
	switch (c.action) {
	case RFB_CLIPBOARD_CAPS:
		v->clipboard_flags = c.has_text ? c.flags : 0;
		v->clipboard_max = c.max;
		return true;
	case RFB_CLIPBOARD_NOTIFY:
		if (!c.has_text || !taker_of(v))
			return true;
		v->clipboard_asked = true;
		return tell(v, RFB_CLIPBOARD_REQUEST, true);
	case RFB_CLIPBOARD_REQUEST:
		if (!c.has_text)
			return true;
		return v->clipboard ? give(v, v->clipboard) : tell(v, RFB_CLIPBOARD_NOTIFY, false);
	case RFB_CLIPBOARD_PEEK:
		return tell(v, RFB_CLIPBOARD_NOTIFY, v->clipboard != NULL);
	default:
		return take_provided(v, m);
	}
}

bool viewer_rfb_clipboard_handle(struct viewer_rfb *v, const struct rfb_cut_text *m)
{
	char *utf8;

	if (!m->data) {
		v->skip = m->len;
		return true;
	}
	if (m->is_extended)
		return handle_extended(v, m);
	utf8 = rfb_latin1_to_utf8(m->data, m->len);
	return utf8 ? pass(v, utf8) : fail(v, "no memory");
}

void viewer_rfb_clipboard_forget(struct viewer_rfb *v)
{
	bool had = v->clipboard != NULL;

	str_wipe_free(v->clipboard);
	v->clipboard = NULL;
	v->clipboard_asked = false;
	if (had && !v->base.failed && v->state == VIEWER_RFB_RUNNING)
		tell(v, RFB_CLIPBOARD_NOTIFY, false);
}

void viewer_rfb_clipboard_send(struct viewer_rfb *v, const char *utf8)
{
	if (v->state != VIEWER_RFB_RUNNING || v->base.failed)
		return;
	/* A client that does not even read frames gets the next text. */
	if (stream_pending(v->stream) > VIEWER_RFB_REPLIES_MAX / 2)
		return;
	if (v->knows_clipboard && v->clipboard_flags & RFB_CLIPBOARD_NOTIFY) {
		str_wipe_free(v->clipboard);
		v->clipboard = strdup(utf8);
		tell(v, RFB_CLIPBOARD_NOTIFY, v->clipboard != NULL);
	} else if (v->knows_clipboard && v->clipboard_flags & RFB_CLIPBOARD_PROVIDE &&
			strlen(utf8) < v->clipboard_max) {
		give(v, utf8);
	} else {
		give_latin1(v, utf8);
	}
}
