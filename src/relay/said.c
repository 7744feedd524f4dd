/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences of the system are made in English and arrive as text, with names in them. They are
 * looked up among templates, as the pages do with the same table; so nobody has to agree on codes,
 * and a sentence that has no translation yet is shown all the same.
 */
#include "relay/said.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { FIELDS_MAX = 4 };

/* A field of the template and what stands there. */
struct field {
	const char *name, *value;
	size_t name_len, value_len;
};

/* The end of the field that begins at a '{'; NULL: it is none. */
static const char *field_end(const char *p)
{
	size_t n = 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");

	return n > 1 && p[n] == '}' ? p + n + 1 : NULL;
}

static const char *find(const char *in, size_t len, const char *what, size_t n)
{
	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(in + i, what, n) == 0)
			return in + i;
	return NULL;
}

/* Each field takes as little as it can, but something; the last one all that is left. The number
 * of fields, or -1. */
static int match(const char *template, const char *text, size_t len, struct field *ret)
{
	int n = 0;

	for (;;) {
		size_t plain = strcspn(template, "{"), rest;
		const char *end, *at;

		if (plain > len || memcmp(template, text, plain) != 0)
			return -1;
		template += plain;
		text += plain;
		len -= plain;
		if (!*template)
			return len == 0 ? n : -1;
		end = field_end(template);
		if (!end || n == FIELDS_MAX || len == 0)
			return -1;
		ret[n] = (struct field){ .name = template + 1,
			.name_len = (size_t)(end - template) - 2,
			.value = text };
		rest = strcspn(end, "{");
		at = !*end ? text + len : find(text + 1, len - 1, end, rest);
		/* What ends the template ends the text. */
		if (at && *end && !end[rest])
			at = rest < len ? text + len - rest : NULL;
		if (!at)
			return -1;
		ret[n].value_len = (size_t)(at - text);
		len -= ret[n++].value_len;
		text = at;
		template = end;
	}
}

static char *fill(const char *template, const struct field *fields, int n)
{
	char *out = strdup("");

	while (out && *template) {
		const char *end = *template == '{' ? field_end(template) : NULL;
		size_t len = end ? 0 : strcspn(template + 1, "{") + 1;
		const char *piece = template;
		char *longer;

		for (int i = 0; end && i < n; i++)
			if (fields[i].name_len == (size_t)(end - template) - 2 &&
					memcmp(fields[i].name, template + 1, fields[i].name_len) ==
							0) {
				piece = fields[i].value;
				len = fields[i].value_len;
			}
		longer = str_format("%s%.*s", out, (int)len, piece);
		free(out);
		out = longer;
		template = end ? end : template + len;
	}
	return out;
}

static char *translate(const char *line, size_t len)
{
	struct field fields[FIELDS_MAX];
	size_t trimmed = len;

	while (trimmed > 0 && line[trimmed - 1] == ' ')
		trimmed--;
	for (size_t i = 0; i < said_n_de; i++) {
		int n = match(said_de[i].en, line, trimmed, fields);

		if (n >= 0)
			return fill(said_de[i].de, fields, n);
	}
	return strndup(line, len);
}

char *said_text(const char *language, const char *text)
{
	char *out;

	if (!language || strncmp(language, "de", 2) != 0)
		return strdup(text);
	out = strdup("");
	while (out) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = translate(text, len);
		char *longer = line ? str_format("%s%s%s", out, line, text[len] ? "\n" : "") : NULL;

		free(out);
		out = longer;
		if (!text[len])
			break;
		text += len + 1;
	}
	return out;
}
