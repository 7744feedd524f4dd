/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slots, one per wanted session:
 *
 *   waiting (a timer runs, or stationd is away) -> asked (OpenSource is under way) -> open (a
 * source is there; ready when it has a picture) -> lost: waiting again, with a longer wait each
 * time
 *
 * stationd opens a source for a station that shows the session, or in the name of somebody who may
 * see it: each try is made for the next one of the users.
 *
 * The one timer of a slot is either the wait before the next try (there are users) or the time that
 * an unused slot is kept (there are none). stationd going away loses no source: the descriptors are
 * ours.
 */
#include "relay/sources.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "relay/host.h"
#include "relay/source.h"
#include "relay/thumbnail.h"

enum {
	SLOTS_MAX = 4096,
	KEEP_MS = 3000,
	RETRY_FIRST_MS = 100,
	RETRY_LAST_MS = 5000,
	LOST_MS = 1000, /* the end of a session is told by stationd before that */
};

struct source_slot {
	struct list link;
	struct sources *sources;
	char session[SOURCE_SESSION_MAX + 1];
	struct list users;
	struct source *source;
	struct thumbnail *thumbnail;
	bool asked;
	bool ready;
	bool logged; /* the failure was told */
	/* ms since 1970; 0: not. Of a loss: from the first try that failed. */
	int64_t lost_ms, stalled_ms;
	bool lost; /* long enough to be told */
	unsigned wait_ms;
	unsigned tries; /* since the last success */
	uv_timer_t timer;
};

struct sources {
	uv_loop_t *loop;
	struct host *host;
	struct host_watcher watcher;
	struct list slots;
	size_t n;
};

static void slot_open(struct source_slot *slot);

static void slot_tell(struct source_slot *slot)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &slot->users) {
		struct source_user *u = list_entry(l, struct source_user, link);

		u->handle_source(u);
	}
}

static void slot_tell_trouble(struct source_slot *slot)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &slot->users) {
		struct source_user *u = list_entry(l, struct source_user, link);

		if (u->handle_trouble)
			u->handle_trouble(u);
	}
}

static void slot_close_source(struct source_slot *slot)
{
	slot->stalled_ms = 0;
	if (slot->ready) {
		slot->ready = false;
		slot_tell(slot);
	}
	slot->thumbnail = thumbnail_free(slot->thumbnail);
	slot->source = source_free(slot->source);
}

static void handle_timer_closed(uv_handle_t *t)
{
	free(t->data);
}

static void slot_free(struct source_slot *slot)
{
	assert(list_is_empty(&slot->users));
	if (slot->asked)
		host_forget(slot->sources->host, slot);
	slot_close_source(slot);
	list_remove(&slot->link);
	slot->sources->n--;
	uv_close((uv_handle_t *)&slot->timer, handle_timer_closed);
}

static void handle_timer(uv_timer_t *t)
{
	struct source_slot *slot = t->data;

	if (list_is_empty(&slot->users))
		slot_free(slot);
	else
		slot_open(slot);
}

static void slot_retry(struct source_slot *slot)
{
	if (list_is_empty(&slot->users))
		return; /* the timer counts down to the end already */
	if (!slot->lost_ms)
		slot->lost_ms = clock_real_ms();
	slot->lost = clock_real_ms() - slot->lost_ms >= LOST_MS;
	slot_tell_trouble(slot);
	uv_timer_start(&slot->timer, handle_timer, slot->wait_ms, 0);
	slot->wait_ms = MIN(slot->wait_ms * 2, (unsigned)RETRY_LAST_MS);
}

static void slot_log(struct source_slot *slot, const char *reason)
{
	if (!slot->logged)
		log_notice("no picture of a session for now: %s session=%s", reason, slot->session);
	slot->logged = true;
}

/* --- events of the source --- */

static void handle_ready(struct source *s, void *userdata)
{
	struct source_slot *slot = userdata;

	(void)s;
	slot->ready = true;
	slot->logged = slot->lost = false;
	slot->lost_ms = 0;
	slot->wait_ms = RETRY_FIRST_MS;
	slot->tries = 0;
	slot_tell(slot);
	slot_tell_trouble(slot);
}

