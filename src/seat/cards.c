/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which cards there are. A card belongs to the seat that udev says (ID_SEAT, else seat0). A card
 * that another program drives is tried again until it can be had: each second, by opening it anew,
 * since only who opens a card that nobody drives becomes its master without being root.
 *
 * While another VT is active monitors are not looked for (only a card's master may ask); that is
 * made up for afterwards.
 */
#include "seat/cards.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "base/str.h"

enum { RETRY_US = 1000 * 1000 };

struct cards {
	sd_event *event;
	struct udev *udev;
	struct udev_monitor *monitor;
	char *seat;
	const char *leave;
	struct list list;
	sd_event_source *io, *retry;
	const struct cards_ops *ops;
	void *userdata;
	bool is_suspended;
	bool was_told; /* that a card is busy */
};

static struct card *card_of(struct list *l)
{
	return list_entry(l, struct card, link);
}

struct list *cards_get_list(struct cards *c)
{
	return &c->list;
}

static struct card *find(struct cards *c, const char *name)
{
	struct list *l;

	list_for_each (l, &c->list)
		if (streq(card_of(l)->name, name))
			return card_of(l);
	return NULL;
}

/*
 * True: its outputs are other ones. Modes are set in any case: a monitor that was away for a moment
 * shows nothing yet.
 */
static bool look(struct card *card)
{
	bool changed = false;
	int r = card_probe(card, &changed);

	if (r < 0)
		log_warning_errno(
				r, "the monitors of a card could not be found card=%s", card->name);
	card_light(card);
	return changed;
}

static bool is_of_seat(const struct cards *c, struct udev_device *d)
{
	const char *seat = udev_device_get_property_value(d, "ID_SEAT");

	return streq(seat ? seat : "seat0", c->seat);
}

/* 0 taken or not for us, -EBUSY: later. */
static int take(struct cards *c, struct udev_device *d)
{
	const char *name = udev_device_get_sysname(d), *node = udev_device_get_devnode(d),
		   *id = udev_device_get_property_value(d, "ID_PATH");
	struct card *card;
	int r;

	if (!name || !node || strncmp(name, "card", 4) != 0 || strchr(name, '-') || find(c, name) ||
			!is_of_seat(c, d))
		return 0;
	id = id ? id : name;
	if (choice_is_left(c->leave, name, id, NULL))
		return 0;
	r = card_open(node, name, id, c->leave, &card);
	if (r == -EBUSY) {
		if (!c->was_told)
			log_warning("another program drives a card; it is taken as soon as that ends "
				    "card=%s",
					name);
		c->was_told = true;
		return r;
	}
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0) {
		log_warning_errno(r, "a card could not be opened card=%s", name);
		return 0;
	}
	log_info("driving a card card=%s id=%s", name, id);
	list_add_tail(&c->list, &card->link);
	look(card);
	return 0;
}

static int take_all(struct cards *c)
{
	struct udev_enumerate *all = udev_enumerate_new(c->udev);
	struct udev_list_entry *entry;
	int r = 0;

	if (!all)
		return -ENOMEM;
	udev_enumerate_add_match_subsystem(all, "drm");
	udev_enumerate_add_match_sysname(all, "card[0-9]*");
	udev_enumerate_scan_devices(all);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all))
	{
		struct udev_device *d = udev_device_new_from_syspath(
				c->udev, udev_list_entry_get_name(entry));

		if (d && take(c, d) == -EBUSY)
			r = -EBUSY;
		udev_device_unref(d);
	}
	udev_enumerate_unref(all);
	return r;
}

static void retry_later(struct cards *c)
{
	sd_event_source_set_time_relative(c->retry, RETRY_US);
	sd_event_source_set_enabled(c->retry, SD_EVENT_ONESHOT);
}

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct cards *c = userdata;
	struct list *l;
	size_t before = 0, after = 0;

	(void)source, (void)usec;
	if (c->is_suspended)
		return 0;
	list_for_each (l, &c->list)
		before++;
	if (take_all(c) == -EBUSY)
		retry_later(c);
	else
		c->was_told = false;
	list_for_each (l, &c->list)
		after++;
	if (after != before)
		c->ops->changed(c->userdata);
	return 0;
}

