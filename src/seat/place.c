/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places, read and checked. stationd is trusted, a mistake of it shall still not end the seat. */
#include "seat/place.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "ipc/json.h"

enum { WORD_MAX = 255 };

void place_done(struct place *p)
{
	for (size_t i = 0; i < p->n_hubs; i++)
		free(p->hubs[i]);
	free(p->hubs);
	free(p->station);
	free(p->output);
	explicit_bzero(p->secret, sizeof(p->secret));
	*p = (struct place){ 0 };
}

void places_done(struct places *p)
{
	for (size_t i = 0; i < p->n; i++)
		place_done(&p->items[i]);
	free(p->items);
	*p = (struct places){ 0 };
}

static int parse_hubs(json_t *hubs, struct place *p)
{
	json_t *hub;
	size_t i;

	p->hubs = calloc(HUBS_MAX, sizeof(*p->hubs));
	if (!p->hubs)
		return -ENOMEM;
	json_array_foreach (hubs, i, hub) {
		p->hubs[i] = strdup(json_string_value(hub));
		if (!p->hubs[i])
			return -ENOMEM;
		p->n_hubs = i + 1;
	}
	return 0;
}

static int parse_place(json_t *json, struct place *p)
{
	const char *station, *output, *area, *orientation, *secret;
	json_t *hubs;
	struct args a;
	int n_area, n_orientation;

	args_init(&a, json);
	station = arg_string(&a, "station", ARG_REQUIRED, WORD_MAX);
	output = arg_string(&a, "output", ARG_REQUIRED, WORD_MAX);
	area = arg_string(&a, "area", ARG_REQUIRED, WORD_MAX);
	hubs = arg_strings(&a, "hubs", ARG_REQUIRED, HUBS_MAX, WORD_MAX);
	orientation = arg_string(&a, "orientation", ARG_REQUIRED, WORD_MAX);
	secret = arg_string(&a, "secret", ARG_REQUIRED, SEAT_SECRET_LEN);
	if (args_bad(&a))
		return -EBADMSG;
	n_area = area_from_string(area);
	n_orientation = orientation_from_string(orientation);
	if (n_area < 0 || n_orientation < 0 || str_is_empty(secret))
		return -EBADMSG;
	p->area = (enum area)n_area;
	p->orientation = (enum orientation)n_orientation;
	str_copy(p->secret, sizeof(p->secret), secret);
	p->station = strdup(station);
	p->output = strdup(output);
	return p->station && p->output ? parse_hubs(hubs, p) : -ENOMEM;
}

int places_parse(json_t *array, struct places *ret)
{
	struct places p = { 0 };
	json_t *item;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) > PLACES_MAX)
		return -EBADMSG;
	p.items = calloc(json_array_size(array) + 1, sizeof(*p.items));
	if (!p.items)
		return -ENOMEM;
	json_array_foreach (array, i, item) {
		int r = json_is_object(item) ? parse_place(item, &p.items[i]) : -EBADMSG;

		p.n = i + 1;
		if (r < 0) {
			places_done(&p);
			return r;
		}
	}
	*ret = p;
	return 0;
}
