/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station kiosk-file: a folder with everything that a thin client needs to be one station of this
 * system: what it runs, how that is started, what the browser may not do, the certificate it
 * trusts, and a ticket that works once. The texts are those of data/kiosk, of which the dashboard
 * makes the same files. The ticket is in a file of mode 0600 only.
 */
#include "ctl/kiosk.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/command.h"
#include "ctl/probe.h"
#include "ctl/stations.h"
#include "ctl/text.h"
#include "ctl/when.h"
#include "ipc/conf.h"

#define INVITE "org.stationmaster.Stations.Invite"

/* What is different between the kinds of stations that a thin client can be. */
struct kiosk_kind {
	const char *name, *section, *script;
	bool has_policies, has_pin, has_fingerprint; /* files of these names */
	bool keeps_ticket;                           /* it is the station's password from then on */
};

static const struct kiosk_kind kinds[] = {
	{ "browser", "web", "browser", true, true, false, false },
	{ "vnc", "vnc", "viewer", false, false, false, true },
	{ "rdp", "rdp", "client", false, false, true, true },
};

struct kiosk {
	const char *folder;
	const struct kiosk_kind *kind;
	char host[256];
	uint16_t port;
	char *ticket;
	struct probe probe;
};

static const char *const started_by[] = { "stationmaster-kiosk.desktop",
	"stationmaster-kiosk.service" };

/* What text says, with @HOST@ and @PORT@ of this station. malloc'ed. */
static char *fill(const struct kiosk *k, const char *text)
{
	char port[8], *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	if (!f)
		return NULL;
	snprintf(port, sizeof(port), "%u", k->port);
	while (*text) {
		size_t n = strcspn(text, "@");

		fwrite(text, 1, n, f);
		text += n;
		if (strncmp(text, "@HOST@", 6) == 0 || strncmp(text, "@PORT@", 6) == 0) {
			fputs(text[1] == 'H' ? k->host : port, f);
			text += 6;
		} else if (*text) {
			fputc(*text++, f);
		}
	}
	if (fclose(f) == 0)
		return out;
	free(out);
	return NULL;
}

static int write_file(struct ctl *c, const struct kiosk *k, const char *name, const char *text,
		mode_t mode)
{
	_cleanup_free_ char *path = str_format("%s/%s", k->folder, name);
	_cleanup_close_ int fd = -EBADF;
	size_t len = strlen(text);

	if (!path)
		return ctl_no_memory(c);
	/* Never into what somebody else has put there. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 || fchmod(fd, mode) < 0 || write(fd, text, len) != (ssize_t)len)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.File",
				"%s cannot be written: %s.", path, strerror(errno));
	return CTL_DONE;
}

static int write_template(struct ctl *c, const struct kiosk *k, const char *template,
		const char *name, mode_t mode)
{
	for (size_t i = 0; i < kiosk_n_templates; i++) {
		_cleanup_free_ char *text = NULL;

		if (!streq(kiosk_templates[i].name, template))
			continue;
		text = fill(k, kiosk_templates[i].text);
		return text ? write_file(c, k, name, text, mode) : ctl_no_memory(c);
	}
	assert(false);
	return CTL_PARTLY;
}

/* One line, for a script to read. */
static int write_line(struct ctl *c, const struct kiosk *k, const char *name, const char *line)
{
	_cleanup_free_ char *text = str_format("%s\n", line);

	return text ? write_file(c, k, name, text, 0644) : ctl_no_memory(c);
}

static int write_all(struct ctl *c, const struct kiosk *k)
{
	/* Who trusts an authority that clients know needs no copy, which would end with it. */
	bool own = k->probe.certificate.self_signed;
	int r;

	r = write_file(c, k, "ticket", k->ticket, 0600);
	if (r == CTL_DONE && own)
		r = write_file(c, k, "ca.pem", k->probe.copy.pem, 0644);
	if (r == CTL_DONE && own && k->kind->has_pin)
		r = write_line(c, k, "pin", k->probe.copy.pin);
	if (r == CTL_DONE && own && k->kind->has_fingerprint)
		r = write_line(c, k, "fingerprint", k->probe.certificate.fingerprint);
	if (r == CTL_DONE && k->kind->has_policies)
		r = write_template(c, k, "policies.json", "policies.json", 0644);
	if (r == CTL_DONE)
		r = write_template(c, k, k->kind->script, "kiosk", 0755);
	if (r == CTL_DONE)
		r = write_template(c, k, "install", "install", 0755);
	for (size_t i = 0; r == CTL_DONE && i < ELEMENTSOF(started_by); i++)
		r = write_template(c, k, started_by[i], started_by[i], 0644);
	return r;
}

static int invite(struct ctl *c, struct kiosk *k, int64_t *ret_expires_ms)
{
	_cleanup_json_ json_t *reply = NULL,
			      *parameters = json_pack("{s:s}", "kind", k->kind->name);
	const char *ticket;
	int r;

	station_add_place(c, parameters);
	if (c->expires_ms >= 0)
		json_object_set_new(parameters, "lasts_ms", json_integer(c->expires_ms));
	r = ctl_call(c, INVITE, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	ticket = json_string_value(json_object_get(reply, "ticket"));
	if (!ticket)
		return ctl_bad_reply(c, INVITE);
	*ret_expires_ms = json_integer_value(json_object_get(reply, "expires_ms"));
	k->ticket = strdup(ticket);
	return k->ticket ? CTL_DONE : ctl_no_memory(c);
}

/* Where the client connects to, and what certificate it will be shown. */
static int look(struct ctl *c, struct kiosk *k)
{
	_cleanup_(conf_freep) struct conf *conf = NULL;
	_cleanup_free_ char *error = NULL, *host = NULL;
	const char *listen;

	if (conf_load(CONF_PATH, &conf, &error) < 0)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Settings",
				"The settings cannot be read: %s.", error ? error : "");
	listen = streq(k->kind->section, "web")   ? conf->web_listen
		 : streq(k->kind->section, "vnc") ? conf->vnc_listen
						  : conf->rdp_listen;
	if (str_is_empty(listen) || conf_parse_listen(listen, &host, &k->port) < 0)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Settings",
				"This system takes no such stations: \"listen\" in section [%s] is empty.",
				k->kind->section);
	if (c->host)
		str_copy(k->host, sizeof(k->host), c->host);
	else if (!streq(host, "0.0.0.0") && !streq(host, "::"))
		str_copy(k->host, sizeof(k->host), host);
	else
		gethostname(k->host, sizeof(k->host) - 1);
	if (str_is_empty(conf->web_listen) || probe_https(conf->web_listen, &k->probe, &error) < 0)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Unreachable",
				"The certificate of this system cannot be read: %s. See \"stationctl doctor\".",
				error ? error : "nobody serves pages here");
	return CTL_DONE;
}