/* True: outputs may be other ones. */
static bool handle_uevent(struct cards *c, struct udev_device *d)
{
	const char *action = udev_device_get_action(d), *name = udev_device_get_sysname(d);
	const char *hotplug = udev_device_get_property_value(d, "HOTPLUG");
	struct card *card = name ? find(c, name) : NULL;

	if (!action)
		return false;
	if (card && (streq(action, "remove") || !is_of_seat(c, d))) {
		log_info("a card is gone, or is another seat's now card=%s", name);
		card_close(card);
		return true;
	}
	if (c->is_suspended)
		return false;
	if (streq(action, "add") || (streq(action, "change") && !card)) {
		if (take(c, d) == -EBUSY)
			retry_later(c);
		return true;
	}
	return streq(action, "change") && card && hotplug && streq(hotplug, "1") && look(card);
}

static int handle_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct cards *c = userdata;
	struct udev_device *d;
	bool changed = false;

	(void)source, (void)fd, (void)revents;
	while ((d = udev_monitor_receive_device(c->monitor))) {
		changed = handle_uevent(c, d) || changed;
		udev_device_unref(d);
	}
	if (changed)
		c->ops->changed(c->userdata);
	return 0;
}

void cards_suspend(struct cards *c)
{
	struct list *l;

	c->is_suspended = true;
	list_for_each (l, &c->list)
		card_drop(card_of(l));
}

void cards_light(struct cards *c)
{
	struct list *l;

	if (c->is_suspended)
		return;
	list_for_each (l, &c->list)
		card_light(card_of(l));
}

void cards_resume(struct cards *c)
{
	struct list *l, *next;

	c->is_suspended = false;
	list_for_each_safe (l, next, &c->list) {
		struct card *card = card_of(l);
		int r = card_retake(card);

		if (r < 0) {
			log_warning_errno(r,
					"a card is not ours any more; it is opened anew card=%s",
					card->name);
			card_close(card);
			continue;
		}
		look(card);
	}
	if (take_all(c) == -EBUSY)
		retry_later(c);
	c->ops->changed(c->userdata);
}

void cards_flush(struct cards *c)
{
	struct list *l;

	list_for_each (l, &c->list)
		card_flush(card_of(l));
}

static int watch(struct cards *c)
{
	int r;

	c->monitor = udev_monitor_new_from_netlink(c->udev, "udev");
	if (!c->monitor)
		return -ENOMEM;
	r = udev_monitor_filter_add_match_subsystem_devtype(c->monitor, "drm", NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(c->monitor);
	if (r >= 0)
		r = sd_event_add_io(c->event, &c->io, udev_monitor_get_fd(c->monitor), EPOLLIN,
				handle_io, c);
	if (r >= 0)
		r = sd_event_add_time_relative(c->event, &c->retry, CLOCK_MONOTONIC, RETRY_US, 1000,
				handle_retry, c);
	return r < 0 ? r : sd_event_source_set_enabled(c->retry, SD_EVENT_OFF);
}

int cards_new(const struct cards_options *o, const struct cards_ops *ops, void *userdata,
		struct cards **ret)
{
	struct cards *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	list_init(&c->list);
	c->event = o->event;
	c->udev = udev_ref(o->udev);
	c->leave = o->leave;
	c->ops = ops;
	c->userdata = userdata;
	c->seat = strdup(o->seat);
	r = c->seat ? watch(c) : -ENOMEM;
	if (r < 0) {
		cards_free(c);
		return r;
	}
	if (take_all(c) == -EBUSY)
		retry_later(c);
	*ret = c;
	return 0;
}

struct cards *cards_free(struct cards *c)
{
	struct list *l, *next;

	if (!c)
		return NULL;
	list_for_each_safe (l, next, &c->list)
		card_close(card_of(l));
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->retry);
	udev_monitor_unref(c->monitor);
	udev_unref(c->udev);
	free(c->seat);
	free(c);
	return NULL;
}
