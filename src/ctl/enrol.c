/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * station enrol, unenrol, kiosk-file. A kiosk file is a folder with everything that a thin client
 * needs to be one station of this system: what it runs, how that is started, the certificate it
 * trusts, and a ticket that works once. The ticket is in files of mode 0600 only.
 */
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

#define ENROL   "org.stationmaster.Stations.Enrol"
#define UNENROL "org.stationmaster.Stations.Unenrol"
#define INVITE  "org.stationmaster.Stations.Invite"

static void add_place(const struct ctl *c, json_t *parameters)
{
	if (c->name)
		json_object_set_new(parameters, "name", json_string(c->name));
	if (c->rooms)
		json_object_set(parameters, "room", json_array_get(c->rooms, 0));
}

int station_enrol_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *reply = NULL, *parameters = json_pack("{s:s, s:s}", "station",
							     argv[0], "pin", argv[1]);
	int r;

	(void)argc;
	add_place(c, parameters);
	r = ctl_call(c, ENROL, take_ptr(parameters), CTL_ANSWER_MS, &reply);
	return r ? r : station_print(c, ENROL, reply);
}

int station_unenrol_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *about = json_pack("{s:s}", "station", argv[0]);
	_cleanup_free_ char *station = text_clean(argv[0]);
	int r;

	(void)argc;
	r = ctl_call(c, UNENROL, json_incref(about), CTL_ANSWER_MS, NULL);
	if (r)
		return r;
	if (c->json)
		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
	else
		printf("%s is a stranger now.\n", station);
	return CTL_DONE;
}

/* --- kiosk files --- */

struct kiosk {
	const char *folder;
	bool vnc;
	char host[256];
	uint16_t port;
	char *ticket;
	struct probe probe;
};

static const char browser_script[] =
		"#!/bin/sh\n"
		"# Shows one station of Stationmaster in full screen. The profile keeps who this station is.\n"
		"here=$(dirname \"$(readlink -f \"$0\")\")\n"
		"profile=${XDG_DATA_HOME:-$HOME/.local/share}/stationmaster-kiosk\n"
		"mkdir -p \"$profile\" && chmod 700 \"$profile\"\n"
		"ticket=$(cat \"$here/ticket\" 2>/dev/null)\n"
		"program=$(command -v chromium || command -v chromium-browser || command -v google-chrome)\n"
		"set -- \"$program\" --kiosk --no-first-run --disable-infobars --user-data-dir=\"$profile\" \\\n"
		"\t--ignore-certificate-errors-spki-list=%2$s \\\n"
		"\t\"https://%1$s/station#ticket=$ticket\"\n"
		"# Without a desktop around it: cage gives it a screen.\n"
		"[ -n \"$DISPLAY$WAYLAND_DISPLAY\" ] || set -- cage -s -- \"$@\"\n"
		"exec \"$@\"\n";

static const char viewer_script[] =
		"#!/bin/sh\n"
		"# Shows one station of Stationmaster in full screen; comes back when the connection is lost.\n"
		"here=$(dirname \"$(readlink -f \"$0\")\")\n"
		"program=$(command -v xtigervncviewer || command -v vncviewer)\n"
		"VNC_USERNAME=@station VNC_PASSWORD=$(cat \"$here/ticket\")\n"
		"export VNC_USERNAME VNC_PASSWORD\n"
		"while :; do\n"
		"\t\"$program\" -SecurityTypes=X509Plain -X509CA=\"$here/ca.pem\" -FullScreen=1 -RemoteResize=1 \\\n"
		"\t\t-MenuKey= -ReconnectOnError=0 -AlertOnFatalError=0 \"$@\" %1$s\n"
		"\tsleep 2\n"
		"done\n";

static const char desktop_file[] = "[Desktop Entry]\n"
				   "Type=Application\n"
				   "Name=Stationmaster station\n"
				   "Name[de]=Stationmaster-Station\n"
				   "Exec=/opt/stationmaster-kiosk/kiosk\n"
				   "X-GNOME-Autostart-enabled=true\n";

static const char unit_file[] =
		"# For a computer without a desktop: /etc/systemd/system/stationmaster-kiosk.service\n"
		"[Unit]\n"
		"Description=Stationmaster station\n"
		"Wants=network-online.target\n"
		"After=network-online.target systemd-user-sessions.service\n"
		"Conflicts=getty@tty1.service\n"
		"\n"
		"[Service]\n"
		"User=kiosk\n"
		"PAMName=login\n"
		"TTYPath=/dev/tty1\n"
		"StandardInput=tty\n"
		"ExecStart=%s/opt/stationmaster-kiosk/kiosk\n"
		"Restart=always\n"
		"RestartSec=2\n"
		"\n"
		"[Install]\n"
		"WantedBy=multi-user.target\n";

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

static int write_all(struct ctl *c, const struct kiosk *k)
{
	_cleanup_free_ char *where = k->vnc ? str_format("%s::%u", k->host, k->port)
					    : str_format("%s:%u", k->host, k->port);
	_cleanup_free_ char *script = k->vnc ? str_format(viewer_script, where)
					     : str_format(browser_script, where, k->probe.spki);
	_cleanup_free_ char *unit = str_format(unit_file, k->vnc ? "/usr/bin/xinit " : "");
	int r;

	if (!script || !unit)
		return ctl_no_memory(c);
	r = write_file(c, k, "ticket", k->ticket, 0600);
	if (r == CTL_DONE)
		r = write_file(c, k, "ca.pem", k->probe.pem, 0644);
	if (r == CTL_DONE)
		r = write_file(c, k, "kiosk", script, 0755);
	if (r == CTL_DONE)
		r = write_file(c, k, "stationmaster-kiosk.desktop", desktop_file, 0644);
	if (r == CTL_DONE)
		r = write_file(c, k, "stationmaster-kiosk.service", unit, 0644);
	return r;
}

static int invite(struct ctl *c, struct kiosk *k, int64_t *ret_expires_ms)
{
	_cleanup_json_ json_t *reply = NULL,
			      *parameters = json_pack("{s:s}", "kind", k->vnc ? "vnc" : "browser");
	const char *ticket;
	int r;

	add_place(c, parameters);
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
	listen = k->vnc ? conf->vnc_listen : conf->web_listen;
	if (str_is_empty(listen) || conf_parse_listen(listen, &host, &k->port) < 0)
		return ctl_fail(c, CTL_PARTLY, "org.stationmaster.ctl.Settings",
				"This system takes no such stations: \"listen\" in section [%s] is empty.",
				k->vnc ? "vnc" : "web");
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
				"kind", k->vnc ? "vnc" : "browser", "expires_ms",
				(json_int_t)expires_ms);

		text_print_json(stdout, about, JSON_INDENT(2), c->out_tty);
		return;
	}
	printf("%s holds all that one station needs. Copy it to /opt/stationmaster-kiosk of the thin client,\n"
	       "owned by the account that it runs as, and start it with the .desktop file (autostart of a desktop)\n"
	       "or the .service file. The ticket works once, until %s; keep the folder secret till then%s.\n",
			k->folder, until ? until : "?", k->vnc ? " and after" : "");
}

int station_kiosk_run(struct ctl *c, int argc, char **argv)
{
	struct kiosk k = { .vnc = streq(argv[0], "vnc"), .folder = argv[1] };
	int64_t expires_ms = 0;
	int r;

	(void)argc;
	if (!k.vnc && !streq(argv[0], "browser"))
		return ctl_usage(
				c, "The kind of a station is browser or vnc, not \"%s\".", argv[0]);
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
