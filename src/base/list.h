/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intrusive, circular, doubly linked list. A struct list is either a head or a member's link; an
 * unlinked member points to itself, so list_remove() may be called twice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

#define LIST_INIT(name) \
	{ \
		&(name), &(name) \
	}

#define list_entry(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

/* Members must not be removed in the body of list_for_each(); list_for_each_safe() allows to remove
 * pos. */
#define list_for_each(pos, head) for (pos = (head)->next; pos != (head); pos = pos->next)
#define list_for_each_safe(pos, nxt, head) \
	for (pos = (head)->next, nxt = pos->next; pos != (head); pos = nxt, nxt = pos->next)

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_add_tail(struct list *head, struct list *l)
{
	l->prev = head->prev;
	l->next = head;
	head->prev->next = l;
	head->prev = l;
}

static inline void list_add_head(struct list *head, struct list *l)
{
	list_add_tail(head->next, l);
}

static inline void list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}
