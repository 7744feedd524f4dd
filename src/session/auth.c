/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PAM. Its conversation function blocks until the person has answered, which is why each log-in has
 * a process of its own.
 *
 * Refusals take equally long whether the account exists or not: libpam's own delay is replaced (by
 * PAM_FAIL_DELAY) with a wait until AUTH_FAIL_MS after the last answer, which covers the time that
 * hashing a password took or did not take.
 */
#include "session/auth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

static void free_responses(struct pam_response *responses, int n)
{
	for (int i = 0; responses && i < n; i++)
		str_wipe_free(responses[i].resp);
	free(responses);
}

/* Texts of a module may hold anything: the name service, a file, a server. */
static int converse_prompts(struct auth *a, const struct pam_message **messages, int n,
		struct pam_response *responses)
{
	struct auth_prompt prompts[AUTH_PROMPTS_MAX];
	char *texts[AUTH_PROMPTS_MAX] = { 0 }, *answers[AUTH_PROMPTS_MAX] = { 0 };
	int index[AUTH_PROMPTS_MAX], r = 0;
	unsigned count = 0;

	for (int i = 0; i < n && r == 0; i++) {
		int style = messages[i]->msg_style;
		char *text = str_clean(messages[i]->msg ? messages[i]->msg : "", AUTH_TEXT_MAX);

		if (!text) {
			r = -ENOMEM;
		} else if (style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON) {
			prompts[count] = (struct auth_prompt){ text, style == PAM_PROMPT_ECHO_ON };
			index[count] = i;
			texts[count++] = text;
			continue;
		} else if (style == PAM_TEXT_INFO || style == PAM_ERROR_MSG) {
			if (*text)
				a->talk.tell(a->talk.userdata, text, style == PAM_ERROR_MSG);
		} else {
			r = -EOPNOTSUPP;
		}
		free(text);
	}
	if (r == 0 && count > 0)
		r = a->talk.ask(a->talk.userdata, prompts, count, answers);
	for (unsigned i = 0; i < count; i++) {
		if (r == 0)
			responses[index[i]].resp = answers[i];
		else
			str_wipe_free(answers[i]);
		free(texts[i]);
	}
	a->answered_ms = clock_mono_ms();
	return r;
}

static int converse(int n, const struct pam_message **messages, struct pam_response **ret,
		void *userdata)
{
	struct auth *a = userdata;
	struct pam_response *responses;

	if (n <= 0 || n > AUTH_PROMPTS_MAX)
		return PAM_CONV_ERR;
	responses = calloc((size_t)n, sizeof(*responses));
	if (!responses)
		return PAM_BUF_ERR;
	if (converse_prompts(a, messages, n, responses) < 0) {
		free_responses(responses, n);
		return PAM_CONV_ERR;
	}
	*ret = responses;
	return PAM_SUCCESS;
}

static void note_delay(int code, unsigned usec, void *userdata)
{
	struct auth *a = userdata;

	(void)code;
	a->fail_us = usec;
}

static int result(struct auth *a, enum auth_step step, int code)
{
	a->step = step;
	a->code = code;
	if (code == PAM_SUCCESS)
		return 0;
	if (!auth_is_wrong_secret(step, code))
		log_warning("PAM: %s (step %d)", pam_strerror(a->handle, code), (int)step);
	return -EACCES;
}

/*
 * Only such a one is given to PAM ("local" is none): libpam's auditing looks up every other name in
 * DNS, twice for each step, and waits 5 s when the answer is lost.
 */
static bool is_numeric(const char *address)
{
	struct in6_addr any;

	return !str_is_empty(address) &&
	       (inet_pton(AF_INET, address, &any) == 1 || inet_pton(AF_INET6, address, &any) == 1);
}

int auth_start(struct auth *a, const char *service, const char *user, const char *address,
		const struct auth_talk *talk)
{
	union {
		void (*fn)(int, unsigned, void *);
		const void *item;
	} delay = { note_delay };
	int code;

	*a = (struct auth){ .talk = *talk, .answered_ms = clock_mono_ms() };
	a->conv = (struct pam_conv){ converse, a };
	code = pam_start(service, user, &a->conv, &a->handle);
	if (code != PAM_SUCCESS)
		a->handle = NULL;
	if (code == PAM_SUCCESS)
		code = pam_set_item(a->handle, PAM_FAIL_DELAY, delay.item);
	if (code == PAM_SUCCESS && is_numeric(address))
		code = pam_set_item(a->handle, PAM_RHOST, address);
	/* Modules that look at the terminal want one; the display is not known yet. */
	if (code == PAM_SUCCESS)
		code = pam_set_item(a->handle, PAM_TTY, "stationmaster");
	return result(a, AUTH_START, code);
}

