/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread asks getpwuid_r(3) and getpwnam_r(3); the loop and the thread share two bounded queues
 * behind one mutex and an eventfd. The loop keeps a small cache. If the thread hangs, callers get
 * their number as a name after NAMES_WAIT_MS; the answer is used when it comes.
 *
 * Shared between the threads (under lock): todo, n_todo, done, n_done, stop. All else is the
 * loop's. The shared part is reference counted because a hanging thread cannot be joined at exit.
 */
#include "hostd/names.h"

#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"

/* By number, or by name: then account is not 0, and the groups are asked for too. */
struct question {
	uint64_t account;
	uid_t uid;
	char user[CALLER_USER_MAX];
	struct role_groups groups;
};

enum { NAMES_GROUPS_MAX = 1024 };

struct answer {
	uint64_t account;
	bool found;
	uid_t uid;
	enum role role;
	char user[CALLER_USER_MAX];
	char full_name[CALLER_NAME_MAX];
};

struct shared {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct question todo[NAMES_QUEUE_MAX];
	unsigned n_todo;
	struct answer done[NAMES_QUEUE_MAX];
	unsigned n_done;
	int eventfd;
	unsigned refs;
	bool stop;
};

struct cached {
	struct answer answer;
	int64_t until_ms;
};

struct waiter {
	struct list link;
	struct names *names;
	uint64_t account; /* 0: for uid */
	uid_t uid;
	names_fn fn;
	names_account_fn account_fn;
	void *userdata;
	sd_event_source *timer;
};

struct names {
	sd_event *event;
	sd_event_source *source;
	struct shared *shared;
	struct list waiters;
	struct cached cache[NAMES_CACHE_MAX];
	unsigned n_cache;
	uint64_t last_account;
};

static void shared_unref(struct shared *s)
{
	bool last;

	pthread_mutex_lock(&s->lock);
	last = --s->refs == 0;
	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	safe_close(s->eventfd);
	free(s);
}

static void answer_unknown(struct answer *a, uid_t uid)
{
	a->uid = uid;
	snprintf(a->user, sizeof(a->user), "#%u", (unsigned)uid);
	snprintf(a->full_name, sizeof(a->full_name), "#%u", (unsigned)uid);
}

static void take_entry(struct passwd *pw, struct answer *ret)
{
	_cleanup_free_ char *full = NULL, *user = NULL;

	user = str_clean(pw->pw_name, 64);
	if (pw->pw_gecos)
		pw->pw_gecos[strcspn(pw->pw_gecos, ",")] = 0;
	full = str_clean(pw->pw_gecos ? pw->pw_gecos : "", 100);
	if (str_is_empty(user))
		return;
	ret->found = true;
	ret->uid = pw->pw_uid;
	str_copy(ret->user, sizeof(ret->user), user);
	str_copy(ret->full_name, sizeof(ret->full_name), str_is_empty(full) ? user : full);
}

static enum role lookup_role(const struct passwd *pw, const struct role_groups *groups)
{
	gid_t list[NAMES_GROUPS_MAX];
	int n = NAMES_GROUPS_MAX;

	/* Of more groups than fit, those that fit are there. */
	if (getgrouplist(pw->pw_name, pw->pw_gid, list, &n) < 0)
		n = NAMES_GROUPS_MAX;
	return role_of_peer(groups, pw->pw_uid, pw->pw_gid, list, (size_t)n);
}

static void lookup(const struct question *q, struct answer *ret)
{
	struct passwd pw, *found = NULL;
	char space[16384];

	*ret = (struct answer){ .account = q->account };
	answer_unknown(ret, q->uid);
	if (q->account) {
		if (getpwnam_r(q->user, &pw, space, sizeof(space), &found) != 0 || !found)
			return;
		ret->role = lookup_role(&pw, &q->groups);
	} else if (getpwuid_r(q->uid, &pw, space, sizeof(space), &found) != 0 || !found) {
		return;
	}
	take_entry(&pw, ret);
}

