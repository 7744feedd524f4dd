/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Environment of the session's programs. It starts empty (nothing of this process's own environment
 * may leak), takes what PAM gives and then what the session needs; a name is in it once.
 */
#include "session/environ.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static size_t find(const struct environ *e, const char *name, size_t len)
{
	for (size_t i = 0; i < e->n; i++)
		if (strncmp(e->vars[i], name, len) == 0 && e->vars[i][len] == '=')
			return i;
	return e->n;
}

/* Takes var always. */
static int put_consume(struct environ *e, char *var, size_t name_len)
{
	size_t i = find(e, var, name_len);

	if (i < e->n) {
		free(e->vars[i]);
		e->vars[i] = var;
		return 0;
	}
	if (e->n >= ENVIRON_MAX) {
		free(var);
		return -E2BIG;
	}
	if (!e->vars)
		e->vars = calloc(ENVIRON_MAX + 1, sizeof(char *));
	if (!e->vars) {
		free(var);
		return -ENOMEM;
	}
	e->vars[e->n++] = var;
	return 0;
}

int environ_set(struct environ *e, const char *name, const char *value)
{
	size_t len = strlen(name), i;
	char *var;

	if (!value) {
		i = find(e, name, len);
		if (i < e->n) {
			free(e->vars[i]);
			e->vars[i] = e->vars[--e->n];
			e->vars[e->n] = NULL;
		}
		return 0;
	}
	var = str_format("%s=%s", name, value);
	return var ? put_consume(e, var, len) : -ENOMEM;
}

int environ_put(struct environ *e, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	char *var;

	if (!equals || equals == assignment)
		return 0;
	var = strdup(assignment);
	return var ? put_consume(e, var, (size_t)(equals - assignment)) : -ENOMEM;
}

const char *environ_get(const struct environ *e, const char *name)
{
	size_t len = strlen(name), i = find(e, name, len);

	return i < e->n ? e->vars[i] + len + 1 : NULL;
}

int environ_default(struct environ *e, const char *name, const char *value)
{
	return environ_get(e, name) ? 0 : environ_set(e, name, value);
}

int environ_copy(const struct environ *from, struct environ *ret)
{
	struct environ copy = { 0 };

	for (size_t i = 0; i < from->n; i++) {
		int r = environ_put(&copy, from->vars[i]);

		if (r < 0) {
			environ_done(&copy);
			return r;
		}
	}
	*ret = copy;
	return 0;
}

void environ_done(struct environ *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->vars[i]);
	free(e->vars);
	*e = (struct environ){ 0 };
}
