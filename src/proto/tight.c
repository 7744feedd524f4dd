/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Tight encoder. A piece is looked at in cells; neighbouring cells of the same kind grow into
 * runs and runs of the same place into blocks, so that a window full of text is one rectangle and a
 * film is one JPEG. Blocks are disjoint and cover the piece.
 *
 * One deflate stream is used for all rectangles and reset before each; the control byte tells the
 * client to reset its own (rfbproto: "reset stream n").
 */
#include "proto/tight.h"

#include <assert.h>
#include <string.h>
#include <turbojpeg.h>
#include <zlib.h>

#include "proto/tight-analyse.h"

enum {
	CELL = 64,
	CELLS_PER_ROW_MAX = TIGHT_WIDTH_MAX / CELL,
	DRAWING_AREA_MAX = 64 * 1024, /* a block of text; smaller blocks have smaller palettes */

	CONTROL_FILL = 0x80,
	CONTROL_JPEG = 0x90,
	CONTROL_FILTER = 0x40,
	FILTER_PALETTE = 1,
	STREAM_FULL = 0,
	STREAM_MONO = 1,
	STREAM_INDEXED = 2,
	UNCOMPRESSED_MAX = 11, /* fewer bytes than 12 are sent as they are */
	COMPRESSED_MAX = (1 << 22) - 1,
};

/* Level of zlib and JPEG for the client's 0..9. */
static const uint8_t zlib_levels[10] = { 1, 1, 1, 2, 3, 4, 5, 6, 7, 9 };
static const uint8_t jpeg_qualities[10] = { 20, 30, 40, 50, 60, 68, 76, 84, 91, 96 };
enum { JPEG_FULL_CHROMA_FROM = 8 };

struct tight_encoder {
	z_stream z;
	int z_level;
	tjhandle tj;
	struct buf bytes; /* before compression */
	struct buf packed;
	struct tight_palette palette;
	size_t lossy;
};

struct block {
	enum tight_content content;
	uint32_t colour;
	unsigned x, y, w, h; /* in the piece */
};

/* The piece being encoded. */
struct job {
	struct tight_encoder *e;
	const struct tight_params *params;
	const struct tight_piece *piece;
	struct buf *out;
	unsigned n_rects;
};

int tight_encoder_new(struct tight_encoder **ret)
{
	_cleanup_(tight_encoder_freep) struct tight_encoder *e = NULL;

	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->z_level = -1;
	buf_init(&e->bytes, (size_t)TIGHT_AREA_MAX * 4 + 64);
	buf_init(&e->packed, (size_t)TIGHT_AREA_MAX * 8 + 64 * 1024);
	e->tj = tjInitCompress();
	if (!e->tj)
		return -ENOMEM;
	*ret = take_ptr(e);
	return 0;
}

struct tight_encoder *tight_encoder_free(struct tight_encoder *e)
{
	if (!e)
		return NULL;
	if (e->z_level >= 0)
		deflateEnd(&e->z);
	if (e->tj)
		tjDestroy(e->tj);
	buf_done(&e->bytes);
	buf_done(&e->packed);
	free(e);
	return NULL;
}

/* --- pieces of rectangles --- */

static const uint8_t *block_pixels(const struct job *j, const struct block *b)
{
	return j->piece->pixels + (size_t)b->y * j->piece->stride + (size_t)b->x * 4;
}

static int put_head(struct job *j, const struct block *b)
{
	struct rfb_rect r = {
		.x = (uint16_t)(j->piece->rect.x + b->x),
		.y = (uint16_t)(j->piece->rect.y + b->y),
		.w = (uint16_t)b->w,
		.h = (uint16_t)b->h,
	};
	uint8_t *p;
	int k;

	k = buf_reserve(j->out, RFB_RECT_HEAD_LEN, &p);
	if (k < 0)
		return k;
	rfb_rect_head_build(p, &r, RFB_ENCODING_TIGHT);
	buf_commit(j->out, RFB_RECT_HEAD_LEN);
	j->n_rects++;
	return 0;
}

