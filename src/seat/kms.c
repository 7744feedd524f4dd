/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Legacy KMS with dumb buffers: what every driver has. One buffer an output; what changed is
 * written into the buffer that is shown and named with DirtyFB, which drivers that copy or compress
 * (virtual cards, USB docks, panels that refresh themselves) need and others do not know (ENOSYS).
 * There a fast change can tear, as it does on an X server without a compositor; a page flip would
 * cost a copy of the whole picture for each change.
 *
 * Master: an unprivileged program becomes master by being the first that opens the card, and may
 * drop it and take it again (Linux 5.8).
 */
#include "seat/kms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xf86drm.h>

#include "base/log.h"
#include "base/str.h"

enum { BITS_PER_PIXEL = 32, DEPTH = 24 };

DEFINE_CLEANUP(drmModeRes, drmModeFreeResources);
DEFINE_CLEANUP(drmModeConnector, drmModeFreeConnector);
DEFINE_CLEANUP(drmModeEncoder, drmModeFreeEncoder);
DEFINE_CLEANUP(drmModeCrtc, drmModeFreeCrtc);

/* A connector with a monitor, while the outputs are found. */
struct candidate {
	drmModeConnector *connector;
	char name[32];
	char monitor[MONITOR_NAME_MAX];
	const drmModeModeInfo *mode;
	struct output *output; /* that it was before; NULL: none */
};

struct probe {
	struct card *card;
	struct candidate candidates[CONNECTORS_MAX];
	size_t n;
	uint32_t left; /* CRTCs of connectors that are left alone */
	bool changed;
};

/* --- buffers --- */

static void buffer_free(struct output *o)
{
	int fd = o->card->fd;

	if (o->pixels)
		munmap(o->pixels, o->size);
	if (o->fb)
		drmModeRmFB(fd, o->fb);
	if (o->handle)
		drmModeDestroyDumbBuffer(fd, o->handle);
	o->pixels = NULL;
	o->fb = o->handle = 0;
	o->n_damage = 0;
}

