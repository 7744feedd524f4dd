/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each session is noted in the store before anything is started in it: a restart in between starts
 * nothing a second time. A session that is just opening is not noted; it is told of when it runs.
 *
 * Each item is the userdata of one call to a helper, so that it can be forgotten there.
 */
#include "hostd/lesson-run.h"

#include "base/log.h"
#include "base/str.h"
#include "hostd/chat.h"
#include "hostd/command.h"
#include "hostd/host.h"

enum { START_TIMEOUT_MS = 15000 };

struct item {
	struct lesson_run *run;
	char session[SESSION_ID_MAX];
	const char *program; /* in run->programs */
	json_t *parameters;
	bool open;
};

struct lesson_run {
	struct list link; /* in host->lesson_runs */
	struct host *host;
	char lesson[SESSION_ID_MAX];
	struct choice *choice; /* NULL: nobody waits */
	choice_fn done;
	json_t *programs, *messages;
	struct item *items;
	size_t n, pending;
	sd_event_source *timer;
};

static void run_free(struct lesson_run *run)
{
	for (size_t i = 0; i < run->n; i++) {
		struct item *item = &run->items[i];
		struct session *s = item->open ? session_find(run->host, item->session) : NULL;

		if (s && s->worker)
			worker_forget(s->worker, item);
		json_decref(item->parameters);
	}
	list_remove(&run->link);
	sd_event_source_disable_unref(run->timer);
	json_decref(run->programs);
	json_decref(run->messages);
	free(run->items);
	free(run);
}

void lesson_run_free_all(struct host *h)
{
	while (!list_is_empty(&h->lesson_runs))
		run_free(list_entry(h->lesson_runs.next, struct lesson_run, link));
}

static void finish(struct lesson_run *run)
{
	struct choice *choice = run->choice;
	choice_fn done = run->done;

	run_free(run);
	if (choice)
		done(choice);
}

static void note_failure(struct item *item, const char *reason)
{
	struct lesson_run *run = item->run;
	struct session *s = session_find(run->host, item->session);
	_cleanup_free_ char *clean = str_clean(reason ? reason : "It could not be started.", 500),
			    *sentence = NULL;

	log_warning("a program of a lesson did not start: %s lesson=%s session=%s program=%s",
			clean ? clean : "", run->lesson, item->session, item->program);
	if (!run->choice || !s)
		return;
	sentence = str_format("The lesson holds, but %s did not start: %s", item->program,
			clean ? clean : "");
	choice_note_failure(run->choice, s, sentence ? sentence : "");
}

static void handle_started(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct item *item = userdata;

	(void)v, (void)continues, (void)fd;
	item->open = false;
	if (!parameters)
		note_failure(item, "The session has just ended.");
	else if (error)
		note_failure(item, json_string_value(json_object_get(parameters, "reason")));
	if (--item->run->pending == 0)
		finish(item->run);
}

static int handle_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct lesson_run *run = userdata;

	(void)source, (void)usec;
	for (size_t i = 0; i < run->n; i++)
		if (run->items[i].open)
			note_failure(&run->items[i], "The session did not answer in time.");
	finish(run);
	return 0;
}

/* --- what is to be done --- */

static bool is_running(const struct session *s)
{
	return !s->opening && !s->closing && s->worker;
}

static const char *program_label(json_t *program)
{
	const char *id = json_string_value(json_object_get(program, "program"));

	return str_is_empty(id) ? json_string_value(json_object_get(program, "open")) : id;
}

static void add_items(struct lesson_run *run, const struct session *s)
{
	json_t *program;
	size_t i;

	json_array_foreach (run->programs, i, program) {
		struct item *item = &run->items[run->n++];
		int r;

		*item = (struct item){ .run = run, .program = program_label(program) };
		str_copy(item->session, sizeof(item->session), s->id);
		r = command_find(run->host, json_string_value(json_object_get(program, "program")),
				json_string_value(json_object_get(program, "open")),
				&item->parameters);
		if (r < 0)
			note_failure(item, command_explain(r));
	}
}