static void wait_after_failure(struct auth *a)
{
	int64_t due = a->answered_ms + MAX(AUTH_FAIL_MS, (int64_t)a->fail_us / 1000);
	struct timespec at = { .tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

int auth_prove(struct auth *a)
{
	int code;

	code = pam_authenticate(a->handle, 0);
	if (code != PAM_SUCCESS && code != PAM_CONV_ERR)
		wait_after_failure(a);
	return result(a, AUTH_PROOF, code);
}

/* Debian's common-account turns "expired" into a plain refusal; the shadow file still tells. */
static int find_account_code(struct auth *a, int code)
{
	const char *user = auth_user(a);
	struct spwd *entry = code == PAM_AUTH_ERR && user ? getspnam(user) : NULL;

	if (entry && entry->sp_expire >= 0 && entry->sp_expire <= time(NULL) / 86400)
		return PAM_ACCT_EXPIRED;
	return code;
}

int auth_check(struct auth *a, bool change)
{
	int code, r;

	code = find_account_code(a, pam_acct_mgmt(a->handle, 0));
	if (code != PAM_NEW_AUTHTOK_REQD) {
		if (auth_is_wrong_secret(AUTH_ACCOUNT, code))
			wait_after_failure(a);
		return result(a, AUTH_ACCOUNT, code);
	}
	if (!change)
		return 0;
	r = result(a, AUTH_PASSWORD, pam_chauthtok(a->handle, PAM_CHANGE_EXPIRED_AUTHTOK));
	if (r < 0)
		return r;
	/* A module may have let the conversation end without a change. */
	return result(a, AUTH_ACCOUNT, pam_acct_mgmt(a->handle, 0));
}

const char *auth_user(struct auth *a)
{
	const void *user = NULL;

	if (pam_get_item(a->handle, PAM_USER, &user) != PAM_SUCCESS)
		return NULL;
	return user;
}

int auth_open(struct auth *a, const char *tty, const struct environ *vars)
{
	int code;

	code = pam_set_item(a->handle, PAM_TTY, tty);
	if (code == PAM_SUCCESS)
		code = pam_set_item(a->handle, PAM_XDISPLAY, tty);
	for (size_t i = 0; i < vars->n && code == PAM_SUCCESS; i++)
		code = pam_putenv(a->handle, vars->vars[i]);
	if (code != PAM_SUCCESS)
		return result(a, AUTH_START, code);
	code = pam_setcred(a->handle, PAM_ESTABLISH_CRED);
	if (code != PAM_SUCCESS)
		return result(a, AUTH_CREDENTIALS, code);
	a->credentials = true;
	code = pam_open_session(a->handle, 0);
	if (code == PAM_SUCCESS)
		a->session = true;
	else
		auth_close(a);
	return result(a, AUTH_SESSION, code);
}

int auth_environ(struct auth *a, struct environ *e)
{
	char **list = pam_getenvlist(a->handle);
	int r = list ? 0 : -ENOMEM;

	for (char **v = list; v && *v; v++) {
		if (r == 0)
			r = environ_put(e, *v);
		free(*v);
	}
	free(list);
	return r;
}

void auth_close(struct auth *a)
{
	int code = PAM_SUCCESS;

	if (a->session) {
		/*
		 * pam_systemd would ask logind to release the session, which logind refuses to
		 * a caller outside of it, with an error in the journal. Without the id it leaves
		 * that to pam_end(): the descriptor that it keeps is closed and logind knows.
		 */
		pam_putenv(a->handle, "XDG_SESSION_ID");
		code = pam_close_session(a->handle, 0);
		if (code != PAM_SUCCESS)
			log_warning("PAM did not close the session: %s",
					pam_strerror(a->handle, code));
	}
	if (a->credentials)
		code = pam_setcred(a->handle, PAM_DELETE_CRED);
	if (code != PAM_SUCCESS)
		a->code = code;
	a->session = a->credentials = false;
}

void auth_end(struct auth *a)
{
	if (!a->handle)
		return;
	auth_close(a);
	pam_end(a->handle, a->code);
	a->handle = NULL;
}
