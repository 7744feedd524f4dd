/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the table and what is plugged in to what has to be done. Nothing of the state is kept here:
 * who an interface was let in for is noted in /run (gate), what is mounted says the kernel. So the
 * next process goes on where this one ended, at any moment.
 *
 * What goes away goes first, of all hubs; only then something comes. A disk changes hands by going
 * away and coming back, so that no open file of the person before is left.
 */
#include "usb/storage.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "usb/folder.h"
#include "usb/units.h"

enum { OPENING_MS = 20000, SYNC_MS = 5000 };

/* --- memory --- */

static struct memory *memory_of(struct storage *s, const char *interface)
{
	for (size_t i = 0; i < s->n_memory; i++)
		if (streq(s->memory[i].interface, interface))
			return &s->memory[i];
	if (s->n_memory == STICKS_MAX)
		return NULL;
	s->memory[s->n_memory] = (struct memory){ .since_ms = clock_mono_ms() };
	str_copy(s->memory[s->n_memory].interface, INTERFACE_MAX, interface);
	return &s->memory[s->n_memory++];
}

static void memory_drop(struct storage *s, size_t i)
{
	free(s->memory[i].reason);
	s->memory[i] = s->memory[--s->n_memory];
}

void storage_forget(struct storage *s, const char *interface)
{
	for (size_t i = s->n_memory; i-- > 0;)
		if (interface && streq(s->memory[i].interface, interface))
			memory_drop(s, i);
}

static void memory_fail(struct storage *s, const struct stick *stick, char *reason_consume)
{
	struct memory *m = memory_of(s, stick->interface);

	log_warning("storage at %s: %s", stick->path, reason_consume ? reason_consume : "?");
	if (!m) {
		free(reason_consume);
		return;
	}
	free(m->reason);
	m->reason = reason_consume;
}

/* --- mounts --- */

static const struct mount *find_mount(const struct mounts *m, const struct volume *v)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].number == v->number && mount_is_of_people(&m->items[i]))
			return &m->items[i];
	return NULL;
}

static void unmount(const char *where)
{
	char unit[UNIT_MAX];
	int r = words_unit(where, unit);

	if (r == 0)
		r = units_unmount(unit);
	if (r < 0)
		log_warning_errno(r, "%s was not unmounted", where);
	folder_remove(where);
}

/* Detached is not written: a program may still have files open. A stick that is broken or pulled
 * out must not hold up those of others, so this waits in a process of its own. */
static void write_out(void)
{
	pid_t pid = fork();
	struct pollfd p;

	if (pid == 0) {
		sync();
		_exit(0);
	}
	if (pid < 0)
		return;
	p = (struct pollfd){ .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	if (p.fd < 0)
		return;
	if (poll(&p, 1, SYNC_MS) == 0)
		log_warning("writing out takes long, going on without waiting");
	close(p.fd);
}

/* --- away --- */

static int stick_close(struct storage *s, const struct devices *d, const struct stick *stick)
{
	bool mounted = false;
	int r;

	for (size_t i = 0; i < stick->n_volumes; i++) {
		const struct mount *m = find_mount(&d->mounts, &stick->volumes[i]);

		if (m)
			unmount(m->where);
		mounted = mounted || m;
	}
	if (mounted)
		write_out();
	storage_forget(s, stick->interface);
	r = gate_close(stick->interface);
	if (r < 0)
		return log_error_errno(
				r, "%s at %s cannot be taken away", stick->name, stick->path);
	log_info("storage at %s was taken away", stick->path);
	return 0;
}

/* Of sticks that were pulled out. */
static void unmount_stale(const struct devices *d)
{
	for (size_t i = 0; i < d->mounts.n; i++) {
		const struct mount *m = &d->mounts.items[i];
		char path[64];

		if (!folder_is_ours(m->where))
			continue;
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(m->number),
				minor(m->number));
		if (access(path, F_OK) < 0)
			unmount(m->where);
	}
}

/* --- here --- */

static bool volume_is_for_people(const struct stick *stick, const struct volume *v)
{
	if (!words_type(v->fs))
		return false;
	/* An image of a CD on a stick is a file system and has parts at the same time. */
	for (size_t i = 0; i < stick->n_volumes && !v->whole; i++)
		if (stick->volumes[i].whole && words_type(stick->volumes[i].fs) &&
				strncmp(stick->volumes[i].node, v->node,
						strlen(stick->volumes[i].node)) == 0)
			return false;
	return true;
}

static int mount_at(const struct volume *v, const struct hub *h, const char *where)
{
	_cleanup_free_ char *options = words_options(v->fs, h->uid, h->gid);
	char unit[UNIT_MAX];
	struct mount_order o = { .unit = unit,
		.what = v->node,
		.where = where,
		.type = words_type(v->fs),
		.options = options };
	int r = options ? words_unit(where, unit) : -ENOMEM;

	return r < 0 ? r : units_mount(&o);
}

