/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * setup: from a fresh installation to the first class. It asks, or with --yes takes what the
 * options say; each step that is done already says so and changes nothing, so that it can be run
 * again at any time. It writes two things only: members of the group of administrators (by
 * usermod), and conf.d/50-setup.conf with the certificate. Whether all is well afterwards, doctor's
 * eyes say.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "ctl/address.h"
#include "ctl/command.h"
#include "ctl/finding.h"
#include "ctl/probe.h"
#include "ctl/text.h"

#define SETUP_CONF "/etc/stationmaster/conf.d/50-setup.conf"

enum { LINE_MAX_BYTES = 512, NAP_MS = 50, RELAY_MS = 15 * 1000 };

/* What the person types; false where nobody can be asked. */
static bool ask(struct ctl *c, const char *question, char *buf, size_t size)
{
	if (c->yes || !isatty(STDIN_FILENO))
		return false;
	printf("%s ", question);
	fflush(stdout);
	if (!fgets(buf, (int)size, stdin))
		return false;
	buf[strcspn(buf, "\n")] = 0;
	return *buf;
}

static bool ask_yes(struct ctl *c, const char *question)
{
	char answer[LINE_MAX_BYTES];

	return ask(c, question, answer, sizeof(answer)) && strchr("yYjJ", answer[0]);
}

/* --- the first administrator --- */

static int admin_add(struct doctor *d, const char *name)
{
	const char *const argv[] = { "usermod", "--append", "--groups", d->conf->admin_group, name,
		NULL };
	_cleanup_free_ char *said = NULL;
	struct group *g = getgrnam(d->conf->admin_group);

	if (!getpwnam(name))
		return ctl_fail(d->c, CTL_NOT_FOUND, "org.stationmaster.ctl.NotFound",
				"There is no account \"%s\". Make one first: adduser %s", name,
				name);
	for (char **m = g ? g->gr_mem : NULL; m && *m; m++)
		if (streq(*m, name)) {
			finding_add(d, "administrator", FINDING_OK, NULL,
					"%s is an administrator already.", name);
			return CTL_DONE;
		}
	if (output_read(argv, &said) != 0)
		return ctl_fail(d->c, CTL_PARTLY, "org.stationmaster.ctl.Failed",
				"%s could not be put into the group %s. Try: usermod -aG %s %s",
				name, d->conf->admin_group, d->conf->admin_group, name);
	finding_add(d, "administrator", FINDING_OK, NULL, "%s is an administrator now.", name);
	return CTL_DONE;
}

static int step_administrator(struct doctor *d)
{
	struct group *g = getgrnam(d->conf->admin_group);
	char name[LINE_MAX_BYTES];

	if (!g)
		return ctl_fail(d->c, CTL_PARTLY, "org.stationmaster.ctl.Failed",
				"The group %s does not exist. Try: systemd-sysusers",
				d->conf->admin_group);
	if (d->c->admin)
		return admin_add(d, d->c->admin);
	if (g->gr_mem[0]) {
		finding_add(d, "administrator", FINDING_OK, NULL, "%s is an administrator.",
				g->gr_mem[0]);
		return CTL_DONE;
	}
	if (ask(d->c, "Which account shall be the first administrator?", name, sizeof(name)))
		return admin_add(d, name);
	finding_add(d, "administrator", FINDING_WARNING,
			"sudo stationctl setup --admin NAME; teachers: usermod -aG station-operator NAME",
			"Nobody but root is an administrator.");
	return CTL_DONE;
}

/* --- certificate --- */

static int certificate_check(struct doctor *d, const char *certificate, const char *key)
{
	const char *const files[] = { certificate, key };
	_cleanup_free_ char *error = NULL;
	struct certificate x;
	int64_t now = time(NULL);
	bool valid;

	if (certificate_read(certificate, key, &x, &error) < 0)
		return ctl_fail(d->c, CTL_USAGE, "org.stationmaster.ctl.Certificate", "%s.",
				error ? error : "The certificate cannot be read");
	valid = now >= x.from_s && now < x.until_s;
	certificate_done(&x);
	if (!valid)
		return ctl_fail(d->c, CTL_USAGE, "org.stationmaster.ctl.Certificate",
				"The certificate %s is expired or not valid yet; is the clock right?",
				certificate);
	for (size_t i = 0; i < ELEMENTSOF(files); i++) {
		_cleanup_free_ char *wrong = NULL;

		if (files[i][0] != '/')
			return ctl_usage(d->c, "--certificate and --key take absolute paths.");
		wrong = relay_reads(files[i]);
		if (wrong)
			return ctl_fail(d->c, CTL_USAGE, "org.stationmaster.ctl.Certificate",
					"%s. Try: install -o root -g station-relay -m 0640 %s /etc/stationmaster/",
					wrong, files[i]);
	}
	return CTL_DONE;
}

