/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pixels on their way to the screen: turned, under the pointer, at edges; cards' choices. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/str.h"
#include "seat/choice.h"
#include "seat/picture.h"

enum { W = 5, H = 3, SCREEN_W = 12, SCREEN_H = 10, NONE = 0xee };

static uint32_t pixels[H * W];
static uint32_t screen[SCREEN_W * SCREEN_H];

static struct picture picture(void)
{
	for (uint32_t i = 0; i < W * H; i++)
		pixels[i] = 0x100 + i;
	return (struct picture){ .map = (uint8_t *)pixels,
		.size = sizeof(pixels),
		.width = W,
		.height = H,
		.stride = W * 4 };
}

static struct canvas canvas(enum orientation o, int w, int h)
{
	for (size_t i = 0; i < ELEMENTSOF(screen); i++)
		screen[i] = NONE;
	return (struct canvas){ .pixels = (uint8_t *)screen,
		.stride = SCREEN_W * 4,
		.spot = { .rect = { 2, 3, w, h }, .orientation = o } };
}

static uint32_t at(int x, int y)
{
	return screen[y * SCREEN_W + x];
}

static size_t count_touched(void)
{
	size_t n = 0;

	for (size_t i = 0; i < ELEMENTSOF(screen); i++)
		n += screen[i] != NONE;
	return n;
}

static void test_turned(void **state)
{
	/* Where the picture's first, last of the first row, and last pixel are. */
	static const struct {
		enum orientation o;
		int w, h, first[2], end[2], last[2];
	} table[] = {
		{ ORIENTATION_LANDSCAPE, W, H, { 2, 3 }, { 6, 3 }, { 6, 5 } },
		{ ORIENTATION_PORTRAIT, H, W, { 4, 3 }, { 4, 7 }, { 2, 7 } },
		{ ORIENTATION_LANDSCAPE_FLIPPED, W, H, { 6, 5 }, { 2, 5 }, { 2, 3 } },
		{ ORIENTATION_PORTRAIT_FLIPPED, H, W, { 2, 7 }, { 2, 3 }, { 4, 3 } },
	};
	struct picture p = picture();

	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		struct canvas c = canvas(table[i].o, table[i].w, table[i].h);
		struct rect r = picture_paint(&p, NULL, &c, (struct rect){ 0, 0, W, H });

		assert_true(rect_is_equal(r, c.spot.rect));
		assert_int_equal(at(table[i].first[0], table[i].first[1]), 0x100);
		assert_int_equal(at(table[i].end[0], table[i].end[1]), 0x100 + W - 1);
		assert_int_equal(at(table[i].last[0], table[i].last[1]), 0x100 + W * H - 1);
		assert_int_equal(count_touched(), W * H);
	}
}

static void test_parts(void **state)
{
	struct picture p = picture();

	for (int o = 0; o < _ORIENTATION_MAX; o++) {
		bool upright = o % 2 == 0;
		struct canvas c = canvas((enum orientation)o, upright ? W : H, upright ? H : W);
		struct rect r = picture_paint(&p, NULL, &c, (struct rect){ 3, 1, 100, 1 });
		int x, y;

		assert_int_equal(r.w * r.h, 2);
		assert_int_equal(count_touched(), 2);
		for (int k = 0; k < 2; k++) {
			spot_to_station(&c.spot, r.x + (r.w > 1 ? k : 0), r.y + (r.h > 1 ? k : 0),
					&x, &y);
			assert_int_equal(at(r.x + (r.w > 1 ? k : 0), r.y + (r.h > 1 ? k : 0)),
					0x100 + (uint32_t)(y * W + x));
			assert_int_equal(y, 1);
		}
		assert_true(rect_is_empty(
				picture_paint(&p, NULL, &c, (struct rect){ -5, -5, 5, 5 })));
		assert_int_equal(count_touched(), 2);
	}
}

