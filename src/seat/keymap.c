/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts by xkbcommon; see keyboard(5) for the file of the console and of X. */
#include "seat/keymap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

enum { FILE_MAX = 64 * 1024 };

void keymap_names_done(struct keymap_names *n)
{
	free(n->model);
	free(n->layout);
	free(n->variant);
	free(n->options);
	*n = (struct keymap_names){ 0 };
}

static int take_names(struct keymap_names *n, struct keymap_names *ret)
{
	n->model = n->model ? n->model : strdup("");
	n->layout = n->layout ? n->layout : strdup("");
	n->variant = n->variant ? n->variant : strdup("");
	n->options = n->options ? n->options : strdup("");
	if (!n->model || !n->layout || !n->variant || !n->options) {
		keymap_names_done(n);
		return -ENOMEM;
	}
	*ret = *n;
	return 0;
}

static bool is_word(const char *s, size_t n)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";

	return n > 0 && strspn(s, allowed) >= n;
}

/* One of "layout" and "layout(variant)", appended to both lists. */
static int parse_one(const char *s, size_t len, bool first, struct keymap_names *n)
{
	size_t layout = MIN(strcspn(s, "("), len), variant = 0;
	const char *comma = first ? "" : ",";
	char *longer;

	if (!is_word(s, layout))
		return -EINVAL;
	if (layout < len) {
		if (len < layout + 3 || s[len - 1] != ')')
			return -EINVAL;
		variant = len - layout - 2;
		if (!is_word(s + layout + 1, variant))
			return -EINVAL;
	}
	longer = str_format("%s%s%.*s", first ? "" : n->layout, comma, (int)layout, s);
	free(n->layout);
	n->layout = longer;
	longer = str_format("%s%s%.*s", first ? "" : n->variant, comma, (int)variant,
			variant ? s + layout + 1 : "");
	free(n->variant);
	n->variant = longer;
	return n->layout && n->variant ? 0 : -ENOMEM;
}

int keymap_parse(const char *words, struct keymap_names *ret)
{
	struct keymap_names n = { 0 };
	bool first = true;
	int r;

	for (const char *s = words;; first = false) {
		size_t len = strcspn(s, ",");

		r = parse_one(s, len, first, &n);
		if (r < 0) {
			keymap_names_done(&n);
			return r;
		}
		if (s[len] == '\0')
			return take_names(&n, ret);
		s += len + 1;
	}
}

/* Value of KEY="value" or KEY=value in a line. */
static char *read_value(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);
	const char *s = line + n;

	if (len < n || strncmp(line, key, n) != 0)
		return NULL;
	len -= n;
	while (len > 0 && strchr(" \t\r", s[len - 1]))
		len--;
	if (len >= 2 && (*s == '"' || *s == '\'') && s[len - 1] == *s) {
		s++;
		len -= 2;
	}
	return strndup(s, len);
}

int keymap_parse_file(const char *text, struct keymap_names *ret)
{
	struct keymap_names n = { 0 };
	const struct {
		const char *key;
		char **to;
	} keys[] = { { "XKBMODEL=", &n.model }, { "XKBLAYOUT=", &n.layout },
		{ "XKBVARIANT=", &n.variant }, { "XKBOPTIONS=", &n.options } };

	for (const char *s = text; *s; s += *s == '\n') {
		size_t len;

		s += strspn(s, " \t");
		len = strcspn(s, "\n");
		for (size_t i = 0; i < ELEMENTSOF(keys); i++) {
			char *value = read_value(s, len, keys[i].key);

			if (value) {
				free(*keys[i].to);
				*keys[i].to = value;
			}
		}
		s += len;
	}
	return take_names(&n, ret);
}

static struct xkb_keymap *compile(const struct keymap_names *n)
{
	const struct xkb_rule_names names = {
		.model = n->model, .layout = n->layout, .variant = n->variant, .options = n->options
	};
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	struct xkb_keymap *keymap = NULL;

	if (context) {
		xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
		keymap = xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	xkb_context_unref(context);
	return keymap;
}

static int find_names(const char *setting, const char *file, struct keymap_names *ret)
{
	_cleanup_free_ char *text = NULL;

	if (!str_is_empty(setting))
		return keymap_parse(setting, ret);
	if (fd_read_file_at(AT_FDCWD, file, FILE_MAX, &text, NULL) < 0)
		return keymap_parse("us", ret);
	return keymap_parse_file(text, ret);
}

int keymap_load(const char *setting, const char *file, struct xkb_keymap **ret)
{
	struct keymap_names names = { 0 };
	struct xkb_keymap *keymap = NULL;
	int r;

	r = find_names(setting, file, &names);
	if (r == -ENOMEM)
		return r;
	if (r == 0)
		keymap = compile(&names);
	if (!keymap)
		log_warning("there is no keyboard layout like \"%s\"; keyboards are \"us\"",
				str_is_empty(setting) && names.layout ? names.layout : setting);
	keymap_names_done(&names);
	if (!keymap && keymap_parse("us", &names) == 0) {
		keymap = compile(&names);
		keymap_names_done(&names);
	}
	if (!keymap)
		return -ENOENT;
	*ret = keymap;
	return 0;
}