static void tell(struct ctl *c, const struct kiosk *k, int64_t expires_ms)
{
	_cleanup_free_ char *until = when_format(expires_ms, 0);

	if (c->json) {
		_cleanup_json_ json_t *about = json_pack("{s:s, s:s, s:I}", "folder", k->folder,
				"kind", k->kind->name, "expires_ms", (json_int_t)expires_ms);

		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
		return;
	}
	printf("%s holds all that one station needs. Copy it to the thin client and run ./install there, as root;\n"
	       "on a computer with a desktop put it to /opt/stationmaster-kiosk and the .desktop file into autostart.\n"
	       "The ticket works once, until %s; keep the folder secret till then%s.\n",
			k->folder, until ? until : "?", k->kind->keeps_ticket ? " and after" : "");
	if (!strstr(k->probe.certificate.names, k->host) && streq(k->kind->name, "vnc"))
		printf("The certificate is for %s and not for %s: the viewer will ask about it. Give --host.\n",
				k->probe.certificate.names, k->host);
	if (!strstr(k->probe.certificate.names, k->host) && streq(k->kind->name, "rdp") &&
			!k->probe.certificate.self_signed)
		printf("The certificate is for %s and not for %s: the client will refuse it. Give --host.\n",
				k->probe.certificate.names, k->host);
}

int station_kiosk_run(struct ctl *c, int argc, char **argv)
{
	struct kiosk k = { .folder = argv[1] };
	int64_t expires_ms = 0;
	int r;

	(void)argc;
	for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
		if (streq(argv[0], kinds[i].name))
			k.kind = &kinds[i];
	if (!k.kind)
		return ctl_usage(c, "The kind of a station is browser, vnc or rdp, not \"%s\".",
				argv[0]);
	if (json_array_size(c->rooms) > 1)
		return ctl_usage(c, "A station stands in one room: give --room once.");
	if (c->host && (!*c->host || c->host[strcspn(c->host, " \"'$`\\/;&|<>()")]))
		return ctl_usage(c, "--host takes a name or an address, not \"%s\".", c->host);
	r = look(c, &k);
	if (r)
		return r;
	if (mkdir(k.folder, 0700) < 0) {
		probe_done(&k.probe);
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.File",
				"The folder %s cannot be made: %s.", k.folder, strerror(errno));
	}
	r = invite(c, &k, &expires_ms);
	if (r == CTL_DONE)
		r = write_all(c, &k);
	if (r == CTL_DONE)
		tell(c, &k, expires_ms);
	probe_done(&k.probe);
	str_wipe_free(k.ticket);
	return r;
}
