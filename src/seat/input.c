/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libinput finds the devices of the seat (udev's ID_SEAT), follows them as they come and go, and
 * makes motions of what they say (acceleration, touch pads, high-resolution wheels). Every device
 * is grabbed as it is opened.
 *
 * The computer's own buttons (power, sleep, lid) are not opened: they are logind's. Keys of that
 * kind on a pupil's keyboard are, so that nobody sends the computer to sleep from there.
 *
 * While another VT is active libinput has closed everything; what was there stays in the core, so
 * that nobody is told that all keyboards are gone. What does not come back after that is removed.
 */
#include "seat/input.h"

#include <errno.h>
#include <fcntl.h>
#include <libinput.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

enum { SCROLL_CLICK = 15 /* libinput: what a finger's scrolling calls one step */, V120 = 120 };

struct input {
	struct libinput *li;
	struct udev *udev;
	struct core *core;
	struct udev_monitor *monitor; /* for devices that loginctl attach gives to another seat */
	char *seat;
	sd_event_source *io, *moves;
	const struct input_ops *ops;
	void *userdata;
	bool is_suspended;
};

/* What the core's device is here. */
struct node {
	char sysname[32];               /* "event3" */
	struct libinput_device *device; /* NULL while suspended */
};

/* --- opening --- */

static bool has_property(struct udev_device *d, const char *name)
{
	const char *v = udev_device_get_property_value(d, name);

	return v && streq(v, "1");
}

static bool is_for_people(struct udev_device *d)
{
	static const char *const kinds[] = { "ID_INPUT_KEYBOARD", "ID_INPUT_MOUSE",
		"ID_INPUT_TOUCHPAD", "ID_INPUT_TOUCHSCREEN", "ID_INPUT_TABLET",
		"ID_INPUT_POINTINGSTICK" };
	const char *path = udev_device_get_property_value(d, "ID_PATH");

	for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
		if (has_property(d, kinds[i]))
			return true;
	/* Further keys of a keyboard that is plugged in. */
	return path && strstr(path, "-usb-");
}

static int open_restricted(const char *path, int flags, void *userdata)
{
	struct input *i = userdata;
	_cleanup_close_ int fd = open(path, flags | O_CLOEXEC);
	struct udev_device *d;
	struct stat st;
	bool wanted;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	d = udev_device_new_from_devnum(i->udev, 'c', st.st_rdev);
	wanted = d && is_for_people(d);
	udev_device_unref(d);
	if (!wanted)
		return -ENODEV;
	if (ioctl(fd, EVIOCGRAB, (void *)1) < 0) {
		int r = -errno;

		log_warning_errno(r,
				"somebody else holds an input device, so it is not used "
				"device=%s",
				path);
		return r;
	}
	return take_fd(&fd);
}

static void close_restricted(int fd, void *userdata)
{
	(void)userdata;
	close(fd);
}

/* --- devices --- */

static struct device *find(struct input *i, const char *sysname)
{
	struct list *l;

	list_for_each (l, &i->core->devices) {
		struct device *d = list_entry(l, struct device, link);

		if (streq(((struct node *)d->io)->sysname, sysname))
			return d;
	}
	return NULL;
}

static bool has(struct libinput_device *d, enum libinput_device_capability c)
{
	return libinput_device_has_capability(d, c);
}

static void handle_added(struct input *i, struct libinput_device *ld)
{
	struct udev_device *u = libinput_device_get_udev_device(ld);
	const char *path = u ? udev_device_get_property_value(u, "ID_PATH") : NULL;
	struct device *d = find(i, libinput_device_get_sysname(ld));
	struct node *n;
	int r;

	if (d && streq(d->path, path ? path : "")) {
		n = d->io; /* after another VT was active */
	} else {
		n = calloc(1, sizeof(*n));
		r = n ? core_add_device(i->core, path ? path : "", libinput_device_get_name(ld),
					u && has_property(u, "ID_INPUT_KEYBOARD"),
					has(ld, LIBINPUT_DEVICE_CAP_POINTER) ||
							has(ld, LIBINPUT_DEVICE_CAP_TOUCH) ||
							has(ld, LIBINPUT_DEVICE_CAP_TABLET_TOOL),
					&d)
		      : -ENOMEM;
		if (r < 0) {
			log_warning_errno(r, "an input device is not used device=%s",
					libinput_device_get_sysname(ld));
			free(n);
			udev_device_unref(u);
			return;
		}
		str_copy(n->sysname, sizeof(n->sysname), libinput_device_get_sysname(ld));
		d->io = n;
	}
	n->device = libinput_device_ref(ld);
	libinput_device_set_user_data(ld, d);
	if (libinput_device_config_tap_get_finger_count(ld) > 0)
		libinput_device_config_tap_set_enabled(ld, LIBINPUT_CONFIG_TAP_ENABLED);
	if (d->keyboard)
		input_set_lights(d, d->station ? hands_get_locks(&d->station->hands) : 0);
	udev_device_unref(u);
}

static void forget(struct node *n)
{
	if (n->device) {
		libinput_device_set_user_data(n->device, NULL);
		n->device = libinput_device_unref(n->device);
	}
}

static void drop(struct input *i, struct device *d)
{
	struct node *n = d->io;

	forget(n);
	core_remove_device(i->core, d);
	free(n);
}

void input_set_lights(struct device *d, uint32_t leds)
{
	struct node *n = d->io;
	enum libinput_led l = (leds & SEAT_LED_CAPS ? LIBINPUT_LED_CAPS_LOCK : 0) |
			      (leds & SEAT_LED_NUM ? LIBINPUT_LED_NUM_LOCK : 0) |
			      (leds & SEAT_LED_SCROLL ? LIBINPUT_LED_SCROLL_LOCK : 0);

	if (n && n->device)
		libinput_device_led_update(n->device, l);
}

/* --- events --- */

static void handle_wheel(struct core *c, struct device *d, struct libinput_event_pointer *e,
		enum libinput_event_type type)
{
	static const enum libinput_pointer_axis axes[] = { LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL,
		LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL };

	for (size_t k = 0; k < ELEMENTSOF(axes); k++) {
		if (!libinput_event_pointer_has_axis(e, axes[k]))
			continue;
		if (type == LIBINPUT_EVENT_POINTER_SCROLL_WHEEL)
			core_wheel(c, d, k == 1,
					libinput_event_pointer_get_scroll_value_v120(e, axes[k]) /
							V120);
		else
			core_wheel(c, d, k == 1,
					libinput_event_pointer_get_scroll_value(e, axes[k]) /
							SCROLL_CLICK);
	}
}

static void handle_pointer(struct core *c, struct device *d, struct libinput_event *event)
{
	struct libinput_event_pointer *e = libinput_event_get_pointer_event(event);

	switch (libinput_event_get_type(event)) {
	case LIBINPUT_EVENT_POINTER_MOTION:
		core_motion(c, d, libinput_event_pointer_get_dx(e),
				libinput_event_pointer_get_dy(e));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		core_position(c, d, libinput_event_pointer_get_absolute_x_transformed(e, 1),
				libinput_event_pointer_get_absolute_y_transformed(e, 1));
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		core_button(c, d, libinput_event_pointer_get_button(e),
				libinput_event_pointer_get_button_state(e) ==
						LIBINPUT_BUTTON_STATE_PRESSED);
		break;
	default:
		handle_wheel(c, d, e, libinput_event_get_type(event));
		break;
	}
}

static void handle_touch(struct core *c, struct device *d, struct libinput_event *event)
{
	enum libinput_event_type type = libinput_event_get_type(event);
	struct libinput_event_touch *e = libinput_event_get_touch_event(event);

	/* Further fingers are nobody. */
	if (type != LIBINPUT_EVENT_TOUCH_CANCEL && libinput_event_touch_get_seat_slot(e) > 0)
		return;
	if (type == LIBINPUT_EVENT_TOUCH_DOWN || type == LIBINPUT_EVENT_TOUCH_MOTION)
		core_touch(c, d, libinput_event_touch_get_x_transformed(e, 1),
				libinput_event_touch_get_y_transformed(e, 1),
				type == LIBINPUT_EVENT_TOUCH_DOWN);
	else
		core_touch_end(c, d);
}

static void handle_tool(struct core *c, struct device *d, struct libinput_event *event)
{
	struct libinput_event_tablet_tool *e = libinput_event_get_tablet_tool_event(event);

	core_position(c, d, libinput_event_tablet_tool_get_x_transformed(e, 1),
			libinput_event_tablet_tool_get_y_transformed(e, 1));
	switch (libinput_event_get_type(event)) {
	case LIBINPUT_EVENT_TABLET_TOOL_TIP:
		core_button(c, d, BTN_LEFT,
				libinput_event_tablet_tool_get_tip_state(e) ==
						LIBINPUT_TABLET_TOOL_TIP_DOWN);
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_BUTTON:
		core_button(c, d,
				libinput_event_tablet_tool_get_button(e) == BTN_STYLUS ? BTN_RIGHT
										       : BTN_MIDDLE,
				libinput_event_tablet_tool_get_button_state(e) ==
						LIBINPUT_BUTTON_STATE_PRESSED);
		break;
	default:
		break;
	}
}

static void handle_used(struct core *c, struct device *d, struct libinput_event *event)
{
	struct libinput_event_keyboard *k;

	switch (libinput_event_get_type(event)) {
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		k = libinput_event_get_keyboard_event(event);
		core_key(c, d, libinput_event_keyboard_get_key(k),
				libinput_event_keyboard_get_key_state(k) ==
						LIBINPUT_KEY_STATE_PRESSED);
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
	case LIBINPUT_EVENT_POINTER_BUTTON:
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_pointer(c, d, event);
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
	case LIBINPUT_EVENT_TOUCH_MOTION:
	case LIBINPUT_EVENT_TOUCH_UP:
	case LIBINPUT_EVENT_TOUCH_CANCEL:
		handle_touch(c, d, event);
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_AXIS:
	case LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY:
	case LIBINPUT_EVENT_TABLET_TOOL_TIP:
	case LIBINPUT_EVENT_TABLET_TOOL_BUTTON:
		handle_tool(c, d, event);
		break;
	default:
		break;
	}
}

/* True: the devices are other ones. */
static bool handle_event(struct input *i, struct libinput_event *event)
{
	struct libinput_device *ld = libinput_event_get_device(event);
	struct device *d = libinput_device_get_user_data(ld);

	switch (libinput_event_get_type(event)) {
	case LIBINPUT_EVENT_DEVICE_ADDED:
		handle_added(i, ld);
		return true;
	case LIBINPUT_EVENT_DEVICE_REMOVED:
		if (d && !i->is_suspended)
			drop(i, d);
		else if (d)
			forget(d->io);
		return true;
	default:
		if (d && !i->is_suspended)
			handle_used(i->core, d, event);
		return false;
	}
}

static void dispatch(struct input *i)
{
	struct libinput_event *event;
	bool changed = false;

	libinput_dispatch(i->li);
	while ((event = libinput_get_event(i->li))) {
		changed = handle_event(i, event) || changed;
		libinput_event_destroy(event);
	}
	if (changed && !i->is_suspended)
		i->ops->changed(i->userdata);
}

static int handle_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source, (void)fd, (void)revents;
	dispatch(userdata);
	return 0;
}