/* rfbproto: TPIXEL. */
static uint8_t *put_tpixel(uint8_t *p, uint32_t rgb, const struct rfb_pixel_format *f)
{
	if (!rfb_pixel_format_is_tpixel(f))
		return rfb_pixel_convert(p, rgb, f);
	p[0] = (uint8_t)(rgb >> 16);
	p[1] = (uint8_t)(rgb >> 8);
	p[2] = (uint8_t)rgb;
	return p + 3;
}

/* A compact length and the bytes. */
static int put_counted(struct job *j, const uint8_t *data, size_t n)
{
	uint8_t head[3];
	size_t k = 0, left = n;
	int r;

	if (n > COMPRESSED_MAX)
		return -EMSGSIZE;
	do {
		head[k] = (uint8_t)(k < 2 ? left & 0x7f : left);
		left >>= 7;
		if (left > 0 && k < 2)
			head[k] |= 0x80;
	} while (++k < 3 && left > 0);
	r = buf_append(j->out, head, k);
	return r < 0 ? r : buf_append(j->out, data, n);
}

static int deflate_reset(struct tight_encoder *e, int level)
{
	if (e->z_level != level) {
		if (e->z_level >= 0)
			deflateEnd(&e->z);
		e->z_level = -1;
		e->z = (z_stream){ 0 };
		if (deflateInit(&e->z, level) != Z_OK)
			return -ENOMEM;
		e->z_level = level;
		return 0;
	}
	return deflateReset(&e->z) == Z_OK ? 0 : -EIO;
}

/* What is in e->bytes, compressed if that is worth it. */
static int put_bytes(struct job *j)
{
	struct tight_encoder *e = j->e;
	size_t n = buf_len(&e->bytes);
	uint8_t *p;
	uLong bound;
	int r;

	if (n <= UNCOMPRESSED_MAX)
		return buf_append(j->out, buf_head(&e->bytes), n);
	r = deflate_reset(e, zlib_levels[j->params->compress]);
	if (r < 0)
		return r;
	bound = deflateBound(&e->z, n) + 16;
	r = buf_reserve(&e->packed, bound, &p);
	if (r < 0)
		return r;
	e->z.next_in = buf_head(&e->bytes);
	e->z.avail_in = (uInt)n;
	e->z.next_out = p;
	e->z.avail_out = (uInt)bound;
	if (deflate(&e->z, Z_SYNC_FLUSH) != Z_OK || e->z.avail_in > 0 || e->z.avail_out == 0)
		return -EIO;
	return put_counted(j, p, bound - e->z.avail_out);
}

static void bytes_clear(struct tight_encoder *e)
{
	e->bytes.start = e->bytes.end = 0;
	e->packed.start = e->packed.end = 0;
}

/* --- the four ways --- */

static int encode_fill(struct job *j, const struct block *b, uint32_t colour)
{
	uint8_t m[1 + 4] = { CONTROL_FILL }, *end;
	int r;

	r = put_head(j, b);
	if (r < 0)
		return r;
	end = put_tpixel(m + 1, colour, &j->params->format);
	return buf_append(j->out, m, (size_t)(end - m));
}

static int encode_jpeg(struct job *j, const struct block *b)
{
	static const uint8_t control = CONTROL_JPEG;
	int subsampling = j->params->quality >= JPEG_FULL_CHROMA_FROM ? TJSAMP_444 : TJSAMP_420;
	unsigned long len = tjBufSize((int)b->w, (int)b->h, subsampling);
	uint8_t *p;
	int r;

	bytes_clear(j->e);
	j->e->lossy += (size_t)b->w * b->h;
	r = buf_reserve(&j->e->packed, len, &p);
	if (r < 0)
		return r;
	if (tjCompress2(j->e->tj, block_pixels(j, b), (int)b->w, (int)j->piece->stride, (int)b->h,
			    TJPF_BGRX, &p, &len, subsampling, jpeg_qualities[j->params->quality],
			    TJFLAG_NOREALLOC) < 0)
		return -EIO;
	r = put_head(j, b);
	if (r < 0)
		return r;
	r = buf_append(j->out, &control, 1);
	return r < 0 ? r : put_counted(j, p, len);
}

