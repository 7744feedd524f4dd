/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The PAM conversation over Varlink. PAM calls back for answers and cannot be left in the middle,
 * so this part waits inside the call back: each prompt answers the call that is open (Begin or
 * Answer) and pumps the connection until the next Answer has come. If it does not come in time, or
 * the connection ends, PAM is told so and gives up.
 */
#include "session/login.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/worker.h"

#define WORKER "org.stationmaster.Worker."

enum { GROUP_NAME_MAX = 256, ADDRESS_MAX = 256, SERVICE_MAX = 64, MESSAGES_MAX = 32 };

struct begin {
	const char *purpose, *service, *user, *address, *admin_group, *operator_group;
};

void login_handle_call(struct login *l, struct varlink_call *call)
{
	if (!l->incoming) {
		l->incoming = call;
		return;
	}
	varlink_error(call, WORKER "WrongState",
			json_pack("{s:s}", "reason", "A log-in is under way: answer it first."));
	varlink_call_unref(call);
}

/* The next call of this name; others are refused. */
static int wait_call(struct login *l, const char *method, struct varlink_call **ret)
{
	int64_t due = clock_mono_ms() + WORKER_IDLE_MS;

	for (;;) {
		_cleanup_(varlink_call_unrefp) struct varlink_call *call = NULL;
		int r;

		if (l->incoming) {
			call = take_ptr(l->incoming);
			if (streq(call->method, method)) {
				*ret = take_ptr(call);
				return 0;
			}
			varlink_error(call, WORKER "WrongState",
					json_pack("{s:s+}", "reason", "The next call must be ",
							method));
			continue;
		}
		r = varlink_pump(l->conn, (int)MAX(due - clock_mono_ms(), 0));
		if (r < 0)
			return r;
	}
}

static json_t *take_messages(struct login *l)
{
	return l->messages ? take_ptr(l->messages) : json_array();
}

/* Answer the open call. prompts and person are taken; person NULL: null. */
static void answer(struct login *l, json_t *prompts, bool done, json_t *person)
{
	varlink_reply(l->call, json_pack("{s:o, s:o, s:b, s:o}", "prompts", prompts, "messages",
					       take_messages(l), "done", done, "person",
					       person ? person : json_null()));
	l->call = varlink_call_unref(l->call);
}

static void refuse(struct login *l, const char *error, json_t *parameters)
{
	varlink_error(l->call, error, parameters);
	l->call = varlink_call_unref(l->call);
	json_decref(l->messages);
	l->messages = NULL;
}

static void deny(struct login *l, const char *reason, bool with_messages)
{
	if (!with_messages) {
		json_decref(l->messages);
		l->messages = NULL;
	}
	refuse(l, WORKER "Denied",
			json_pack("{s:s, s:o}", "reason", reason, "messages", take_messages(l)));
}

static void tell(void *userdata, const char *text, bool error)
{
	struct login *l = userdata;

	if (!l->messages)
		l->messages = json_array();
	if (json_array_size(l->messages) < MESSAGES_MAX)
		json_array_append_new(
				l->messages, json_pack("{s:s, s:b}", "text", text, "error", error));
}

static int ask(void *userdata, const struct auth_prompt *prompts, unsigned n, char **answers)
{
	struct login *l = userdata;
	json_t *list = json_array();

	if (!l->call) {
		/* A session module that asks: nobody is there any more. */
		json_decref(list);
		return -ENOTCONN;
	}
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:b}", "text", prompts[i].text, "echo",
							    prompts[i].echo));
	answer(l, list, false, NULL);
	for (;;) {
		struct args a;
		json_t *given;
		const char *bad;
		int r;

		r = wait_call(l, WORKER "Answer", &l->call);
		if (r < 0)
			return r;
		args_init(&a, l->call->parameters);
		given = arg_strings(&a, "answers", ARG_REQUIRED, AUTH_PROMPTS_MAX, AUTH_ANSWER_MAX);
		bad = args_done(&a);
		if (!bad && json_array_size(given) != n)
			bad = "answers";
		if (bad) {
			varlink_error_parameter(l->call, bad);
			l->call = varlink_call_unref(l->call);
			continue;
		}
		for (unsigned i = 0; i < n; i++) {
			answers[i] = strdup(json_string_value(json_array_get(given, i)));
			if (!answers[i])
				return -ENOMEM;
		}
		return 0;
	}
}