/* --- life --- */

void input_suspend(struct input *i)
{
	core_release(i->core);
	i->is_suspended = true;
	libinput_suspend(i->li);
	dispatch(i);
}

void input_resume(struct input *i)
{
	struct list *l, *next;

	if (libinput_resume(i->li) < 0)
		log_error("the input devices could not be opened again");
	dispatch(i);
	i->is_suspended = false;
	list_for_each_safe (l, next, &i->core->devices) {
		struct device *d = list_entry(l, struct device, link);

		if (!((struct node *)d->io)->device)
			drop(i, d);
	}
	i->ops->changed(i->userdata);
}

/* Of those that are there libinput never asks again whose they are. */
static bool is_moved(struct input *i, struct udev_device *d)
{
	const char *action = udev_device_get_action(d), *name = udev_device_get_sysname(d),
		   *seat = udev_device_get_property_value(d, "ID_SEAT");

	if (!action || !name || !streq(action, "change") || strncmp(name, "event", 5) != 0 ||
			!is_for_people(d))
		return false;
	return (find(i, name) != NULL) != streq(seat ? seat : "seat0", i->seat);
}

static int handle_moves(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct input *i = userdata;
	struct udev_device *d;
	bool moved = false;

	(void)source, (void)fd, (void)revents;
	while ((d = udev_monitor_receive_device(i->monitor))) {
		moved = is_moved(i, d) || moved;
		udev_device_unref(d);
	}
	if (moved && !i->is_suspended) {
		log_info("input devices have come from or gone to another seat");
		input_suspend(i);
		input_resume(i);
	}
	return 0;
}