static void handle_lost(struct source *s, const char *reason, void *userdata)
{
	struct source_slot *slot = userdata;

	(void)s;
	/* Mostly the end of the session, of which stationd tells. */
	log_debug("picture lost: %s session=%s", reason, slot->session);
	slot_close_source(slot);
	slot_retry(slot);
}

static void handle_cut_text(struct source *s, const char *utf8, void *userdata)
{
	struct source_slot *slot = userdata;
	struct list *l, *next;

	(void)s;
	list_for_each_safe (l, next, &slot->users) {
		struct source_user *u = list_entry(l, struct source_user, link);

		if (u->handle_cut_text)
			u->handle_cut_text(u, utf8);
	}
}

static void handle_stall(struct source *s, int64_t since_ms, void *userdata)
{
	struct source_slot *slot = userdata;

	(void)s;
	if (since_ms)
		log_notice("a display server gives no sign of life session=%s", slot->session);
	slot->stalled_ms = since_ms;
	slot_tell_trouble(slot);
}

static const struct source_events source_events = {
	.handle_ready = handle_ready,
	.handle_lost = handle_lost,
	.handle_cut_text = handle_cut_text,
	.handle_stall = handle_stall,
};

static void handle_demand(void *userdata)
{
	struct source_slot *slot = userdata;

	if (slot->source)
		source_demand_changed(slot->source);
}

static void handle_black(void *userdata)
{
	slot_tell_trouble(userdata);
}

/* --- opening --- */

/* fd is borrowed. */
static int slot_start(struct source_slot *slot, int fd)
{
	_cleanup_close_ int copy = -EBADF;
	int r;

	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		return -errno;
	r = source_new(slot->sources->loop, copy, &source_events, slot, &slot->source);
	if (r < 0)
		return r;
	take_fd(&copy);
	r = thumbnail_new(slot->sources->loop, source_picture(slot->source), handle_demand, slot,
			&slot->thumbnail);
	if (r < 0)
		slot->source = source_free(slot->source);
	else
		thumbnail_watch_black(slot->thumbnail, handle_black);
	return r;
}

static void handle_opened(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct source_slot *slot = userdata;
	const char *reason;
	int r;

	(void)v, (void)continues;
	slot->asked = false;
	r = error || !parameters || fd < 0 ? -ENOENT : slot_start(slot, fd);
	if (r == 0)
		return;
	reason = json_string_value(json_object_get(parameters, "reason"));
	if (parameters) /* else stationd went away, which is told elsewhere */
		slot_log(slot, reason ? reason : error ? error : strerror(-r));
	slot_retry(slot);
}

/* In whose name: the next one's. NULL: stationd knows that a station shows it, or a projection. */
static const char *slot_choose_token(struct source_slot *slot)
{
	unsigned n = 0, chosen;
	struct list *l;

	list_for_each (l, &slot->users)
		n++;
	chosen = slot->tries++ % n;
	list_for_each (l, &slot->users)
		if (chosen-- == 0)
			break;
	return list_entry(l, struct source_user, link)->token;
}

static void slot_open(struct source_slot *slot)
{
	struct varlink_request request = { .method = "org.stationmaster.Relay.OpenSource" };

	if (slot->source || slot->asked || !host_is_up(slot->sources->host))
		return;
	uv_timer_stop(&slot->timer);
	request.token = slot_choose_token(slot);
	request.parameters = json_pack("{s:s}", "session", slot->session);
	slot->asked = true;
	if (host_call(slot->sources->host, &request, handle_opened, slot) < 0) {
		slot->asked = false;
		slot_retry(slot);
	}
}

/* --- stationd --- */

static void handle_up(struct host_watcher *w)
{
	struct sources *s = (struct sources *)((char *)w - offsetof(struct sources, watcher));
	struct list *l, *next;

	list_for_each_safe (l, next, &s->slots) {
		struct source_slot *slot = list_entry(l, struct source_slot, link);

		slot->wait_ms = RETRY_FIRST_MS;
		if (!list_is_empty(&slot->users))
			slot_open(slot);
	}
}

