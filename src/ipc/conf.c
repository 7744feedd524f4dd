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
		section, key, CONF_STRING, offsetof(struct conf, member), value, 0, 255, NULL \
	}
#define TEXT(section, key, member, value, hi) \
	{ \
		section, key, CONF_TEXT, offsetof(struct conf, member), value, 0, hi, NULL \
	}
#define CHOICE(section, key, member, value, words) \
	{ \
		section, key, CONF_CHOICE, offsetof(struct conf, member), value, 0, 0, words \
	}
#define INT(section, key, member, value, lo, hi) \
	{ \
		section, key, CONF_INT, offsetof(struct conf, member), value, lo, hi, NULL \
	}
#define AMOUNT(section, key, member, value) \
	{ \
		section, key, CONF_AMOUNT, offsetof(struct conf, member), value, 0, 31, NULL \
	}
#define BOOL(section, key, member, value) \
	{ \
		section, key, CONF_BOOL, offsetof(struct conf, member), value, 0, 0, NULL \
	}
#define LISTEN(section, key, member, value) \
	{ \
		section, key, CONF_LISTEN, offsetof(struct conf, member), value, 0, 255, NULL \
	}

#ifndef WEB_ROOT
#define WEB_ROOT "/usr/share/stationmaster/web"
#endif

static const struct conf_setting settings[] = {
	STRING("system", "name", system_name, ""),
	STRING("roles", "admin-group", admin_group, "station-admin"),
	STRING("roles", "operator-group", operator_group, "station-operator"),
	STRING("roles", "operator-acts", operator_acts, "all"),
	BOOL("roles", "orchestrate-privileged", orchestrate, "no"),
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
	AMOUNT("limits", "memory", limit_memory, "auto"),
	AMOUNT("limits", "memory-high", limit_memory_high, "none"),
	INT("limits", "cpu-weight", limit_cpu_weight, "100", 1, 10000),
	INT("limits", "cpu-quota", limit_cpu_quota, "0", 0, 100000),
	INT("limits", "tasks", limit_tasks, "2048", 0, 1000000),
	INT("limits", "idle-seconds", idle_ms, "0", 0, 2592000),
	CHOICE("limits", "idle-act", idle_act, "suspend", "suspend logoff lock"),
	INT("limits", "suspended-seconds", suspended_ms, "0", 0, 2592000),
	INT("limits", "warn-seconds", warn_ms, "60", 0, 3600),
	INT("station", "return-seconds", return_ms, "10", 0, 3600),
	INT("login", "auto-seconds", auto_ms, "5", 0, 3600),
	INT("login", "auto-again-seconds", auto_again_ms, "30", 1, 86400),
	CHOICE("station", "sign", sign, "view", "view control none"),
	CHOICE("station", "clipboard", clipboard, "both", "both in out none"),
	INT("audit", "keep-days", audit_keep_days, "365", 0, 36500),
	CHOICE("login", "notice-again", notice_again, "always", "always once"),
	TEXT("block", "message", block_message, "", 500),
	LISTEN("web", "listen", web_listen, "0.0.0.0:8443"),
	LISTEN("web", "clear-listen", web_clear_listen, ""),
	STRING("web", "origin", web_origin, ""),
	STRING("web", "proxy", web_proxy, ""),
	STRING("web", "root", web_root, WEB_ROOT),
	STRING("tls", "certificate", tls_certificate, ""),
	STRING("tls", "key", tls_key, ""),
	LISTEN("vnc", "listen", vnc_listen, "0.0.0.0:5900"),
	STRING("seats", "leave", seats_leave, ""),
	STRING("seats", "keyboard-layout", seats_keyboard, ""),
	INT("seats", "keep-seconds", seats_keep_ms, "300", 10, 86400),
	INT("seats", "ask-seconds", seats_ask_ms, "60", 0, 86400),
	LISTEN("rdp", "listen", rdp_listen, ""),
};

