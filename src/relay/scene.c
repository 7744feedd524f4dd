/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenes. The decision table is test/unit/test-relay-scene.c; precedence from the top:
 * nothing known -> waiting; greeter -> log-in; session with picture -> session; session whose
 * picture was here -> its last frame, dead to input; else the greeter that says it is coming, so
 * that nobody ever sees another session's last frame.
 */
#include "relay/scene.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "ipc/json.h"

int scene_parse(json_t *json, struct scene *ret)
{
	struct scene s = { 0 };
	struct args a, n;
	const char *kind, *session;
	json_t *notice;

	if (!json_is_object(json))
		return -EBADMSG;
	args_init(&a, json);
	kind = arg_string(&a, "kind", ARG_REQUIRED, 16);
	session = arg_string(&a, "session", ARG_OPTIONAL, SOURCE_SESSION_MAX);
	s.text = arg_string(&a, "text", ARG_OPTIONAL, 4096);
	notice = arg_any(&a, "notice", ARG_OPTIONAL);
	if (args_bad(&a) || !(streq(kind, "greeter") || streq(kind, "session")))
		return -EBADMSG;
	s.kind = streq(kind, "session") ? SCENE_SESSION : SCENE_GREETER;
	if (s.kind == SCENE_SESSION && str_is_empty(session))
		return -EBADMSG;
	if (s.kind == SCENE_SESSION)
		str_copy(s.session, sizeof(s.session), session);
	if (notice) {
		args_init(&n, notice);
		s.has_notice = true;
		s.by = arg_string(&n, "by", ARG_OPTIONAL, 4096);
		s.message = arg_string(&n, "message", ARG_OPTIONAL, 4096);
		s.ends_ms = arg_int(&n, "ends_ms", ARG_REQUIRED, 0, INT64_MAX, 0);
		if (args_bad(&n))
			return -EBADMSG;
	}
	s.text = s.text ? s.text : "";
	s.by = s.by ? s.by : "";
	s.message = s.message ? s.message : "";
	s.json = json_incref(json);
	scene_done(ret);
	*ret = s;
	return 0;
}

void scene_done(struct scene *s)
{
	json_decref(s->json);
	memset(s, 0, sizeof(*s));
}

struct scene_shown scene_decide(const struct scene_facts *f)
{
	if (!f->known)
		return (struct scene_shown){ .picture = SCENE_PICTURE_WAITING, .input = true };
	if (f->kind == SCENE_GREETER)
		return (struct scene_shown){ .picture = f->login_runs ? SCENE_PICTURE_BUSY
								      : SCENE_PICTURE_LOGIN,
			.input = true };
	if (f->has_picture)
		return (struct scene_shown){
			.picture = SCENE_PICTURE_SESSION, .input = true, .notice = f->has_notice
		};
	if (f->was_shown)
		return (struct scene_shown){ .picture = SCENE_PICTURE_LAST,
			.notice = f->has_notice };
	return (struct scene_shown){ .picture = SCENE_PICTURE_BUSY, .input = true };
}