static int buffer_new(struct output *o)
{
	int fd = o->card->fd, r;
	uint32_t stride;
	uint64_t size, offset;
	void *map;

	r = drmModeCreateDumbBuffer(fd, (uint32_t)o->width, (uint32_t)o->height, BITS_PER_PIXEL, 0,
			&o->handle, &stride, &size);
	if (r < 0)
		return r;
	o->stride = stride;
	o->size = size;
	r = drmModeAddFB(fd, (uint32_t)o->width, (uint32_t)o->height, DEPTH, BITS_PER_PIXEL, stride,
			o->handle, &o->fb);
	if (r == 0)
		r = drmModeMapDumbBuffer(fd, o->handle, &offset);
	if (r < 0) {
		buffer_free(o);
		return r;
	}
	map = mmap(NULL, o->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	if (map == MAP_FAILED) {
		r = -errno;
		buffer_free(o);
		return r;
	}
	o->pixels = map;
	memset(o->pixels, 0, o->size);
	return 0;
}

/* --- outputs --- */

static void output_free(struct output *o)
{
	struct card *c = o->card;

	list_remove(&o->link);
	buffer_free(o);
	if (o->crtc >= 0)
		drmModeSetCrtc(c->fd, c->crtcs[o->crtc], 0, 0, 0, NULL, 0, NULL);
	free(o);
}

static struct output *output_find(struct card *c, uint32_t connector_id)
{
	struct list *l;

	list_for_each (l, &c->outputs) {
		struct output *o = list_entry(l, struct output, link);

		if (o->connector_id == connector_id)
			return o;
	}
	return NULL;
}

void output_add_damage(struct output *o, struct rect r)
{
	drmModeClip *clip;

	r = rect_intersect(r, (struct rect){ 0, 0, o->width, o->height });
	if (rect_is_empty(r))
		return;
	if (o->n_damage == DAMAGE_MAX) {
		clip = &o->damage[DAMAGE_MAX - 1];
		clip->x1 = (uint16_t)MIN(clip->x1, r.x);
		clip->y1 = (uint16_t)MIN(clip->y1, r.y);
		clip->x2 = (uint16_t)MAX(clip->x2, r.x + r.w);
		clip->y2 = (uint16_t)MAX(clip->y2, r.y + r.h);
		return;
	}
	o->damage[o->n_damage++] = (drmModeClip){ .x1 = (uint16_t)r.x,
		.y1 = (uint16_t)r.y,
		.x2 = (uint16_t)(r.x + r.w),
		.y2 = (uint16_t)(r.y + r.h) };
}

void card_flush(struct card *c)
{
	struct list *l;

	list_for_each (l, &c->outputs) {
		struct output *o = list_entry(l, struct output, link);
		size_t n = o->n_damage;
		int r;

		o->n_damage = 0;
		if (n == 0 || c->has_no_dirty || !c->is_lit)
			continue;
		r = drmModeDirtyFB(c->fd, o->fb, o->damage, (uint32_t)n);
		if (r == -ENOSYS || r == -EOPNOTSUPP)
			c->has_no_dirty = true;
	}
}

/* --- probing --- */

static void read_monitor(int fd, const drmModeConnector *connector, char *ret)
{
	ret[0] = '\0';
	for (int i = 0; i < connector->count_props; i++) {
		drmModePropertyRes *p = drmModeGetProperty(fd, connector->props[i]);
		drmModePropertyBlobRes *blob = NULL;

		if (p && streq(p->name, "EDID") && connector->prop_values[i] != 0)
			blob = drmModeGetPropertyBlob(fd, (uint32_t)connector->prop_values[i]);
		if (blob)
			choice_read_edid(blob->data, blob->length, ret);
		drmModeFreePropertyBlob(blob);
		drmModeFreeProperty(p);
	}
}

/* The CRTC that shows something on this connector now; -1: none. */
static int find_crtc(struct card *c, const drmModeConnector *connector)
{
	_cleanup_(drmModeFreeEncoderp) drmModeEncoder *e =
			connector->encoder_id ? drmModeGetEncoder(c->fd, connector->encoder_id)
					      : NULL;

	for (size_t i = 0; e && i < c->n_crtcs; i++)
		if (c->crtcs[i] == e->crtc_id)
			return (int)i;
	return -1;
}

static uint32_t find_possible(struct card *c, const drmModeConnector *connector)
{
	uint32_t possible = 0;

	for (int i = 0; i < connector->count_encoders; i++) {
		_cleanup_(drmModeFreeEncoderp) drmModeEncoder *e =
				drmModeGetEncoder(c->fd, connector->encoders[i]);

		possible |= e ? e->possible_crtcs : 0;
	}
	return possible;
}

static const drmModeModeInfo *find_mode(struct card *c, const drmModeConnector *connector)
{
	int crtc = find_crtc(c, connector), i;
	_cleanup_(drmModeFreeCrtcp) drmModeCrtc *now =
			crtc >= 0 ? drmModeGetCrtc(c->fd, c->crtcs[crtc]) : NULL;

	i = choice_find_mode(connector->modes, (size_t)connector->count_modes,
			now && now->mode_valid ? &now->mode : NULL);
	return i < 0 ? NULL : &connector->modes[i];
}

static void probe_connector(struct probe *p, uint32_t id)
{
	struct card *c = p->card;
	_cleanup_(drmModeFreeConnectorp) drmModeConnector *connector =
			drmModeGetConnector(c->fd, id);
	struct candidate *k = &p->candidates[p->n];
	const char *type;

	if (!connector || p->n == CONNECTORS_MAX)
		return;
	type = drmModeGetConnectorTypeName(connector->connector_type);
	snprintf(k->name, sizeof(k->name), "%s-%u", type ? type : "Unknown",
			connector->connector_type_id);
	if (choice_is_left(c->leave, c->name, c->id, k->name)) {
		int crtc = find_crtc(c, connector);

		p->left |= crtc >= 0 ? UINT32_C(1) << crtc : 0;
		return;
	}
	if (connector->connection != DRM_MODE_CONNECTED)
		return;
	k->mode = find_mode(c, connector);
	if (!k->mode)
		return;
	read_monitor(c->fd, connector, k->monitor);
	k->output = output_find(c, id);
	k->connector = take_ptr(connector);
	p->n++;
}

static bool is_candidate(const struct probe *p, const struct output *o)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->candidates[i].output == o)
			return true;
	return false;
}

/* An output for the candidate, new or as it was. -ENOSPC and others: it stays dark. */
static int probe_take(struct probe *p, struct candidate *k, int crtc)
{
	struct card *c = p->card;
	struct output *o = k->output;
	int r = 0;

	if (o && o->width == k->mode->hdisplay && o->height == k->mode->vdisplay) {
		o->mode = *k->mode;
		o->crtc = crtc;
		if (!streq(o->monitor, k->monitor)) {
			memcpy(o->monitor, k->monitor, sizeof(o->monitor));
			p->changed = true;
		}
		return 0;
	}
	p->changed = true;
	if (!o) {
		o = calloc(1, sizeof(*o));
		if (!o)
			return -ENOMEM;
		o->card = c;
		o->connector_id = k->connector->connector_id;
		snprintf(o->name, sizeof(o->name), "%s", k->name);
		snprintf(o->id, sizeof(o->id), "%s/%s", c->id, k->name);
		list_add_tail(&c->outputs, &o->link);
	}
	/* The old buffer goes when nothing shows it any more. */
	if (o->crtc >= 0 && o->fb)
		drmModeSetCrtc(c->fd, c->crtcs[o->crtc], 0, 0, 0, NULL, 0, NULL);
	buffer_free(o);
	memcpy(o->monitor, k->monitor, sizeof(o->monitor));
	o->mode = *k->mode;
	o->crtc = crtc;
	o->width = k->mode->hdisplay;
	o->height = k->mode->vdisplay;
	r = buffer_new(o);
	if (r < 0)
		output_free(o);
	return r;
}

