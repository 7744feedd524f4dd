/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scene says of lesson and web, in words for the person at a station without a page. */
#include <stdio.h>

#include "base/str.h"
#include "relay/overlay-text.h"
#include "relay/scene.h"

enum { MINUTE_MS = 60000, NAME_MAX_CHARS = 60 };

static char *fill(const char *language, enum overlay_text text, const char *value)
{
	char filled[512];

	overlay_text_fill(filled, sizeof(filled), overlay_text_get(language, text), value);
	return strdup(filled);
}

char *scene_lesson_title(const struct scene *s, const char *language)
{
	if (!s->has_lesson)
		return NULL;
	return *s->lesson.name ? str_clean(s->lesson.name, NAME_MAX_CHARS)
			       : strdup(overlay_text_get(language, TEXT_LESSON));
}

char *scene_lesson_text(const struct scene *s, const char *language)
{
	_cleanup_free_ char *title = scene_lesson_title(s, language), *until = NULL;
	char time[64];

	if (!title)
		return NULL;
	overlay_text_time(time, sizeof(time), s->lesson.ends_ms, language);
	until = fill(language, TEXT_LESSON_UNTIL, time);
	return until ? str_format("%s: %s", title, until) : NULL;
}

char *scene_lesson_soon(const struct scene *s, const char *language, int64_t now_ms)
{
	int64_t left = s->has_lesson ? s->lesson.ends_ms - now_ms : 0;
	char minutes[16];

	if (left <= 0)
		return NULL;
	left = (left + MINUTE_MS / 2) / MINUTE_MS;
	snprintf(minutes, sizeof(minutes), "%d", (int)MIN(left, (int64_t)9999));
	return left <= 1 ? fill(language, TEXT_LESSON_SOON_ONE, "")
			 : fill(language, TEXT_LESSON_SOON, minutes);
}

char *scene_web_text(const struct scene *s, const char *language)
{
	_cleanup_free_ char *by = NULL, *lead = NULL;
	char *text = NULL;
	json_t *name;
	size_t size, i;
	FILE *f;

	if (!s->has_web)
		return NULL;
	by = str_clean(s->web.by, NAME_MAX_CHARS);
	lead = by ? fill(language, s->web.deny ? TEXT_WEB_CLOSED : TEXT_WEB_OPEN, by) : NULL;
	f = lead ? open_memstream(&text, &size) : NULL;
	if (!f)
		return NULL;
	fputs(lead, f);
	json_array_foreach (s->web.domains, i, name)
		fprintf(f, "%s%s", i ? ", " : " ", json_string_value(name));
	if (s->web.more > 0) {
		_cleanup_free_ char *more = NULL;
		char count[24];

		snprintf(count, sizeof(count), "%lld", (long long)s->web.more);
		more = fill(language, TEXT_WEB_MORE, count);
		fprintf(f, " %s", more ? more : "");
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
