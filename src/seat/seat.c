/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loop of a seat, and what joins its parts: cards and devices tell the core what there is,
 * stationd tells it what is to be shown where, and what the core wants done is done by "shown" (one
 * a station) and by the connection to stationd.
 *
 * A turn of the loop ends with seat_settle(): ended connections are given up, pointers painted, and
 * each card is told once what has changed on it. While there is always something to read, that is
 * done all the same after FLUSH_MS.
 */
#include "seat/seat.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/conf.h"
#include "ipc/json.h"
#include "seat/cards.h"
#include "seat/core.h"
#include "seat/host.h"
#include "seat/input.h"
#include "seat/keymap.h"
#include "seat/shown.h"
#include "seat/vt.h"

enum { RECONNECT_US = 200 * 1000, FLUSH_MS = 8, REPORTED_MAX = 128 /* devices */ };

struct seat {
	const struct seat_options *o;
	sd_event *event;
	struct conf *conf;
	struct udev *udev;
	struct xkb_keymap *keymap;
	struct core core;
	struct cards *cards;
	struct input *input;
	struct host *host;
	struct vt *vt;
	struct shown_options shown;
	bool is_active;
	bool was_told; /* that there is no relay */
	int64_t settled_ms;
	sd_event_source *settle, *reconnect, *slept;
	int slept_fd;
};

static struct station *station_of(struct list *l)
{
	return list_entry(l, struct station, link);
}

/* --- stations --- */

static void reconnect_later(struct seat *s, uint64_t us)
{
	sd_event_source_set_time_relative(s->reconnect, us);
	sd_event_source_set_enabled(s->reconnect, SD_EVENT_ONESHOT);
}

static int handle_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct seat *s = userdata;
	bool again = false, any = false;
	struct list *l;

	(void)source, (void)usec;
	list_for_each (l, &s->core.stations) {
		struct station *station = station_of(l);
		int r;

		if (!station->io || shown_is_connected(station->io))
			continue;
		r = shown_connect(station->io);
		any = any || r >= 0;
		again = again || r < 0;
		if (r < 0 && !s->was_told) {
			log_warning_errno(r,
					"the relay cannot be reached at %s; it is tried again "
					"until it can",
					s->o->relay_socket);
			s->was_told = true;
		}
	}
	if (any)
		s->was_told = false;
	if (again)
		reconnect_later(s, RECONNECT_US);
	return 0;
}

static void handle_open(struct core *c, struct station *station)
{
	struct seat *s = c->userdata;
	struct shown *shown = NULL;

	if (shown_new(&s->shown, station, &shown) < 0) {
		log_error("out of memory station=%s", station->place.station);
		return;
	}
	station->io = shown;
	reconnect_later(s, 0);
}

static void handle_close(struct core *c, struct station *station)
{
	station->io = shown_free(station->io);
}

static void handle_send(struct core *c, struct station *station, const struct seat_message *m)
{
	if (station->io)
		shown_send(station->io, m);
}

static void handle_move(struct core *c, struct station *station)
{
	if (station->io)
		shown_move(station->io);
}

static void handle_repeat(struct core *c, struct station *station, bool on)
{
	if (station->io)
		shown_repeat(station->io, on);
}

static void handle_press(struct core *c, struct device *d, bool keyboard)
{
	struct seat *s = c->userdata;

	if (s->host)
		host_press(s->host, d->path, keyboard);
}

static void handle_lights(struct core *c, struct device *d, uint32_t leds)
{
	input_set_lights(d, leds);
}

/* --- painting --- */

typedef void (*output_fn)(struct seat *s, struct output *o, void *userdata);

static void for_each_output(struct seat *s, output_fn fn, void *userdata)
{
	struct list *l, *k;

	list_for_each (l, cards_get_list(s->cards)) {
		struct card *card = list_entry(l, struct card, link);

		list_for_each (k, &card->outputs)
			fn(s, list_entry(k, struct output, link), userdata);
	}
}

static void paint_black(struct seat *s, struct output *o, void *userdata)
{
	memset(o->pixels, 0, o->size);
	output_add_damage(o, (struct rect){ 0, 0, o->width, o->height });
}

static void handle_repaint(struct core *c)
{
	struct seat *s = c->userdata;
	struct list *l;

	if (!s->is_active || !s->cards)
		return;
	for_each_output(s, paint_black, NULL);
	list_for_each (l, &c->stations)
		if (station_of(l)->io)
			shown_paint(station_of(l)->io);
}

static void seat_settle(struct seat *s)
{
	struct list *l;

	s->settled_ms = clock_mono_ms();
	list_for_each (l, &s->core.stations)
		if (station_of(l)->io && shown_settle(station_of(l)->io))
			reconnect_later(s, RECONNECT_US);
	if (s->host)
		host_settle(s->host);
	if (s->cards && s->is_active)
		cards_flush(s->cards);
}

static int handle_settle(sd_event_source *source, void *userdata)
{
	seat_settle(userdata);
	return 0;
}

