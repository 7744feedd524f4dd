/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station auto-logon, station logon. Passwords come from a table (a file or standard input), or are
 * typed; they are never arguments, which everybody on the computer can read. What holds them is
 * wiped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/stations.h"
#include "ctl/text.h"

#define LIST  "org.stationmaster.Stations.List"
#define AUTO  "org.stationmaster.Stations.SetAutoLogOn"
#define LOGON "org.stationmaster.Stations.LogOn"

enum { TABLE_BYTES_MAX = 1024 * 1024, LOGON_ANSWER_MS = 600 * 1000 };

/* --- which stations --- */

static bool has_name(json_t *station, const char *key, const char *name)
{
	const char *value = json_string_value(json_object_get(station, key));

	return value && streq(value, name);
}

int stations_list(struct ctl *c, json_t **ret)
{
	_cleanup_json_ json_t *reply = NULL;
	json_t *stations;
	int r;

	r = ctl_call(c, LIST, NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	stations = json_object_get(reply, "stations");
	if (!json_is_array(stations))
		return ctl_bad_reply(c, LIST);
	*ret = json_incref(stations);
	return CTL_DONE;
}

const char *stations_find_id(json_t *stations, const char *name)
{
	const char *id = NULL;
	json_t *station;
	size_t i;

	json_array_foreach (stations, i, station)
		if (has_name(station, "id", name))
			return name;
	json_array_foreach (stations, i, station) {
		if (!has_name(station, "name", name))
			continue;
		if (id)
			return name; /* two of this name: stationd says that there is no such id */
		id = json_string_value(json_object_get(station, "id"));
	}
	return id ? id : name;
}

int stations_resolve(struct ctl *c, int argc, char **argv, json_t **ret)
{
	_cleanup_json_ json_t *stations = NULL;
	json_t *ids;
	int r;

	r = stations_list(c, &stations);
	if (r)
		return r;
	ids = json_array();
	for (int i = 0; i < argc; i++)
		json_array_append_new(ids, json_string(stations_find_id(stations, argv[i])));
	*ret = ids;
	return CTL_DONE;
}

static bool is_in_rooms(const struct ctl *c, json_t *station)
{
	json_t *room;
	size_t i;

	json_array_foreach (c->rooms, i, room)
		if (has_name(station, "room", json_string_value(room)))
			return true;
	return false;
}

int stations_choose(struct ctl *c, int argc, char **argv, json_t **ret)
{
	_cleanup_json_ json_t *stations = NULL, *ids = json_array();
	json_t *station;
	size_t i;
	int r;

	if ((argc > 0) + c->all + (c->rooms != NULL) != 1)
		return ctl_usage(c, "Which stations? Name them, or give --room or --all.");
	r = stations_list(c, &stations);
	if (r)
		return r;
	for (int k = 0; k < argc; k++)
		json_array_append_new(ids, json_string(stations_find_id(stations, argv[k])));
	json_array_foreach (stations, i, station)
		if (c->all || is_in_rooms(c, station))
			json_array_append(ids, json_object_get(station, "id"));
	if (json_array_size(ids) == 0)
		return ctl_fail(c, CTL_NOT_FOUND, "org.stationmaster.Stations.NotFound",
				"There is no such station.");
	*ret = take_ptr(ids);
	return CTL_DONE;
}

/* --- results --- */

static void print_result(const struct ctl *c, json_t *result, const char *done)
{
	_cleanup_free_ char *station = text_member(result, "station"),
			    *name = text_member(result, "name"),
			    *user = text_member(result, "user");
	_cleanup_free_ char *state = text_member(result, "state"),
			    *reason = text_member(result, "reason");
	bool ok = state && streq(state, "done");

	printf("%s%s%s%s: %s%s%s%s%s\n", name, streq(name, station) ? "" : " (",
			streq(name, station) ? "" : station, streq(name, station) ? "" : ")", user,
			*user ? ": " : "", text_colour(ok ? TEXT_GREEN : TEXT_RED, c->out_tty),
			ok ? done : state, text_colour(TEXT_PLAIN, c->out_tty));
	if (!str_is_empty(reason))
		text_print_lines(stdout, "    ", reason);
}

int stations_report(struct ctl *c, const char *method, json_t *reply, const char *done)
{
	json_t *results = json_object_get(reply, "results"), *result;
	int code = CTL_DONE;
	size_t i;

	if (!json_is_array(results))
		return ctl_bad_reply(c, method);
	if (c->json)
		text_print_json(stdout, results, JSON_INDENT(2), c->out_tty);
	json_array_foreach (results, i, result) {
		if (!has_name(result, "state", "done"))
			code = CTL_PARTLY;
		if (!c->json)
			print_result(c, result, done);
	}
	return code;
}

int station_auto_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *ids = NULL;
	json_t *parameters;
	int r;

	if (c->off == (c->user != NULL))
		return ctl_usage(c,
				"Who should be logged on there? Give --user, or --off for nobody.");
	r = stations_choose(c, argc, argv, &ids);
	if (r)
		return r;
	parameters = json_pack("{s:O, s:s?, s:s?, s:b}", "stations", ids, "user", c->user,
			"desktop", c->desktop, "privileged", c->privileged);
	r = ctl_call(c, AUTO, parameters, CTL_ANSWER_MS, &reply);
	return r ? r : stations_report(c, AUTO, reply, c->off ? "no auto log-on" : "auto log-on");
}

