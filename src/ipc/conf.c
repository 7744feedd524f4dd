/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration files by inih into one struct. The table below is the only list of settings;
 * man/stationmaster.conf.5.scd describes each (a test compares them). Unknown sections and keys are
 * errors, because a mistyped limit that is silently ignored is worse than a daemon that says why it
 * does not start.
 */
#include "ipc/conf.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define STRING(section, key, member, value) \
	{ \
		section, key, CONF_STRING, offsetof(struct conf, member), value, 0, 255 \
	}
#define INT(section, key, member, value, lo, hi) \
	{ \
		section, key, CONF_INT, offsetof(struct conf, member), value, lo, hi \
	}
#define BOOL(section, key, member, value) \
	{ \
		section, key, CONF_BOOL, offsetof(struct conf, member), value, 0, 0 \
	}

#define LISTEN(section, key, member, value) \
	{ \
		section, key, CONF_LISTEN, offsetof(struct conf, member), value, 0, 255 \
	}

#ifndef WEB_ROOT
#define WEB_ROOT "/usr/share/stationmaster/web"
#endif

static const struct conf_setting settings[] = {
	STRING("system", "name", system_name, ""),
	STRING("roles", "admin-group", admin_group, "station-admin"),
	STRING("roles", "operator-group", operator_group, "station-operator"),
	STRING("session", "desktop", desktop, ""),
	STRING("session", "wrapper", wrapper, "/etc/X11/Xsession"),
	INT("session", "width", width, "1280", 640, 7680),
	INT("session", "height", height, "720", 480, 4320),
	BOOL("session", "glx", glx, "yes"),
	INT("session", "ask-seconds", ask_ms, "3", 0, 600),
	INT("session", "logoff-seconds", timeout_ms, "10", 0, 600),
	INT("session", "max", sessions_max, "500", 1, 5000),
	INT("session", "per-user-max", per_user_max, "1", 1, 64),
	INT("session", "display-first", display_first, "10", 1, 50000),
	INT("station", "return-seconds", return_ms, "10", 0, 3600),
	STRING("station", "sign", sign, "view"),
	STRING("station", "clipboard", clipboard, "both"),
	STRING("block", "message", block_message, ""),
	LISTEN("web", "listen", web_listen, "0.0.0.0:8443"),
	LISTEN("web", "clear-listen", web_clear_listen, ""),
	STRING("web", "origin", web_origin, ""),
	STRING("web", "root", web_root, WEB_ROOT),
	STRING("tls", "certificate", tls_certificate, ""),
	STRING("tls", "key", tls_key, ""),
	LISTEN("vnc", "listen", vnc_listen, "0.0.0.0:5900"),
};

struct reader {
	struct conf *conf;
	const char *path;
	char *error;
};

static bool listen_is_valid(const char *value)
{
	_cleanup_free_ char *host = NULL;
	struct in6_addr address;
	uint16_t port;

	if (!*value)
		return true; /* off */
	if (conf_parse_listen(value, &host, &port) < 0)
		return false;
	return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

static char *setting_set(struct conf *c, const struct conf_setting *s, const char *value)
{
	void *member = (char *)c + s->offset;
	int64_t n;
	char *copy;

	switch (s->type) {
	case CONF_LISTEN:
		if (!listen_is_valid(value))
			return str_format("%s must be a numeric address and a port, as in "
					  "0.0.0.0:8443 or [::]:8443, not '%s'",
					s->key, value);
		/* fall through */
	case CONF_STRING:
		if (strlen(value) > (size_t)s->max || !str_is_utf8(value, strlen(value)))
			return str_format("%s must be UTF-8 text of at most %d bytes", s->key,
					(int)s->max);
		copy = strdup(value);
		if (!copy)
			return str_format("out of memory");
		free(*(char **)member);
		*(char **)member = copy;
		return NULL;
	case CONF_INT:
		if (str_parse_i64(value, s->min, s->max, &n) < 0)
			return str_format("%s must be a number from %lld to %lld, not '%s'", s->key,
					(long long)s->min, (long long)s->max, value);
		/* Settings in seconds are kept in milliseconds. */
		if (strlen(s->key) > 8 && streq(s->key + strlen(s->key) - 8, "-seconds"))
			n *= 1000;
		*(int64_t *)member = n;
		return NULL;
	case CONF_BOOL:
		if (str_parse_bool(value, member) < 0)
			return str_format("%s must be yes or no, not '%s'", s->key, value);
		return NULL;
	}
	return NULL;
}

/* inih calls this per setting; 0 = error, and inih remembers the number of the first such line. */
static int handle_setting(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	bool section_known = false;

	if (r->error)
		return 0;
	for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
		if (!streq(settings[i].section, section))
			continue;
		section_known = true;
		if (!streq(settings[i].key, name))
			continue;
		r->error = setting_set(r->conf, &settings[i], value ? value : "");
		return r->error ? 0 : 1;
	}
	r->error = section_known ? str_format("there is no setting '%s' in section [%s]", name,
						   section)
				 : str_format("there is no section [%s]", section);
	return 0;
}