static bool relay_answers(struct doctor *d, int64_t ms)
{
	for (int64_t end = clock_mono_ms() + ms;;) {
		_cleanup_free_ char *error = NULL;
		struct probe p;

		if (probe_https(d->conf->web_listen, &p, &error) == 0) {
			probe_done(&p);
			return true;
		}
		if (clock_mono_ms() > end)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = NAP_MS * 1000000L }, NULL);
	}
}

static int certificate_set(struct doctor *d, const char *certificate, const char *key)
{
	static const char *const restart[] = { "systemctl", "restart", "station-relay.service",
		NULL };
	_cleanup_free_ char *text = NULL, *before = NULL, *said = NULL;
	int r = certificate_check(d, certificate, key);

	if (r)
		return r;
	text = str_format("# Written by \"stationctl setup\".\n[tls]\ncertificate = %s\nkey = %s\n",
			certificate, key);
	if (!text)
		return ctl_no_memory(d->c);
	if (fd_read_file_at(AT_FDCWD, SETUP_CONF, 4096, &before, NULL) == 0 &&
			streq(before, text)) {
		finding_add(d, "certificate", FINDING_OK, NULL, "Your certificate is in use.");
		return CTL_DONE;
	}
	mkdir("/etc/stationmaster", 0755);
	mkdir("/etc/stationmaster/conf.d", 0755);
	r = fd_write_file(SETUP_CONF, text, strlen(text), 0644);
	if (r < 0)
		return ctl_fail(d->c, CTL_PARTLY, "org.stationmaster.ctl.Failed",
				"Cannot write " SETUP_CONF ": %s.", strerror(-r));
	if (output_read(restart, &said) != 0)
		return ctl_fail(d->c, CTL_PARTLY, "org.stationmaster.ctl.Failed",
				"station-relay did not start with this certificate. See: journalctl -u station-relay");
	finding_add(d, "certificate", FINDING_OK, NULL,
			"Your certificate is in use now (" SETUP_CONF ").");
	return CTL_DONE;
}

static int step_certificate(struct doctor *d)
{
	char certificate[LINE_MAX_BYTES], key[LINE_MAX_BYTES];
	const struct ctl *c = d->c;

	if (!c->certificate != !c->key)
		return ctl_usage(d->c, "--certificate and --key belong together.");
	if (c->certificate)
		return certificate_set(d, c->certificate, c->key);
	if (!str_is_empty(d->conf->tls_certificate)) {
		finding_add(d, "certificate", FINDING_OK, NULL, "Certificate: %s.",
				d->conf->tls_certificate);
		return CTL_DONE;
	}
	if (ask_yes(d->c, "Have you got a certificate of your own for this computer? [y/N]") &&
			ask(d->c, "Its file (PEM, with the whole chain):", certificate,
					sizeof(certificate)) &&
			ask(d->c, "The file of its key:", key, sizeof(key)))
		return certificate_set(d, certificate, key);
	finding_add(d, "certificate", FINDING_OK,
			"Compare the fingerprint below once in each browser, or see docs/guide/admin.md for ACME",
			"The certificate made for this computer is used; it is self-signed.");
	return CTL_DONE;
}

/* --- desktop, firewall, self-test --- */

static void step_desktop(struct doctor *d)
{
	if (desktop_is_there())
		finding_add(d, "desktop", FINDING_OK, NULL, "A desktop is installed.");
	else
		finding_add(d, "desktop", FINDING_FAULT, "apt install xfce4",
				"No desktop is installed; nobody can log in yet.");
}

static uint16_t port_of(const char *listen)
{
	_cleanup_free_ char *host = NULL;
	uint16_t port = 0;

	return str_is_empty(listen) || conf_parse_listen(listen, &host, &port) < 0 ? 0 : port;
}

/* The ports that stations and browsers need, each with before and after it, with between in
 * between. malloc'ed. */
static char *ports_list(
		const struct conf *conf, const char *before, const char *after, const char *between)
{
	const uint16_t ports[] = { port_of(conf->web_listen), port_of(conf->vnc_listen),
		port_of(conf->rdp_listen) };
	char *all = strdup("");

	for (size_t i = 0; all && i < ELEMENTSOF(ports); i++) {
		char *longer;

		if (ports[i] == 0)
			continue;
		longer = str_format(
				"%s%s%s%u%s", all, *all ? between : "", before, ports[i], after);
		free(all);
		all = longer;
	}
	return all;
}

static void step_firewall(struct doctor *d)
{
	static const char *const nft[] = { "nft", "list", "ruleset", NULL };
	static const char *const ufw[] = { "ufw", "status", NULL };
	_cleanup_free_ char *rules = NULL, *status = NULL, *todo = NULL,
			    *ports = ports_list(d->conf, "", "", ", ");

	if (output_read(ufw, &status) == 0 && strstr(status, "Status: active"))
		todo = ports_list(d->conf, "ufw allow ", "/tcp", "; ");
	else if (output_read(nft, &rules) == 0 && strstr(rules, "hook input") &&
			(strstr(rules, "policy drop") || strstr(rules, "reject")))
		todo = str_format(
				"In your table: nft add rule inet filter input tcp dport { %s } accept",
				ports ? ports : "");
	if (todo)
		finding_add(d, "firewall", FINDING_WARNING, todo,
				"A firewall filters what comes in; stations must reach the ports %s.",
				ports ? ports : "?");
	else
		finding_add(d, "firewall", FINDING_OK, NULL,
				"No firewall on this computer is in the way (ports %s).",
				ports ? ports : "?");
}