static int watch_moves(struct input *i, sd_event *event)
{
	int r;

	i->monitor = udev_monitor_new_from_netlink(i->udev, "udev");
	if (!i->monitor)
		return -ENOMEM;
	r = udev_monitor_filter_add_match_subsystem_devtype(i->monitor, "input", NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(i->monitor);
	return r < 0 ? r
		     : sd_event_add_io(event, &i->moves, udev_monitor_get_fd(i->monitor), EPOLLIN,
				       handle_moves, i);
}

static void handle_log(struct libinput *li, enum libinput_log_priority priority, const char *format,
		va_list args)
{
	char text[512];

	(void)li;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	/* It calls "error" what only slows a device down. */
	log_debug("libinput: %s", text);
	(void)priority;
}

int input_new(sd_event *event, struct udev *udev, const char *seat, struct core *core,
		const struct input_ops *ops, void *userdata, struct input **ret)
{
	static const struct libinput_interface interface = { .open_restricted = open_restricted,
		.close_restricted = close_restricted };
	struct input *i = calloc(1, sizeof(*i));
	int r = -ENOMEM;

	if (!i)
		return -ENOMEM;
	i->udev = udev_ref(udev);
	i->core = core;
	i->ops = ops;
	i->userdata = userdata;
	i->seat = strdup(seat);
	i->li = i->seat ? libinput_udev_create_context(&interface, i, udev) : NULL;
	if (i->li) {
		libinput_log_set_handler(i->li, handle_log);
		r = libinput_udev_assign_seat(i->li, seat) < 0 ? -EIO : 0;
	}
	if (r >= 0)
		r = watch_moves(i, event);
	if (r >= 0)
		r = sd_event_add_io(event, &i->io, libinput_get_fd(i->li), EPOLLIN, handle_io, i);
	if (r < 0) {
		input_free(i);
		return r;
	}
	dispatch(i);
	*ret = i;
	return 0;
}

struct input *input_free(struct input *i)
{
	struct list *l, *next;

	if (!i)
		return NULL;
	sd_event_source_disable_unref(i->io);
	sd_event_source_disable_unref(i->moves);
	list_for_each_safe (l, next, &i->core->devices)
		drop(i, list_entry(l, struct device, link));
	libinput_unref(i->li);
	udev_monitor_unref(i->monitor);
	free(i->seat);
	udev_unref(i->udev);
	free(i);
	return NULL;
}