/* 1: mounted now. */
static int volume_mount(struct storage *s, const struct stick *stick, const struct volume *v,
		const struct hub *h)
{
	struct memory *m = memory_of(s, stick->interface);
	_cleanup_free_ char *where = NULL;
	int r;

	if (m && m->reason)
		return 0; /* until it is plugged in again, or has another medium */
	r = folder_make(h->user, h->uid, v->label, &where);
	if (r == 0)
		r = mount_at(v, h, where);
	if (r == 0) {
		log_info("storage at %s is mounted for %s", stick->path, h->user);
		return 1;
	}
	if (where)
		folder_remove(where);
	memory_fail(s, stick,
			str_format("Its file system (%s) could not be mounted; it may be damaged, "
				   "or the kernel cannot read it. (%s)",
					v->fs, strerror(-r)));
	return 0;
}

static int stick_mount(struct storage *s, const struct devices *d, const struct stick *stick,
		const struct hub *h)
{
	int done = 0;

	for (size_t i = 0; i < stick->n_volumes; i++) {
		const struct volume *v = &stick->volumes[i];

		if (v->ready && volume_is_for_people(stick, v) && !find_mount(&d->mounts, v))
			done += volume_mount(s, stick, v, h);
	}
	return done;
}

/* --- all --- */

struct verdict {
	enum wanted wanted;
	const struct hub *hub; /* NULL: no station's */
	char owner[OWNER_MAX]; /* whom it should be noted for */
	bool differs;          /* it is let in for somebody else, or for nobody known */
	bool closed;           /* it is not let in, now that everything is done */
};

static struct verdict judge(
		const struct storage *s, const struct devices *d, const struct stick *stick)
{
	struct verdict v = { 0 };
	char noted[OWNER_MAX];
	bool known = gate_get_owner(stick->interface, noted);

	v.wanted = table_decide(
			&s->table, stick->path, stick->used, d->keyboards, d->n_keyboards, &v.hub);
	if (v.wanted == WANT_OPEN)
		snprintf(v.owner, sizeof(v.owner), "%u %s", v.hub->uid, v.hub->user);
	v.closed = !stick->authorized;
	/* What came before the guard and is at no station was always the system's. */
	v.differs = known ? !streq(noted, v.owner) : v.wanted == WANT_OPEN;
	if (!known && v.wanted == WANT_SYSTEM && stick->authorized)
		gate_note_system(stick->interface);
	return v;
}

static int close_all(struct storage *s, const struct devices *d, struct verdict *v)
{
	int r = 0, k;

	for (size_t i = 0; i < d->n_sticks; i++) {
		bool away = v[i].wanted == WANT_CLOSED ||
			    (v[i].wanted != WANT_LEFT && v[i].differs);

		if (!away || v[i].closed)
			continue;
		k = stick_close(s, d, &d->sticks[i]);
		v[i].closed = k == 0;
		r = k < 0 ? k : r;
	}
	return r;
}

/* Something was let in: its events follow. */
static void open_all(struct storage *s, const struct devices *d, struct verdict *v)
{
	for (size_t i = 0; i < d->n_sticks; i++) {
		const struct stick *stick = &d->sticks[i];
		int r;

		if (!v[i].closed || (v[i].wanted != WANT_OPEN && v[i].wanted != WANT_SYSTEM))
			continue;
		storage_forget(s, stick->interface);
		r = gate_open(stick->interface, v[i].owner);
		if (r < 0)
			memory_fail(s, stick,
					str_format("The kernel does not let it in: %s.",
							strerror(-r)));
		else
			log_info("storage at %s was let in", stick->path);
	}
}

/* --- what is told --- */

struct shown {
	const char *state, *reason;
	const char *label; /* of what is open */
};

static const char *find_problem(const struct stick *stick, bool *ret_pending)
{
	bool medium = false, ready = true, fits = false;

	for (size_t i = 0; i < stick->n_volumes; i++) {
		const struct volume *v = &stick->volumes[i];

		medium = medium || v->has_medium;
		ready = ready && v->ready;
		fits = fits || volume_is_for_people(stick, v);
	}
	*ret_pending = stick->n_volumes == 0 || !ready || fits;
	if (stick->n_volumes == 0)
		return "It does not answer, or is no storage that is read here.";
	if (!medium)
		return "There is no medium in it.";
	return "There is no file system on it that is read here (FAT, exFAT, NTFS, ext4, or that "
	       "of a CD or DVD).";
}

static struct shown show_open(struct storage *s, const struct devices *d, const struct stick *stick)
{
	struct memory *m = memory_of(s, stick->interface);
	int64_t until = (m ? m->since_ms : 0) + OPENING_MS;
	struct shown shown = { .state = "open", .reason = "" };
	const char *problem;
	bool pending;