struct reader {
	struct conf *conf;
	FILE *file;
	int line;       /* that is being read */
	bool continued; /* it begins with a space and goes on with a setting of this section */
	bool setting;   /* there was one in this section */
	char *error;    /* the first one, and its line */
	int error_line;
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

static bool is_string(const struct conf_setting *s)
{
	return s->type == CONF_STRING || s->type == CONF_TEXT || s->type == CONF_CHOICE ||
	       s->type == CONF_LISTEN || s->type == CONF_AMOUNT;
}

static bool is_one_of(const char *words, const char *value)
{
	size_t n = strlen(value);

	for (const char *s = words; *s; s += strcspn(s, " "), s += *s == ' ')
		if (n > 0 && strcspn(s, " ") == n && strncmp(s, value, n) == 0)
			return true;
	return false;
}

/* "both in out none" as "both, in, out or none". */
static char *words_for_people(const char *words)
{
	const char *last = strrchr(words, ' ');
	char *all = strdup("");

	for (const char *s = words; *s; s += strcspn(s, " "), s += *s == ' ') {
		char *longer = all ? str_format("%s%s%.*s", all,
						     s == words              ? ""
						     : last && s == last + 1 ? " or "
									     : ", ",
						     (int)strcspn(s, " "), s)
				   : NULL;

		free(all);
		all = longer;
	}
	return all;
}

/* What is wrong with the value of a string of any type; NULL: nothing. */
static char *string_check(const struct conf_setting *s, const char *value)
{
	_cleanup_free_ char *words = NULL;
	int64_t amount;

	switch (s->type) {
	case CONF_LISTEN:
		if (!listen_is_valid(value))
			return str_format("%s must be a numeric address and a port, as in "
					  "0.0.0.0:8443 or [::]:8443, not '%s'",
					s->key, value);
		break;
	case CONF_AMOUNT:
		if (conf_parse_amount(value, 0, &amount) < 0)
			return str_format(
					"%s must be auto, none, a share as in 25%%, or a size as in "
					"1500M or 4G, not '%s'",
					s->key, value);
		return NULL;
	case CONF_CHOICE:
		if (is_one_of(s->words, value))
			return NULL;
		words = words_for_people(s->words);
		return str_format(
				"%s must be %s, not '%s'", s->key, words ? words : s->words, value);
	case CONF_TEXT:
		if (!str_is_utf8(value, strlen(value)) || str_count_chars(value) > (size_t)s->max)
			return str_format("%s must be UTF-8 text of at most %d characters", s->key,
					(int)s->max);
		return NULL;
	default:
		break;
	}
	if (strlen(value) > (size_t)s->max || !str_is_utf8(value, strlen(value)))
		return str_format("%s must be UTF-8 text of at most %d bytes", s->key, (int)s->max);
	return NULL;
}

static char *setting_set(struct conf *c, const struct conf_setting *s, const char *value)
{
	void *member = (char *)c + s->offset;
	int64_t n;
	char *copy;

	switch (s->type) {
	case CONF_LISTEN:
	case CONF_AMOUNT:
	case CONF_CHOICE:
	case CONF_TEXT:
	case CONF_STRING:
		copy = string_check(s, value);
		if (copy)
			return copy;
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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A line that begins with a space goes on with the setting above it (so does inih). */
static char *setting_continue(struct conf *c, const struct conf_setting *s, const char *value)
{
	const char *before = is_string(s) ? *(char **)((char *)c + s->offset) : "";
	size_t n = strlen(value), comment = 1;
	_cleanup_free_ char *both = NULL;

	/* Up to version 55 inih leaves the comment on such a line. */
	while (comment < n && !(value[comment] == ';' && is_blank(value[comment - 1])))
		comment++;
	for (n = MIN(n, comment); n > 0 && is_blank(value[n - 1]); n--)
		;
	if (s->type != CONF_TEXT)
		return str_format("this line begins with a space and would go on with %s, which "
				  "has one line only",
				s->key);
	both = str_format("%s%s%.*s", before, *before ? " " : "", (int)n, value);
	return both ? setting_set(c, s, both) : str_format("out of memory");
}

static void reader_fail_consume(struct reader *r, char *error)
{
	r->error = error;
	r->error_line = r->line;
}

/*
 * fgets() for inih. It keeps what inih does not tell: the number of the line, and how it begins. A
 * line that is too long ends the reading, because inih would take its rest for another one.
 */
static char *line_read(char *line, int size, void *stream)
{
	struct reader *r = stream;
	size_t n;

	if (r->error || !fgets(line, size, r->file))
		return NULL;
	r->line++;
	r->setting = r->setting && line[0] != '[';
	r->continued = r->setting && is_blank(line[0]);
	n = strlen(line);
	if (n == (size_t)size - 1 && line[n - 1] != '\n' && !feof(r->file)) {
		reader_fail_consume(r, str_format("a line has at most %d bytes", size - 1));
		return NULL;
	}
	return line;
}

/* inih calls this per setting; 0 = error. */
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
		r->setting = true;
		reader_fail_consume(r, (r->continued ? setting_continue : setting_set)(
						       r->conf, &settings[i], value ? value : ""));
		return r->error ? 0 : 1;
	}
	reader_fail_consume(
			r, section_known ? str_format("there is no setting '%s' in section [%s]",
							   name, section)
					 : str_format("there is no section [%s]", section));
	return 0;
}

static int file_load(struct conf *c, const char *path, char **ret_error)
{
	struct reader reader = { .conf = c };
	int line, failed;

	reader.file = fopen(path, "re");
	if (!reader.file)
		return errno == ENOENT ? 0 : -errno;
	line = ini_parse_stream(line_read, &reader, handle_setting, &reader);
	/* inih takes a read error for the end; half a configuration is none. */
	failed = ferror(reader.file);
	fclose(reader.file);
	if (failed && !reader.error)
		return -EIO;
	if (line == 0 && !reader.error)
		return 0;
	/* inih names the first line that is wrong; if the reader has not, it is no setting. */
	if (reader.error && (line <= 0 || reader.error_line <= line))
		*ret_error = str_format("%s:%d: %s", path, reader.error_line, reader.error);
	else
		*ret_error = str_format(
				"%s:%d: this is neither 'key = value' nor a [section]", path, line);
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
		if (is_string(&settings[i]))
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

/* Of a classroom's computer one session may use a quarter: hogs have to be several before the
 * others feel it. Less than 2 GiB is too little for a browser, but half always stays for the
 * others. */
static int64_t amount_auto(int64_t total_kib)
{
	return MAX(total_kib / 4, MIN(INT64_C(2) << 20, total_kib / 2));
}

int conf_parse_amount(const char *s, int64_t total_kib, int64_t *ret_kib)
{
	static const char units[] = "KMGT";
	size_t n = strlen(s);
	_cleanup_free_ char *number = n > 1 ? strndup(s, n - 1) : NULL;
	const char *unit;
	int64_t value;

	if (streq(s, "auto") || streq(s, "none")) {
		*ret_kib = streq(s, "none") ? 0 : amount_auto(total_kib);
		return 0;
	}
	if (!number)
		return -EINVAL;
	if (s[n - 1] == '%') {
		if (str_parse_i64(number, 1, 100, &value) < 0)
			return -EINVAL;
		*ret_kib = total_kib / 100 * value;
		return 0;
	}
	unit = strchr(units, s[n - 1]);
	if (!unit || str_parse_i64(number, 1, INT64_C(1) << 30, &value) < 0)
		return -EINVAL;
	for (; unit > units; unit--)
		value *= 1024;
	if (value > INT64_C(1) << 50)
		return -EINVAL;
	*ret_kib = value;
	return 0;
}
