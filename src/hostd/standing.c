/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every STANDING_MS each account that has a token is asked for at the name service, on its thread
 * (names.c): calls never wait for it, they use what was last told. A name service that does not
 * answer changes nothing: a school must be able to work while its directory is away, and nobody new
 * gets in meanwhile. An account that is gone, or has another number, has lost all.
 */
#include "hostd/standing.h"

#include "base/log.h"
#include "hostd/apitoken.h"
#include "hostd/events.h"
#include "hostd/host.h"
#include "hostd/names.h"
#include "hostd/rights.h"
#include "hostd/token.h"
#include "hostd/view.h"

struct standing {
	struct list link; /* in host */
	struct host *host;
	uid_t uid;
	char user[CALLER_USER_MAX];
	bool asked; /* an answer is on its way */
	bool used;  /* has a token */
};

static struct standing *find(struct host *h, uid_t uid)
{
	struct list *l;

	list_for_each (l, &h->standings) {
		struct standing *s = list_entry(l, struct standing, link);

		if (s->uid == uid)
			return s;
	}
	return NULL;
}

static void add(struct host *h, const struct caller *c)
{
	struct standing *s = find(h, c->uid);

	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return;
		s->host = h;
		s->uid = c->uid;
		list_add_tail(&h->standings, &s->link);
	}
	str_copy(s->user, sizeof(s->user), c->user);
	s->used = true;
}

static void standing_free(struct standing *s)
{
	names_forget(s->host->names, s);
	list_remove(&s->link);
	free(s);
}

static bool update_tokens(struct host *h, uid_t uid, enum role role)
{
	struct list *l, *next;
	bool changed = false;

	list_for_each_safe (l, next, &h->tokens) {
		struct token *t = list_entry(l, struct token, link);

		if (t->caller.uid != uid || t->caller.role == role)
			continue;
		changed = true;
		if (role == ROLE_STANDARD)
			token_end(h, t);
		else
			token_set_role(h, t, role);
	}
	list_for_each (l, &h->api_tokens) {
		struct api_token *t = list_entry(l, struct api_token, link);

		if (t->caller.uid != uid || t->caller.role == MIN(role, t->role))
			continue;
		changed = true;
		t->caller.role = MIN(role, t->role);
	}
	return changed;
}

static void handle_account(const struct names_account *a, void *userdata)
{
	struct standing *s = userdata;
	enum role role = a->found && a->uid == s->uid ? a->role : ROLE_STANDARD;
	struct host *h = s->host;

	s->asked = false;
	if (a->no_answer || !update_tokens(h, s->uid, role))
		return;
	log_notice("rights follow the account: user=%s role=%s", s->user, role_to_string(role));
	events_set_role(h, s->uid, role);
	view_set_role(h, s->uid, role);
	rights_handle_change(h, s->uid);
}

static void ask_all(struct host *h)
{
	struct list *l, *next;
	unsigned n = 0;

	list_for_each (l, &h->standings)
		list_entry(l, struct standing, link)->used = false;
	list_for_each (l, &h->tokens)
		add(h, &list_entry(l, struct token, link)->caller);
	list_for_each (l, &h->api_tokens)
		add(h, &list_entry(l, struct api_token, link)->caller);
	list_for_each_safe (l, next, &h->standings) {
		struct standing *s = list_entry(l, struct standing, link);

		if (!s->used) {
			standing_free(s);
			continue;
		}
		if (s->asked || n == STANDINGS_MAX)
			continue;
		s->asked = names_find_account(h->names, s->user, &h->groups, handle_account, s) ==
			   0;
		n++;
		/* Who was asked goes to the end: of very many everybody has a turn. */
		list_remove(&s->link);
		list_add_tail(&h->standings, &s->link);
	}
}

static int handle_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	standing_ask_now(userdata);
	return 0;
}

void standing_ask_now(struct host *h)
{
	h->standing = sd_event_source_disable_unref(h->standing);
	ask_all(h);
	if (!list_is_empty(&h->standings))
		standing_start(h);
}

void standing_start(struct host *h)
{
	if (!h->standing && host_arm_timer(h, &h->standing, STANDING_MS, handle_timer, h) < 0)
		log_error("out of memory");
}

void standing_free_all(struct host *h)
{
	while (!list_is_empty(&h->standings))
		standing_free(list_entry(h->standings.next, struct standing, link));
	h->standing = sd_event_source_disable_unref(h->standing);
}
