/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ports and who holds them, the certificate, and whether HTTPS answers. */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/str.h"
#include "ctl/finding.h"
#include "ctl/probe.h"

enum {
	TABLE_MAX = 16 * 1024 * 1024, /* of /proc/net/tcp */
	COMM_MAX = 64,
	WARN_DAYS = 30,
	DAY_S = 24 * 3600,
};

int certificate_paths(const struct conf *conf, char **ret_certificate, char **ret_key)
{
	bool own = str_is_empty(conf->tls_certificate);
	_cleanup_free_ char *certificate = strdup(
			own ? "/var/lib/station-relay/certificate.pem" : conf->tls_certificate);
	char *key = strdup(own ? "/var/lib/station-relay/key.pem" : conf->tls_key);

	if (!certificate || !key) {
		free(key);
		return -ENOMEM;
	}
	*ret_certificate = take_ptr(certificate);
	*ret_key = key;
	return 0;
}

/* --- who listens --- */

/* Inode of a socket that listens on the port, in one of /proc/net/tcp and tcp6; 0: none. */
static unsigned long inode_of(const char *table, uint16_t port)
{
	_cleanup_free_ char *text = NULL;
	char *line, *save = NULL;

	if (fd_read_file_at(AT_FDCWD, table, TABLE_MAX, &text, NULL) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned local, state;
		unsigned long inode;

		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*d %lu",
				    &local, &state, &inode) == 3 &&
				local == port && state == 0x0A)
			return inode;
	}
	return 0;
}