static int file_load(struct conf *c, const char *path, char **ret_error)
{
	struct reader reader = { .conf = c, .path = path };
	FILE *f;
	int line, failed;

	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	line = ini_parse_file(f, handle_setting, &reader);
	/* inih takes a read error for the end; half a configuration is none. */
	failed = ferror(f);
	fclose(f);
	if (failed && !reader.error)
		return -EIO;
	if (line == 0 && !reader.error)
		return 0;
	*ret_error = str_format("%s:%d: %s", path, line,
			reader.error ? reader.error
				     : "this is neither 'key = value' nor a [section]");
	free(reader.error);
	return -EINVAL;
}

static int is_conf_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' && streq(d->d_name + n - 5, ".conf");
}

static int dir_load(struct conf *c, const char *path, char **ret_error)
{
	_cleanup_free_ char *dir = NULL;
	struct dirent **list = NULL;
	const char *slash;
	int n, r = 0;

	slash = strrchr(path, '/');
	dir = str_format("%.*s/conf.d", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (!dir)
		return -ENOMEM;
	n = scandir(dir, &list, is_conf_file, alphasort);
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *file = str_format("%s/%s", dir, list[i]->d_name);

		if (r == 0)
			r = file ? file_load(c, file, ret_error) : -ENOMEM;
		free(list[i]);
	}
	free(list);
	return r;
}

int conf_load(const char *path, struct conf **ret, char **ret_error)
{
	_cleanup_(conf_freep) struct conf *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	*ret_error = NULL;
	for (size_t i = 0; i < ELEMENTSOF(settings); i++) {
		char *e = setting_set(c, &settings[i], settings[i].value);

		if (e) {
			free(e);
			return -ENOMEM;
		}
	}
	r = file_load(c, path, ret_error);
	if (r == 0)
		r = dir_load(c, path, ret_error);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

struct conf *conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < ELEMENTSOF(settings); i++)
		if (settings[i].type == CONF_STRING || settings[i].type == CONF_LISTEN)
			free(*(char **)((char *)c + settings[i].offset));
	free(c);
	return NULL;
}

int conf_parse_listen(const char *s, char **ret_host, uint16_t *ret_port)
{
	const char *colon = strrchr(s, ':');
	_cleanup_free_ char *host = NULL;
	int64_t port;
	size_t n;

	if (!colon || str_parse_i64(colon + 1, 1, 65535, &port) < 0)
		return -EINVAL;
	n = (size_t)(colon - s);
	if (n == 0)
		host = strdup("::");
	else if (s[0] == '[' && s[n - 1] == ']')
		host = strndup(s + 1, n - 2);
	else if (!memchr(s, ':', n))
		host = strndup(s, n);
	else
		return -EINVAL;
	if (!host)
		return -ENOMEM;
	*ret_host = take_ptr(host);
	*ret_port = (uint16_t)port;
	return 0;
}
