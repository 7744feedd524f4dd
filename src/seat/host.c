/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stationd's client. Serve stays open for as long as the connection; Report and Press go over the
 * same connection, with ids. At most one Report is under way; a change meanwhile makes another one
 * follow.
 *
 * Presses: a device that is used all the time (somebody moves a pointer) must not hide another one,
 * so the last few devices wait here, keyboards first.
 */
#include "seat/host.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/varlink-event.h"
#include "proto/usb-path.h"

enum {
	RETRY_US = 200 * 1000,
	SETTLE_US = 50 * 1000, /* a keyboard is several devices, a hub many */
	PRESS_US = 100 * 1000,
	PRESSES_MAX = 16,
};

struct press {
	char device[USB_PATH_MAX];
	bool keyboard;
};

struct host {
	sd_event *event;
	char *path, *seat;
	const struct host_ops *ops;
	void *userdata;
	struct varlink *conn;
	sd_event_source *io;
	sd_event_source *retry, *report, *press; /* timers */
	struct press presses[PRESSES_MAX];
	size_t n_presses;
	bool is_reporting, is_changed, is_closed;
	bool was_told, was_refused; /* said once */
};

static void arm(sd_event_source *timer, uint64_t us)
{
	sd_event_source_set_time_relative(timer, us);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static bool is_off(sd_event_source *timer)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(timer, &enabled);
	return enabled == SD_EVENT_OFF;
}

static int call(struct host *h, const char *method, json_t *parameters, unsigned flags,
		varlink_reply_fn fn)
{
	struct varlink_request q = {
		.method = method, .parameters = parameters, .flags = VARLINK_WITH_ID | flags
	};

	if (!h->conn || h->is_closed || !parameters) {
		json_decref(parameters);
		return -ENOTCONN;
	}
	return varlink_call(h->conn, &q, fn, h);
}

/* --- reports --- */

static void handle_reported(struct varlink *v, const char *error, json_t *parameters,
		bool continues, int fd, void *userdata)
{
	struct host *h = userdata;

	(void)v, (void)parameters, (void)continues, (void)fd;
	h->is_reporting = false;
	if (error)
		log_warning("stationd did not take what is connected: %s", error);
	else if (h->is_changed)
		arm(h->report, 0);
}

static int handle_report_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;
	json_t *report;

	(void)source, (void)usec;
	if (h->is_reporting || !h->conn)
		return 0;
	report = h->ops->report(h->userdata);
	if (!report)
		return 0;
	h->is_changed = false;
	json_object_set_new(report, "seat", json_string(h->seat));
	h->is_reporting = call(h, "org.stationmaster.Seat.Report", report, 0, handle_reported) >= 0;
	return 0;
}

void host_changed(struct host *h)
{
	h->is_changed = true;
	if (h->conn && !h->is_reporting)
		arm(h->report, SETTLE_US);
}

/* --- presses --- */

static int handle_press_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;
	size_t i = 0;

	(void)source, (void)usec;
	if (h->n_presses == 0)
		return 0;
	while (i < h->n_presses && !h->presses[i].keyboard)
		i++;
	if (i == h->n_presses)
		i = 0;
	call(h, "org.stationmaster.Seat.Press",
			json_pack("{s:s, s:s, s:s}", "seat", h->seat, "device",
					h->presses[i].device, "kind",
					h->presses[i].keyboard ? "keyboard" : "pointer"),
			0, NULL);
	h->n_presses--;
	memmove(&h->presses[i], &h->presses[i + 1], (h->n_presses - i) * sizeof(h->presses[0]));
	arm(h->press, PRESS_US);
	return 0;
}

void host_press(struct host *h, const char *device, bool keyboard)
{
	if (!h->conn || h->n_presses == PRESSES_MAX)
		return;
	for (size_t i = 0; i < h->n_presses; i++)
		if (streq(h->presses[i].device, device) && h->presses[i].keyboard == keyboard)
			return;
	h->presses[h->n_presses].keyboard = keyboard;
	str_copy(h->presses[h->n_presses++].device, USB_PATH_MAX, device);
	if (is_off(h->press))
		arm(h->press, 0);
}