static void *thread_main(void *arg)
{
	struct shared *s = arg;
	struct question q;
	struct answer a;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		if (s->n_todo == 0 || s->n_done == NAMES_QUEUE_MAX) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		q = s->todo[0];
		memmove(s->todo, s->todo + 1, --s->n_todo * sizeof(s->todo[0]));
		pthread_mutex_unlock(&s->lock);
		lookup(&q, &a);
		pthread_mutex_lock(&s->lock);
		s->done[s->n_done++] = a;
		(void)!write(s->eventfd, &(uint64_t){ 1 }, sizeof(uint64_t));
	}
	pthread_mutex_unlock(&s->lock);
	shared_unref(s);
	return NULL;
}

/* a NULL: there is no answer. */
static void waiter_finish(struct waiter *w, const struct answer *a)
{
	list_remove(&w->link);
	sd_event_source_disable_unref(w->timer);
	if (w->account_fn) {
		struct names_account account = { .found = a && a->found, .no_answer = !a };

		if (a) {
			account.uid = a->uid;
			account.role = a->role;
			str_copy(account.user, sizeof(account.user), a->user);
			str_copy(account.full_name, sizeof(account.full_name), a->full_name);
		}
		w->account_fn(&account, w->userdata);
	} else {
		struct answer unknown;

		answer_unknown(&unknown, w->uid);
		w->fn(a ? a->user : unknown.user, a ? a->full_name : unknown.full_name,
				w->userdata);
	}
	free(w);
}

static void cache_add(struct names *n, const struct answer *a)
{
	struct cached *c = NULL;

	for (unsigned i = 0; i < n->n_cache; i++)
		if (n->cache[i].answer.uid == a->uid)
			c = &n->cache[i];
	if (!c && n->n_cache < NAMES_CACHE_MAX)
		c = &n->cache[n->n_cache++];
	for (unsigned i = 0; !c && i < n->n_cache; i++)
		if (i + 1 == n->n_cache || n->cache[i].until_ms < clock_mono_ms())
			c = &n->cache[i];
	*c = (struct cached){ *a, clock_mono_ms() + NAMES_KEEP_MS };
}

static void handle_answer(struct names *n, const struct answer *a)
{
	struct list *l, *next;

	if (!a->account)
		cache_add(n, a);
	list_for_each_safe (l, next, &n->waiters) {
		struct waiter *w = list_entry(l, struct waiter, link);

		if (w->account == a->account && (a->account || w->uid == a->uid))
			waiter_finish(w, a);
	}
}

static int handle_done(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct names *n = userdata;
	struct answer a;
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
	for (;;) {
		bool more;

		pthread_mutex_lock(&n->shared->lock);
		more = n->shared->n_done > 0;
		if (more) {
			/* In order: orders that wait for accounts are carried out as they came. */
			a = n->shared->done[0];
			memmove(n->shared->done, n->shared->done + 1,
					--n->shared->n_done * sizeof(a));
		}
		pthread_cond_signal(&n->shared->wake);
		pthread_mutex_unlock(&n->shared->lock);
		if (!more)
			return 0;
		handle_answer(n, &a);
	}
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct waiter *w = userdata;

	if (w->account)
		log_warning("the name service does not answer about an account");
	else
		log_warning("the name service does not answer; uid=%u goes without a name", w->uid);
	waiter_finish(w, NULL);
	return 0;
}

int names_new(sd_event *event, struct names **ret)
{
	_cleanup_(names_freep) struct names *n = calloc(1, sizeof(*n));
	pthread_t thread;
	int r;

	if (!n)
		return -ENOMEM;
	list_init(&n->waiters);
	n->event = event;
	n->shared = calloc(1, sizeof(*n->shared));
	if (!n->shared)
		return -ENOMEM;
	pthread_mutex_init(&n->shared->lock, NULL);
	pthread_cond_init(&n->shared->wake, NULL);
	n->shared->refs = 1;
	n->shared->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->shared->eventfd < 0)
		return -errno;
	r = sd_event_add_io(event, &n->source, n->shared->eventfd, EPOLLIN, handle_done, n);
	if (r < 0)
		return r;
	n->shared->refs++;
	r = pthread_create(&thread, NULL, thread_main, n->shared);
	if (r != 0) {
		n->shared->refs--;
		return -r;
	}
	pthread_detach(thread);
	*ret = take_ptr(n);
	return 0;
}

