/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file goes to the pool, which decodes it and compares it with the one before, tile by tile: a
 * browser sends its whole screen for each blinking cursor. The decoded pixels are kept for that, so
 * the comparison needs no lock of the picture. What differs is copied into the picture on the loop,
 * as soon as nobody reads it.
 *
 * Files come from people who may show their screen, but from their browsers: sizes are checked
 * before memory is taken, damaged files and those made to be slow are refused.
 */
#include "relay/screen.h"

#include <string.h>
#include <turbojpeg.h>

#include "base/chunk.h"

enum { TILE = 64 };

struct screen_job {
	uv_work_t work;
	struct screen *screen; /* NULL: forgotten */
	uint8_t *file;
	size_t len;
	struct chunk *before; /* NULL: nothing to compare with */
	uint16_t before_w, before_h;

	/* The result. */
	const char *error; /* NULL: fine */
	struct chunk *pixels;
	uint16_t w, h;
	pixman_region32_t damage;
};

struct screen {
	uv_loop_t *loop;
	const struct screen_events *events;
	void *userdata;
	struct picture picture;
	bool has_picture;
	bool used;
	struct screen_job *job;
	bool decoded;        /* the job waits for the picture to be unlocked */
	struct chunk *shown; /* what the picture shows */
};

/* --- on the pool --- */

static bool tile_differs(const struct screen_job *job, int x, int y, int w, int h)
{
	size_t stride = (size_t)job->w * 4, at = (size_t)y * stride + (size_t)x * 4;

	for (int row = 0; row < h; row++, at += stride)
		if (memcmp(job->pixels->data + at, job->before->data + at, (size_t)w * 4) != 0)
			return true;
	return false;
}

static void compare(struct screen_job *job)
{
	if (!job->before || job->before_w != job->w || job->before_h != job->h) {
		pixman_region32_union_rect(&job->damage, &job->damage, 0, 0, job->w, job->h);
		return;
	}
	for (int y = 0; y < job->h; y += TILE)
		for (int x = 0; x < job->w; x += TILE) {
			int w = MIN(TILE, job->w - x), h = MIN(TILE, job->h - y);

			if (tile_differs(job, x, y, w, h))
				pixman_region32_union_rect(&job->damage, &job->damage, x, y,
						(unsigned)w, (unsigned)h);
		}
}

static const char *decode(struct screen_job *job, tjhandle tj)
{
	int w = 0, h = 0, subsampling, colours;

	if (tjDecompressHeader3(tj, job->file, job->len, &w, &h, &subsampling, &colours) < 0 ||
			w < 1 || h < 1)
		return "no JPEG file";
	if (w > SCREEN_WIDTH_MAX || h > SCREEN_HEIGHT_MAX)
		return "too large";
	job->pixels = chunk_new((size_t)w * (size_t)h * 4);
	if (!job->pixels)
		return "no memory";
	job->w = (uint16_t)w;
	job->h = (uint16_t)h;
	if (tjDecompress2(tj, job->file, job->len, job->pixels->data, w, 0, h, TJPF_BGRX,
			    TJFLAG_FASTDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS) < 0)
		return "a damaged JPEG file";
	return NULL;
}

static void run_job(uv_work_t *work)
{
	struct screen_job *job = work->data;
	tjhandle tj = tjInitDecompress();

	job->error = tj ? decode(job, tj) : "no memory";
	if (!job->error)
		compare(job);
	if (tj)
		tjDestroy(tj);
}

/* --- on the loop --- */

static void job_free(struct screen_job *job)
{
	free(job->file);
	chunk_unref(job->before);
	chunk_unref(job->pixels);
	pixman_region32_fini(&job->damage);
	free(job);
}

static void owner_watchers(void *userdata)
{
	struct screen *s = userdata;

	if (screen_is_wanted(s))
		s->events->handle_wanted(s, s->userdata);
}

static void take_over(struct screen *s);

static void owner_unlocked(void *userdata)
{
	struct screen *s = userdata;

	/* Before anybody is told of the new picture, who may look at it at once. */
	take_over(s);
	picture_turn_done(&s->picture);
}

static const struct picture_owner owner = {
	.handle_watchers = owner_watchers,
	.handle_unlocked = owner_unlocked,
};

