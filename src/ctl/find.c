/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Methods that take ids only, or one session only, get them from here. A user's name is looked up
 * in the list that the caller may see, so nobody learns of a session this way.
 */
#include "ctl/find.h"

#include <string.h>

#include "base/str.h"
#include "ctl/target.h"
#include "ctl/text.h"

#define LIST "org.stationmaster.Sessions.List"

static const char *member(json_t *session, const char *key)
{
	const char *s = json_string_value(json_object_get(session, key));

	return s ? s : "";
}

static int sessions_list(struct ctl *c, json_t **ret_sessions)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *sessions;
	int r;

	r = ctl_call(c, LIST, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	sessions = json_object_get(reply, "sessions");
	if (!json_is_array(sessions))
		return ctl_bad_reply(c, LIST);
	*ret_sessions = json_incref(sessions);
	return CTL_DONE;
}

static int not_a_target(struct ctl *c, const char *word)
{
	return ctl_usage(c, "\"%s\" is neither a session id (such as s12) nor a user name.", word);
}

static int no_session_of(struct ctl *c, const char *user)
{
	return ctl_fail(c, CTL_NOT_FOUND, "org.stationmaster.Sessions.NotFound",
			"There is no session of %s that you may see. What there is: stationctl session list",
			user);
}

int find_by_user(struct ctl *c, const char *user, json_t **ret_session)
{
	_cleanup_json_ json_t *sessions = NULL, *found = json_array();
	_cleanup_free_ char *ids = strdup("");
	json_t *session;
	size_t i;
	int r;

	if (!str_is_account_name(user))
		return not_a_target(c, user);
	r = sessions_list(c, &sessions);
	if (r)
		return r;
	json_array_foreach (sessions, i, session) {
		char *more;

		if (!streq(member(session, "user"), user))
			continue;
		more = str_format("%s%s%s", ids ? ids : "", json_array_size(found) ? ", " : "",
				member(session, "id"));
		free(ids);
		ids = more;
		json_array_append(found, session);
	}
	if (json_array_size(found) == 0)
		return no_session_of(c, user);
	if (json_array_size(found) > 1)
		return ctl_usage(c, "%s has %zu sessions: %s. Name one of them.", user,
				json_array_size(found), ids);
	*ret_session = json_incref(json_array_get(found, 0));
	return CTL_DONE;
}

int find_id(struct ctl *c, const char *word, char **ret_id)
{
	_cleanup_json_ json_t *session = NULL;
	const char *user = target_user(word);
	int r = CTL_DONE;

	if (user)
		r = find_by_user(c, user, &session);
	if (r)
		return r;
	*ret_id = strdup(user ? member(session, "id") : word);
	return *ret_id ? CTL_DONE : ctl_no_memory(c);
}

int find_ids(struct ctl *c, int argc, char **argv, json_t **ret_ids)
{
	_cleanup_json_ json_t *ids = json_array(), *sessions = NULL;
	json_t *session;
	size_t i;
	int r;

	for (int k = 0; k < argc; k++) {
		const char *user = target_user(argv[k]);
		size_t before = json_array_size(ids);

		if (!user) {
			json_array_append_new(ids, json_string(argv[k]));
			continue;
		}
		if (!str_is_account_name(user))
			return not_a_target(c, user);
		r = sessions ? CTL_DONE : sessions_list(c, &sessions);
		if (r)
			return r;
		json_array_foreach (sessions, i, session)
			if (streq(member(session, "user"), user))
				json_array_append(ids, json_object_get(session, "id"));
		if (json_array_size(ids) == before)
			return no_session_of(c, user);
	}
	*ret_ids = take_ptr(ids);
	return CTL_DONE;
}

/* ":12.0" is on display ":12". */
static bool is_here(json_t *session)
{
	const char *here = getenv("DISPLAY"), *display = member(session, "display");
	size_t n = strlen(display);

	return n > 0 && here && strncmp(here, display, n) == 0 && (!here[n] || here[n] == '.');
}

int find_own(struct ctl *c, char **ret_id)
{
	_cleanup_json_ json_t *sessions = NULL;
	json_t *session, *own = NULL, *here = NULL;
	size_t i, n = 0;
	int r;

	r = sessions_list(c, &sessions);
	if (r)
		return r;
	json_array_foreach (sessions, i, session) {
		if (!json_is_true(json_object_get(session, "own")))
			continue;
		n++;
		own = session;
		if (is_here(session))
			here = session;
	}
	if (n == 0)
		return ctl_fail(c, CTL_NOT_FOUND, "org.stationmaster.Sessions.NotFound",
				"You have no session here that could be shown. Name one with --from, or project the screen you sit at from the dashboard.");
	if (n > 1 && !here)
		return ctl_usage(c, "You have %zu sessions. Name one of them with --from.", n);
	*ret_id = strdup(member(here ? here : own, "id"));
	return *ret_id ? CTL_DONE : ctl_no_memory(c);
}
