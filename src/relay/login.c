/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The conversation: Start, then Answer as often as there are prompts. The password that was typed
 * with the name answers the first prompt that hides what is typed, if it is alone; everything else
 * is asked for; a notice that has to be accepted is shown. The copy of the password is wiped as
 * soon as it was used, or with the object; JSON memory wipes itself.
 */
#include "relay/login.h"

#include <string.h>

#include "base/str.h"
#include "relay/host.h"
#include "relay/said.h"
#include "relay/text.h"

/* What a session may have, org.stationmaster.Sessions.Start. */
enum { WIDTH_MIN = 640, WIDTH_MAX = 7680, HEIGHT_MIN = 480, HEIGHT_MAX = 4320 };

#define LOGIN "org.stationmaster.Login."

struct login {
	struct host *host;
	const struct login_events *events;
	void *userdata;
	const char *language;
	char *password;
	char *conversation; /* open at stationd */
	bool waiting;       /* for a reply */
};

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata);

static void login_fail(struct login *l, const char *text)
{
	l->events->handle_failed(l, text, l->userdata);
}

/* PAM's messages, a line each; NULL: no memory. */
static char *messages_join(const struct login *l, json_t *parameters)
{
	char *text = strdup("");
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(parameters, "messages"), i, item) {
		const char *line = json_string_value(json_object_get(item, "text"));
		_cleanup_free_ char *clean = line ? str_clean(line, 500) : NULL;
		_cleanup_free_ char *said = clean ? said_text(l->language, clean) : NULL;
		char *longer;

		if (!text || str_is_empty(said))
			continue;
		longer = str_format("%s%s%s", text, *text ? "\n" : "", said);
		free(text);
		text = longer;
	}
	return text;
}

/* Takes parameters. */
static int login_call(struct login *l, const char *method, json_t *parameters)
{
	struct varlink_request request = { .method = method, .parameters = parameters };
	int r;

	r = host_call(l->host, &request, handle_reply, l);
	if (r == 0)
		l->waiting = true;
	return r;
}

static void answer_json(struct login *l, json_t *answers)
{
	int r;

	r = login_call(l, LOGIN "Answer",
			json_pack("{s:s, s:o}", "conversation", l->conversation, "answers",
					answers));
	if (r < 0)
		login_fail(l, text_get(l->language, TEXT_NOT_READY));
}

void login_answer(struct login *l, char *const *answers, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(answers[i]));
	answer_json(l, list);
}

void login_accept(struct login *l)
{
	int r;

	r = login_call(l, LOGIN "Accept", json_pack("{s:s}", "conversation", l->conversation));
	if (r < 0)
		login_fail(l, text_get(l->language, TEXT_NOT_READY));
}

static bool prompt_is_hidden(json_t *prompt)
{
	return !json_is_true(json_object_get(prompt, "echo"));
}

static void login_ask(struct login *l, json_t *prompts, const char *messages)
{
	size_t n = json_array_size(prompts);

	if (n == 0) {
		answer_json(l, json_array()); /* messages only */
	} else if (n > LOGIN_PROMPTS_MAX) {
		login_fail(l, text_get(l->language, TEXT_FAILED));
	} else if (n == 1 && l->password && prompt_is_hidden(json_array_get(prompts, 0))) {
		char *password = take_ptr(l->password);

		answer_json(l, json_pack("[s]", password));
		str_wipe_free(password);
	} else {
		l->events->handle_prompts(l, prompts, messages, l->userdata);
	}
}

static char *error_text(struct login *l, const char *error, json_t *parameters)
{
	const char *dot = strrchr(error, '.'), *kind = dot ? dot + 1 : error;
	const char *reason = json_string_value(json_object_get(parameters, "reason"));
	const char *output = json_string_value(json_object_get(parameters, "output"));
	_cleanup_free_ char *messages = messages_join(l, parameters), *said = NULL;

	if (streq(kind, "NoConversation"))
		return str_format("%s", text_get(l->language, TEXT_TIMED_OUT));
	if (str_is_empty(reason))
		reason = text_get(
				l->language, streq(kind, "Failed") ? TEXT_FAILED : TEXT_NOT_READY);
	if (str_is_empty(output))
		output = messages;
	said = said_text(l->language, reason);
	return str_format("%s%s%s", said ? said : reason, str_is_empty(output) ? "" : "\n",
			output ? output : "");
}

static void handle_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct login *l = userdata;
	_cleanup_free_ char *text = NULL;
	const char *conversation, *notice;

	(void)v, (void)continues, (void)fd;
	l->waiting = false;
	if (!parameters || error) {
		free(take_ptr(l->conversation));
		if (error)
			text = error_text(l, error, parameters);
		login_fail(l, text ? text : text_get(l->language, TEXT_NOT_READY));
		return;
	}
	text = messages_join(l, parameters);
	if (json_is_true(json_object_get(parameters, "done"))) {
		free(take_ptr(l->conversation));
		l->events->handle_done(l, text ? text : "", l->userdata);
		return;
	}
	conversation = json_string_value(json_object_get(parameters, "conversation"));
	free(l->conversation);
	l->conversation = conversation ? strdup(conversation) : NULL;
	notice = json_string_value(json_object_get(json_object_get(parameters, "notice"), "text"));
	if (!l->conversation)
		login_fail(l, text_get(l->language, TEXT_NOT_READY));
	else if (notice)
		l->events->handle_notice(l, notice, l->userdata);
	else
		login_ask(l, json_object_get(parameters, "prompts"), text ? text : "");
}

int login_start(struct host *host, const struct login_request *request,
		const struct login_events *events, void *userdata, struct login **ret)
{
	struct login *l = calloc(1, sizeof(*l));
	json_t *parameters;
	int r;

	if (!l)
		return -ENOMEM;
	l->host = host;
	l->events = events;
	l->userdata = userdata;
	l->language = request->language;
	l->password = strdup(request->password);
	parameters = json_pack("{s:s, s:s, s:s, s:s, s:s}", "purpose",
			request->unlocks ? "unlock" : "station", "station", request->station,
			"user", request->user, "address", request->address, "language",
			request->language);
	if (!l->password || !parameters) {
		json_decref(parameters);
		login_free(l);
		return -ENOMEM;
	}
	if (!str_is_empty(request->desktop))
		json_object_set_new(parameters, "desktop", json_string(request->desktop));
	if (request->width && request->height) {
		json_object_set_new(parameters, "width",
				json_integer(CLAMP(request->width, WIDTH_MIN, WIDTH_MAX)));
		json_object_set_new(parameters, "height",
				json_integer(CLAMP(request->height, HEIGHT_MIN, HEIGHT_MAX)));
	}
	r = login_call(l, LOGIN "Start", parameters);
	if (r < 0) {
		login_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

struct login *login_free(struct login *l)
{
	struct varlink_request cancel = { .method = LOGIN "Cancel" };

	if (!l)
		return NULL;
	if (l->waiting)
		host_forget(l->host, l);
	if (l->conversation) {
		cancel.parameters = json_pack("{s:s}", "conversation", l->conversation);
		(void)host_call(l->host, &cancel, NULL, NULL);
	}
	str_wipe_free(l->password);
	free(l->conversation);
	free(l);
	return NULL;
}