/* The same person in another session that was told already. */
static bool was_told(json_t *messages, const char *user)
{
	json_t *m;
	size_t i;

	json_array_foreach (messages, i, m)
		if (streq(json_string_value(json_object_get(m, "user")), user))
			return true;
	return false;
}

static void send_message(struct lesson *l, struct session *s, json_t *messages)
{
	json_t *message = NULL;

	if (l->rule.block || !*l->message || was_told(messages, s->person.user) ||
			chat_send(&l->by, s, l->message, &message) < 0)
		return;
	json_array_append_new(messages, json_pack("{s:s, s:s, s:o}", "session", s->id, "user",
							s->person.user, "message", message));
}

json_t *lesson_messages_send(struct lesson *l)
{
	json_t *messages = json_array();
	struct list *i;

	list_for_each (i, &l->host->sessions) {
		struct session *s = list_entry(i, struct session, link);

		if (is_running(s) && lesson_covers(l, s))
			send_message(l, s, messages);
	}
	return messages;
}

void lesson_messages_tell(struct host *h, json_t *messages)
{
	json_t *m;
	size_t i;

	json_array_foreach (messages, i, m) {
		struct session *s =
				session_find(h, json_string_value(json_object_get(m, "session")));

		if (s)
			chat_tell(s, json_incref(json_object_get(m, "message")));
	}
	json_decref(messages);
}

static int run_new(struct lesson *l, struct choice *choice, choice_fn done, size_t n_sessions,
		struct lesson_run **ret)
{
	size_t n = n_sessions * json_array_size(l->programs);
	struct lesson_run *run = calloc(1, sizeof(*run));

	if (run)
		run->items = calloc(MAX(n, (size_t)1), sizeof(*run->items));
	if (!run || !run->items) {
		free(run);
		return -ENOMEM;
	}
	run->host = l->host;
	run->choice = choice;
	run->done = done;
	run->programs = json_incref(l->programs);
	run->messages = json_array();
	str_copy(run->lesson, sizeof(run->lesson), l->id);
	list_add_tail(&l->host->lesson_runs, &run->link);
	*ret = run;
	return 0;
}

static void take(struct lesson_run *run, struct lesson *l, struct session *s)
{
	if (!is_running(s) || !lesson_covers(l, s) || !lesson_take_session(l, s))
		return;
	send_message(l, s, run->messages);
	add_items(run, s);
}

int lesson_run_new(struct lesson *l, struct choice *choice, choice_fn done, struct lesson_run **ret)
{
	struct lesson_run *run;
	struct list *i;
	int r;

	r = run_new(l, choice, done, l->host->n_sessions, &run);
	if (r < 0)
		return r;
	list_for_each (i, &l->host->sessions)
		take(run, l, list_entry(i, struct session, link));
	*ret = run;
	return 0;
}

void lesson_run_start(struct lesson_run *run)
{
	lesson_messages_tell(run->host, take_ptr(run->messages));
	run->pending = 1; /* until all have been asked */
	for (size_t i = 0; i < run->n; i++) {
		struct item *item = &run->items[i];
		struct session *s = session_find(run->host, item->session);

		if (!item->parameters)
			continue;
		if (!s || !is_running(s) ||
				worker_call(s->worker, "Run", take_ptr(item->parameters), false,
						handle_started, item) < 0) {
			note_failure(item, "The session's helper cannot be reached.");
			continue;
		}
		item->open = true;
		run->pending++;
	}
	if (--run->pending == 0)
		finish(run);
	else if (host_arm_timer(run->host, &run->timer, START_TIMEOUT_MS, handle_timeout, run) < 0)
		log_error("out of memory");
}

void lesson_handle_session(struct session *s)
{
	struct host *h = s->host;
	struct list *i;

	list_for_each (i, &h->lessons) {
		struct lesson *l = list_entry(i, struct lesson, link);
		struct lesson_run *run;

		if (!lesson_covers(l, s))
			continue;
		if (run_new(l, NULL, NULL, 1, &run) < 0) {
			log_error("out of memory: lesson=%s is not told to session=%s", l->id,
					s->id);
			continue;
		}
		store_begin(h->store);
		take(run, l, s);
		store_commit(h->store);
		lesson_run_start(run);
	}
}
