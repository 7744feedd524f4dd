/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Painting goes row by row of the output, since its memory is slow to read and wants to be written
 * in order: a row is gathered from the station's picture, the pointer is laid over it, and it is
 * written once. Nothing is ever read from the screen; what the pointer covered is taken from the
 * picture again. A row that is neither turned nor under the pointer is copied as it is.
 */
#include "seat/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum {
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
	SPAN = 256, /* pixels gathered at a time */
};

int picture_new(int fd, const struct seat_message *m, struct picture **ret)
{
	_cleanup_free_ struct picture *p = calloc(1, sizeof(*p));
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *map;

	if (!p)
		return -ENOMEM;
	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM; /* the relay could take pages away under us */
	p->width = m->buffer.width;
	p->height = m->buffer.height;
	p->stride = m->buffer.stride;
	p->size = seat_memory_size(p->height, p->stride);
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_size < p->size)
		return -EBADMSG;
	map = mmap(NULL, p->size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	p->map = map;
	*ret = take_ptr(p);
	return 0;
}

struct picture *picture_free(struct picture *p)
{
	if (p)
		munmap((void *)p->map, p->size);
	free(p);
	return NULL;
}

/* --- pointer --- */

int cursor_set_shape(struct cursor *c, const struct picture *p, const struct seat_message *m)
{
	size_t n = (size_t)m->frame.pointer_w * m->frame.pointer_h;
	uint32_t *pixels = NULL;

	if (n > 0) {
		pixels = malloc(n * sizeof(*pixels));
		if (!pixels)
			return -ENOMEM;
		memcpy(pixels, p->map + seat_pointer_offset(p->height, p->stride),
				n * sizeof(*pixels));
	}
	free(c->pixels);
	c->pixels = pixels;
	c->w = (int)m->frame.pointer_w;
	c->h = (int)m->frame.pointer_h;
	c->hot_x = (int)m->frame.hot_x;
	c->hot_y = (int)m->frame.hot_y;
	return 0;
}

struct rect cursor_get_rect(const struct cursor *c)
{
	return (struct rect){ c->x - c->hot_x, c->y - c->hot_y, c->w, c->h };
}

void cursor_done(struct cursor *c)
{
	free(c->pixels);
	*c = (struct cursor){ 0 };
}

/* --- painting --- */

/* A part of a row of the output: where it begins in the station, and which way it goes there. */
struct span {
	int x, y, dx, dy, n;
};

static uint32_t blend(uint32_t under, uint32_t over)
{
	uint32_t keep = 255 - (over >> 24), result = 0;

	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t v = ((under >> shift) & 0xff) * keep;

		v = ((over >> shift) & 0xff) + (v + 127) / 255;
		result |= MIN(v, UINT32_C(255)) << shift;
	}
	return result;
}

static void gather(const struct picture *p, const struct span *s, uint32_t *to)
{
	ptrdiff_t step = s->dy * (ptrdiff_t)(p->stride / 4) + s->dx;
	const uint32_t *from = (const uint32_t *)p->map + (ptrdiff_t)s->y * (p->stride / 4) + s->x;

	for (int i = 0; i < s->n; i++, from += step)
		to[i] = *from;
}

static void lay_cursor(const struct cursor *c, const struct span *s, uint32_t *to)
{
	struct rect r = cursor_get_rect(c);

	for (int i = 0; i < s->n; i++) {
		int x = s->x + i * s->dx - r.x, y = s->y + i * s->dy - r.y;
		uint32_t over;

		if (x < 0 || y < 0 || x >= r.w || y >= r.h)
			continue;
		over = c->pixels[y * c->w + x];
		if (over != 0)
			to[i] = blend(to[i], over);
	}
}

static bool meets(const struct cursor *c, const struct span *s)
{
	int last_x = s->x + (s->n - 1) * s->dx, last_y = s->y + (s->n - 1) * s->dy;
	struct rect all = { MIN(s->x, last_x), MIN(s->y, last_y), 0, 0 };

	all.w = MAX(s->x, last_x) - all.x + 1;
	all.h = MAX(s->y, last_y) - all.y + 1;
	return !rect_is_empty(rect_intersect(all, cursor_get_rect(c)));
}

static void paint_row(
		const struct picture *p, const struct cursor *cursor, struct span s, uint8_t *to)
{
	uint32_t row[SPAN];

	if (s.dx == 1 && !(cursor && meets(cursor, &s))) {
		memcpy(to, p->map + (size_t)s.y * p->stride + (size_t)s.x * 4, (size_t)s.n * 4);
		return;
	}
	for (int left = s.n; left > 0; left -= s.n) {
		s.n = MIN(left, SPAN);
		gather(p, &s, row);
		if (cursor)
			lay_cursor(cursor, &s, row);
		memcpy(to, row, (size_t)s.n * 4);
		to += (size_t)s.n * 4;
		s.x += s.n * s.dx;
		s.y += s.n * s.dy;
	}
}

static void paint_black(const struct canvas *canvas, struct rect r)
{
	for (int y = r.y; y < r.y + r.h; y++)
		memset(canvas->pixels + (size_t)y * canvas->stride + (size_t)r.x * 4, 0,
				(size_t)r.w * 4);
}

/* The parts of what beyond the picture: right of it and below it. */
static void paint_rest(const struct canvas *canvas, struct rect what, struct rect filled)
{
	struct rect right = what, below = what;

	if (rect_is_empty(filled)) {
		paint_black(canvas, spot_to_output(&canvas->spot, what));
		return;
	}
	right.x = filled.x + filled.w;
	right.w = what.x + what.w - right.x;
	below.y = filled.y + filled.h;
	below.h = what.y + what.h - below.y;
	if (!rect_is_empty(right))
		paint_black(canvas, spot_to_output(&canvas->spot, right));
	if (!rect_is_empty(below))
		paint_black(canvas, spot_to_output(&canvas->spot, below));
}

struct rect picture_paint(const struct picture *p, const struct cursor *cursor,
		const struct canvas *canvas, struct rect what)
{
	struct rect station = { 0 }, filled = { 0 }, out;
	struct span s = { 0 };

	spot_get_size(&canvas->spot, &station.w, &station.h);
	what = rect_intersect(what, station);
	if (rect_is_empty(what))
		return (struct rect){ 0 };
	if (p)
		filled = rect_intersect(what, (struct rect){ 0, 0, (int)p->width, (int)p->height });
	if (!rect_is_equal(filled, what))
		paint_rest(canvas, what, filled);
	if (cursor && rect_is_empty(rect_intersect(filled, cursor_get_rect(cursor))))
		cursor = NULL;
	out = spot_to_output(&canvas->spot, filled);
	if (rect_is_empty(filled))
		out.h = 0;
	spot_get_step(&canvas->spot, &s.dx, &s.dy);
	for (int y = out.y; y < out.y + out.h; y++) {
		spot_to_station(&canvas->spot, out.x, y, &s.x, &s.y);
		s.n = out.w;
		paint_row(p, cursor, s,
				canvas->pixels + (size_t)y * canvas->stride + (size_t)out.x * 4);
	}
	return spot_to_output(&canvas->spot, what);
}