/* --- the table --- */

/* Takes one field from *p, which is moved behind it. */
static char *take_field(char **p, char separator)
{
	char *s = *p, *out = s, *start = s;
	bool quoted = *s == '"';

	if (quoted)
		s++;
	while (*s && (quoted || *s != separator)) {
		if (quoted && *s == '"' && s[1] != '"') {
			s++;
			quoted = false;
			continue;
		}
		s += quoted && *s == '"'; /* "" is one */
		*out++ = *s++;
	}
	*p = *s ? s + 1 : s;
	*out = 0;
	return start;
}

/* The first of tab, semicolon and comma. */
static char find_separator(const char *line)
{
	char c = line[strcspn(line, "\t;,")];

	return c ? c : ',';
}

/* A line of the table; false: it is none. */
static bool add_line(const struct ctl *c, json_t *stations, json_t *people, char *line)
{
	char separator = find_separator(line), *p = line;
	const char *station = take_field(&p, separator), *user = take_field(&p, separator);
	bool has_password = *p && !c->no_password;
	const char *password = take_field(&p, separator);

	if (!*station || !*user || (!has_password && !c->no_password) ||
			!str_is_utf8(password, strlen(password)))
		return false;
	if (json_array_size(people) == 0 && strcasecmp(station, "station") == 0 &&
			strcasecmp(user, "user") == 0)
		return true; /* a heading */
	json_array_append_new(
			people, json_pack("{s:s, s:s, s:s?}", "station",
						stations_find_id(stations, station), "user", user,
						"password", has_password ? password : NULL));
	return true;
}

static int read_table(struct ctl *c, json_t *stations, json_t *people, char *text)
{
	unsigned number = 0;
	char *save = NULL;

	for (char *line = text; line; line = save) {
		save = strchr(line, '\n');
		if (save)
			*save++ = 0;
		number++;
		line[strcspn(line, "\r")] = 0;
		if (!*line || *line == '#')
			continue;
		if (!add_line(c, stations, people, line))
			return ctl_usage(c,
					"Line %u is not \"station, user%s\", separated by commas, semicolons or tabs.",
					number, c->no_password ? "" : ", password");
	}
	return json_array_size(people) > 0 ? CTL_DONE : ctl_usage(c, "The table is empty.");
}

static int read_all(struct ctl *c, const char *path, char **ret, size_t *ret_len)
{
	_cleanup_close_ int opened = -EBADF;
	int fd = STDIN_FILENO;
	char *text = calloc(1, TABLE_BYTES_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		return ctl_no_memory(c);
	if (!streq(path, "-"))
		fd = opened = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n > 0 && len < TABLE_BYTES_MAX) {
		n = read(fd, text + len, TABLE_BYTES_MAX - len);
		if (n < 0)
			fd = -1;
		else
			len += (size_t)n;
	}
	if (fd < 0 || len == TABLE_BYTES_MAX) {
		explicit_bzero(text, len);
		free(text);
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.File",
				"%s cannot be read: %s.", path,
				fd < 0 ? strerror(errno) : "it is too large");
	}
	*ret = text;
	*ret_len = len;
	return CTL_DONE;
}

/* A line without its end, not shown while it is typed. */
static int read_password(struct ctl *c, const char *user, char *buf, size_t size)
{
	bool tty = isatty(STDIN_FILENO);
	struct termios old, quiet;
	size_t n = 0;
	char byte;

	if (tty && tcgetattr(STDIN_FILENO, &old) == 0) {
		quiet = old;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		fprintf(stderr, "Password of %s: ", user);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	while (n < size - 1 && read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
		buf[n++] = byte;
	buf[n] = 0;
	if (tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		fputc('\n', stderr);
	}
	return str_is_utf8(buf, n) ? CTL_DONE : ctl_usage(c, "A password is UTF-8 text.");
}

static int read_one(struct ctl *c, json_t *stations, json_t *people, char **argv)
{
	const char *id = stations_find_id(stations, argv[0]);
	char password[1024] = "";
	int r = CTL_DONE;

	if (!c->no_password)
		r = read_password(c, argv[1], password, sizeof(password));
	if (r == CTL_DONE)
		json_array_append_new(people,
				json_pack("{s:s, s:s, s:s?}", "station", id, "user", argv[1],
						"password", c->no_password ? NULL : password));
	explicit_bzero(password, sizeof(password));
	return r;
}

int station_logon_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *stations = NULL, *people = json_array(), *reply = NULL;
	char *text = NULL;
	size_t len = 0;
	int r;

	if ((argc == 2) == (c->file != NULL) || argc == 1)
		return ctl_usage(c,
				"Who should be logged on where? Give STATION and USER, or --file.");
	r = stations_list(c, &stations);
	if (r)
		return r;
	if (c->file) {
		r = read_all(c, c->file, &text, &len);
		if (r == CTL_DONE)
			r = read_table(c, stations, people, text);
		if (text)
			explicit_bzero(text, len);
		free(text);
	} else {
		r = read_one(c, stations, people, argv);
	}
	if (r)
		return r;
	r = ctl_call(c, LOGON,
			json_pack("{s:O, s:s?, s:b, s:b}", "people", people, "desktop", c->desktop,
					"switch", c->switches, "privileged", c->privileged),
			LOGON_ANSWER_MS, &reply);
	return r ? r : stations_report(c, LOGON, reply, "logged on");
}
