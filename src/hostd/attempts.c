/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small table searched from end to end: failed log-ins are rare, and each cost a PAM conversation
 * with its own delay of about two seconds. When the table is full the entry that has been quiet
 * longest makes room, so that a flood of made-up names cannot use memory. Unknown accounts count
 * like known ones: the answer must not tell which is which.
 */
#include "hostd/attempts.h"

#include <stdio.h>

#include "base/str.h"

static void make_key(char kind, const char *name, char ret[static 72])
{
	uint64_t hash = 14695981039346656037u;

	if (snprintf(ret, 72, "%c:%s", kind, name) < 72)
		return;
	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	snprintf(ret, 72, "%c#%016llx", kind, (unsigned long long)hash);
}

static struct attempt *find(struct attempts *a, const char *key)
{
	for (unsigned i = 0; i < a->n; i++)
		if (streq(a->list[i].key, key))
			return &a->list[i];
	return NULL;
}

static int64_t delay_of(const struct attempt *t, unsigned free_failures, int64_t now)
{
	int64_t delay;
	unsigned over;

	if (!t || now - t->last_ms > ATTEMPTS_FORGET || t->failures < free_failures)
		return 0;
	over = MIN(t->failures - free_failures, 16u);
	delay = MIN((int64_t)1000 << over, (int64_t)ATTEMPTS_DELAY_MAX);
	return MAX(t->last_ms + delay - now, (int64_t)0);
}

int64_t attempts_get_delay(struct attempts *a, const char *user, const char *address, int64_t now)
{
	int64_t by_user, by_address;
	char key[72];

	make_key('u', user, key);
	by_user = delay_of(find(a, key), ATTEMPTS_FREE_ACCOUNT, now);
	make_key('a', address, key);
	by_address = delay_of(find(a, key), ATTEMPTS_FREE_ADDRESS, now);
	return MAX(by_user, by_address);
}

static void count(struct attempts *a, const char *key, int64_t now)
{
	struct attempt *t = find(a, key);

	if (!t && a->n < ATTEMPTS_MAX) {
		t = &a->list[a->n++];
		t->failures = 0;
	} else if (!t) {
		t = &a->list[0];
		for (unsigned i = 1; i < a->n; i++)
			if (a->list[i].last_ms < t->last_ms)
				t = &a->list[i];
		t->failures = 0;
	} else if (now - t->last_ms > ATTEMPTS_FORGET) {
		t->failures = 0;
	}
	str_copy(t->key, sizeof(t->key), key);
	t->failures++;
	t->last_ms = now;
}

void attempts_failed(struct attempts *a, const char *user, const char *address, int64_t now)
{
	char key[72];

	make_key('u', user, key);
	count(a, key, now);
	make_key('a', address, key);
	count(a, key, now);
}

void attempts_succeeded(struct attempts *a, const char *user)
{
	struct attempt *t;
	char key[72];

	make_key('u', user, key);
	t = find(a, key);
	if (t)
		*t = a->list[--a->n];
}