/* --- places --- */

static void handle_places(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct host *h = userdata;
	struct places places = { 0 };
	int r;

	(void)fd;
	if (!parameters)
		return; /* handle_closed() follows */
	if (error) {
		if (!h->was_refused)
			log_warning("stationd does not serve this seat: %s", error);
		h->was_refused = true;
		varlink_abort(v);
		return;
	}
	h->was_refused = false;
	r = places_parse(json_object_get(parameters, "places"), &places);
	if (r < 0)
		log_warning_errno(r, "stationd's places make no sense");
	else
		h->ops->places(&places, h->userdata);
	if (!continues)
		varlink_abort(v);
}

/* --- the connection --- */

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct host *h = userdata;

	(void)v, (void)error;
	h->is_closed = true;
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct host *h = userdata;

	varlink_event_update(v, h->io);
}

static int host_connect(struct host *h)
{
	static const struct varlink_options options = { .in_max = VARLINK_REPLY_MAX };
	static const struct varlink_ops ops = { .handle_closed = handle_closed,
		.handle_wants = handle_wants };
	_cleanup_close_ int fd = fd_unix_connect(h->path);
	int r;

	if (fd < 0)
		return fd;
	h->is_closed = h->is_reporting = false;
	r = varlink_new(fd, &options, &ops, h, &h->conn);
	if (r < 0)
		return r;
	take_fd(&fd);
	r = varlink_event_add(h->event, h->conn, &h->io);
	if (r < 0) {
		h->conn = varlink_free(h->conn);
		return r;
	}
	r = call(h, "org.stationmaster.Seat.Serve", json_pack("{s:s}", "seat", h->seat),
			VARLINK_MORE, handle_places);
	arm(h->report, 0);
	return r;
}

static int handle_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct host *h = userdata;
	int r;

	(void)source, (void)usec;
	r = host_connect(h);
	if (r < 0 && !h->conn)
		arm(h->retry, RETRY_US);
	if (r < 0 && !h->was_told)
		log_warning_errno(r,
				"stationd cannot be reached at %s; it is tried again until it "
				"can",
				h->path);
	h->was_told = r < 0;
	return 0;
}

void host_settle(struct host *h)
{
	if (!h->conn || !h->is_closed)
		return;
	varlink_event_done(&h->io);
	h->conn = varlink_free(h->conn);
	h->is_reporting = false;
	h->n_presses = 0;
	arm(h->retry, RETRY_US);
}

static int add_timer(struct host *h, sd_event_source **ret, sd_event_time_handler_t fn)
{
	int r = sd_event_add_time_relative(h->event, ret, CLOCK_MONOTONIC, 0, 1000, fn, h);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int host_new(sd_event *event, const char *path, const char *seat, const struct host_ops *ops,
		void *userdata, struct host **ret)
{
	struct host *h = calloc(1, sizeof(*h));
	int r = -ENOMEM;

	if (!h)
		return -ENOMEM;
	h->event = event;
	h->ops = ops;
	h->userdata = userdata;
	h->path = strdup(path);
	h->seat = strdup(seat);
	if (h->path && h->seat)
		r = add_timer(h, &h->retry, handle_retry);
	if (r >= 0)
		r = add_timer(h, &h->report, handle_report_time);
	if (r >= 0)
		r = add_timer(h, &h->press, handle_press_time);
	if (r < 0) {
		host_free(h);
		return r;
	}
	arm(h->retry, 0);
	*ret = h;
	return 0;
}

struct host *host_free(struct host *h)
{
	if (!h)
		return NULL;
	varlink_event_done(&h->io);
	varlink_free(h->conn);
	sd_event_source_disable_unref(h->retry);
	sd_event_source_disable_unref(h->report);
	sd_event_source_disable_unref(h->press);
	free(h->path);
	free(h->seat);
	free(h);
	return NULL;
}
