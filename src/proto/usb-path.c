/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths of USB devices, taken apart in place: nothing is allocated. The name of a controller may
 * hold anything, so the part that says "usb" is the last one that is followed by what can be ports.
 */
#include "proto/usb-path.h"

#include <errno.h>
#include <string.h>

enum { PORTS_MAX = 8 /* USB allows for six hubs in a row */ };

struct path {
	size_t controller; /* length of "…-usb-0"; 0: not USB */
	unsigned ports[PORTS_MAX];
	size_t n_ports;
	size_t hub; /* length of the text without the last port */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_number(const char *s, unsigned *ret)
{
	unsigned value = 0;
	const char *start = s;

	for (; is_digit(*s); s++) {
		if (s - start >= 4)
			return NULL;
		value = value * 10 + (unsigned)(*s - '0');
	}
	if (s == start)
		return NULL;
	*ret = value;
	return s;
}

/* "0:2.1:1.0", "0:2.1", "0"; s begins behind "-usb-". */
static bool parse_ports(const char *text, const char *s, struct path *ret)
{
	struct path p = { 0 };
	unsigned ignored;

	s = skip_number(s, &ignored);
	if (!s)
		return false;
	p.controller = p.hub = (size_t)(s - text);
	if (*s == ':') {
		do {
			const char *before = s;

			if (p.n_ports == PORTS_MAX)
				return false;
			s = skip_number(s + 1, &p.ports[p.n_ports]);
			if (!s)
				return false;
			p.n_ports++;
			p.hub = (size_t)(before - text);
		} while (*s == '.');
	}
	if (*s != '\0' && *s != ':' && *s != '-')
		return false;
	*ret = p;
	return true;
}

static struct path parse(const char *text)
{
	static const char mark[] = "-usb-";
	struct path p = { 0 };

	for (const char *s = strstr(text, mark); s; s = strstr(s + 1, mark))
		parse_ports(text, s + sizeof(mark) - 1, &p);
	return p;
}

int usb_path_hub(const char *id_path, char *ret, size_t size)
{
	struct path p = parse(id_path);
	size_t len = p.controller == 0 ? strlen(USB_PATH_BUILTIN) : p.hub;

	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(ret, p.controller == 0 ? USB_PATH_BUILTIN : id_path, len);
	ret[len] = '\0';
	return 0;
}

/* How deep the hub is if the device is below it; -1: it is not. */
static int depth_below(const char *hub, const char *id_path)
{
	struct path h = parse(hub), p = parse(id_path);

	if (p.controller == 0)
		return strcmp(hub, USB_PATH_BUILTIN) == 0 ? 0 : -1;
	if (h.controller != p.controller || memcmp(hub, id_path, h.controller) != 0 ||
			h.n_ports >= p.n_ports)
		return -1;
	if (h.n_ports == 0)
		return p.n_ports == 1 ? 0 : -1;
	for (size_t i = 0; i < h.n_ports; i++)
		if (h.ports[i] != p.ports[i])
			return -1;
	return (int)h.n_ports;
}

bool usb_path_is_below(const char *hub, const char *id_path)
{
	return depth_below(hub, id_path) >= 0;
}

int usb_path_assign(const char *id_path, const struct usb_input *inputs, size_t n_inputs,
		const char *const *hubs, size_t n_hubs)
{
	int deepest = -1, owner = -1;

	for (size_t i = 0; i < n_hubs; i++) {
		int depth = depth_below(hubs[i], id_path);

		if (depth > deepest) {
			deepest = depth;
			owner = (int)i;
		}
	}
	for (size_t i = 0; owner >= 0 && i < n_inputs; i++) {
		char hub[USB_PATH_MAX];

		if (inputs[i].keyboard && usb_path_hub(inputs[i].path, hub, sizeof(hub)) == 0 &&
				depth_below(hub, id_path) > deepest)
			owner = -1;
	}
	return owner;
}