/* A session of the account is started and logged off again, through the API. */
static int test_session(struct doctor *d, const char *user)
{
	_cleanup_json_ json_t *reply = NULL, *job = NULL, *end = NULL;
	const char *id;
	int r;

	r = ctl_call(d->c, "org.stationmaster.Sessions.Start", json_pack("{s:s}", "user", user),
			CTL_START_MS, &reply);
	if (r)
		return r;
	id = json_string_value(json_object_get(json_object_get(reply, "session"), "id"));
	if (!id)
		return ctl_bad_reply(d->c, "org.stationmaster.Sessions.Start");
	r = ctl_call(d->c, "org.stationmaster.Sessions.LogOff",
			json_pack("{s:[s], s:i}", "sessions", id, "grace_ms", 0), CTL_ANSWER_MS,
			&job);
	if (r == CTL_DONE)
		r = ctl_call(d->c, "org.stationmaster.Jobs.Wait",
				json_pack("{s:O}", "job", json_object_get(job, "job")),
				CTL_START_MS, &end);
	if (r == CTL_DONE)
		finding_add(d, "session", FINDING_OK, NULL,
				"A session of %s was started and logged off.", user);
	return r;
}

/* Never one that has work open: only where the person has no session. */
static int step_session(struct doctor *d)
{
	_cleanup_json_ json_t *reply = NULL;
	const char *user = d->c->test;
	json_t *session;
	size_t i;
	int r;

	if (!user) {
		finding_add(d, "session", FINDING_OK, NULL,
				"No session was tried; setup --test USER starts one and logs it off.");
		return CTL_DONE;
	}
	r = ctl_call(d->c, "org.stationmaster.Sessions.List", NULL, CTL_ANSWER_MS, &reply);
	if (r)
		return r;
	json_array_foreach (json_object_get(reply, "sessions"), i, session) {
		const char *who = json_string_value(json_object_get(session, "user"));

		if (who && streq(who, user)) {
			finding_add(d, "session", FINDING_OK, NULL,
					"%s has a session already: sessions work.", user);
			return CTL_DONE;
		}
	}
	return test_session(d, user);
}

static int step_test(struct doctor *d)
{
	_cleanup_json_ json_t *reply = NULL;
	int r;

	if (!str_is_empty(d->conf->web_listen) && !relay_answers(d, RELAY_MS))
		return ctl_fail(d->c, CTL_PARTLY, "org.stationmaster.ctl.Failed",
				"Nothing answers over HTTPS. See: stationctl doctor");
	finding_add(d, "https", FINDING_OK, NULL, "HTTPS answers.");
	r = ctl_call(d->c, "org.stationmaster.System.Status", NULL, CTL_ANSWER_MS, &reply);
	return r ? r : step_session(d);
}

static int settings_load(struct doctor *d)
{
	_cleanup_free_ char *error = NULL;
	int r;

	d->conf = conf_free(d->conf);
	r = conf_load(CONF_PATH, &d->conf, &error);
	if (r < 0)
		return ctl_fail(d->c, CTL_PARTLY, "org.stationmaster.ctl.Settings",
				"The settings cannot be read: %s. Mend that first.",
				error ? error : strerror(-r));
	return CTL_DONE;
}

static int steps(struct doctor *d)
{
	int r = settings_load(d);

	if (r == CTL_DONE)
		r = step_administrator(d);
	if (r == CTL_DONE)
		r = step_certificate(d);
	if (r)
		return r;
	r = settings_load(d);
	if (r)
		return r;
	step_desktop(d);
	step_firewall(d);
	r = step_test(d);
	return r == CTL_DONE && d->faults > 0 ? CTL_PARTLY : r;
}

int setup_run(struct ctl *c, int argc, char **argv)
{
	_cleanup_json_ json_t *list = NULL, *all = NULL;
	struct doctor d;
	int r;

	(void)argc, (void)argv;
	if (geteuid() != 0)
		return ctl_fail(c, CTL_REFUSED, "org.stationmaster.Refused",
				"Only root can set the system up. Try: sudo stationctl setup");
	if (doctor_init(&d, c) < 0)
		return ctl_no_memory(c);
	r = steps(&d);
	list = d.conf ? address_list(d.conf) : NULL;
	if (c->json) {
		all = json_pack("{s:O, s:O?}", "steps", d.findings, "addresses", list);
		text_print_json(stdout, all, JSON_INDENT(2), c->out_tty);
	} else if (list) {
		putchar('\n');
		address_print(list);
	}
	doctor_done(&d);
	return r;
}