static bool process_has(const char *pid, const char *link)
{
	_cleanup_free_ char *path = str_format("/proc/%s/fd", pid);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		char to[64];
		ssize_t n = readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1);

		if (n > 0) {
			to[n] = 0;
			found = streq(to, link);
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Name and number of the process that has the socket; NULL: it cannot be seen. */
static char *owner_of(unsigned long inode)
{
	_cleanup_free_ char *link = str_format("socket:[%lu]", inode);
	DIR *dir = opendir("/proc");
	struct dirent *e;
	char *owner = NULL;

	while (dir && link && !owner && (e = readdir(dir))) {
		_cleanup_free_ char *path = NULL, *comm = NULL;

		if (strspn(e->d_name, "0123456789") != strlen(e->d_name) ||
				!process_has(e->d_name, link))
			continue;
		path = str_format("/proc/%s/comm", e->d_name);
		if (path && fd_read_file_at(AT_FDCWD, path, COMM_MAX, &comm, NULL) == 0)
			owner = str_format("%.*s (process %s)", (int)strcspn(comm, "\n"), comm,
					e->d_name);
	}
	if (dir)
		closedir(dir);
	return owner;
}

static void port_look(struct doctor *d, const char *what, const char *key, const char *listen)
{
	_cleanup_free_ char *host = NULL, *owner = NULL, *todo = NULL;
	unsigned long inode;
	uint16_t port;

	if (str_is_empty(listen) || conf_parse_listen(listen, &host, &port) < 0) {
		finding_add(d, "ports", FINDING_OK, NULL, "%s is switched off.", what);
		return;
	}
	inode = inode_of("/proc/net/tcp", port);
	if (!inode)
		inode = inode_of("/proc/net/tcp6", port);
	if (!inode) {
		finding_add(d, "ports", FINDING_FAULT, "journalctl -u station-relay says why",
				"Nobody listens on port %u for %s.", port, what);
		return;
	}
	owner = owner_of(inode);
	if (owner && strncmp(owner, "station-relay (", strlen("station-relay (")) != 0) {
		todo = str_format("Stop it, or set %s to another port and restart station-relay",
				key);
		finding_add(d, "ports", FINDING_FAULT, todo,
				"Port %u, for %s, is in use by another program: %s.", port, what,
				owner);
		return;
	}
	finding_add(d, "ports", FINDING_OK, NULL, "%s: port %u%s.", what, port,
			owner ? " is the relay's" : " is open");
}

/* --- certificate --- */

char *relay_reads(const char *path)
{
	const char *const argv[] = { "runuser", "-u", "station-relay", "--", "test", "-r", path,
		NULL };
	static const char *const hidden[] = { "/home/", "/root/", "/run/user/", "/tmp/",
		"/var/tmp/" };
	_cleanup_free_ char *said = NULL;

	for (size_t i = 0; i < ELEMENTSOF(hidden); i++)
		if (strncmp(path, hidden[i], strlen(hidden[i])) == 0)
			return str_format(
					"%s is of no use: %s is hidden from the relay, whose unit is a sandbox",
					path, hidden[i]);
	if (geteuid() == 0 && getpwnam("station-relay") && output_read(argv, &said) == 1)
		return str_format("The user station-relay may not read %s", path);
	return NULL;
}

static void validity_look(struct doctor *d, const struct certificate *x, const char *from)
{
	int64_t now = time(NULL), left = x->until_s - now;
	const char *renew =
			x->self_signed ? "systemctl restart station-relay makes a new one"
				       : "Renew it where you have it from; the relay takes new files by itself";

	if (now < x->from_s)
		finding_add(d, "certificate", FINDING_FAULT,
				"timedatectl status: is the clock right?",
				"The certificate%s is not valid yet, for %lld more hours.", from,
				(long long)(x->from_s - now) / 3600 + 1);
	else if (left <= 0)
		finding_add(d, "certificate", FINDING_FAULT, renew,
				"The certificate%s expired %lld days ago: browsers refuse it.",
				from, (long long)(-left / DAY_S));
	else if (left < (int64_t)WARN_DAYS * DAY_S)
		finding_add(d, "certificate", FINDING_WARNING, renew,
				"The certificate%s expires in %lld days.", from,
				(long long)(left / DAY_S));
	else
		finding_add(d, "certificate", FINDING_OK, NULL,
				"The certificate%s is valid for %lld days%s.", from,
				(long long)(left / DAY_S),
				x->self_signed ? "; it is self-signed, browsers ask once" : "");
}

static void certificate_look(struct doctor *d)
{
	_cleanup_free_ char *path = NULL, *key = NULL, *error = NULL;
	const char *files[2];
	struct certificate x;
	int r;

	if (certificate_paths(d->conf, &path, &key) < 0)
		return;
	files[0] = path;
	files[1] = key;
	if (access(path, R_OK) < 0 && errno == EACCES)
		return; /* what is shown over HTTPS is looked at in any case */
	r = certificate_read(
			path, access(key, R_OK) < 0 && errno == EACCES ? NULL : key, &x, &error);
	if (r < 0) {
		finding_add(d, "certificate", FINDING_FAULT,
				"sudo stationctl setup --certificate FILE --key FILE", "%s.",
				error ? error : strerror(-r));
		return;
	}
	validity_look(d, &x, "");
	certificate_done(&x);
	for (size_t i = 0; i < ELEMENTSOF(files); i++) {
		_cleanup_free_ char *wrong = relay_reads(files[i]), *todo = NULL;

		todo = str_format(
				"install -o root -g station-relay -m 0640 %s /etc/stationmaster/, and name it there",
				files[i]);
		if (wrong)
			finding_add(d, "certificate", FINDING_FAULT, todo, "%s.", wrong);
	}
}

static void https_look(struct doctor *d)
{
	_cleanup_free_ char *error = NULL;
	struct probe p;
	int r;

	if (str_is_empty(d->conf->web_listen))
		return;
	r = probe_https(d->conf->web_listen, &p, &error);
	if (r < 0) {
		finding_add(d, "https", FINDING_FAULT, "systemctl status station-relay",
				"The pages cannot be opened: %s.", error ? error : strerror(-r));
		return;
	}
	if (p.status != 200)
		finding_add(d, "https", FINDING_FAULT,
				p.status == 503 ? "apt install --reinstall stationmaster-web && systemctl restart station-relay"
						: "journalctl -u station-relay",
				"HTTPS answers, but without the pages (status %d).", p.status);
	else
		finding_add(d, "https", FINDING_OK, NULL, "HTTPS answers with the pages.");
	validity_look(d, &p.certificate, " that browsers get");
	probe_done(&p);
}

/* --- RDP --- */

#define XRDP     "/usr/sbin/xrdp"
#define RDP_UNIT "station-rdp.service"

static bool unit_is_active(const char *unit)
{
	const char *const argv[] = { "systemctl", "is-active", "--quiet", unit, NULL };
	_cleanup_free_ char *said = NULL;

	return output_read(argv, &said) == 0;
}

static void rdp_look(struct doctor *d)
{
	_cleanup_free_ char *host = NULL, *owner = NULL;
	unsigned long inode;
	uint16_t port;

	if (access(XRDP, X_OK) < 0) {
		if (!str_is_empty(d->conf->rdp_listen))
			finding_add(d, "rdp", FINDING_FAULT, "apt install stationmaster-rdp",
					"xrdp, which RDP stations need, is not installed.");
		return;
	}
	if (str_is_empty(d->conf->rdp_listen) ||
			conf_parse_listen(d->conf->rdp_listen, &host, &port) < 0)
		return;
	if (!unit_is_active(RDP_UNIT))
		finding_add(d, "rdp", FINDING_FAULT, "systemctl enable --now " RDP_UNIT,
				"The service for RDP stations (" RDP_UNIT ") does not run.");
	inode = inode_of("/proc/net/tcp", port);
	if (!inode)
		inode = inode_of("/proc/net/tcp6", port);
	owner = inode ? owner_of(inode) : NULL;
	if (owner && strncmp(owner, "xrdp (", strlen("xrdp (")) == 0) {
		finding_add(d, "ports", FINDING_FAULT,
				"systemctl disable --now xrdp xrdp-sesman, or set [rdp] listen to another port",
				"Port %u, for RDP, is in use by the xrdp of the distribution: %s. RDP stations have one of their own (" RDP_UNIT
				").",
				port, owner);
		return;
	}
	port_look(d, "RDP", "[rdp] listen", d->conf->rdp_listen);
}

void doctor_look_network(struct doctor *d)
{
	port_look(d, "HTTPS", "[web] listen", d->conf->web_listen);
	port_look(d, "VNC", "[vnc] listen", d->conf->vnc_listen);
	rdp_look(d);
	certificate_look(d);
	https_look(d);
}