static void test_smaller_picture(void **state)
{
	struct picture p = picture();
	struct canvas c = canvas(ORIENTATION_LANDSCAPE, 8, 6);

	picture_paint(&p, NULL, &c, (struct rect){ 0, 0, 8, 6 });
	assert_int_equal(count_touched(), 8 * 6);
	assert_int_equal(at(2, 3), 0x100);
	assert_int_equal(at(2 + W, 3), 0);
	assert_int_equal(at(2, 3 + H), 0);
	c = canvas(ORIENTATION_PORTRAIT, 8, 6);
	picture_paint(NULL, NULL, &c, (struct rect){ 0, 0, 6, 8 });
	assert_int_equal(count_touched(), 8 * 6);
	assert_int_equal(at(2, 3), 0);
}

static void test_pointer(void **state)
{
	uint32_t shape[4] = { 0xffaabbcc, 0x00000000, 0x80404040, 0xff000001 };
	struct picture p = picture();
	struct cursor cursor = { .pixels = shape, .w = 2, .h = 2, .hot_x = 1, .hot_y = 1 };

	for (int o = 0; o < _ORIENTATION_MAX; o++) {
		bool upright = o % 2 == 0;
		struct canvas c = canvas((enum orientation)o, upright ? W : H, upright ? H : W);
		struct rect r;

		cursor.x = cursor.y = 2;
		r = picture_paint(&p, &cursor, &c, cursor_get_rect(&cursor));
		assert_int_equal(count_touched(), 4);
		for (int y = r.y; y < r.y + r.h; y++)
			for (int x = r.x; x < r.x + r.w; x++) {
				static const uint32_t expected[] = { 0xaabbcc, 0x107, 0x40,
					0x000001 };
				int sx, sy;

				spot_to_station(&c.spot, x, y, &sx, &sy);
				/* Half of 0x10b under 0x404040. */
				if (sx == 1 && sy == 2)
					assert_int_equal(at(x, y),
							0x404000 + 0x40 + 0x005 + 0x000 +
									((0x01 * 127 + 127) / 255
											<< 8));
				else
					assert_int_equal(at(x, y) & 0xffffff,
							expected[(sy - 1) * 2 + sx - 1]);
			}
		/* It moves away: what it covered is the picture again, and nothing but that. */
		cursor.x = 100;
		picture_paint(&p, &cursor, &c, (struct rect){ 0, 0, W, H });
		for (int y = 0; y < SCREEN_H; y++)
			for (int x = 0; x < SCREEN_W; x++)
				assert_true(at(x, y) == NONE || (at(x, y) & ~0xffu) == 0x100);
	}
	cursor.x = cursor.y = -1; /* quite outside */
	{
		struct canvas c = canvas(ORIENTATION_LANDSCAPE, W, H);

		picture_paint(&p, &cursor, &c, cursor_get_rect(&cursor));
		assert_int_equal(count_touched(), 0);
	}
}

static int make(size_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_return_code(fd, errno);
	assert_return_code(ftruncate(fd, (off_t)size), errno);
	assert_return_code(fcntl(fd, F_ADD_SEALS, seals), errno);
	return fd;
}

static void test_buffers(void **state)
{
	struct seat_message m = { .type = SEAT_BUFFER,
		.buffer = { .width = 640, .height = 480, .stride = seat_stride(640) } };
	size_t size = seat_memory_size(480, m.buffer.stride);
	int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct picture *p = NULL;
	int fd;

	fd = make(size, all);
	assert_int_equal(picture_new(fd, &m, &p), 0);
	picture_free(p);
	close(fd);
	fd = make(size - 1, all);
	assert_int_equal(picture_new(fd, &m, &p), -EBADMSG);
	close(fd);
	fd = make(size, F_SEAL_SHRINK | F_SEAL_GROW);
	assert_int_equal(picture_new(fd, &m, &p), -EPERM);
	close(fd);
	fd = make(size, F_SEAL_GROW | F_SEAL_SEAL);
	assert_int_equal(picture_new(fd, &m, &p), -EPERM);
	close(fd);
	fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	assert_int_equal(picture_new(fd, &m, &p), -EPERM);
	close(fd);
}

