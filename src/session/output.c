/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a desktop or display server says is needed only when it fails, so the last 8 KiB are kept
 * and the rest is dropped. The pipe is always read, or its writers would hang; but not faster than
 * OUTPUT_STEP bytes every OUTPUT_PAUSE_MS, so that a program of the session that writes without end
 * slows itself down and not this process, which is outside of the session's limits.
 */
#include "session/output.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"

enum { OUTPUT_STEP = 16 * 1024, OUTPUT_PAUSE_MS = 50, OUTPUT_LINE_MAX = 500 };

static void keep(struct output *o, const char *data, size_t len)
{
	if (!o->data)
		o->data = malloc(OUTPUT_KEEP_MAX);
	if (!o->data)
		return;
	if (len > OUTPUT_KEEP_MAX) {
		data += len - OUTPUT_KEEP_MAX;
		len = OUTPUT_KEEP_MAX;
	}
	for (size_t done = 0; done < len;) {
		size_t n = MIN(len - done, OUTPUT_KEEP_MAX - o->next);

		memcpy(o->data + o->next, data + done, n);
		o->next = (o->next + n) % OUTPUT_KEEP_MAX;
		done += n;
	}
	o->n = MIN(o->n + len, (size_t)OUTPUT_KEEP_MAX);
}

/* At most OUTPUT_STEP bytes; false: the pipe has ended. */
static bool read_some(struct output *o, size_t *ret_n)
{
	char buf[4096];

	*ret_n = 0;
	while (*ret_n < OUTPUT_STEP) {
		ssize_t n = read(o->fd, buf, sizeof(buf));

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n < 0)
			break;
		keep(o, buf, (size_t)n);
		*ret_n += (size_t)n;
	}
	return true;
}

static void handle_readable(void *userdata, short revents)
{
	struct output *o = userdata;
	size_t n;

	(void)revents;
	if (!read_some(o, &n)) {
		watch_stop(&o->watch);
		o->fd = safe_close(o->fd);
		return;
	}
	if (n >= 4096) {
		o->watch.events = -1;
		timer_start(o->loop, &o->resume, OUTPUT_PAUSE_MS);
	}
}

static void handle_resume(void *userdata)
{
	struct output *o = userdata;

	o->watch.events = POLLIN;
}

void output_init(struct output *o, struct loop *l)
{
	*o = (struct output){ .loop = l, .fd = -EBADF };
	watch_init(&o->watch);
	timer_init(&o->resume, handle_resume, o);
}

int output_open(struct output *o, int *ret_fd)
{
	int fds[2], r;

	output_done(o);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0) {
		r = -errno;
		close(fds[0]);
		close(fds[1]);
		return r;
	}
	r = watch_start(o->loop, &o->watch, fds[0], POLLIN, handle_readable, o);
	if (r < 0) {
		close(fds[0]);
		close(fds[1]);
		return r;
	}
	o->fd = fds[0];
	*ret_fd = fds[1];
	return 0;
}

void output_drain(struct output *o)
{
	size_t n;

	if (o->fd >= 0)
		read_some(o, &n);
}

void output_done(struct output *o)
{
	timer_stop(&o->resume);
	watch_stop(&o->watch);
	o->fd = safe_close(o->fd);
	free(o->data);
	o->data = NULL;
	o->n = o->next = 0;
}

/* Lines from the end until OUTPUT_TEXT_MAX is full; each is cleaned on its own. */
char *output_clean(const char *data, size_t len)
{
	_cleanup_free_ char *text = calloc(1, OUTPUT_TEXT_MAX + 1);
	size_t start = OUTPUT_TEXT_MAX;

	if (!text)
		return NULL;
	while (data && len > 0) {
		const char *nl = memrchr(data, '\n', len);
		const char *line = nl ? nl + 1 : data;
		_cleanup_free_ char *raw = NULL, *clean = NULL;
		size_t n;

		raw = strndup(line, len - (size_t)(line - data));
		clean = raw ? str_clean(raw, OUTPUT_LINE_MAX) : NULL;
		n = clean ? strlen(clean) : 0;
		if (n > 0) {
			size_t need = n + (start < OUTPUT_TEXT_MAX);

			if (need > start)
				break;
			if (start < OUTPUT_TEXT_MAX)
				text[--start] = '\n';
			start -= n;
			memcpy(text + start, clean, n);
		}
		len = nl ? (size_t)(nl - data) : 0;
	}
	memmove(text, text + start, OUTPUT_TEXT_MAX - start + 1);
	return take_ptr(text);
}

char *output_text(const struct output *o)
{
	_cleanup_free_ char *flat = NULL;
	size_t first = o->n < OUTPUT_KEEP_MAX ? 0 : o->next;

	if (!o->data)
		return strdup("");
	flat = malloc(o->n + 1);
	if (!flat)
		return NULL;
	for (size_t i = 0; i < o->n; i++)
		flat[i] = o->data[(first + i) % OUTPUT_KEEP_MAX];
	return output_clean(flat, o->n);
}
