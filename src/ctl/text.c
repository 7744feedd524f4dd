/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text for people. Invariant: no byte that a user or a program in a session can choose reaches the
 * terminal before it went through text_clean(), here or in table.c.
 */
#include "ctl/text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/str.h"

void text_init(void)
{
	setlocale(LC_CTYPE, "");
	if (!streq(nl_langinfo(CODESET), "UTF-8"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

char *text_clean(const char *s)
{
	return str_clean(s, TEXT_VALUE_MAX);
}

size_t text_cut(const char *s, size_t columns, size_t *ret_width)
{
	size_t left = strlen(s), used = 0, width = 0;
	mbstate_t state = { 0 };

	while (left > 0) {
		wchar_t wc;
		size_t n = mbrtowc(&wc, s + used, left, &state);
		int w;

		if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
			/* Not UTF-8 for the C library: one byte, one column. */
			memset(&state, 0, sizeof(state));
			n = 1;
			w = 1;
		} else {
			w = wcwidth(wc);
			w = w < 0 ? 1 : w;
		}
		if (width + (size_t)w > columns)
			break;
		width += (size_t)w;
		used += n;
		left -= n;
	}
	*ret_width = width;
	return used;
}

size_t text_width(const char *s)
{
	size_t width;

	text_cut(s, SIZE_MAX / 2, &width);
	return width;
}

const char *text_colour(enum text_colour colour, bool tty)
{
	static const char *const codes[] = {
		[TEXT_PLAIN] = "\033[0m",
		[TEXT_BOLD] = "\033[1m",
		[TEXT_DIM] = "\033[2m",
		[TEXT_RED] = "\033[31m",
		[TEXT_GREEN] = "\033[32m",
		[TEXT_YELLOW] = "\033[33m",
		[TEXT_BLUE] = "\033[34m",
	};
	const char *term = getenv("TERM");

	if (!tty || !str_is_empty(getenv("NO_COLOR")) || !term || streq(term, "dumb"))
		return "";
	return codes[colour];
}

char *text_duration(int64_t ms)
{
	long long s = MAX(ms, 0) / 1000;

	if (s < 1)
		return strdup("now");
	if (s < 60)
		return str_format("%lld s", s);
	if (s < 3600)
		return str_format("%lld min", s / 60);
	if (s < 2LL * 86400 && s / 60 % 60 == 0)
		return str_format("%lld h", s / 3600);
	if (s < 2LL * 86400)
		return str_format("%lld h %lld min", s / 3600, s / 60 % 60);
	return str_format("%lld days", s / 86400);
}

int text_parse_time(const char *s, int64_t *ret_s)
{
	struct tm tm = { 0 };
	const char *end;

	end = s ? strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;
	if (!end || *end)
		return -EINVAL;
	*ret_s = timegm(&tm);
	return 0;
}

char *text_since(const char *timestamp)
{
	_cleanup_free_ char *duration = NULL;
	int64_t since_s, age_ms;

	if (text_parse_time(timestamp, &since_s) < 0)
		return strdup("?");
	age_ms = clock_real_ms() - since_s * 1000;
	if (age_ms < 1000)
		return strdup("now");
	duration = text_duration(age_ms);
	return duration ? str_format("%s ago", duration) : NULL;
}

void text_print_lines(FILE *f, const char *indent, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");
		_cleanup_free_ char *line = strndup(s, n);
		_cleanup_free_ char *clean = line ? text_clean(line) : NULL;

		fprintf(f, "%s%s\n", indent, clean ? clean : "");
		s += n;
		s += *s == '\n';
	}
}

void text_print_json(FILE *f, json_t *value, size_t flags, bool tty)
{
	json_dumpf(value, f, flags | (tty ? JSON_ENSURE_ASCII : 0) | JSON_ENCODE_ANY);
	fputc('\n', f);
}

void text_print_field(FILE *f, const char *name, const char *value)
{
	_cleanup_free_ char *clean = NULL;

	if (str_is_empty(value))
		return;
	clean = text_clean(value);
	fprintf(f, "%14s%c %s\n", name, *name ? ':' : ' ', clean ? clean : "?");
}

char *text_permille(int64_t permille)
{
	return str_format("%lld.%lld %%", (long long)permille / 10, (long long)permille % 10);
}

char *text_memory(int64_t kib)
{
	if (kib < 1024)
		return str_format("%lld KiB", (long long)kib);
	if (kib < 1024 * 1024)
		return str_format("%lld MiB", (long long)kib / 1024);
	return str_format("%.1f GiB", (double)kib / (1024 * 1024));
}

const char *text_language(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	static char language[3];

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		const char *value = getenv(names[i]);

		if (str_is_empty(value))
			continue;
		if (strspn(value, "abcdefghijklmnopqrstuvwxyz") != 2)
			return NULL;
		memcpy(language, value, 2);
		return language;
	}
	return NULL;
}

char *text_array(json_t *array)
{
	char *all = strdup("");
	json_t *item;
	size_t i;

	json_array_foreach (array, i, item) {
		const char *s = json_string_value(item);
		char *longer = all ? str_format("%s%s%s", all, *all ? ", " : "", s ? s : "?")
				   : NULL;

		free(all);
		all = longer;
	}
	return all;
}

char *text_member(json_t *object, const char *key)
{
	json_t *j = json_object_get(object, key);

	if (json_is_string(j))
		return strdup(json_string_value(j));
	if (json_is_integer(j))
		return str_format("%lld", (long long)json_integer_value(j));
	if (json_is_boolean(j))
		return strdup(json_is_true(j) ? "yes" : "no");
	if (json_is_array(j))
		return text_array(j);
	return strdup("");
}

char *text_flags(json_t *object, const char *const *names)
{
	char *all = strdup("");

	for (; *names; names++) {
		char *longer;

		if (!json_is_true(json_object_get(object, *names)))
			continue;
		longer = all ? str_format("%s%s%s", all, *all ? "," : "", *names) : NULL;
		free(all);
		all = longer;
	}
	return all;
}