/* Before every other source is looked at: is the end of the turn overdue? */
static int handle_prepare(sd_event_source *source, void *userdata)
{
	struct seat *s = userdata;

	if (clock_mono_ms() - s->settled_ms > FLUSH_MS)
		seat_settle(s);
	return 0;
}

/* --- what there is --- */

static void add_screen(struct seat *s, struct output *o, void *userdata)
{
	struct {
		struct screen screens[SCREENS_MAX];
		size_t n;
	} *list = userdata;

	if (list->n < SCREENS_MAX)
		list->screens[list->n++] = (struct screen){
			.id = o->id, .width = o->width, .height = o->height, .output = o
		};
}

static void handle_outputs(void *userdata)
{
	struct seat *s = userdata;
	struct {
		struct screen screens[SCREENS_MAX];
		size_t n;
	} list = { 0 };

	for_each_output(s, add_screen, &list);
	if (core_set_screens(&s->core, list.screens, list.n) < 0)
		log_error("out of memory");
	if (s->host)
		host_changed(s->host);
}

static void handle_devices(void *userdata)
{
	struct seat *s = userdata;

	if (s->host)
		host_changed(s->host);
}

static void handle_places(struct places *places, void *userdata)
{
	struct seat *s = userdata;

	if (core_set_places(&s->core, places) < 0)
		log_error("out of memory");
	reconnect_later(s, 0);
}

static void report_output(struct seat *s, struct output *o, void *userdata)
{
	if (json_array_size(userdata) >= SCREENS_MAX)
		return;
	json_array_append_new(userdata, json_pack("{s:s, s:s, s:s, s:i, s:i}", "id", o->id, "name",
							o->name, "monitor", o->monitor, "width",
							o->width, "height", o->height));
}

/* A keyboard with further keys is several devices with one path. */
static json_t *report_devices(struct seat *s)
{
	_cleanup_json_ json_t *by_path = json_object();
	json_t *devices = json_array(), *value;
	struct list *l;
	const char *path;

	list_for_each (l, &s->core.devices) {
		struct device *d = list_entry(l, struct device, link);
		json_t *known = json_object_get(by_path, d->path);
		_cleanup_free_ char *name = NULL;

		if ((!d->keyboard && !d->pointer) ||
				(!known && json_object_size(by_path) >= REPORTED_MAX))
			continue;
		if (known) {
			if (d->keyboard)
				json_object_set_new(known, "keyboard", json_true());
			if (d->pointer)
				json_object_set_new(known, "pointer", json_true());
			continue;
		}
		name = str_clean(d->name, DEVICE_NAME_MAX);
		json_object_set_new(by_path, d->path,
				json_pack("{s:s, s:s, s:b, s:b}", "path", d->path, "name",
						name ? name : "", "keyboard", d->keyboard,
						"pointer", d->pointer));
	}
	json_object_foreach (by_path, path, value)
		json_array_append(devices, value);
	return devices;
}

static json_t *handle_report(void *userdata)
{
	struct seat *s = userdata;
	json_t *outputs = json_array();

	for_each_output(s, report_output, outputs);
	return json_pack("{s:o, s:o}", "outputs", outputs, "devices", report_devices(s));
}

/* --- other VTs, sleep --- */

static void handle_release(void *userdata)
{
	struct seat *s = userdata;

	s->is_active = false;
	if (s->input)
		input_suspend(s->input);
	if (s->cards)
		cards_suspend(s->cards);
}

static void handle_acquire(void *userdata)
{
	struct seat *s = userdata;

	s->is_active = true;
	if (s->cards)
		cards_resume(s->cards);
	if (s->input)
		input_resume(s->input);
}

static int arm_slept(struct seat *s)
{
	/* Never; but it ends at once when the clock jumps, as it does when the computer wakes up.
	 */
	const struct itimerspec never = { .it_value.tv_sec = INT32_MAX };

	return timerfd_settime(s->slept_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			       NULL) < 0
			       ? -errno
			       : 0;
}

static int handle_slept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct seat *s = userdata;
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno == ECANCELED && s->is_active) {
		cards_light(s->cards);
		handle_repaint(&s->core);
	}
	arm_slept(s);
	return 0;
}

static int watch_sleep(struct seat *s)
{
	int r;

	s->slept_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->slept_fd < 0)
		return -errno;
	r = arm_slept(s);
	return r < 0 ? r
		     : sd_event_add_io(s->event, &s->slept, s->slept_fd, EPOLLIN, handle_slept, s);
}

/* --- life --- */

static int load_conf(struct seat *s)
{
	_cleanup_free_ char *error = NULL;
	int r = conf_load(s->o->config, &s->conf, &error);

	if (r == -EINVAL) {
		log_error("%s", error);
		return r;
	}
	if (r < 0)
		return log_error_errno(r, "cannot read %s", s->o->config);
	r = keymap_load(s->conf->seats_keyboard, KEYBOARD_FILE, &s->keymap);
	if (r < 0)
		log_warning_errno(r, "there are no keyboard layouts (is xkb-data installed?)");
	return 0;
}

