/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enrolments, PINs and invitations.
 *
 * A PIN is no secret of the station: it proves that who enrols it sees its screen, so that a
 * stranger's page cannot be taken for the new computer in room 3. It is in memory only. A ticket is
 * 256 random bits, kept as its hash and removed from the store before the enrolment it leads to is
 * told to anybody, so that it works once.
 */
#include "hostd/enrol.h"

#include <stdio.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "hostd/host.h"
#include "hostd/station-scene.h"
#include "hostd/station.h"

static int note_row(struct store_row *row, void *userdata)
{
	*(bool *)userdata = true;
	return 0;
}

bool enrol_is_enrolled(struct host *h, const char *id)
{
	const struct station *st = station_find(h, id);
	bool found = st && st->kind == STATION_LOCAL;

	store_query(h->store, note_row, &found, "SELECT 1 FROM enrolments WHERE station = ?", "s",
			id);
	return found;
}

void enrol_load(struct station *st)
{
	st->enrol.enrolled = enrol_is_enrolled(st->host, st->id);
}

static void forget_pin(struct station *st)
{
	st->enrol.timer = sd_event_source_disable_unref(st->enrol.timer);
	st->enrol.wrong = 0;
	explicit_bzero(st->enrol.pin, sizeof(st->enrol.pin));
}

void enrol_done(struct station *st)
{
	forget_pin(st);
}

/* --- PINs --- */

static int pin_make(char ret[static PIN_LENGTH + 1])
{
	uint32_t n;

	do { /* without a bias */
		if (getrandom(&n, sizeof(n), 0) != sizeof(n))
			return -EIO;
	} while (n >= UINT32_C(4294000000));
	snprintf(ret, PIN_LENGTH + 1, "%06u", (unsigned)(n % 1000000));
	return 0;
}

static void cancel(struct station *st)
{
	forget_pin(st);
	station_touch(st);
	station_refresh(st);
}

static int handle_end(sd_event_source *source, uint64_t usec, void *userdata)
{
	cancel(userdata);
	return 0;
}

int enrol_ask(struct station *st)
{
	unsigned n = 0, n_address = 0;
	struct list *l;
	int r;

	if (st->enrol.enrolled)
		return -EALREADY;
	list_for_each (l, &st->host->stations) {
		const struct station *other = list_entry(l, struct station, link);

		if (!*other->enrol.pin || other == st)
			continue;
		n++;
		n_address += streq(other->address, st->address);
	}
	if (n >= PINS_MAX || n_address >= PINS_PER_ADDRESS_MAX)
		return -EBUSY;
	forget_pin(st);
	r = host_arm_timer(st->host, &st->enrol.timer, PIN_LIFE_MS, handle_end, st);
	if (r == 0)
		r = pin_make(st->enrol.pin);
	if (r < 0)
		return r;
	station_touch(st);
	station_refresh(st);
	return 0;
}

void enrol_cancel(struct station *st)
{
	if (*st->enrol.pin)
		cancel(st);
}

int enrol_check_pin(struct station *st, const char *pin, unsigned *ret_left)
{
	if (!*st->enrol.pin)
		return -ESRCH;
	if (str_eq_secret(st->enrol.pin, pin))
		return 0;
	*ret_left = PIN_TRIES_MAX - ++st->enrol.wrong;
	if (*ret_left == 0)
		cancel(st);
	return -EACCES;
}

/* --- enrolling --- */

static int store_enrolment(struct station *st, const char *by_name)
{
	return store_exec(st->host->store,
			"INSERT OR REPLACE INTO enrolments (station, since_s, by_name) VALUES (?,?,?)",
			"sis", st->id, clock_real_ms() / 1000, by_name);
}

static void become_enrolled(struct station *st)
{
	st->enrol.enrolled = true;
	log_info("enrolled station=%s address=%s", st->id, st->address);
	cancel(st);
}

int enrol_accept(struct station *st, const char *by_name)
{
	int r;

	store_begin(st->host->store);
	station_save(st); /* it may have no row yet */
	store_enrolment(st, by_name);
	r = store_commit(st->host->store);
	if (r == 0)
		become_enrolled(st);
	return r;
}

