/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the seat gets, and when.
 *
 * The memory always holds what was sent last. Damage grows a region; when the seat has said DONE of
 * the frame before, exactly that region is copied from the picture, the layers are drawn over what
 * of it lies below them, and FRAME names it. Changes that come meanwhile only grow the region:
 * latest wins. Nothing is copied where nothing changed.
 *
 * FRAME has room for few rectangles; it may name more than was copied, as all the rest of the
 * memory is right, too.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "relay/viewer-local-internal.h"

/* --- memory --- */

static void memory_drop(struct viewer_local *v)
{
	if (v->memory)
		munmap(v->memory, v->memory_size);
	v->memory = NULL;
}

static int memory_make(struct viewer_local *v, int *ret_fd)
{
	uint32_t stride = seat_stride(v->w);
	size_t size = seat_memory_size(v->h, stride);
	_cleanup_close_ int fd = -EBADF;
	void *memory;

	fd = memfd_create("station-screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int r = -errno;

		munmap(memory, size);
		return r;
	}
	memory_drop(v);
	v->memory = memory;
	v->memory_size = size;
	v->stride = stride;
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool send_buffer(struct viewer_local *v)
{
	struct seat_message m = { .type = SEAT_BUFFER };
	int fd;

	if (memory_make(v, &fd) < 0) {
		viewer_local_fail(v, "no memory");
		return false;
	}
	m.buffer.width = v->w;
	m.buffer.height = v->h;
	m.buffer.stride = v->stride;
	v->buffer_due = false;
	v->in_flight = false;
	v->cursor_due = true;
	pixman_region32_union_rect(&v->pending, &v->pending, 0, 0, v->w, v->h);
	return viewer_local_write(v, &m, fd);
}

/* --- the pointer --- */

/* Larger shapes than the seat takes become smaller, in proportion. */
static bool scale_shape(uint32_t *to, const struct seat_message *m, const struct cursor *c)
{
	int w = (int)m->frame.pointer_w, h = (int)m->frame.pointer_h;
	_cleanup_free_ uint32_t *from = malloc((size_t)c->w * c->h * sizeof(*from));
	pixman_image_t *src, *dst;
	pixman_transform_t t;

	if (!from)
		return false;
	viewer_premultiply(from, c->argb, (size_t)c->w * c->h);
	src = pixman_image_create_bits(PIXMAN_a8r8g8b8, c->w, c->h, from, c->w * 4);
	dst = pixman_image_create_bits(PIXMAN_a8r8g8b8, w, h, to, w * 4);
	if (src && dst) {
		pixman_transform_init_scale(&t, pixman_double_to_fixed((double)c->w / w),
				pixman_double_to_fixed((double)c->h / h));
		pixman_image_set_transform(src, &t);
		pixman_image_set_filter(src, PIXMAN_FILTER_BILINEAR, NULL, 0);
		pixman_image_composite32(PIXMAN_OP_SRC, src, NULL, dst, 0, 0, 0, 0, 0, 0, w, h);
	}
	if (src)
		pixman_image_unref(src);
	if (dst)
		pixman_image_unref(dst);
	return src && dst;
}

static void put_cursor(struct viewer_local *v, struct seat_message *m)
{
	const struct cursor *c = &v->base.picture->cursor;
	uint32_t *to = (uint32_t *)(void *)(v->memory + seat_pointer_offset(v->h, v->stride));
	uint32_t side = MAX(c->w, c->h);
	bool ok = true;

	v->cursor_due = false;
	m->frame.pointer_changed = true;
	if (!c->argb || c->w == 0 || c->h == 0)
		return;
	m->frame.pointer_w = c->w;
	m->frame.pointer_h = c->h;
	m->frame.hot_x = MIN(c->hot_x, c->w - 1u);
	m->frame.hot_y = MIN(c->hot_y, c->h - 1u);
	if (side <= SEAT_POINTER_SIDE) {
		viewer_premultiply(to, c->argb, (size_t)c->w * c->h);
	} else {
		m->frame.pointer_w = MAX(c->w * (uint32_t)SEAT_POINTER_SIDE / side, 1u);
		m->frame.pointer_h = MAX(c->h * (uint32_t)SEAT_POINTER_SIDE / side, 1u);
		m->frame.hot_x = m->frame.hot_x * m->frame.pointer_w / c->w;
		m->frame.hot_y = m->frame.hot_y * m->frame.pointer_h / c->h;
		ok = scale_shape(to, m, c);
	}
	if (!ok)
		m->frame.pointer_w = m->frame.pointer_h = m->frame.hot_x = m->frame.hot_y = 0;
}

/* --- pixels --- */

static void draw_box(struct viewer_local *v, const struct picture *p, const pixman_box32_t *b)
{
	uint8_t *to = v->memory + (size_t)b->y1 * v->stride + (size_t)b->x1 * 4;
	const uint8_t *from = p->pixels + (size_t)b->y1 * p->stride + (size_t)b->x1 * 4;
	size_t n = (size_t)(b->x2 - b->x1) * 4;

	for (int y = b->y1; y < b->y2; y++) {
		memcpy(to + (size_t)(y - b->y1) * v->stride, from, n);
		from += p->stride;
	}
	viewer_compose(&v->base, b, to, v->stride);
}

/* Boxes of one row of them become one, then all of them. */
static void name_boxes(struct seat_message *m, const pixman_box32_t *b, int n, bool rows)
{
	const pixman_box32_t *row = NULL;
	struct seat_rect *r = NULL;

	m->frame.n = 0;
	for (int i = 0; i < n; i++) {
		if (rows && row && row->y1 == b[i].y1) {
			r->w = (uint32_t)b[i].x2 - r->x;
			continue;
		}
		if (m->frame.n == SEAT_RECTS_MAX) {
			m->frame.n++;
			return;
		}
		row = &b[i];
		r = &m->frame.rects[m->frame.n++];
		*r = (struct seat_rect){ (uint32_t)row->x1, (uint32_t)row->y1,
			(uint32_t)(row->x2 - row->x1), (uint32_t)(row->y2 - row->y1) };
	}
}

static void put_pixels(struct viewer_local *v, const struct picture *p, struct seat_message *m)
{
	pixman_box32_t *b;
	int n;

	pixman_region32_intersect_rect(&v->pending, &v->pending, 0, 0, v->w, v->h);
	b = pixman_region32_rectangles(&v->pending, &n);
	for (int i = 0; i < n; i++)
		draw_box(v, p, &b[i]);
	name_boxes(m, b, n, n > SEAT_RECTS_MAX);
	if (m->frame.n > SEAT_RECTS_MAX)
		name_boxes(m, pixman_region32_extents(&v->pending), 1, false);
	pixman_region32_clear(&v->pending);
}

/* --- frames --- */

static bool send_leds(struct viewer_local *v)
{
	struct seat_message m = { .type = SEAT_LEDS };
	const struct picture *p = v->base.picture;

	if (!p || p->leds < 0 || p->leds == v->leds)
		return true;
	v->leds = p->leds;
	m.leds.bits = (uint32_t)p->leds & (SEAT_LED_SCROLL | SEAT_LED_NUM | SEAT_LED_CAPS);
	return viewer_local_write(v, &m, -EBADF);
}

void viewer_local_send(struct viewer_local *v)
{
	struct seat_message m = { .type = SEAT_FRAME };
	struct picture *p = viewer_local_seen(v);

	if (v->base.failed || v->out_len > 0 || !send_leds(v) || v->out_len > 0)
		return;
	/* p is ours only in our size; attach_due: it has got another one. */
	if (!p || v->attach_due || p->blank || !picture_can_lock(p))
		return; /* handle_damage, handle_lockable */
	if (v->buffer_due && (!send_buffer(v) || v->out_len > 0))
		return;
	if (v->in_flight || (!v->cursor_due && !pixman_region32_not_empty(&v->pending)))
		return;
	if (v->cursor_due)
		put_cursor(v, &m);
	put_pixels(v, p, &m);
	m.frame.serial = ++v->serial;
	v->in_flight = true;
	viewer_local_write(v, &m, -EBADF);
}

void viewer_local_begin(struct viewer_local *v)
{
	v->buffer_due = true;
	pixman_region32_clear(&v->pending);
}

void viewer_local_handle_done(struct viewer_local *v, uint32_t serial)
{
	if (!v->in_flight || serial != v->serial)
		return; /* of the buffer before */
	v->in_flight = false;
	viewer_local_send(v);
}

void viewer_local_frame_done(struct viewer_local *v)
{
	memory_drop(v);
	pixman_region32_fini(&v->pending);
}
