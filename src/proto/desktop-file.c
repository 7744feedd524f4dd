/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reader of desktop files. Only the group [Desktop Entry] is looked at; keys of other groups, of
 * other languages and unknown keys pass. The first of several equal keys counts. Values have the
 * escapes of the "string" type resolved; Exec then loses its field codes, because a session gets no
 * files or addresses to open.
 */
#include "proto/desktop-file.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

/* \s \n \t \r \\ ; an unknown escape stays as it is. */
static char *value_unescape(const char *s, size_t len)
{
	char *out = malloc(len + 1), *w = out;

	if (!out)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '\\' || i + 1 == len) {
			*w++ = s[i];
			continue;
		}
		switch (s[++i]) {
		case 's':
			*w++ = ' ';
			break;
		case 'n':
			*w++ = '\n';
			break;
		case 't':
			*w++ = '\t';
			break;
		case 'r':
			*w++ = '\r';
			break;
		case '\\':
			*w++ = '\\';
			break;
		default:
			*w++ = '\\';
			*w++ = s[i];
			break;
		}
	}
	*w = 0;
	return out;
}

/* Field codes go, "%%" becomes "%"; in place. Control characters have no place in a command line.
 */
static int exec_strip(char *s)
{
	char *w = s;

	for (const char *p = s; *p; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\t')
			return -EBADMSG;
		if (*p != '%') {
			*w++ = *p;
		} else if (p[1] == '%') {
			*w++ = '%';
			p++;
		} else if (p[1] && (unsigned char)p[1] < 0x80) {
			p++; /* a code is one ASCII letter: nothing is cut out of a longer character
			      */
		}
	}
	while (w > s && w[-1] == ' ')
		w--;
	*w = 0;
	return 0;
}

/* "GNOME;GNOME-Classic;" to "GNOME:GNOME-Classic", in place. */
static void names_convert(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] == ';')
		s[--n] = 0;
	for (char *p = s; *p; p++) {
		if (*p == ';')
			*p = ':';
		else if ((unsigned char)*p < 0x20)
			*p = '_';
	}
}

static int take_value(char **dst, const char *value, size_t len)
{
	if (*dst)
		return 0;
	if (len > DESKTOP_VALUE_MAX)
		return -EBADMSG;
	*dst = value_unescape(value, len);
	return *dst ? 0 : -ENOMEM;
}

static bool is_true(const char *value, size_t len)
{
	return len == 4 && memcmp(value, "true", 4) == 0;
}

/* A key with the wanted language takes the place of the one without. */
static int take_local(char **dst, bool *is_local, const char *value, size_t len)
{
	char *old = *dst;
	int r;

	if (*is_local)
		return 0;
	*dst = NULL;
	r = take_value(dst, value, len);
	if (r < 0) {
		*dst = old;
		return r;
	}
	free(old);
	*is_local = true;
	return 0;
}

static bool key_is(const char *key, size_t key_len, const char *name)
{
	return strlen(name) == key_len && memcmp(key, name, key_len) == 0;
}

/* "Name[de]" for name and language. */
static bool key_is_local(const char *key, size_t key_len, const char *name, const char *language)
{
	size_t n = strlen(name), k = language ? strlen(language) : 0;

	return k > 0 && key_len == n + k + 2 && memcmp(key, name, n) == 0 && key[n] == '[' &&
	       memcmp(key + n + 1, language, k) == 0 && key[key_len - 1] == ']';
}