struct names *names_free(struct names *n)
{
	struct list *l, *next;

	if (!n)
		return NULL;
	list_for_each_safe (l, next, &n->waiters) {
		struct waiter *w = list_entry(l, struct waiter, link);

		sd_event_source_disable_unref(w->timer);
		free(w);
	}
	sd_event_source_disable_unref(n->source);
	if (n->shared) {
		pthread_mutex_lock(&n->shared->lock);
		n->shared->stop = true;
		pthread_cond_signal(&n->shared->wake);
		pthread_mutex_unlock(&n->shared->lock);
		shared_unref(n->shared);
	}
	free(n);
	return NULL;
}

static bool ask(struct names *n, const struct question *q)
{
	bool fits;

	pthread_mutex_lock(&n->shared->lock);
	fits = n->shared->n_todo < NAMES_QUEUE_MAX;
	if (fits)
		n->shared->todo[n->shared->n_todo++] = *q;
	pthread_cond_signal(&n->shared->wake);
	pthread_mutex_unlock(&n->shared->lock);
	return fits;
}

static bool is_asked(struct names *n, uid_t uid)
{
	struct list *l;

	list_for_each (l, &n->waiters) {
		struct waiter *w = list_entry(l, struct waiter, link);

		if (!w->account && w->uid == uid)
			return true;
	}
	return false;
}

static int waiter_new(struct names *n, void *userdata, struct waiter **ret)
{
	struct waiter *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->names = n;
	w->userdata = userdata;
	r = sd_event_add_time_relative(n->event, &w->timer, CLOCK_MONOTONIC,
			NAMES_WAIT_MS * 1000ull, 50000, handle_timeout, w);
	if (r < 0) {
		free(w);
		return r;
	}
	list_add_tail(&n->waiters, &w->link);
	*ret = w;
	return 0;
}

int names_find(struct names *n, uid_t uid, names_fn fn, void *userdata)
{
	int64_t now = clock_mono_ms();
	struct waiter *w;
	struct answer a;
	int r;

	for (unsigned i = 0; i < n->n_cache; i++) {
		if (n->cache[i].answer.uid == uid && n->cache[i].until_ms > now) {
			a = n->cache[i].answer;
			fn(a.user, a.full_name, userdata);
			return 0;
		}
	}
	if (!is_asked(n, uid) && !ask(n, &(struct question){ .uid = uid })) {
		answer_unknown(&a, uid);
		fn(a.user, a.full_name, userdata);
		return 0;
	}
	r = waiter_new(n, userdata, &w);
	if (r < 0)
		return r;
	w->uid = uid;
	w->fn = fn;
	return 0;
}

int names_find_account(struct names *n, const char *user, const struct role_groups *groups,
		names_account_fn fn, void *userdata)
{
	struct question q = { .account = ++n->last_account, .groups = *groups };
	struct waiter *w;
	int r;

	str_copy(q.user, sizeof(q.user), user);
	if (!ask(n, &q))
		return -EBUSY;
	r = waiter_new(n, userdata, &w);
	if (r < 0)
		return r;
	w->account = q.account;
	w->account_fn = fn;
	return 0;
}

void names_forget(struct names *n, void *userdata)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &n->waiters) {
		struct waiter *w = list_entry(l, struct waiter, link);

		if (w->userdata != userdata)
			continue;
		list_remove(&w->link);
		sd_event_source_disable_unref(w->timer);
		free(w);
	}
}

void names_flush(struct names *n)
{
	n->n_cache = 0;
}
