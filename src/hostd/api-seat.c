/* SPDX-License-Identifier: GPL-3.0-or-later */
/* org.stationmaster.Seat. What a seat tells is from the kernel and udev, but is read as strictly as
 * anything else: names end up in the store and on people's screens. */
#include "base/log.h"
#include "base/str.h"
#include "hostd/api.h"
#include "hostd/host.h"
#include "hostd/seat.h"

enum { PIXELS_MAX = 16384 };

static const char *read_seat(struct request *r)
{
	const char *seat = arg_string(&r->args, "seat", ARG_REQUIRED, SEAT_NAME_MAX - 1);

	if (seat && !seat_is_name(seat) && !r->args.bad)
		r->args.bad = "seat";
	return seat;
}

static void answer(struct request *r, int k)
{
	if (k == 0)
		varlink_reply(r->call, NULL);
	else if (k == -EDQUOT)
		api_refused(r, "There are too many seats or stations already.");
	else
		api_failed(r, "It could not be stored.", strerror(-k));
}

void api_seat_serve(struct request *r)
{
	const char *seat = read_seat(r);
	int k;

	if (!api_args_done(r))
		return;
	if (!r->call->more) {
		varlink_error_parameter(r->call, "more");
		return;
	}
	k = seat_serve(r->host, seat, r->call);
	if (k < 0)
		answer(r, k);
}

static bool is_text(const char *s)
{
	return *s && !strpbrk(s, "\n\t\r\"\\");
}

static bool read_output(json_t *item, struct seat_output *ret)
{
	struct args a;

	args_init(&a, item);
	ret->id = arg_string(&a, "id", ARG_REQUIRED, SEAT_OUTPUT_MAX - 1);
	arg_string(&a, "name", ARG_REQUIRED, 64);
	arg_string(&a, "monitor", ARG_REQUIRED, 256);
	ret->width = (int)arg_int(&a, "width", ARG_REQUIRED, 0, PIXELS_MAX, 0);
	ret->height = (int)arg_int(&a, "height", ARG_REQUIRED, 0, PIXELS_MAX, 0);
	return json_is_object(item) && !args_done(&a) && is_text(ret->id);
}

static bool read_device(json_t *item, struct seat_device *ret)
{
	struct args a;

	args_init(&a, item);
	ret->path = arg_string(&a, "path", ARG_REQUIRED, USB_PATH_MAX - 1);
	arg_string(&a, "name", ARG_REQUIRED, 256);
	ret->keyboard = arg_bool(&a, "keyboard", ARG_REQUIRED, false);
	ret->pointer = arg_bool(&a, "pointer", ARG_REQUIRED, false);
	return json_is_object(item) && !args_done(&a) && is_text(ret->path);
}

/* NULL, or the parameter that is wrong. */
static const char *read_report(json_t *outputs, json_t *devices, struct seat_report *ret)
{
	json_t *item;
	size_t i;

	if (!json_is_array(outputs) || json_array_size(outputs) > SEAT_OUTPUTS_MAX)
		return "outputs";
	if (!json_is_array(devices) || json_array_size(devices) > SEAT_DEVICES_MAX)
		return "devices";
	json_array_foreach (outputs, i, item)
		if (!read_output(item, &ret->outputs[ret->n_outputs++]))
			return "outputs";
	json_array_foreach (devices, i, item)
		if (!read_device(item, &ret->devices[ret->n_devices++]))
			return "devices";
	return NULL;
}

void api_seat_report(struct request *r)
{
	const char *seat = read_seat(r), *bad;
	json_t *outputs = arg_any(&r->args, "outputs", ARG_REQUIRED);
	json_t *devices = arg_any(&r->args, "devices", ARG_REQUIRED);
	struct seat_report report = { .json = r->call->parameters };

	if (!api_args_done(r))
		return;
	bad = read_report(outputs, devices, &report);
	if (bad) {
		varlink_error_parameter(r->call, bad);
		return;
	}
	answer(r, seat_report(r->host, seat, &report));
}

void api_seat_press(struct request *r)
{
	const char *seat = read_seat(r);
	const char *device = arg_string(&r->args, "device", ARG_REQUIRED, USB_PATH_MAX - 1);
	const char *kind = arg_string(&r->args, "kind", ARG_REQUIRED, 16);

	if (kind && !streq(kind, "keyboard") && !streq(kind, "pointer") && !r->args.bad)
		r->args.bad = "kind";
	if (!api_args_done(r))
		return;
	answer(r, seat_press(r->host, seat, device, streq(kind, "keyboard")));
}
