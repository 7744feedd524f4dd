/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CRTCs are shared out by augmenting paths: a connector that finds all its CRTCs taken asks each
 * holder to move on. So nobody is left without one as long as there is a way, and holders move only
 * when they have to.
 *
 * EDID: VESA E-EDID A.2, 3.4 (vendor) and 3.10.3 (display descriptors).
 */
#include "seat/choice.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum {
	EDID_SIZE = 128,
	EDID_DESCRIPTORS = 54,
	EDID_DESCRIPTOR_SIZE = 18,
	EDID_NAME = 0xfc,
	FULL_WIDTH = 1920,
	FULL_HEIGHT = 1200,
};

struct matching {
	const uint32_t *possible;
	int holder[CRTCS_MAX]; /* connector, or -1 */
};

static bool take_free(struct matching *m, int connector)
{
	for (int i = 0; i < CRTCS_MAX; i++)
		if (m->holder[i] < 0 && (m->possible[connector] & (UINT32_C(1) << i))) {
			m->holder[i] = connector;
			return true;
		}
	return false;
}

static bool place(struct matching *m, int connector, uint32_t *tried)
{
	if (take_free(m, connector))
		return true;
	for (int i = 0; i < CRTCS_MAX; i++) {
		uint32_t bit = UINT32_C(1) << i;

		if (!(m->possible[connector] & bit) || (*tried & bit))
			continue;
		*tried |= bit;
		if (place(m, m->holder[i], tried)) {
			m->holder[i] = connector;
			return true;
		}
	}
	return false;
}

void choice_assign_crtcs(const uint32_t *possible, const int *keep, size_t n, int *ret)
{
	struct matching m = { .possible = possible };

	for (int i = 0; i < CRTCS_MAX; i++)
		m.holder[i] = -1;
	for (size_t i = 0; i < n; i++)
		if (keep[i] >= 0 && (possible[i] & (UINT32_C(1) << keep[i])) &&
				m.holder[keep[i]] < 0)
			m.holder[keep[i]] = (int)i;
	for (size_t i = 0; i < n; i++) {
		uint32_t tried = 0;
		bool has = false;

		for (int k = 0; k < CRTCS_MAX; k++)
			has = has || m.holder[k] == (int)i;
		if (!has)
			place(&m, (int)i, &tried);
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = -1;
	for (int k = 0; k < CRTCS_MAX; k++)
		if (m.holder[k] >= 0)
			ret[m.holder[k]] = k;
}

static int find_type(const drmModeModeInfo *modes, size_t n, uint32_t type)
{
	for (size_t i = 0; i < n; i++)
		if (modes[i].type & type)
			return (int)i;
	return -1;
}

static int find_same(const drmModeModeInfo *modes, size_t n, const drmModeModeInfo *now)
{
	for (size_t i = 0; now && i < n; i++)
		if (modes[i].hdisplay == now->hdisplay && modes[i].vdisplay == now->vdisplay &&
				modes[i].vrefresh == now->vrefresh)
			return (int)i;
	return -1;
}

static int find_largest(const drmModeModeInfo *modes, size_t n)
{
	int best = n > 0 ? 0 : -1;
	unsigned best_pixels = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned pixels = (unsigned)modes[i].hdisplay * modes[i].vdisplay;

		if (modes[i].hdisplay <= FULL_WIDTH && modes[i].vdisplay <= FULL_HEIGHT &&
				!(modes[i].flags & DRM_MODE_FLAG_INTERLACE) &&
				pixels > best_pixels) {
			best = (int)i;
			best_pixels = pixels;
		}
	}
	return best;
}

int choice_find_mode(const drmModeModeInfo *modes, size_t n, const drmModeModeInfo *now)
{
	int i = find_type(modes, n, DRM_MODE_TYPE_USERDEF);

	if (i < 0)
		i = find_type(modes, n, DRM_MODE_TYPE_PREFERRED);
	if (i < 0)
		i = find_same(modes, n, now);
	return i < 0 ? find_largest(modes, n) : i;
}

/* Text of a descriptor: 13 bytes, ended by a line feed, filled with spaces. */
static void read_text(const uint8_t *text, char ret[static MONITOR_NAME_MAX])
{
	size_t n = 0;

	while (n < 13 && text[n] != '\n' && text[n] != '\0')
		n++;
	while (n > 0 && text[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++)
		ret[i] = text[i] >= ' ' && text[i] <= '~' ? (char)text[i] : '?';
	ret[n] = '\0';
}

void choice_read_edid(const uint8_t *edid, size_t len, char ret[static MONITOR_NAME_MAX])
{
	static const uint8_t header[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	unsigned vendor;

	ret[0] = '\0';
	if (len < EDID_SIZE || memcmp(edid, header, sizeof(header)) != 0)
		return;
	for (size_t i = 0; i < 4; i++) {
		const uint8_t *d = edid + EDID_DESCRIPTORS + i * EDID_DESCRIPTOR_SIZE;

		if (d[0] == 0 && d[1] == 0 && d[3] == EDID_NAME)
			read_text(d + 5, ret);
	}
	vendor = (unsigned)edid[8] << 8 | edid[9];
	if (ret[0] == '\0' && vendor != 0)
		snprintf(ret, MONITOR_NAME_MAX, "%c%c%c %02X%02X",
				(char)('@' + (vendor >> 10 & 31)), (char)('@' + (vendor >> 5 & 31)),
				(char)('@' + (vendor & 31)), edid[11], edid[10]);
}

/* word is "name", or, with a prefix, "prefix/name". */
static bool is_word(const char *word, size_t len, const char *prefix, const char *name)
{
	size_t n = strlen(name), p = prefix ? strlen(prefix) : 0;

	if (len == n && strncmp(word, name, n) == 0)
		return true;
	return prefix && len == p + 1 + n && strncmp(word, prefix, p) == 0 && word[p] == '/' &&
	       strncmp(word + p + 1, name, n) == 0;
}

bool choice_is_left(const char *leave, const char *card, const char *id_path, const char *connector)
{
	static const char separators[] = " ,\t";

	for (const char *s = leave + strspn(leave, separators); *s; s += strspn(s, separators)) {
		size_t len = strcspn(s, separators);

		if (connector ? is_word(s, len, id_path, connector)
			      : is_word(s, len, NULL, card) || is_word(s, len, NULL, id_path))
			return true;
		s += len;
	}
	return false;
}
