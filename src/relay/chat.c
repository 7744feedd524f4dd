/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what stationd tells of a conversation. All or nothing: half a conversation would mislead.
 */
#include "relay/chat.h"

#include <errno.h>

#include "base/str.h"
#include "ipc/json.h"

enum { NAME_BYTES_MAX = 1024, TEXT_BYTES_MAX = 4 * CHAT_CHARS_MAX };

static bool parse_line(json_t *json, struct chat_line *ret)
{
	struct args a;

	if (!json_is_object(json))
		return false;
	args_init(&a, json);
	ret->number = arg_int(&a, "number", ARG_REQUIRED, 0, INT64_MAX, 0);
	ret->at_ms = arg_int(&a, "at_ms", ARG_REQUIRED, 0, INT64_MAX, 0);
	ret->from_name = arg_string(&a, "from_name", ARG_REQUIRED, NAME_BYTES_MAX);
	ret->supervisor = arg_bool(&a, "supervisor", ARG_REQUIRED, false);
	ret->text = arg_string(&a, "text", ARG_REQUIRED, TEXT_BYTES_MAX);
	return !args_bad(&a) && str_count_chars(ret->text) <= CHAT_CHARS_MAX;
}

int chat_parse(json_t *json, struct chat *ret)
{
	static uint64_t version;
	struct chat c = { .known = true, .version = ++version };
	json_t *messages, *item;
	struct args a;
	size_t i;

	chat_done(ret);
	if (!json_is_object(json))
		return -EBADMSG;
	args_init(&a, json);
	c.enabled = arg_bool(&a, "enabled", ARG_REQUIRED, false);
	c.hand = arg_bool(&a, "hand", ARG_REQUIRED, false);
	messages = arg_any(&a, "messages", ARG_REQUIRED);
	if (args_bad(&a) || !json_is_array(messages) || json_array_size(messages) > CHAT_LINES_MAX)
		return -EBADMSG;
	json_array_foreach (messages, i, item) {
		if (!parse_line(item, &c.lines[i]) ||
				(i > 0 && c.lines[i].number <= c.lines[i - 1].number))
			return -EBADMSG;
	}
	c.n = (unsigned)i;
	c.json = json_incref(json);
	*ret = c;
	return 0;
}

json_t *chat_build_json(const struct chat *c)
{
	if (c->json)
		return json_incref(c->json);
	return json_pack("{s:b, s:b, s:[]}", "enabled", 0, "hand", 0, "messages");
}

void chat_done(struct chat *c)
{
	json_decref(c->json);
	*c = (struct chat){ 0 };
}