	for (size_t i = 0; i < stick->n_volumes; i++)
		if (find_mount(&d->mounts, &stick->volumes[i])) {
			shown.label = stick->volumes[i].label;
			return shown;
		}
	shown.state = "failed";
	if (m && m->reason) {
		shown.reason = m->reason;
		return shown;
	}
	problem = find_problem(stick, &pending);
	if (pending && clock_mono_ms() < until) {
		shown.state = "opening";
		s->again_ms = s->again_ms < 0 ? until : MIN(s->again_ms, until);
	} else {
		shown.reason = problem;
	}
	return shown;
}

static struct shown show(struct storage *s, const struct devices *d, const struct stick *stick,
		const struct verdict *v)
{
	if (v->wanted == WANT_LEFT)
		return (struct shown){ .state = "failed",
			.reason = "The computer itself uses it, so it is left as it is." };
	if (v->wanted == WANT_OPEN)
		return show_open(s, d, stick);
	if (v->closed)
		return (struct shown){ .state = "closed", .reason = "" };
	return (struct shown){ .state = "failed", .reason = "It could not be taken away." };
}

static int tell_disks(struct storage *s, const struct devices *d, const struct verdict *v)
{
	json_t *disks = json_array();

	s->again_ms = -1;
	for (size_t i = 0; i < d->n_sticks; i++) {
		_cleanup_free_ char *label = NULL;
		struct shown shown;

		if (!v[i].hub)
			continue;
		shown = show(s, d, &d->sticks[i], &v[i]);
		if (!str_is_empty(shown.label))
			label = str_clean(shown.label, NAME_MAX_CHARS);
		json_array_append_new(disks,
				json_pack("{s:s, s:s, s:s, s:s}", "hub", v[i].hub->path, "name",
						str_is_empty(label) ? d->sticks[i].name : label,
						"state", shown.state, "reason", shown.reason));
	}
	if (!disks)
		return -ENOMEM;
	json_decref(s->disks);
	s->disks = disks;
	return 0;
}

/* Of interfaces that are gone. */
static void sweep(struct storage *s, const struct devices *d)
{
	for (size_t i = s->n_memory; i-- > 0;) {
		bool found = false;

		for (size_t k = 0; k < d->n_sticks && !found; k++)
			found = streq(d->sticks[k].interface, s->memory[i].interface);
		if (!found)
			memory_drop(s, i);
	}
	gate_sweep();
}

/* 1: something was mounted, read again. */
static int round_of(struct storage *s, char **ret_reason)
{
	_cleanup_(devices_done) struct devices d = { 0 };
	_cleanup_free_ struct verdict *v = NULL;
	int r, k, mounted = 0;

	r = devices_scan(s->udev, &d);
	if (r < 0)
		return r;
	v = calloc(STICKS_MAX, sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < d.n_waiting; i++)
		gate_let(d.waiting[i]);
	sweep(s, &d);
	for (size_t i = 0; i < d.n_sticks; i++)
		v[i] = judge(s, &d, &d.sticks[i]);
	unmount_stale(&d);
	r = close_all(s, &d, v);
	if (r < 0 && !*ret_reason)
		*ret_reason = str_format("Storage on USB could not be taken away: %s. The journal "
					 "of station-usb says more.",
				strerror(-r));
	open_all(s, &d, v);
	for (size_t i = 0; i < d.n_sticks; i++)
		if (v[i].wanted == WANT_OPEN && !v[i].closed)
			mounted += stick_mount(s, &d, &d.sticks[i], v[i].hub);
	if (mounted > 0 && r == 0)
		return 1;
	k = tell_disks(s, &d, v);
	return r < 0 ? r : k;
}

int storage_converge(struct storage *s, char **ret_reason)
{
	int r = 0;

	if (!s->has_table || s->table.n == 0)
		return 0;
	for (int i = 0; i < 4; i++) {
		r = round_of(s, ret_reason);
		if (r <= 0)
			return r;
	}
	return 0;
}

int storage_set(struct storage *s, const struct table *t, char **ret_reason)
{
	int r;

	s->table = *t;
	s->has_table = true;
	if (t->n == 0) {
		json_decref(s->disks);
		s->disks = json_array();
		return gate_release();
	}
	r = gate_guard();
	if (r < 0) {
		*ret_reason = str_format(
				"The kernel does not keep storage on USB away: %s.", strerror(-r));
		return r;
	}
	return storage_converge(s, ret_reason);
}

int storage_get_timeout(const struct storage *s)
{
	if (s->again_ms < 0)
		return -1;
	return (int)CLAMP(s->again_ms - clock_mono_ms(), (int64_t)0, (int64_t)OPENING_MS) + 1;
}

void storage_done(struct storage *s)
{
	while (s->n_memory > 0)
		memory_drop(s, 0);
	json_decref(s->disks);
	s->disks = NULL;
}