static void test_crtcs(void **state)
{
	static const struct {
		size_t n;
		uint32_t possible[4];
		int keep[4], expected[4];
	} table[] = {
		{ 2, { 3, 3 }, { -1, -1 }, { 0, 1 } },
		{ 2, { 3, 3 }, { 1, 0 }, { 1, 0 } },             /* nobody moves without need */
		{ 2, { 3, 1 }, { 0, -1 }, { 1, 0 } },            /* the first one gives way */
		{ 3, { 3, 3, 3 }, { -1, -1, 0 }, { 1, -1, 0 } }, /* more screens than CRTCs */
		{ 3, { 1, 2, 4 }, { 2, 2, 2 }, { 0, 1, 2 } },
		{ 2, { 0, UINT32_C(1) << 31 }, { -1, 31 }, { -1, 31 } },
		{ 4, { 7, 1, 6, 0 }, { 0, -1, 1, -1 }, { 2, 0, 1, -1 } },
	};

	for (size_t i = 0; i < ELEMENTSOF(table); i++) {
		int got[4];

		choice_assign_crtcs(table[i].possible, table[i].keep, table[i].n, got);
		for (size_t k = 0; k < table[i].n; k++)
			if (got[k] != table[i].expected[k])
				fail_msg("row %zu: connector %zu has %d", i, k, got[k]);
	}
}

static void test_modes(void **state)
{
	drmModeModeInfo modes[] = {
		{ .hdisplay = 5120, .vdisplay = 2160, .vrefresh = 60 },
		{ .hdisplay = 1920, .vdisplay = 1080, .vrefresh = 60 },
		{ .hdisplay = 1024, .vdisplay = 768, .vrefresh = 60 },
	};

	assert_int_equal(choice_find_mode(modes, 0, NULL), -1);
	assert_int_equal(choice_find_mode(modes, 1, NULL), 0);
	assert_int_equal(choice_find_mode(modes, 3, NULL), 1);
	assert_int_equal(choice_find_mode(modes, 3, &modes[2]), 2);
	modes[0].type = DRM_MODE_TYPE_PREFERRED;
	assert_int_equal(choice_find_mode(modes, 3, &modes[2]), 0);
	modes[2].type = DRM_MODE_TYPE_USERDEF;
	assert_int_equal(choice_find_mode(modes, 3, NULL), 2);
}

static void test_monitors(void **state)
{
	uint8_t edid[128] = { 0, 255, 255, 255, 255, 255, 255, 0, 0x10, 0xac, 0x7a, 0x40 };
	char name[MONITOR_NAME_MAX] = "before";

	choice_read_edid(edid, sizeof(edid), name);
	assert_string_equal(name, "DEL 407A");
	memcpy(edid + 54 + 18, "\0\0\0\xfc\0DELL U2412M\n ", 18);
	choice_read_edid(edid, sizeof(edid), name);
	assert_string_equal(name, "DELL U2412M");
	memcpy(edid + 54 + 18, "\0\0\0\xfc\0\x1b[2J \xff names   ", 18);
	choice_read_edid(edid, sizeof(edid), name);
	assert_string_equal(name, "?[2J ? names");
	choice_read_edid(edid, 127, name);
	assert_string_equal(name, "");
	edid[1] = 0;
	choice_read_edid(edid, sizeof(edid), name);
	assert_string_equal(name, "");
}

static void test_left_alone(void **state)
{
	static const char id[] = "pci-0000:01:00.0";

	assert_true(choice_is_left("card1", "card1", id, NULL));
	assert_false(choice_is_left("card1", "card10", id, NULL));
	assert_false(choice_is_left("card10", "card1", id, NULL));
	assert_true(choice_is_left("x, pci-0000:01:00.0", "card1", id, NULL));
	assert_false(choice_is_left("HDMI-A-2", "card1", id, NULL));
	assert_true(choice_is_left("HDMI-A-2", "card1", id, "HDMI-A-2"));
	assert_true(choice_is_left("DP-1 pci-0000:01:00.0/HDMI-A-2", "card1", id, "HDMI-A-2"));
	assert_false(choice_is_left("pci-0000:02:00.0/HDMI-A-2", "card1", id, "HDMI-A-2"));
	assert_false(choice_is_left("card1", "card1", id, "HDMI-A-2"));
	assert_false(choice_is_left("", "card1", id, NULL));
	assert_false(choice_is_left(" , ", "card1", id, "HDMI-A-2"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turned),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_smaller_picture),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_crtcs),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_monitors),
		cmocka_unit_test(test_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
