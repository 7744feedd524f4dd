/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Tokens. */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/apitoken.h"
#include "hostd/host.h"
#include "hostd/rights.h"
#include "hostd/station.h"

static const int64_t life_ms_max = 366ll * 24 * 3600 * 1000;

static bool may_see(const struct request *r, const struct api_token *t)
{
	return r->caller->role == ROLE_ADMINISTRATOR || t->caller.uid == r->caller->uid;
}

void api_tokens_list(struct request *r)
{
	json_t *tokens;
	struct list *l;

	if (!api_args_done(r))
		return;
	tokens = json_array();
	list_for_each (l, &r->host->api_tokens) {
		struct api_token *t = list_entry(l, struct api_token, link);

		if (may_see(r, t) && t->expires_ms > clock_real_ms())
			json_array_append_new(tokens, api_token_build_json(t));
	}
	varlink_reply(r->call, json_pack("{s:o}", "tokens", tokens));
}

/* More than the caller has would be refused at each call; better to say so now. NULL: fine. */
static const char *find_excess(struct request *r, const struct api_token_order *order)
{
	struct rights own;
	json_t *room;
	size_t i;

	rights_get(r->host, r->caller, &own);
	if (order->role > own.role)
		return "A token cannot have a higher role than you.";
	if (order->acts != (uint32_t)ACTS_ALL && order->acts & ~own.acts)
		return "A token cannot have acts that your rights do not name.";
	json_array_foreach (order->rooms, i, room)
		if (!rights_have_room(r->host, r->caller, json_string_value(room)))
			return "A token cannot have rooms that your rights do not name.";
	return NULL;
}

static void answer_failed(struct request *r, int error)
{
	if (error == -EDQUOT)
		api_error(r, "Limit",
				json_pack("{s:s}", "reason",
						"There are too many tokens already. Revoke some."));
	else
		api_failed(r,
				"The token could not be written to the disk. Free disk space, then try "
				"again.",
				"");
}

void api_tokens_create(struct request *r)
{
	const char *name = arg_string(&r->args, "name", ARG_REQUIRED, PLACE_MAX - 1);
	const char *role = arg_string(&r->args, "role", ARG_OPTIONAL, 32), *excess;
	struct api_token_order order = { .by = r->caller, .name = name, .role = r->caller->role };
	char secret[STR_API_TOKEN_LEN + 1], id[32];
	_cleanup_free_ char *what = NULL;
	struct api_token *t;
	int k;

	order.rooms = api_read_rooms(r);
	api_read_acts(r, &order.acts);
	order.expires_ms = arg_int(&r->args, "expires_ms", ARG_REQUIRED, clock_real_ms() + 1,
			clock_real_ms() + life_ms_max, 0);
	if (role && (role_parse(role, &order.role) < 0 || order.role == ROLE_STANDARD) &&
			!r->args.bad)
		r->args.bad = "role";
	if (name && (!*name || !station_place_is_valid(name)) && !r->args.bad)
		r->args.bad = "name";
	if (!api_args_done(r))
		return;
	excess = find_excess(r, &order);
	if (excess) {
		api_audit(r, name, "refused");
		api_refused(r, excess);
		return;
	}
	k = api_token_new(r->host, &order, &t, secret);
	if (k < 0) {
		answer_failed(r, k);
		return;
	}
	snprintf(id, sizeof(id), "k%lld", (long long)t->number);
	what = str_format("%s %s role=%s", id, name, role_to_string(order.role));
	api_audit(r, what ? what : id, "ok");
	varlink_reply(r->call, json_pack("{s:s, s:s}", "id", id, "token", secret));
	explicit_bzero(secret, sizeof(secret));
}

void api_tokens_revoke(struct request *r)
{
	const char *id = arg_string(&r->args, "id", ARG_REQUIRED, 32);
	_cleanup_free_ char *what = NULL;
	struct api_token *t = NULL;
	int64_t number;
	int k;

	if (!api_args_done(r))
		return;
	if (id[0] == 'k' && str_parse_i64(id + 1, 1, INT64_MAX, &number) == 0)
		t = api_token_find_number(r->host, number);
	if (!t || !may_see(r, t)) {
		api_not_found(r, id, "There is no such token; it may have ended.");
		return;
	}
	what = str_format("%s %s", id, t->name);
	api_audit(r, what ? what : id, "ok");
	k = api_token_revoke(r->host, t);
	if (k < 0)
		answer_failed(r, k);
	else
		varlink_reply(r->call, NULL);
}