static void handle_order(struct host_watcher *w, const char *order, json_t *parameters)
{
	struct sources *s = (struct sources *)((char *)w - offsetof(struct sources, watcher));
	const char *session = json_string_value(json_object_get(parameters, "session"));
	struct list *l, *next;

	if (!streq(order, "source_gone") || !session)
		return;
	list_for_each_safe (l, next, &s->slots) {
		struct source_slot *slot = list_entry(l, struct source_slot, link);

		if (!streq(slot->session, session))
			continue;
		/* Its end is known, so nothing is tried for a while; users get other orders. */
		slot->wait_ms = RETRY_LAST_MS;
		slot->logged = true;
		slot_close_source(slot);
		slot_retry(slot);
	}
}

/* --- use --- */

static struct source_slot *slot_find(struct sources *s, const char *session)
{
	struct list *l;

	list_for_each (l, &s->slots) {
		struct source_slot *slot = list_entry(l, struct source_slot, link);

		if (streq(slot->session, session))
			return slot;
	}
	return NULL;
}

static void handle_first(uv_timer_t *t)
{
	struct source_slot *slot = t->data;

	if (slot->ready)
		slot_tell(slot);
	slot_tell_trouble(slot);
	if (!slot->ready)
		handle_timer(t);
}

int sources_use(struct sources *s, const char *session, struct source_user *u)
{
	struct source_slot *slot;

	assert(!u->slot && u->handle_source);
	if (!*session || strlen(session) > SOURCE_SESSION_MAX)
		return -EINVAL;
	slot = slot_find(s, session);
	if (!slot) {
		if (s->n >= SLOTS_MAX)
			return -EMFILE;
		slot = calloc(1, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		slot->sources = s;
		str_copy(slot->session, sizeof(slot->session), session);
		list_init(&slot->users);
		slot->wait_ms = RETRY_FIRST_MS;
		uv_timer_init(s->loop, &slot->timer);
		slot->timer.data = slot;
		list_add_tail(&s->slots, &slot->link);
		s->n++;
	}
	list_add_tail(&slot->users, &u->link);
	u->slot = slot;
	/* On the next turn; a wait that runs already is cut short by somebody who comes new. */
	uv_timer_start(&slot->timer, handle_first, 0, 0);
	return 0;
}

void sources_release(struct source_user *u)
{
	struct source_slot *slot = u->slot;

	if (!slot)
		return;
	u->slot = NULL;
	list_remove(&u->link);
	if (!list_is_empty(&slot->users))
		return;
	slot->lost = false;
	slot->lost_ms = 0;
	uv_timer_start(&slot->timer, handle_timer, KEEP_MS, 0);
}

struct picture *source_user_picture(const struct source_user *u)
{
	return u->slot && u->slot->ready ? source_picture(u->slot->source) : NULL;
}

struct thumbnail *source_user_thumbnail(const struct source_user *u)
{
	return u->slot && u->slot->ready ? u->slot->thumbnail : NULL;
}

enum source_trouble source_user_trouble(const struct source_user *u, int64_t *ret_since_ms)
{
	const struct source_slot *slot = u->slot;

	*ret_since_ms = 0;
	if (!slot)
		return SOURCE_FINE;
	*ret_since_ms = slot->lost ? slot->lost_ms : slot->stalled_ms;
	if (*ret_since_ms)
		return slot->lost ? SOURCE_LOST : SOURCE_STALLED;
	*ret_since_ms = slot->thumbnail ? thumbnail_get_black(slot->thumbnail) : 0;
	return *ret_since_ms ? SOURCE_BLACK : SOURCE_FINE;
}

const char *source_user_session(const struct source_user *u)
{
	return u->slot ? u->slot->session : "";
}

int sources_new(uv_loop_t *loop, struct host *host, struct sources **ret)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->host = host;
	list_init(&s->slots);
	s->watcher.handle_up = handle_up;
	s->watcher.handle_order = handle_order;
	host_watch(host, &s->watcher);
	*ret = s;
	return 0;
}

struct sources *sources_free(struct sources *s)
{
	if (!s)
		return NULL;
	while (!list_is_empty(&s->slots))
		slot_free(list_entry(s->slots.next, struct source_slot, link));
	host_unwatch(&s->watcher);
	free(s);
	return NULL;
}
