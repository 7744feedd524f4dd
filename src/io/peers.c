/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash of addresses with their counters; an address is forgotten with its last connection, so the
 * table is never larger than the number of connections. A dropped connection is taken off the list
 * of the half-open at once (it cannot be chosen twice) and is counted until it is removed.
 */
#include "io/peers.h"

#include <assert.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "io/address.h"

enum { BUCKETS = 256 };

struct peer {
	struct list link;
	uint64_t key;
	unsigned connections;
	unsigned n_half_open;
	struct list half_open; /* oldest first */
};

struct peers {
	struct peers_limits limits;
	unsigned connections;
	struct list buckets[BUCKETS];
};

int peers_new(const struct peers_limits *limits, struct peers **ret)
{
	struct peers *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->limits = *limits;
	for (size_t i = 0; i < BUCKETS; i++)
		list_init(&p->buckets[i]);
	*ret = p;
	return 0;
}

struct peers *peers_free(struct peers *p)
{
	if (p)
		assert(p->connections == 0);
	free(p);
	return NULL;
}

static struct list *bucket_of(struct peers *p, uint64_t key)
{
	return &p->buckets[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 56];
}

static struct peer *peer_find(struct peers *p, uint64_t key)
{
	struct list *bucket = bucket_of(p, key), *l;

	list_for_each (l, bucket) {
		struct peer *peer = list_entry(l, struct peer, link);

		if (peer->key == key)
			return peer;
	}
	return NULL;
}

static void half_open_remove(struct peer_conn *c)
{
	if (list_is_empty(&c->link))
		return;
	list_remove(&c->link);
	c->peer->n_half_open--;
}

int peers_add(struct peers *p, const struct sockaddr *address, struct peer_conn *c)
{
	uint64_t key = address_key(address);
	struct peer *peer = peer_find(p, key);

	list_init(&c->link);
	c->peer = NULL;
	if (p->connections >= p->limits.total)
		return -EMFILE;
	if (peer && peer->connections >= p->limits.per_address)
		return -EDQUOT;
	if (!peer) {
		peer = calloc(1, sizeof(*peer));
		if (!peer)
			return -ENOMEM;
		peer->key = key;
		list_init(&peer->half_open);
		list_add_tail(bucket_of(p, key), &peer->link);
	}
	c->peers = p;
	c->peer = peer;
	p->connections++;
	peer->connections++;
	peer->n_half_open++;
	list_add_tail(&peer->half_open, &c->link);
	if (peer->n_half_open > p->limits.half_open_per_address) {
		struct peer_conn *oldest = list_entry(peer->half_open.next, struct peer_conn, link);

		half_open_remove(oldest);
		oldest->handle_drop(oldest);
	}
	return 0;
}

void peers_establish(struct peer_conn *c)
{
	if (c->peer)
		half_open_remove(c);
}

void peers_remove(struct peer_conn *c)
{
	struct peer *peer = c->peer;

	if (!peer)
		return;
	half_open_remove(c);
	c->peer = NULL;
	c->peers->connections--;
	if (--peer->connections > 0)
		return;
	list_remove(&peer->link);
	free(peer);
}

size_t peers_count(const struct peers *p)
{
	return p->connections;
}