static int encode_full(struct job *j, const struct block *b)
{
	static const uint8_t control = STREAM_FULL << 4 | 1 << STREAM_FULL;
	const struct rfb_pixel_format *f = &j->params->format;
	const uint8_t *row = block_pixels(j, b);
	uint8_t *p, *start;
	int r;

	bytes_clear(j->e);
	r = buf_reserve(&j->e->bytes, (size_t)b->w * b->h * 4, &start);
	if (r < 0)
		return r;
	p = start;
	for (unsigned y = 0; y < b->h; y++, row += j->piece->stride) {
		if (!rfb_pixel_format_is_tpixel(f)) {
			p = rfb_pixels_convert(p, row, b->w, f);
			continue;
		}
		for (unsigned x = 0; x < b->w; x++, p += 3) {
			p[0] = row[4 * x + 2];
			p[1] = row[4 * x + 1];
			p[2] = row[4 * x];
		}
	}
	buf_commit(&j->e->bytes, (size_t)(p - start));
	r = put_head(j, b);
	if (r < 0)
		return r;
	r = buf_append(j->out, &control, 1);
	return r < 0 ? r : put_bytes(j);
}

/* Two colours: eight pixels a byte, each row from a new byte; in place. */
static size_t pack_bits(uint8_t *index, unsigned w, unsigned h)
{
	uint8_t *to = index;
	const uint8_t *from = index;

	for (unsigned y = 0; y < h; y++) {
		for (unsigned x = 0; x < w; x += 8) {
			unsigned n = MIN(8u, w - x), byte = 0;

			for (unsigned i = 0; i < n; i++)
				byte |= (unsigned)from[i] << (7 - i);
			from += n;
			*to++ = (uint8_t)byte;
		}
	}
	return (size_t)(to - index);
}

static int put_palette(struct job *j)
{
	const struct tight_palette *palette = &j->e->palette;
	unsigned stream = palette->n == 2 ? STREAM_MONO : STREAM_INDEXED;
	uint8_t m[3 + 4 * TIGHT_PALETTE_MAX], *p = m;

	*p++ = (uint8_t)(CONTROL_FILTER | stream << 4 | 1u << stream);
	*p++ = FILTER_PALETTE;
	*p++ = (uint8_t)(palette->n - 1);
	for (unsigned i = 0; i < palette->n; i++)
		p = put_tpixel(p, palette->colours[i], &j->params->format);
	return buf_append(j->out, m, (size_t)(p - m));
}

static int encode_drawing(struct job *j, const struct block *b)
{
	struct tight_encoder *e = j->e;
	size_t n = (size_t)b->w * b->h;
	/* One byte a pixel saves nothing there. */
	unsigned max = j->params->format.bpp == 8 ? 2 : TIGHT_PALETTE_MAX;
	uint8_t *index;
	int r;

	bytes_clear(e);
	r = buf_reserve(&e->bytes, n, &index);
	if (r < 0)
		return r;
	if (!tight_palette_fill(&e->palette, block_pixels(j, b), j->piece->stride, b->w, b->h, max,
			    index)) {
		struct block left = *b, right = *b;

		if (b->w <= CELL || max == 2)
			return encode_full(j, b);
		left.w = (b->w / 2 + CELL - 1) / CELL * CELL;
		right.x += left.w;
		right.w -= left.w;
		r = encode_drawing(j, &left);
		return r < 0 || right.w == 0 ? r : encode_drawing(j, &right);
	}
	if (e->palette.n == 1)
		return encode_fill(j, b, e->palette.colours[0]);
	if (e->palette.n == 2)
		n = pack_bits(index, b->w, b->h);
	buf_commit(&e->bytes, n);
	r = put_head(j, b);
	if (r < 0)
		return r;
	r = put_palette(j);
	return r < 0 ? r : put_bytes(j);
}

static int encode_block(struct job *j, const struct block *b)
{
	switch (b->content) {
	case TIGHT_SOLID:
		return encode_fill(j, b, b->colour);
	case TIGHT_PHOTO:
		return encode_jpeg(j, b);
	case TIGHT_DRAWING:
	default:
		return encode_drawing(j, b);
	}
}

/* --- from cells to blocks --- */