static void probe_share(struct probe *p)
{
	struct card *c = p->card;
	uint32_t possible[CONNECTORS_MAX];
	int keep[CONNECTORS_MAX], crtcs[CONNECTORS_MAX], r;
	size_t n_dark = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct candidate *k = &p->candidates[i];

		possible[i] = find_possible(c, k->connector) & ~p->left;
		keep[i] = k->output ? k->output->crtc : find_crtc(c, k->connector);
	}
	choice_assign_crtcs(possible, keep, p->n, crtcs);
	for (size_t i = 0; i < p->n; i++) {
		struct candidate *k = &p->candidates[i];

		if (crtcs[i] < 0) {
			n_dark++;
			if (n_dark > c->n_dark)
				log_warning("the card cannot drive one more screen: it drives %zu at a time "
					    "card=%s connector=%s",
						c->n_crtcs, c->name, k->name);
			if (k->output) {
				output_free(k->output);
				p->changed = true;
			}
			continue;
		}
		r = probe_take(p, k, crtcs[i]);
		if (r < 0)
			log_warning_errno(r, "no memory for a screen of %ux%u card=%s connector=%s",
					k->mode->hdisplay, k->mode->vdisplay, c->name, k->name);
	}
	c->n_dark = n_dark;
}

int card_probe(struct card *c, bool *ret_changed)
{
	_cleanup_(drmModeFreeResourcesp) drmModeRes *res = drmModeGetResources(c->fd);
	struct probe p = { .card = c };
	struct list *l, *next;

	if (!res)
		return -errno;
	c->n_crtcs = MIN((size_t)MAX(res->count_crtcs, 0), (size_t)CRTCS_MAX);
	memcpy(c->crtcs, res->crtcs, c->n_crtcs * sizeof(c->crtcs[0]));
	for (int i = 0; i < res->count_connectors; i++)
		probe_connector(&p, res->connectors[i]);
	list_for_each_safe (l, next, &c->outputs) {
		struct output *o = list_entry(l, struct output, link);

		if (!is_candidate(&p, o)) {
			output_free(o);
			p.changed = true;
		}
	}
	probe_share(&p);
	for (size_t i = 0; i < p.n; i++)
		drmModeFreeConnector(p.candidates[i].connector);
	*ret_changed = p.changed;
	return 0;
}

/* --- the card --- */

int card_light(struct card *c)
{
	struct list *l;
	int r = 0;

	list_for_each (l, &c->outputs) {
		struct output *o = list_entry(l, struct output, link);
		uint32_t crtc = c->crtcs[o->crtc];
		int k;

		/* Somebody before us may have left a pointer there. */
		drmModeSetCursor(c->fd, crtc, 0, 0, 0);
		k = drmModeSetCrtc(c->fd, crtc, o->fb, 0, 0, &o->connector_id, 1, &o->mode);
		if (k < 0) {
			log_warning_errno(k,
					"a screen of %dx%d does not start card=%s connector=%s",
					o->width, o->height, c->name, o->name);
			r = k;
		}
	}
	c->is_lit = true;
	return r;
}

void card_drop(struct card *c)
{
	c->is_lit = false;
	drmDropMaster(c->fd);
}

int card_retake(struct card *c)
{
	return drmSetMaster(c->fd) < 0 ? -errno : 0;
}

static int card_check(struct card *c)
{
	_cleanup_(drmModeFreeResourcesp) drmModeRes *res = NULL;
	uint64_t dumb = 0;

	if (drmGetCap(c->fd, DRM_CAP_DUMB_BUFFER, &dumb) < 0 || !dumb)
		return -EOPNOTSUPP;
	res = drmModeGetResources(c->fd);
	if (!res || res->count_connectors == 0 || res->count_crtcs == 0)
		return -EOPNOTSUPP;
	/* Root may take it; others have it by having opened it first, or not at all. */
	if (!drmIsMaster(c->fd) && drmSetMaster(c->fd) < 0)
		return -EBUSY;
	return 0;
}

int card_open(const char *node, const char *name, const char *id, const char *leave,
		struct card **ret)
{
	_cleanup_(card_closep) struct card *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->fd = -EBADF;
	c->leave = leave;
	list_init(&c->link);
	list_init(&c->outputs);
	c->name = strdup(name);
	c->id = strdup(id);
	if (!c->name || !c->id)
		return -ENOMEM;
	c->fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (c->fd < 0)
		return -errno;
	r = card_check(c);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

struct card *card_close(struct card *c)
{
	struct list *l, *next;

	if (!c)
		return NULL;
	list_for_each_safe (l, next, &c->outputs)
		output_free(list_entry(l, struct output, link));
	list_remove(&c->link);
	safe_close(c->fd);
	free(c->name);
	free(c->id);
	free(c);
	return NULL;
}