static int make_room(struct screen *s, uint16_t w, uint16_t h)
{
	int r = 0;

	if (!s->has_picture) {
		r = picture_init(&s->picture, w, h);
		s->picture.owner = &owner;
		s->picture.owner_userdata = s;
	} else if (s->picture.w != w || s->picture.h != h) {
		r = picture_resize(&s->picture, w, h);
	}
	return r;
}

static void copy_damage(struct screen *s, const struct screen_job *job)
{
	pixman_box32_t *b;
	int n;

	b = pixman_region32_rectangles((pixman_region32_t *)&job->damage, &n);
	for (int i = 0; i < n; i++)
		for (int y = b[i].y1; y < b[i].y2; y++)
			memcpy(s->picture.pixels + (size_t)y * s->picture.stride +
							(size_t)b[i].x1 * 4,
					job->pixels->data +
							((size_t)y * job->w + (size_t)b[i].x1) * 4,
					(size_t)(b[i].x2 - b[i].x1) * 4);
}

/* The decoded file becomes the picture, once nobody reads that. */
static void take_over(struct screen *s)
{
	struct screen_job *job = s->job;
	bool is_first = !s->has_picture;

	if (!s->decoded || (!is_first && picture_is_locked(&s->picture)))
		return;
	s->job = NULL;
	s->decoded = false;
	if (make_room(s, job->w, job->h) < 0) {
		job_free(job);
		owner_watchers(s); /* no memory: perhaps for the next */
		return;
	}
	copy_damage(s, job);
	chunk_unref(s->shown);
	s->shown = take_ptr(job->pixels);
	s->has_picture = true;
	picture_damage(&s->picture, &job->damage);
	job_free(job);
	if (is_first)
		s->events->handle_picture(s, s->userdata); /* watchers come and want the next */
	else
		owner_watchers(s);
}

static void handle_job(uv_work_t *work, int status)
{
	struct screen_job *job = work->data;
	struct screen *s = job->screen;

	(void)status;
	if (!s) {
		job_free(job);
	} else if (job->error) {
		const char *error = job->error;

		s->job = NULL;
		job_free(job);
		s->events->handle_bad(s, error, s->userdata);
	} else {
		s->decoded = true;
		take_over(s);
	}
}

int screen_put(struct screen *s, const void *data, size_t len)
{
	struct screen_job *job;

	if (s->job)
		return -EBUSY;
	if (len > SCREEN_FILE_MAX)
		return -EMSGSIZE;
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	pixman_region32_init(&job->damage);
	job->file = malloc(MAX(len, (size_t)1));
	if (!job->file) {
		job_free(job);
		return -ENOMEM;
	}
	memcpy(job->file, data, len);
	job->len = len;
	job->work.data = job;
	job->screen = s;
	if (s->shown) {
		job->before = chunk_ref(s->shown);
		job->before_w = s->picture.w;
		job->before_h = s->picture.h;
	}
	if (uv_queue_work(s->loop, &job->work, run_job, handle_job) < 0) {
		job_free(job);
		return -ENOMEM;
	}
	s->job = job;
	return 0;
}

void screen_cancel(struct screen *s)
{
	if (!s->job)
		return;
	if (s->decoded)
		job_free(s->job);
	else
		s->job->screen = NULL; /* the pool has it */
	s->job = NULL;
	s->decoded = false;
}

bool screen_is_wanted(const struct screen *s)
{
	if (s->job)
		return false;
	return s->has_picture ? picture_get_interval(&s->picture) >= 0 : s->used;
}

void screen_set_used(struct screen *s, bool used)
{
	s->used = used;
	if (screen_is_wanted(s))
		s->events->handle_wanted(s, s->userdata);
}

int screen_new(uv_loop_t *loop, const struct screen_events *events, void *userdata,
		struct screen **ret)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->events = events;
	s->userdata = userdata;
	*ret = s;
	return 0;
}

struct screen *screen_free(struct screen *s)
{
	if (!s)
		return NULL;
	screen_cancel(s);
	if (s->has_picture)
		picture_done(&s->picture);
	chunk_unref(s->shown);
	free(s);
	return NULL;
}

struct picture *screen_picture(struct screen *s)
{
	return s->has_picture ? &s->picture : NULL;
}
