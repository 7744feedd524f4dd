/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is the display server still there? A desktop on which nothing happens sends nothing, so silence
 * means nothing. Its heart is felt like this: after a second of silence it is sent a request for
 * nothing, which it does not answer, and the kernel is asked whether it has been read
 * (SIOCOUTQ of a Unix socket counts what the other side has not taken yet). A server that hangs, is
 * stopped or starves reads nothing, and after SOURCE_STALL_MS that is told, with the time from
 * which on nothing was felt.
 *
 * Runs only while somebody watches, or waits for the first picture. Time in which this process did
 * not look itself (its loop was busy, the picture was locked, the server has to wait its turn)
 * counts as felt.
 */
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "relay/source-internal.h"

enum {
	TICK_MS = 500,
	QUIET_MS = 1000, /* of silence, before it is asked */
};

static bool is_wanted(const struct source *s)
{
	return !s->lost && (!s->ready || picture_get_interval(&s->picture) >= 0);
}

/* Everything that was sent to it has been read. */
static bool has_read_all(const struct source *s)
{
	int left = 0;

	return buf_len(&s->out) == 0 && ioctl(s->fd, SIOCOUTQ, &left) == 0 && left == 0;
}

static void tell(struct source *s, bool stalled, int64_t now)
{
	if (s->stalled == stalled)
		return;
	s->stalled = stalled;
	if (s->events->handle_stall)
		s->events->handle_stall(
				s, stalled ? clock_real_ms() - (now - s->felt_ms) : 0, s->userdata);
}

static void probe(struct source *s, int64_t now)
{
	static const struct rfb_rect nothing;

	if (s->probed && has_read_all(s)) {
		s->felt_ms = now;
		s->probed = false;
	}
	if (s->probed || now - s->felt_ms < QUIET_MS)
		return;
	/* Before the greeting is over it is the server's turn to speak. */
	if (s->state >= SOURCE_MESSAGE && buf_len(&s->out) == 0) {
		if (rfb_build_update_request(&s->out, true, &nothing) < 0)
			return;
		source_flush(s);
	}
	s->probed = s->state >= SOURCE_MESSAGE;
}

static void handle_tick(uv_timer_t *t)
{
	struct source *s = t->data;
	int64_t now = clock_mono_ms();
	bool blind = picture_is_locked(&s->picture) || s->rests || now - s->tick_ms > 2 * TICK_MS;

	s->tick_ms = now;
	if (!is_wanted(s)) { /* it is lost, or its first picture has come and nobody is left */
		source_pulse_update(s);
		return;
	}
	if (blind && !s->stalled)
		s->felt_ms = now;
	probe(s, now);
	tell(s, now - s->felt_ms >= SOURCE_STALL_MS, now);
}

void source_pulse_felt(struct source *s)
{
	s->felt_ms = clock_mono_ms();
	s->probed = false;
}

void source_pulse_update(struct source *s)
{
	if (!is_wanted(s)) {
		uv_timer_stop(&s->pulse);
		tell(s, false, 0);
		return;
	}
	if (uv_is_active((uv_handle_t *)&s->pulse))
		return;
	s->tick_ms = clock_mono_ms();
	source_pulse_felt(s);
	uv_timer_start(&s->pulse, handle_tick, TICK_MS, TICK_MS);
}
