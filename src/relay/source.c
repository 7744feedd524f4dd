/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source: one RFB connection to a display server, on the relay's loop.
 *
 * Requests. The server owes at most one update. The next one is asked for when an update begins
 * (somebody wants every frame), or interval_ms after the last one (thumbnails), or not at all
 * (nobody watches). A request that is out when the last watcher leaves is answered once and then
 * nothing wakes this process any more.
 *
 * Nudges. What does not fit the socket's buffer (208 kB) Xvnc keeps, and sends on only at its next
 * frame or when a message of ours arrives; so a large update would take a frame's time per buffer.
 * Before a large rectangle, and when the socket is empty in the middle of one, we say something:
 * the next request if one is wanted anyway, else a request for nothing. Small updates are asked for
 * when they have been passed on: the viewer waits, the server does not.
 *
 * Locks. While a job of the pool reads the picture, nothing is read from the socket: the server
 * notices by its full socket and draws on. source_parse() stops by itself; the kick timer goes on
 * from the loop, never from within the callback that released the lock.
 *
 * Reading is bounded per turn of the loop, so that a fast display server leaves time to the others.
 */
#include "relay/source-internal.h"

#include <assert.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

enum {
	READ_STEP = 16 * 1024,
	READ_TURN_MAX = 4 * 1024 * 1024,
	ROWS_MAX = 256,
	PLACEHOLDER_W = 1024, /* until the server has told its size */
	PLACEHOLDER_H = 768,
	TURN_LONG_MS = 5,
	REST_MS_MAX = 1000,
	INPUT_TURN_MAX = 64,      /* keys and motions */
	POINTER_QUEUE_MAX = 4096, /* bytes; a stuck server does not need each motion */
};

static void handle_poll(uv_poll_t *h, int status, int events);

static void read_turn(struct source *s);

static void poll_update(struct source *s)
{
	int want = 0;

	if (!s->lost) {
		if (!picture_is_locked(&s->picture) && !s->rests)
			want |= UV_READABLE;
		if (buf_len(&s->out) > 0)
			want |= UV_WRITABLE;
	}
	if (want == s->poll_events)
		return;
	s->poll_events = want;
	if (want)
		uv_poll_start(&s->poll, want, handle_poll);
	else
		uv_poll_stop(&s->poll);
}

static void handle_kick(uv_timer_t *t);

static void kick(struct source *s)
{
	uv_timer_start(&s->kick, handle_kick, 0, 0);
}

/*
 * What a server sends costs more than to read it when it orders large copies. One that takes the
 * loop for long at a time has to wait ten times as long before it is listened to again, so that all
 * the others together lose a tenth at most. Time of the processor: what else runs on this computer
 * is not the server's fault.
 */
static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void take_turn(struct source *s)
{
	uint64_t began = cpu_ns(), took_ms;

	s->work = 0;
	source_parse(s);
	read_turn(s);
	took_ms = (cpu_ns() - began) / 1000000;
	if (s->lost || (s->work < SOURCE_WORK_TURN_MAX && took_ms < TURN_LONG_MS))
		return;
	s->rests = true;
	uv_timer_start(&s->kick, handle_kick,
			took_ms < TURN_LONG_MS ? 1 : MIN(took_ms * 10, (uint64_t)REST_MS_MAX), 0);
}

static void handle_kick(uv_timer_t *t)
{
	struct source *s = t->data;

	if (s->lost) {
		poll_update(s);
		s->events->handle_lost(s, s->lost, s->userdata);
		return;
	}
	s->rests = false;
	/* The turn after a lock: first what is here already, then what has come meanwhile. */
	take_turn(s);
	source_flush(s);
	picture_turn_done(&s->picture);
	poll_update(s);
}

void source_lose(struct source *s, const char *reason)
{
	if (s->lost)
		return;
	s->lost = reason;
	s->picture.input = NULL;
	kick(s);
}

void source_flush(struct source *s)
{
	ssize_t n;

	if (buf_len(&s->out) > 0)
		s->unnudged = 0;
	while (!s->lost && buf_len(&s->out) > 0) {
		n = send(s->fd, buf_head(&s->out), buf_len(&s->out), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			source_lose(s, "the display server closed the connection");
			break;
		}
		buf_consume(&s->out, (size_t)n, 1);
	}
	poll_update(s);
}

/* --- requests --- */

static void handle_pace(uv_timer_t *t)
{
	source_request(t->data);
}

