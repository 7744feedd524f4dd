/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenes. The decision table is test/unit/test-relay-scene.c. stationd has decided the kind; here
 * is what a screen shows of it with the pictures that are there:
 *
 * mapping, block and lock are cards and need nothing; a projection without a picture is a card,
 * never what was there before; a session whose picture was here is its last frame, dead to input,
 * and else the greeter that says it is coming, so that nobody ever sees another session's last
 * frame; nothing known is a card that waits.
 */
#include "relay/scene.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "ipc/json.h"

enum { TEXT_BYTES_MAX = 4096, WEB_SHOWN_MAX = 50 };

static const char *const kinds[_SCENE_KIND_MAX] = {
	[SCENE_GREETER] = "greeter",
	[SCENE_SESSION] = "session",
	[SCENE_PROJECTION] = "projection",
	[SCENE_LOCK] = "lock",
	[SCENE_BLOCK] = "block",
	[SCENE_MAPPING] = "mapping",
};

static const char *const mappings[_SCENE_MAPPING_MAX] = {
	[SCENE_MAPPING_KEYBOARD] = "keyboard",
	[SCENE_MAPPING_POINTER] = "pointer",
	[SCENE_MAPPING_WAITING] = "waiting",
};

static const char *text_of(struct args *a, const char *key)
{
	const char *text = arg_string(a, key, ARG_OPTIONAL, TEXT_BYTES_MAX);

	return text ? text : "";
}

static enum scene_kind parse_kind(const char *text)
{
	for (int k = 0; text && k < _SCENE_KIND_MAX; k++)
		if (kinds[k] && streq(kinds[k], text))
			return k;
	return SCENE_UNKNOWN;
}

static enum scene_mapping parse_mapping(const char *text)
{
	for (int m = 0; text && m < _SCENE_MAPPING_MAX; m++)
		if (mappings[m] && streq(mappings[m], text))
			return m;
	return SCENE_MAPPING_NONE;
}

static enum notice_kind find_kind(const char *act, const char *cause)
{
	if (!*cause || streq(cause, "order"))
		return NOTICE_ORDER;
	return streq(act, "suspend") ? NOTICE_IDLE_SUSPEND
	       : streq(act, "lock")  ? NOTICE_IDLE_LOCK
				     : NOTICE_IDLE_LOGOFF;
}

static bool parse_notice(json_t *json, struct scene *s)
{
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	s->has_notice = true;
	s->notice.by = text_of(&a, "by");
	s->notice.message = text_of(&a, "message");
	s->notice.ends_ms = arg_int(&a, "ends_ms", ARG_REQUIRED, 0, INT64_MAX, 0);
	s->notice.more_time = arg_bool(&a, "more_time", ARG_OPTIONAL, false);
	s->notice.kind = find_kind(text_of(&a, "act"), text_of(&a, "cause"));
	return !args_bad(&a);
}

static bool parse_block(json_t *json, struct scene *s)
{
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	s->has_block = true;
	s->block.by = text_of(&a, "by");
	s->block.message = text_of(&a, "message");
	s->block.until_ms = arg_int(&a, "until_ms", ARG_OPTIONAL, 0, INT64_MAX, 0);
	return !args_bad(&a);
}

static bool parse_projection(json_t *json, struct scene *s)
{
	const char *id, *session;
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	id = arg_string(&a, "id", ARG_REQUIRED, PROJECTION_ID_MAX);
	session = arg_string(&a, "session", ARG_OPTIONAL, SOURCE_SESSION_MAX);
	s->has_projection = true;
	s->projection.by = text_of(&a, "by");
	s->projection.full_name = text_of(&a, "full_name");
	s->projection.window = arg_bool(&a, "window", ARG_REQUIRED, false);
	if (args_bad(&a) || str_is_empty(id))
		return false;
	str_copy(s->projection.id, sizeof(s->projection.id), id);
	str_copy(s->projection.session, sizeof(s->projection.session), session ? session : "");
	return true;
}

static bool parse_identify(json_t *json, struct scene *s)
{
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	s->has_identify = true;
	s->identify.name = text_of(&a, "name");
	s->identify.system = text_of(&a, "system");
	return !args_bad(&a) && *s->identify.name;
}

static bool parse_sign(json_t *json, struct scene *s)
{
	const char *kind;
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	kind = arg_string(&a, "kind", ARG_REQUIRED, 16);
	s->has_sign = true;
	s->sign.by = text_of(&a, "by");
	s->sign.exclusive = arg_bool(&a, "exclusive", ARG_OPTIONAL, false);
	if (args_bad(&a) || !(streq(kind, "viewed") || streq(kind, "controlled")))
		return false;
	s->sign.controlled = streq(kind, "controlled");
	return true;
}

static bool parse_lesson(json_t *json, struct scene *s)
{
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	s->has_lesson = true;
	s->lesson.name = text_of(&a, "name");
	s->lesson.by = text_of(&a, "by");
	s->lesson.ends_ms = arg_int(&a, "ends_ms", ARG_REQUIRED, 0, INT64_MAX, 0);
	return !args_bad(&a);
}

static bool parse_web(json_t *json, struct scene *s)
{
	const char *mode;
	struct args a;

	if (!json)
		return true;
	args_init(&a, json);
	s->has_web = true;
	s->web.by = text_of(&a, "by");
	mode = arg_string(&a, "mode", ARG_REQUIRED, 16);
	s->web.domains = arg_strings(&a, "domains", ARG_REQUIRED, WEB_SHOWN_MAX, 300);
	s->web.more = arg_int(&a, "more", ARG_OPTIONAL, 0, INT32_MAX, 0);
	s->web.deny = mode && streq(mode, "deny");
	return !args_bad(&a);
}