static int handle_key(struct desktop_file *d, const char *language, const char *key, size_t key_len,
		const char *value, size_t len)
{
	static const struct {
		const char *key;
		size_t offset;
	} strings[] = {
		{ "Name", offsetof(struct desktop_file, name) },
		{ "Exec", offsetof(struct desktop_file, exec) },
		{ "TryExec", offsetof(struct desktop_file, try_exec) },
		{ "DesktopNames", offsetof(struct desktop_file, names) },
		{ "Comment", offsetof(struct desktop_file, comment) },
		{ "Icon", offsetof(struct desktop_file, icon) },
		{ "Categories", offsetof(struct desktop_file, categories) },
		{ "OnlyShowIn", offsetof(struct desktop_file, only_in) },
	};

	for (size_t i = 0; i < ELEMENTSOF(strings); i++)
		if (key_is(key, key_len, strings[i].key))
			return take_value((char **)((char *)d + strings[i].offset), value, len);
	if (key_is_local(key, key_len, "Name", language))
		return take_local(&d->name, &d->has_local_name, value, len);
	if (key_is_local(key, key_len, "Comment", language))
		return take_local(&d->comment, &d->has_local_comment, value, len);
	if (key_is(key, key_len, "Hidden") || key_is(key, key_len, "NoDisplay"))
		d->hidden = d->hidden || is_true(value, len);
	else if (key_is(key, key_len, "Terminal"))
		d->terminal = is_true(value, len);
	else if (key_is(key, key_len, "Type"))
		d->is_program = len == 11 && memcmp(value, "Application", 11) == 0;
	return 0;
}

static int handle_line(struct desktop_file *d, const char *language, const char *line, size_t len,
		bool *in_entry)
{
	const char *eq, *value;
	size_t key_len;

	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (len == 0 || line[0] == '#')
		return 0;
	if (line[0] == '[') {
		*in_entry = len == 15 && memcmp(line, "[Desktop Entry]", 15) == 0;
		return 0;
	}
	eq = memchr(line, '=', len);
	if (!*in_entry || !eq)
		return 0;
	key_len = (size_t)(eq - line);
	while (key_len > 0 && (line[key_len - 1] == ' ' || line[key_len - 1] == '\t'))
		key_len--;
	value = eq + 1;
	while (value < line + len && (*value == ' ' || *value == '\t'))
		value++;
	return handle_key(d, language, line, key_len, value, (size_t)(line + len - value));
}

static int entry_finish(struct desktop_file *d)
{
	char **const optional[] = { &d->names, &d->comment, &d->icon, &d->categories, &d->only_in };
	char **const shown[] = { &d->name, &d->comment };

	if (str_is_empty(d->name) || str_is_empty(d->exec))
		return -EBADMSG;
	for (size_t i = 0; i < ELEMENTSOF(optional); i++)
		if (!*optional[i] && !(*optional[i] = strdup("")))
			return -ENOMEM;
	for (size_t i = 0; i < ELEMENTSOF(shown); i++) {
		char *clean = str_clean(*shown[i], i == 0 ? 100 : 300);

		if (!clean)
			return -ENOMEM;
		free(*shown[i]);
		*shown[i] = clean;
	}
	names_convert(d->names);
	if (d->try_exec && !*d->try_exec) {
		free(d->try_exec);
		d->try_exec = NULL;
	}
	return exec_strip(d->exec) < 0 || !*d->exec || !*d->name ? -EBADMSG : 0;
}

int desktop_file_parse(const char *data, size_t len, const char *language, struct desktop_file *ret)
{
	struct desktop_file d = { .is_program = true };
	bool in_entry = false;
	int r = 0;

	if (len > DESKTOP_FILE_MAX)
		return -EFBIG;
	if (memchr(data, 0, len) || !str_is_utf8(data, len))
		return -EBADMSG;
	for (size_t i = 0; i < len && r == 0;) {
		const char *nl = memchr(data + i, '\n', len - i);
		size_t n = nl ? (size_t)(nl - data) - i : len - i;

		r = handle_line(&d, language, data + i, n, &in_entry);
		i += n + 1;
	}
	if (r == 0)
		r = entry_finish(&d);
	if (r < 0) {
		desktop_file_done(&d);
		return r;
	}
	*ret = d;
	return 0;
}

void desktop_file_done(struct desktop_file *d)
{
	free(d->name);
	free(d->exec);
	free(d->try_exec);
	free(d->names);
	free(d->comment);
	free(d->icon);
	free(d->categories);
	free(d->only_in);
	*d = (struct desktop_file){ 0 };
}