void source_request(struct source *s)
{
	struct rfb_rect all = { .w = s->picture.w, .h = s->picture.h };
	int interval = picture_get_interval(&s->picture);
	int64_t wait;

	if (s->state < SOURCE_MESSAGE || s->request_out || s->lost)
		return;
	if (!s->ready)
		interval = 0; /* the first picture is for those who come later */
	if (interval < 0) {
		uv_timer_stop(&s->pace);
		return;
	}
	wait = interval == 0 || s->want_full ? 0 : s->update_ms + interval - clock_mono_ms();
	if (wait > 0) {
		uv_timer_start(&s->pace, handle_pace, (uint64_t)wait, 0);
		return;
	}
	uv_timer_stop(&s->pace);
	if (rfb_build_update_request(&s->out, !s->want_full, &all) < 0) {
		source_lose(s, "the display server takes no input");
		return;
	}
	s->want_full = false;
	s->request_out = true;
	source_flush(s);
}

void source_demand_changed(struct source *s)
{
	source_pulse_update(s);
	source_request(s);
}

void source_nudge(struct source *s)
{
	static const struct rfb_rect nothing;
	bool wants_next = !s->request_out && s->ready && picture_get_interval(&s->picture) == 0;

	if (wants_next)
		source_request(s);
	else if (!s->lost && buf_len(&s->out) == 0 &&
			rfb_build_update_request(&s->out, true, &nothing) >= 0)
		source_flush(s);
}

/* --- reading --- */

/* Bytes read, 0: nothing there now, < 0: the end. */
static ssize_t check_read(struct source *s, ssize_t n)
{
	if (n > 0) {
		source_pulse_felt(s);
		return n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	source_lose(s, n == 0 ? "the display server closed the connection"
			      : "the connection to the display server broke");
	return -EPIPE;
}

/* Pixels straight to their rows, and what follows them into the buffer. */
static ssize_t read_pixels(struct source *s, size_t *ret_asked)
{
	struct picture *p = &s->picture;
	uint32_t line = (uint32_t)s->rect.w * 4, row = s->row, skip = s->row_bytes;
	struct iovec iov[ROWS_MAX + 1];
	size_t asked = 0, pixels = 0, done;
	uint8_t *tail;
	ssize_t n;
	int k = 0;

	for (; k < ROWS_MAX && row < s->rect.h; k++, row++, skip = 0) {
		iov[k].iov_base = p->pixels + (size_t)(s->rect.y + row) * p->stride +
				  (size_t)s->rect.x * 4 + skip;
		iov[k].iov_len = line - skip;
		pixels += line - skip;
	}
	asked = pixels;
	if (row == s->rect.h) {
		if (buf_reserve(&s->in, READ_STEP, &tail) < 0) {
			source_lose(s, "no memory");
			return -ENOMEM;
		}
		iov[k].iov_base = tail;
		iov[k++].iov_len = READ_STEP;
		asked += READ_STEP;
	}
	n = check_read(s, readv(s->fd, iov, k));
	if (n <= 0)
		return n;
	done = MIN((size_t)n, pixels);
	if ((size_t)n > pixels)
		buf_commit(&s->in, (size_t)n - pixels);
	done += s->row_bytes;
	s->row += (uint32_t)(done / line);
	s->row_bytes = (uint32_t)(done % line);
	*ret_asked = asked;
	return n;
}

static ssize_t read_bytes(struct source *s, size_t *ret_asked)
{
	uint8_t *p;
	ssize_t n;

	if (buf_reserve(&s->in, READ_STEP, &p) < 0) {
		source_lose(s, "the display server sent garbage");
		return -EMSGSIZE;
	}
	n = check_read(s, read(s->fd, p, READ_STEP));
	if (n > 0)
		buf_commit(&s->in, (size_t)n);
	*ret_asked = READ_STEP;
	return n;
}

static void read_turn(struct source *s)
{
	size_t total = 0, asked = 0;
	ssize_t n;

	while (!s->lost && !picture_is_locked(&s->picture) && total < READ_TURN_MAX &&
			s->work < SOURCE_WORK_TURN_MAX) {
		if (s->state == SOURCE_PIXELS && buf_len(&s->in) == 0)
			n = read_pixels(s, &asked);
		else
			n = read_bytes(s, &asked);
		if (n <= 0)
			return;
		total += (size_t)n;
		s->unnudged += (size_t)n;
		source_parse(s);
		if ((size_t)n < asked) {
			/* The socket is empty in the middle of something. */
			if (s->unnudged >= SOURCE_NUDGE_AFTER && s->state > SOURCE_MESSAGE)
				source_nudge(s);
			return;
		}
	}
}

static void handle_poll(uv_poll_t *h, int status, int events)
{
	struct source *s = h->data;

	if (status < 0) {
		source_lose(s, "the connection to the display server broke");
		return;
	}
	if (events & UV_WRITABLE)
		source_flush(s);
	if ((events & UV_READABLE) && !s->rests)
		take_turn(s);
	poll_update(s);
}

/* --- the picture's owner --- */

static void owner_watchers(void *userdata)
{
	source_demand_changed(userdata);
}

static void owner_unlocked(void *userdata)
{
	struct source *s = userdata;

	if (s->rests)
		picture_turn_done(&s->picture);
	else
		kick(s);
}

static const struct picture_owner picture_owner = {
	.handle_watchers = owner_watchers,
	.handle_unlocked = owner_unlocked,
};

/* Each at once; only when very many come in one turn they go together in the next. */
void source_sent(struct source *s, int r)
{
	uint64_t now = uv_now(s->loop);

	if (r < 0) {
		source_lose(s, "the display server takes no input");
		return;
	}
	s->n_input = now == s->input_ms ? s->n_input + 1 : 0;
	s->input_ms = now;
	if (s->n_input < INPUT_TURN_MAX)
		source_flush(s);
	else
		poll_update(s); /* for writing */
}

static void input_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct source *s = userdata;

	if (s->state >= SOURCE_MESSAGE)
		source_sent(s, rfb_build_key(&s->out, keysym, keycode, down, s->knows_qemu_key));
}

