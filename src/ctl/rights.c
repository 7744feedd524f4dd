/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rights list, set, clear; token list, create, revoke. */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/list.h"
#include "ctl/when.h"

#define RIGHTS "org.stationmaster.Rights."
#define TOKENS "org.stationmaster.Tokens."

enum { EXPIRES_DAYS = 90 };

/* What an array names, or a word for none of it. Fresh memory. */
static char *names_text(json_t *item, const char *key, const char *null, const char *empty)
{
	json_t *names = json_object_get(item, key);

	if (!json_is_array(names))
		return strdup(null);
	return json_array_size(names) == 0 ? strdup(empty) : text_array(names);
}

static void grant_row_add(struct table *t, json_t *grant)
{
	table_add_consume(t, text_member(grant, "user"));
	table_add_consume(t, text_member(grant, "full_name"));
	table_add_consume(t, names_text(grant, "rooms", "all", "all"));
	table_add_consume(t, names_text(grant, "acts", "default", "none"));
}

int rights_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "USER" },
		{ "NAME", .cut = true },
		{ "ROOMS", .cut = true },
		{ "ACTS", .cut = true },
	};
	static const struct list_info list = { RIGHTS "List", "grants",
		"No operator has rights of its own: each may act in all rooms.", columns,
		ELEMENTSOF(columns), grant_row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

static void parameters_add(struct ctl *c, json_t *parameters)
{
	if (c->rooms)
		json_object_set(parameters, "rooms", c->rooms);
	if (c->acts)
		json_object_set(parameters, "acts", c->acts);
}

int rights_set_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_pack("{s:s}", "user", argv[0]);
	_cleanup_free_ char *rooms = NULL, *acts = NULL, *user = NULL;
	json_t *grant;
	int r;

	(void)argc;
	if (!c->rooms && !c->acts)
		return ctl_usage(c, "What should be bound? Give --room, --acts, or both.");
	parameters_add(c, parameters);
	r = ctl_call(c, RIGHTS "Set", take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	grant = json_object_get(reply, "grant");
	if (!json_is_object(grant))
		return ctl_bad_reply(c, RIGHTS "Set");
	if (c->json) {
		text_print_json(stdout, grant, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	user = text_member(grant, "user");
	rooms = names_text(grant, "rooms", "all", "all");
	acts = names_text(grant, "acts", "those of every operator", "none");
	printf("%s: rooms %s, acts %s.\n", user, rooms, acts);
	return CTL_DONE;
}

int rights_clear_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *about = json_pack("{s:s}", "user", argv[0]);
	_cleanup_free_ char *user = text_clean(argv[0]);
	int r;

	(void)argc;
	r = ctl_call(c, RIGHTS "Clear", json_incref(about), CTL_ANSWER_MS, NULL);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("%s has the rights of every operator again.\n", user);
	return CTL_DONE;
}

/* --- tokens --- */

static char *time_text(json_t *token, const char *key)
{
	int64_t ms = json_integer_value(json_object_get(token, key));

	return ms ? when_format(ms, clock_real_ms()) : strdup("never");
}

static void token_row_add(struct table *t, json_t *token)
{
	table_add_consume(t, text_member(token, "id"));
	table_add_consume(t, text_member(token, "name"));
	table_add_consume(t, text_member(token, "user"));
	table_add_consume(t, text_member(token, "role"));
	table_add_consume(t, names_text(token, "rooms", "all", "all"));
	table_add_consume(t, names_text(token, "acts", "all", "none"));
	table_add_consume(t, time_text(token, "expires_ms"));
	table_add_consume(t, time_text(token, "used_ms"));
	table_add_consume(t, text_member(token, "used_from"));
}

int token_list_run(struct ctl *c, int argc, char **argv)
{
	static const struct column columns[] = {
		{ "TOKEN" },
		{ "NAME", .cut = true },
		{ "USER" },
		{ "ROLE" },
		{ "ROOMS", .cut = true },
		{ "ACTS", .cut = true },
		{ "EXPIRES" },
		{ "USED" },
		{ "FROM", .optional = true },
	};
	static const struct list_info list = { TOKENS "List", "tokens", "No tokens.", columns,
		ELEMENTSOF(columns), token_row_add };

	(void)argc, (void)argv;
	return list_run(c, &list);
}

int token_create_run(struct ctl *c, int argc, char **argv)
{
	int64_t life = c->expires_ms > 0 ? c->expires_ms : EXPIRES_DAYS * 24ll * 3600 * 1000;
	int64_t expires = clock_real_ms() + MIN(life, CTL_EXPIRES_MAX_MS - 60000);
	_cleanup_json_ json_t *reply = NULL, *parameters = json_pack("{s:s, s:I}", "name", argv[0],
							     "expires_ms", (json_int_t)expires);
	_cleanup_free_ char *id = NULL, *token = NULL, *until = NULL;
	int r;

	(void)argc;
	parameters_add(c, parameters);
	if (c->role)
		json_object_set_new(parameters, "role", json_string(c->role));
	r = ctl_call(c, TOKENS "Create", take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	if (c->json) {
		text_print_json(stdout, reply, JSON_INDENT(2), c->out_tty);
		return CTL_DONE;
	}
	id = text_member(reply, "id");
	token = text_member(reply, "token");
	until = when_format(expires, clock_real_ms());
	/* The token alone goes to standard output, for a script that keeps it. */
	fprintf(stderr, "Token %s, good until %s. It is shown now and never again:\n", id, until);
	puts(token ? token : "");
	return CTL_DONE;
}

int token_revoke_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *about = json_pack("{s:s}", "id", argv[0]);
	_cleanup_free_ char *id = text_clean(argv[0]);
	int r;

	(void)argc;
	r = ctl_call(c, TOKENS "Revoke", json_incref(about), CTL_ANSWER_MS, NULL);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("Token %s is good for nothing any more.\n", id);
	return CTL_DONE;
}