/* --- invitations --- */

struct stored_invitation {
	char name[PLACE_MAX], room[PLACE_MAX], by_name[CALLER_NAME_MAX];
	bool found;
};

static int take_invitation(struct store_row *row, void *userdata)
{
	struct stored_invitation *i = userdata;

	str_copy(i->name, sizeof(i->name), store_row_text(row, 0));
	str_copy(i->room, sizeof(i->room), store_row_text(row, 1));
	str_copy(i->by_name, sizeof(i->by_name), store_row_text(row, 2));
	i->found = true;
	return 0;
}

static bool find_invitation(struct host *h, const char *kind, const uint8_t *hash,
		struct stored_invitation *ret)
{
	*ret = (struct stored_invitation){ 0 };
	store_query(h->store, take_invitation, ret,
			"SELECT name, room, by_name FROM invitations WHERE hash = ? AND kind = ? AND "
			"expires_ms > ?",
			"bsi", hash, kind, clock_real_ms());
	return ret->found;
}

bool enrol_is_invited(struct host *h, const char *kind, const uint8_t hash[static HASH_SIZE])
{
	struct stored_invitation i;

	return find_invitation(h, kind, hash, &i);
}

static int count_rows(struct store_row *row, void *userdata)
{
	*(int64_t *)userdata = store_row_int(row, 0);
	return 0;
}

int enrol_invite(struct host *h, const struct invitation *order, char ret[static STR_TOKEN_LEN + 1])
{
	uint8_t hash[HASH_SIZE];
	int64_t n = 0;
	int r;

	store_exec(h->store, "DELETE FROM invitations WHERE expires_ms <= ?", "i", clock_real_ms());
	store_query(h->store, count_rows, &n, "SELECT count(*) FROM invitations", "");
	if (n >= INVITATIONS_MAX)
		return -EDQUOT;
	r = str_random_token(ret);
	if (r == 0)
		r = hash_secret(ret, hash);
	if (r < 0)
		return r;
	return store_exec(h->store,
			"INSERT INTO invitations (hash, kind, name, room, expires_ms, by_name) VALUES "
			"(?,?,?,?,?,?)",
			"bsssis", hash, order->kind, order->name ? order->name : "",
			order->room ? order->room : "", order->expires_ms, order->by_name);
}

int enrol_take_ticket(struct station *st, const char *ticket)
{
	struct stored_invitation i;
	uint8_t hash[HASH_SIZE];
	json_t *told = NULL;
	int r;

	r = hash_secret(ticket, hash);
	if (r < 0)
		return r;
	if (!find_invitation(st->host, station_kind_to_string(st->kind), hash, &i))
		return -ENOENT;
	store_begin(st->host->store);
	station_save(st);
	store_exec(st->host->store, "DELETE FROM invitations WHERE hash = ?", "b", hash);
	store_enrolment(st, i.by_name);
	(void)station_set_place(
			st->host, st->id, *i.name ? i.name : NULL, *i.room ? i.room : NULL, &told);
	json_decref(told);
	r = store_commit(st->host->store);
	if (r == 0)
		become_enrolled(st);
	return r;
}

int enrol_revoke(struct host *h, const char *id)
{
	struct station *st = station_find(h, id);
	int r;

	/* Those of this computer were not enrolled. */
	if (!enrol_is_enrolled(h, id) || (st && st->kind == STATION_LOCAL))
		return -ENOENT;
	store_begin(h->store);
	store_exec(h->store, "DELETE FROM enrolments WHERE station = ?", "s", id);
	store_exec(h->store, "DELETE FROM auto_logons WHERE station = ?", "s", id);
	/* Who has its secret is a stranger from now on; its number is not used again. */
	store_exec(h->store,
			"UPDATE stations SET secret = randomblob(32), name = id, named = 0, room = '' "
			"WHERE id = ?",
			"s", id);
	r = store_commit(h->store);
	if (r == 0 && st)
		station_drop(st);
	return r;
}