static void input_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	struct source *s = userdata;

	if (s->state < SOURCE_MESSAGE)
		return;
	if (buttons == s->buttons && buf_len(&s->out) > POINTER_QUEUE_MAX)
		return;
	s->buttons = buttons;
	source_sent(s, rfb_build_pointer(&s->out, buttons, x, y));
	picture_set_pointer(&s->picture, x, y);
}

static void input_cut_text(void *userdata, const char *utf8)
{
	struct source *s = userdata;

	/* Whoever pastes into a stuck session again and again loses the text, not the session. */
	if (s->state < SOURCE_MESSAGE || buf_len(&s->out) > 0)
		return;
	if (!(s->clipboard_flags & RFB_CLIPBOARD_NOTIFY)) {
		source_sent(s, rfb_build_client_cut_text(&s->out, utf8));
		return;
	}
	str_wipe_free(s->clipboard);
	s->clipboard = strdup(utf8);
	if (s->clipboard)
		source_sent(s, rfb_build_clipboard_action(&s->out, RFB_CLIENT_CUT_TEXT,
					       RFB_CLIPBOARD_NOTIFY, true));
}

static void input_resize(void *userdata, uint16_t w, uint16_t h)
{
	struct source *s = userdata;

	if (s->state >= SOURCE_MESSAGE && s->knows_resize)
		source_sent(s, rfb_build_set_desktop_size(&s->out, w, h, s->screen_id));
}

static const struct picture_input picture_input = {
	.key = input_key,
	.pointer = input_pointer,
	.cut_text = input_cut_text,
	.resize = input_resize,
};

/* --- life --- */

static void handle_closed(uv_handle_t *h)
{
	struct source *s = h->data;

	if (--s->n_handles > 0)
		return;
	safe_close(s->fd);
	free(s);
}

int source_new(uv_loop_t *loop, int fd, const struct source_events *events, void *userdata,
		struct source **ret)
{
	struct source *s;
	int r;

	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->events = events;
	s->userdata = userdata;
	s->fd = fd;
	s->want_full = true;
	buf_init(&s->in, SOURCE_IN_MAX);
	buf_init(&s->out, SOURCE_OUT_MAX);
	pixman_region32_init(&s->damage);
	r = picture_init(&s->picture, PLACEHOLDER_W, PLACEHOLDER_H);
	if (r < 0) {
		free(s);
		return r;
	}
	/* Sets O_NONBLOCK. */
	r = uv_poll_init(loop, &s->poll, fd);
	if (r < 0) {
		picture_done(&s->picture);
		free(s);
		return r;
	}
	uv_timer_init(loop, &s->pace);
	uv_timer_init(loop, &s->kick);
	uv_timer_init(loop, &s->pulse);
	s->poll.data = s->pace.data = s->kick.data = s->pulse.data = s;
	s->n_handles = 4;
	s->picture.owner = &picture_owner;
	s->picture.owner_userdata = s;
	s->picture.input = &picture_input;
	s->picture.input_userdata = s;
	poll_update(s);
	source_pulse_update(s);
	*ret = s;
	return 0;
}

struct source *source_free(struct source *s)
{
	if (!s)
		return NULL;
	s->lost = "freed";
	picture_done(&s->picture);
	buf_done(&s->in);
	buf_done(&s->out);
	str_wipe_free(s->clipboard);
	pixman_region32_fini(&s->damage);
	uv_close((uv_handle_t *)&s->poll, handle_closed);
	uv_close((uv_handle_t *)&s->pace, handle_closed);
	uv_close((uv_handle_t *)&s->kick, handle_closed);
	uv_close((uv_handle_t *)&s->pulse, handle_closed);
	return NULL;
}

struct picture *source_picture(struct source *s)
{
	return &s->picture;
}