static bool is_same_kind(const struct block *a, const struct block *b)
{
	return a->content == b->content && (a->content != TIGHT_SOLID || a->colour == b->colour);
}

static unsigned area_max(enum tight_content content)
{
	return content == TIGHT_DRAWING ? DRAWING_AREA_MAX : TIGHT_AREA_MAX;
}

/* The runs of one row of cells; their number. */
static unsigned find_runs(const struct job *j, unsigned y, unsigned h, struct block *runs)
{
	bool photos = j->params->quality >= 0 && j->params->format.bpp > 8;
	unsigned n = 0;

	for (unsigned x = 0; x < j->piece->rect.w; x += CELL) {
		struct block c = {
			.x = x, .y = y, .w = MIN((unsigned)CELL, j->piece->rect.w - x), .h = h
		};

		c.content = tight_analyse(
				block_pixels(j, &c), j->piece->stride, c.w, c.h, &c.colour);
		if (c.content == TIGHT_PHOTO && !photos)
			c.content = TIGHT_DRAWING;
		if (n > 0 && is_same_kind(&runs[n - 1], &c))
			runs[n - 1].w += c.w;
		else
			runs[n++] = c;
	}
	return n;
}

/* Let each run grow a block above it; blocks that do not grow are encoded. Gives the open ones. */
static int merge_runs(struct job *j, struct block *open, unsigned *n_open, struct block *runs,
		unsigned n_runs)
{
	int r;

	for (unsigned i = 0; i < *n_open; i++) {
		struct block *o = &open[i], *grown = NULL;

		for (unsigned k = 0; k < n_runs && !grown; k++)
			if (runs[k].x == o->x && runs[k].w == o->w && is_same_kind(&runs[k], o) &&
					o->w * (o->h + runs[k].h) <= area_max(o->content))
				grown = &runs[k];
		if (grown) {
			grown->y = o->y;
			grown->h += o->h;
			continue;
		}
		r = encode_block(j, o);
		if (r < 0)
			return r;
	}
	memcpy(open, runs, n_runs * sizeof(*runs));
	*n_open = n_runs;
	return 0;
}

int tight_encode(struct tight_encoder *e, const struct tight_params *params,
		const struct tight_piece *piece, struct buf *out, unsigned *n_rects)
{
	struct block open[CELLS_PER_ROW_MAX], runs[CELLS_PER_ROW_MAX];
	struct job j = { .e = e, .params = params, .piece = piece, .out = out };
	unsigned n_open = 0, n_runs;
	int r;

	assert(piece->rect.w > 0 && piece->rect.h > 0 && piece->rect.w <= TIGHT_WIDTH_MAX);
	assert((unsigned)piece->rect.w * piece->rect.h <= TIGHT_AREA_MAX);
	e->lossy = 0;
	for (unsigned y = 0; y < piece->rect.h; y += CELL) {
		n_runs = find_runs(&j, y, MIN((unsigned)CELL, piece->rect.h - y), runs);
		r = merge_runs(&j, open, &n_open, runs, n_runs);
		if (r < 0)
			return r;
	}
	r = merge_runs(&j, open, &n_open, runs, 0);
	if (r < 0)
		return r;
	*n_rects += j.n_rects;
	return 0;
}

size_t tight_encoder_lossy(const struct tight_encoder *e)
{
	return e->lossy;
}

int tight_encode_raw(const struct rfb_pixel_format *format, const struct tight_piece *piece,
		struct buf *out, unsigned *n_rects)
{
	size_t n = RFB_RECT_HEAD_LEN + (size_t)piece->rect.w * piece->rect.h * (format->bpp / 8);
	const uint8_t *row = piece->pixels;
	uint8_t *p;
	int r;

	r = buf_reserve(out, n, &p);
	if (r < 0)
		return r;
	rfb_rect_head_build(p, &piece->rect, RFB_ENCODING_RAW);
	p += RFB_RECT_HEAD_LEN;
	for (unsigned y = 0; y < piece->rect.h; y++, row += piece->stride)
		p = rfb_pixels_convert(p, row, piece->rect.w, format);
	buf_commit(out, n);
	(*n_rects)++;
	return 0;
}