/* What belongs together. */
static bool is_whole(const struct scene *s)
{
	switch (s->kind) {
	case SCENE_GREETER:
		return !s->input;
	case SCENE_SESSION:
		return s->session[0] && !(s->has_projection && !s->projection.window);
	case SCENE_PROJECTION:
		return !s->input && s->has_projection && !s->projection.window;
	case SCENE_LOCK:
		return !s->input && s->session[0] && *s->user;
	case SCENE_BLOCK:
		return !s->input && s->has_block;
	case SCENE_MAPPING:
		return !s->input && s->mapping != SCENE_MAPPING_NONE;
	default:
		return false;
	}
}

/* One that cannot be read is not told of. */
static const char *auto_name_of(json_t *json)
{
	const char *name = json_string_value(json_object_get(json, "full_name"));

	return str_is_empty(name) ? json_string_value(json_object_get(json, "user")) : name;
}

int scene_parse(json_t *json, struct scene *ret)
{
	struct scene s = { 0 };
	const char *session;
	json_t *automatic;
	struct args a;
	bool ok;

	scene_done(ret);
	if (!json_is_object(json))
		return -EBADMSG;
	args_init(&a, json);
	s.kind = parse_kind(arg_string(&a, "kind", ARG_REQUIRED, 16));
	session = arg_string(&a, "session", ARG_OPTIONAL, SOURCE_SESSION_MAX);
	str_copy(s.session, sizeof(s.session), session ? session : "");
	s.user = text_of(&a, "user");
	s.full_name = text_of(&a, "full_name");
	s.input = arg_bool(&a, "input", ARG_REQUIRED, false);
	s.text = text_of(&a, "text");
	s.limit.memory = streq(text_of(&a, "limit_hit"), "memory");
	s.limit.at_ms = arg_int(&a, "limit_hit_ms", ARG_OPTIONAL, 0, INT64_MAX, 0);
	automatic = arg_any(&a, "auto", ARG_OPTIONAL);
	s.auto_name = auto_name_of(automatic);
	s.auto_ms = json_integer_value(json_object_get(automatic, "at_ms"));
	ok = parse_notice(arg_any(&a, "notice", ARG_OPTIONAL), &s) &&
	     parse_block(arg_any(&a, "block", ARG_OPTIONAL), &s) &&
	     parse_projection(arg_any(&a, "projection", ARG_OPTIONAL), &s) &&
	     parse_sign(arg_any(&a, "sign", ARG_OPTIONAL), &s) &&
	     parse_lesson(arg_any(&a, "lesson", ARG_OPTIONAL), &s) &&
	     parse_web(arg_any(&a, "web", ARG_OPTIONAL), &s) &&
	     parse_identify(arg_any(&a, "identify", ARG_OPTIONAL), &s);
	s.mapping = parse_mapping(arg_string(&a, "mapping", ARG_OPTIONAL, 16));
	if (!ok || args_bad(&a) || !is_whole(&s))
		return -EBADMSG;
	s.json = json_incref(json);
	*ret = s;
	return 0;
}

void scene_done(struct scene *s)
{
	json_decref(s->json);
	*s = (struct scene){ .user = "", .full_name = "", .text = "" };
}

static enum scene_picture decide_session(const struct scene_facts *f)
{
	if (f->has_picture)
		return f->window && f->has_projection ? SCENE_PICTURE_WINDOW
						      : SCENE_PICTURE_SESSION;
	return f->was_shown ? SCENE_PICTURE_LAST : SCENE_PICTURE_BUSY;
}

static enum scene_picture decide_picture(const struct scene_facts *f)
{
	switch (f->kind) {
	case SCENE_GREETER:
		return f->login_runs ? SCENE_PICTURE_BUSY : SCENE_PICTURE_LOGIN;
	case SCENE_SESSION:
		return decide_session(f);
	case SCENE_PROJECTION:
		return f->has_projection ? SCENE_PICTURE_PROJECTION : SCENE_PICTURE_COMING;
	case SCENE_LOCK:
		return f->login_runs ? SCENE_PICTURE_BUSY : SCENE_PICTURE_LOCK;
	case SCENE_BLOCK:
		return SCENE_PICTURE_BLOCK;
	case SCENE_MAPPING:
		return SCENE_PICTURE_MAPPING;
	default:
		return SCENE_PICTURE_WAITING;
	}
}

static bool takes_input(const struct scene_facts *f, enum scene_picture picture)
{
	switch (picture) {
	case SCENE_PICTURE_SESSION:
	case SCENE_PICTURE_WINDOW:
		return f->input;
	case SCENE_PICTURE_WAITING:
	case SCENE_PICTURE_LOGIN:
	case SCENE_PICTURE_BUSY:
	case SCENE_PICTURE_LOCK:
		return true;
	default:
		return false;
	}
}

struct scene_shown scene_decide(const struct scene_facts *f)
{
	struct scene_shown d = { .picture = decide_picture(f) };
	bool is_person = f->kind != SCENE_UNKNOWN && f->kind != SCENE_GREETER &&
			 f->kind != SCENE_MAPPING;

	d.input = takes_input(f, d.picture);
	d.notice = is_person && f->has_notice;
	d.sign = is_person && f->has_sign;
	d.identify = f->has_identify;
	d.chat = d.picture == SCENE_PICTURE_SESSION || d.picture == SCENE_PICTURE_WINDOW;
	/* Elsewhere nothing but the question for more time is allowed. */
	d.panel = d.chat || (d.notice && (f->kind == SCENE_PROJECTION || f->kind == SCENE_BLOCK));
	return d;
}