static const char *parse_begin(struct login *l, json_t *parameters, struct begin *ret)
{
	static const char *const purposes[] = { "station", "dashboard", "start" };
	struct args a;

	args_init(&a, parameters);
	ret->purpose = arg_string(&a, "purpose", ARG_REQUIRED, 16);
	ret->service = arg_string(&a, "service", ARG_REQUIRED, SERVICE_MAX);
	ret->user = arg_string(&a, "user", ARG_REQUIRED, 256);
	ret->address = arg_string(&a, "address", ARG_REQUIRED, ADDRESS_MAX);
	ret->admin_group = arg_string(&a, "admin_group", ARG_REQUIRED, GROUP_NAME_MAX);
	ret->operator_group = arg_string(&a, "operator_group", ARG_REQUIRED, GROUP_NAME_MAX);
	if (args_done(&a))
		return args_done(&a);
	/* A service is the name of a file of /etc/pam.d. */
	if (!*ret->service || strchr(ret->service, '/'))
		return "service";
	if (!*ret->user)
		return "user";
	for (size_t i = 0; i < ELEMENTSOF(purposes); i++) {
		if (streq(purposes[i], ret->purpose)) {
			l->purpose = (enum login_purpose)i;
			return NULL;
		}
	}
	return "purpose";
}

static void deny_pam(struct login *l, struct auth *auth)
{
	deny(l, auth_text(auth->step, auth->code), !auth_is_wrong_secret(auth->step, auth->code));
}

static void unknown_user(struct login *l, const char *user)
{
	_cleanup_free_ char *clean = str_clean(user, 64);
	_cleanup_free_ char *reason = str_format("There is no account \"%s\" on this computer. "
						 "Check the name.",
			clean ? clean : "");

	refuse(l, WORKER "UnknownUser",
			json_pack("{s:s, s:s}", "user", clean ? clean : "", "reason",
					reason ? reason : ""));
}

/* PAM in the order of its manual. 0, or the call was answered with why not. */
static int authenticate(
		struct login *l, const struct begin *b, struct auth *auth, struct account *account)
{
	struct auth_talk talk = { .ask = ask, .tell = tell, .userdata = l };
	const char *user;
	int r;

	if (l->purpose == LOGIN_START) {
		r = account_find(b->user, b->admin_group, b->operator_group, account);
		if (r == -ENOENT) {
			unknown_user(l, b->user);
			return r;
		}
		account_done(account);
	}
	r = auth_start(auth, b->service, b->user, b->address, &talk);
	if (r == 0 && l->purpose != LOGIN_START)
		r = auth_prove(auth);
	if (r == 0)
		r = auth_check(auth, l->purpose != LOGIN_START);
	if (r < 0) {
		if (l->call)
			deny_pam(l, auth);
		return r;
	}
	user = auth_user(auth);
	r = user ? account_find(user, b->admin_group, b->operator_group, account) : -ENOENT;
	if (r < 0) {
		log_warning_errno(r, "account facts cannot be read user=%s", user ? user : "");
		deny(l,
				"The account's data cannot be read at the moment. Try again in a minute; if "
				"it goes on, tell an administrator.",
				true);
		return r;
	}
	if (account->uid == 0 && l->purpose != LOGIN_DASHBOARD) {
		deny(l,
				"The account root does not work at a station. Use a personal account; root "
				"may use the dashboard.",
				true);
		return -EACCES;
	}
	return 0;
}

int login_run(struct login *l, struct varlink *conn, struct auth *auth, struct account *account,
		char **ret_address)
{
	_cleanup_free_ char *address = NULL;
	struct varlink_call *begin_call;
	json_t *person;
	struct begin b;
	const char *bad;
	int r;

	l->conn = conn;
	do {
		r = wait_call(l, WORKER "Begin", &l->call);
		if (r < 0)
			return r;
		bad = parse_begin(l, l->call->parameters, &b);
		if (bad) {
			varlink_error_parameter(l->call, bad);
			l->call = varlink_call_unref(l->call);
		}
	} while (bad);
	begin_call = varlink_call_ref(l->call); /* b's strings are in it */
	r = authenticate(l, &b, auth, account);
	address = strdup(b.address);
	varlink_call_unref(begin_call);
	if (r < 0)
		return varlink_is_closed(conn) ? -ECONNRESET : 1;
	person = account_build_person(account);
	if (!person || !address) {
		json_decref(person);
		deny(l, "This computer is out of memory. Try again later.", true);
		return 1;
	}
	answer(l, json_array(), true, person);
	*ret_address = take_ptr(address);
	return l->purpose == LOGIN_DASHBOARD ? 1 : 0;
}