static int open_vt(struct seat *s)
{
	static const struct vt_ops ops = { .release = handle_release, .acquire = handle_acquire };
	int r;

	s->is_active = true;
	if (!streq(s->o->name, "seat0"))
		return 0;
	r = vt_open(s->event, s->o->vt, &ops, s, &s->vt);
	if (r == -ENOTTY && !s->o->vt) {
		log_notice("this computer has no virtual terminals; going on without");
		return 0;
	}
	if (r < 0)
		return log_error_errno(r, "the virtual terminal cannot be taken (station-seat of "
					  "seat0 runs as a service, or as root)");
	s->is_active = vt_is_active(s->vt);
	return 0;
}

static int add_sources(struct seat *s)
{
	int r;

	r = sd_event_add_post(s->event, &s->settle, handle_settle, s);
	if (r >= 0)
		r = sd_event_source_set_priority(s->settle, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_prepare(s->settle, handle_prepare);
	if (r >= 0)
		r = sd_event_add_time_relative(s->event, &s->reconnect, CLOCK_MONOTONIC, 0, 1000,
				handle_reconnect, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->reconnect, SD_EVENT_OFF);
	return r < 0 ? r : watch_sleep(s);
}

static int start_parts(struct seat *s)
{
	static const struct cards_ops cards_ops = { .changed = handle_outputs };
	static const struct input_ops input_ops = { .changed = handle_devices };
	static const struct host_ops host_ops = { .places = handle_places,
		.report = handle_report };
	const struct cards_options cards = { .event = s->event,
		.udev = s->udev,
		.seat = s->o->name,
		.leave = s->conf->seats_leave };
	int r;

	r = cards_new(&cards, &cards_ops, s, &s->cards);
	if (r < 0)
		return log_error_errno(r, "cannot look for graphics cards");
	handle_outputs(s);
	r = input_new(s->event, s->udev, s->o->name, &s->core, &input_ops, s, &s->input);
	if (r < 0)
		return log_error_errno(r, "cannot look for input devices");
	r = host_new(s->event, s->o->host_socket, s->o->name, &host_ops, s, &s->host);
	if (r < 0)
		return log_error_errno(r, "cannot look for stationd");
	return 0;
}

static int run(struct seat *s)
{
	static const struct core_ops ops = { .open = handle_open,
		.close = handle_close,
		.send = handle_send,
		.move = handle_move,
		.repeat = handle_repeat,
		.repaint = handle_repaint,
		.press = handle_press,
		.lights = handle_lights };
	struct passwd *relay = getpwnam("station-relay");
	int r;

	core_init(&s->core, &ops, s->keymap, s);
	s->shown = (struct shown_options){ .event = s->event,
		.relay_path = s->o->relay_socket,
		.relay_uid = relay ? relay->pw_uid : 0,
		.core = &s->core,
		.is_active = &s->is_active };
	r = add_sources(s);
	if (r < 0)
		return log_error_errno(r, "cannot start");
	r = open_vt(s);
	if (r < 0)
		return r;
	r = start_parts(s);
	if (r < 0)
		return r;
	if (!s->is_active) {
		/* Somebody was faster; all is taken when the VT is ours. */
		s->is_active = true;
		handle_release(s);
	}
	sd_event_set_watchdog(s->event, true);
	sd_notify(false, "READY=1");
	r = sd_event_loop(s->event);
	return r < 0 ? log_error_errno(r, "the loop ended") : 0;
}

static int add_signals(struct seat *s)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	r = sd_event_add_signal(s->event, NULL, SIGTERM, NULL, NULL);
	return r < 0 ? r : sd_event_add_signal(s->event, NULL, SIGINT, NULL, NULL);
}

static void seat_done(struct seat *s)
{
	host_free(s->host);
	s->host = NULL;
	input_free(s->input);
	if (s->core.ops)
		core_done(&s->core);
	cards_free(s->cards);
	vt_close(s->vt);
	sd_event_source_disable_unref(s->settle);
	sd_event_source_disable_unref(s->reconnect);
	sd_event_source_disable_unref(s->slept);
	safe_close(s->slept_fd);
	xkb_keymap_unref(s->keymap);
	udev_unref(s->udev);
	conf_free(s->conf);
	sd_event_unref(s->event);
}

int seat_run(const struct seat_options *o)
{
	struct seat s = { .o = o, .slept_fd = -EBADF };
	int r;

	r = load_conf(&s);
	if (r >= 0) {
		s.udev = udev_new();
		r = s.udev ? sd_event_default(&s.event) : -ENOMEM;
		if (r >= 0)
			r = add_signals(&s);
		if (r < 0)
			log_error_errno(r, "cannot start");
	}
	if (r >= 0)
		r = run(&s);
	seat_done(&s);
	return r;
}
