/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is drawn over and instead of sessions: a card is one picture for all who show it and holds
 * any text; the panel answers keys and pointer; sign and notice leave each other room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "font-leaks.h"
#include "relay/card.h"
#include "relay/keysym.h"
#include "relay/overlay.h"

enum { WHITE = 0xffffff, GROUND = 0x12403f, NOTICE = 0xfdf1d8 };

static struct card_text block(const char *message)
{
	return (struct card_text){
		.kind = CARD_BLOCK, .message = message, .by = "Karin Kaya", .language = "en"
	};
}

static uint32_t pixel(const struct picture *p, unsigned x, unsigned y)
{
	uint32_t v;

	memcpy(&v, p->pixels + (size_t)y * p->stride + 4 * (size_t)x, 4);
	return v & 0xffffff;
}

/* --- cards --- */

static void test_shared(void **state)
{
	struct card *a, *b, *c;
	struct cards all;
	struct card_text t = block("Look up");

	cards_init(&all);
	assert_int_equal(cards_get(&all, &t, 1280, 720, &a), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(cards_get(&all, &t, 1280, 720, &b), 0);
		assert_ptr_equal(a, b);
		card_unref(b);
	}
	assert_int_equal(all.n_drawn, 1);
	assert_null(card_picture(a)->input);
	assert_false(card_picture(a)->blank);

	/* Whatever can be seen on it makes another card. */
	assert_int_equal(cards_get(&all, &t, 1024, 768, &b), 0);
	assert_ptr_not_equal(a, b);
	t.by = "Somebody else";
	assert_int_equal(cards_get(&all, &t, 1280, 720, &c), 0);
	assert_ptr_not_equal(a, c);
	card_unref(c);
	t = block("Look up");
	t.until_ms = clock_real_ms() + 3600 * 1000;
	assert_int_equal(cards_get(&all, &t, 1280, 720, &c), 0);
	assert_ptr_not_equal(a, c);
	card_unref(c);
	t = block("Look up");
	t.language = "de";
	assert_int_equal(cards_get(&all, &t, 1280, 720, &c), 0);
	assert_ptr_not_equal(a, c);
	card_unref(c);
	assert_int_equal(all.n_drawn, 5);

	/* It goes with the last who shows it. */
	card_unref(a);
	card_unref(b);
	assert_true(list_is_empty(&all.list));
}

/* The card lies within the screen, with ground around it, and nothing is cut off without a sign. */
static void check_look(const struct picture *p)
{
	unsigned left = 0, top = 0;

	assert_int_equal(pixel(p, 0, 0), GROUND);
	while (left < p->w / 2u && pixel(p, left, p->h / 2) != WHITE)
		left++;
	while (top < p->h / 2u && pixel(p, p->w / 2, top) != WHITE)
		top++;
	assert_in_range(left, 8, p->w / 4);
	assert_in_range(top, 1, p->h / 2 - 30);
	/* The lower edge is there, too: as far from the end as the upper from the beginning. */
	assert_int_equal(pixel(p, p->w / 2, p->h - top - 3), WHITE);
	assert_int_not_equal(pixel(p, p->w / 2, p->h - top + 3), WHITE);
}

static void test_any_text(void **state)
{
	static const uint16_t sizes[][2] = { { 640, 480 }, { 800, 600 }, { 1280, 720 },
		{ 1080, 1920 }, { 3840, 2160 } };
	char page[501], word[501];
	const char *const texts[] = { "", "!", page, word, "\n\n\n1\n\n2\n\n\n",
		"\xff\xfe\x1b[1m\xe2\x80\xae", "يرجى النظر إلى السبورة", "看黑板 👀" };
	struct cards all;

	cards_init(&all);
	memset(word, 'W', sizeof(word) - 1);
	for (size_t i = 0; i < sizeof(page) - 1; i++)
		page[i] = i % 7 == 6 ? ' ' : 'm';
	page[500] = word[500] = '\0';
	for (size_t k = 0; k < ELEMENTSOF(sizes); k++)
		for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
			struct card_text t = block(texts[i]);
			struct card *c;

			assert_int_equal(cards_get(&all, &t, sizes[k][0], sizes[k][1], &c), 0);
			assert_int_equal(card_picture(c)->w, sizes[k][0]);
			assert_int_equal(card_picture(c)->h, sizes[k][1]);
			check_look(card_picture(c));
			card_unref(c);
		}
}

static void test_small_screens(void **state)
{
	struct card_text t = block("x");
	struct cards all;
	struct card *c;

	cards_init(&all);
	assert_int_equal(cards_get(&all, &t, 1, 1, &c), 0);
	assert_int_equal(card_picture(c)->w, CARD_WIDTH_MIN);
	assert_int_equal(card_picture(c)->h, CARD_HEIGHT_MIN);
	card_unref(c);
	assert_int_equal(cards_get(&all, &t, UINT16_MAX, UINT16_MAX, &c), -ENOMEM);
	assert_true(list_is_empty(&all.list));
}

/* --- panel --- */

static const struct panel_text all_rows = {
	.name = "Anna Berger",
	.station = "R12-03",
	.by = "Karin Kaya",
	.language = "en",
	.can_leave = true,
	.can_ask = true,
};

static struct panel *open_panel(const struct panel_text *t)
{
	struct panel *p;

	assert_int_equal(panel_new(t, 1280, 720, 0, &p), 0);
	return p;
}

/* What Enter gives after so many steps down. */
static enum panel_answer choose(struct panel *p, unsigned down)
{
	assert_int_equal(panel_key(p, KEYSYM_HOME, true), PANEL_CHANGED);
	while (down-- > 0)
		assert_int_equal(panel_key(p, KEYSYM_DOWN, true), PANEL_CHANGED);
	return panel_key(p, KEYSYM_RETURN, true);
}

static void test_panel_keys(void **state)
{
	struct panel_text t = all_rows;
	struct panel *p = open_panel(&t);

	assert_int_equal(choose(p, 0), PANEL_MORE_TIME);
	assert_int_equal(choose(p, 1), PANEL_SUSPEND);
	assert_int_equal(choose(p, 2), PANEL_LOCK);
	assert_int_equal(choose(p, 4), PANEL_CLOSE);
	assert_int_equal(choose(p, 5), PANEL_MORE_TIME); /* around */
	assert_int_equal(panel_key(p, 'x', true), PANEL_NOTHING);
	/* Log off asks, and Enter alone does not do it. */
	assert_int_equal(choose(p, 3), PANEL_CHANGED);
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true),
			PANEL_CHANGED); /* cancel: all rows again */
	assert_int_equal(choose(p, 0), PANEL_MORE_TIME);
	assert_int_equal(choose(p, 3), PANEL_CHANGED);
	assert_int_equal(panel_key(p, KEYSYM_ESCAPE, true), PANEL_CHANGED);
	assert_int_equal(choose(p, 3), PANEL_CHANGED);
	assert_int_equal(panel_key(p, KEYSYM_UP, true), PANEL_CHANGED);
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_LOGOFF);
	panel_free(p);

	t.can_ask = false;
	p = open_panel(&t);
	assert_int_equal(panel_key(p, ' ', true), PANEL_SUSPEND);
	assert_int_equal(panel_key(p, KEYSYM_ESCAPE, true), PANEL_CLOSE);
	panel_free(p);
	t.can_leave = false;
	t.can_ask = true;
	p = open_panel(&t);
	assert_int_equal(choose(p, 1), PANEL_CLOSE);
	panel_free(p);
}

static void test_panel_pointer(void **state)
{
	struct panel *p = open_panel(&all_rows);
	struct overlay *o = panel_overlay(p);
	bool seen[PANEL_MORE_TIME + 1] = { false };
	int x = o->x + o->w / 2;

	assert_int_equal(o->x + o->w, 1280);
	/* A button that is down when it opens is no press. */
	assert_int_equal(panel_pointer(p, 1, 10, 10), PANEL_NOTHING);
	assert_int_equal(panel_pointer(p, 0, 10, 10), PANEL_NOTHING);
	for (int y = o->y; y < o->y + o->h; y++) {
		enum panel_answer a;

		panel_pointer(p, 0, x, y);
		a = panel_pointer(p, 1, x, y);
		seen[a] = true;
		panel_pointer(p, 0, x, y);
		if (a == PANEL_CHANGED)
			assert_int_equal(panel_key(p, KEYSYM_ESCAPE, true), PANEL_CHANGED);
	}
	assert_true(seen[PANEL_MORE_TIME] && seen[PANEL_SUSPEND] && seen[PANEL_LOCK] &&
			seen[PANEL_CLOSE] && seen[PANEL_CHANGED] && seen[PANEL_NOTHING]);
	assert_false(seen[PANEL_LOGOFF]);
	/* A press beside it closes. */
	assert_int_equal(panel_pointer(p, 0, 10, 10), PANEL_NOTHING);
	assert_int_equal(panel_pointer(p, 1, 10, 10), PANEL_CLOSE);
	panel_free(p);
}

static void test_panel_on_small_screens(void **state)
{
	struct panel *p;
	struct overlay *o;

	assert_int_equal(panel_new(&all_rows, 640, 480, 200, &p), 0);
	o = panel_overlay(p);
	assert_true(o->x + o->w <= 640 && o->y + o->h <= 480);
	panel_free(p);
	assert_int_equal(panel_new(&all_rows, 64, 48, 47, &p), 0);
	o = panel_overlay(p);
	assert_true(o->x + o->w <= 64 && o->y + o->h <= 48);
	panel_free(p);
}

/* --- hand and messages --- */

static const struct chat_line conversation[] = {
	{ 1, 1000, "Karin Kaya", "Please look at the board.", true },
	{ 2, 2000, "Anna Berger", "Which one?", false },
};

static struct panel_text with_chat(void)
{
	struct panel_text t = all_rows;

	t.can_ask = false;
	t.has_chat = t.chat_enabled = true;
	t.lines = conversation;
	t.n_lines = ELEMENTSOF(conversation);
	t.chat_version = 1;
	return t;
}

static void type(struct panel *p, const char *ascii)
{
	for (; *ascii; ascii++)
		assert_int_equal(panel_key(p, (uint8_t)*ascii, true), PANEL_CHANGED);
}

static void test_hand(void **state)
{
	struct panel_text t = with_chat();
	struct panel *p = open_panel(&t);

	assert_int_equal(choose(p, 0), PANEL_HAND);
	/* It is up: the focus stays there. */
	t.hand = true;
	assert_true(panel_update(p, &t, 1280, 720, 0));
	assert_false(panel_update(p, &t, 1280, 720, 0));
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_HAND);
	/* Switched off: cannot be chosen, by keys or by pointer; messages can be read. */
	t.hand = t.chat_enabled = false;
	assert_true(panel_update(p, &t, 1280, 720, 0));
	assert_int_equal(choose(p, 0), PANEL_CHANGED);
	assert_true(panel_shows_messages(p));
	assert_int_equal(panel_key(p, 'a', true), PANEL_NOTHING);
	assert_string_equal(panel_get_draft(p), "");
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_CHANGED); /* back */
	assert_false(panel_shows_messages(p));
	for (int y = 0; y < panel_overlay(p)->h; y++) {
		panel_pointer(p, 0, 1280 - 100, y);
		assert_int_not_equal(panel_pointer(p, 1, 1280 - 100, y), PANEL_HAND);
		panel_key(p, KEYSYM_ESCAPE, true);
	}
	panel_free(p);
}

static void test_writing(void **state)
{
	struct panel_text t = with_chat();
	struct panel *p = open_panel(&t);

	assert_int_equal(choose(p, 1), PANEL_CHANGED);
	assert_true(panel_shows_messages(p));
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_NOTHING); /* nothing to send */
	type(p, "  ");
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_NOTHING);
	assert_int_equal(panel_key(p, KEYSYM_HOME, true), PANEL_CHANGED);
	type(p, "Ready");
	assert_int_equal(panel_key(p, 'c', false), PANEL_NOTHING); /* with Control */
	assert_int_equal(panel_key(p, 0x1000000 + 0x1f44d, true), PANEL_CHANGED);
	assert_string_equal(panel_get_draft(p), "Ready\xf0\x9f\x91\x8d  ");
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_SEND);
	/* Under way: neither changed nor sent again. */
	t.sending = true;
	assert_true(panel_update(p, &t, 1280, 720, 0));
	assert_int_equal(panel_key(p, KEYSYM_RETURN, true), PANEL_NOTHING);
	assert_int_equal(panel_key(p, 'x', true), PANEL_NOTHING);
	/* Refused: it is still there. */
	t.sending = false;
	t.refusal = "Too many messages.";
	assert_true(panel_update(p, &t, 1280, 720, 0));
	assert_string_equal(panel_get_draft(p), "Ready\xf0\x9f\x91\x8d  ");
	assert_int_equal(panel_key(p, KEYSYM_TAB, true), PANEL_CHANGED);
	assert_int_equal(panel_key(p, ' ', true), PANEL_SEND);
	panel_set_draft(p, "");
	/* Whatever changes, who writes goes on writing; unless there is no place for it. */
	type(p, "abc");
	t.n_lines = 1;
	t.chat_version++;
	t.can_ask = true;
	assert_true(panel_update(p, &t, 800, 600, 100));
	assert_true(panel_shows_messages(p));
	type(p, "d");
	assert_string_equal(panel_get_draft(p), "abcd");
	t.has_chat = false;
	assert_true(panel_update(p, &t, 800, 600, 100));
	assert_false(panel_shows_messages(p));
	panel_free(p);
}

static void test_draft_has_an_end(void **state)
{
	struct panel_text t = with_chat();
	struct panel *p = open_panel(&t);
	char text[4000] = "";
	unsigned n;

	panel_show_messages(p);
	for (size_t i = 0; i < 990; i++)
		strcat(text, "看");
	panel_set_draft(p, text);
	for (n = 0; panel_key(p, 0x1000000 + 0x770b, true) == PANEL_CHANGED; n++)
		;
	assert_int_equal(n, 10);
	assert_int_equal(str_count_chars(panel_get_draft(p)), 1000);
	assert_true(str_is_utf8(panel_get_draft(p), strlen(panel_get_draft(p))));
	panel_free(p);
}

/* All over the card, by the left button and by the wheel. */
static void test_messages_by_pointer(void **state)
{
	struct panel_text t = with_chat();
	struct panel *p = open_panel(&t);
	struct overlay *o = panel_overlay(p);
	unsigned n_sent = 0, n_back = 0;

	panel_show_messages(p);
	type(p, "abc");
	for (int y = o->y; y < o->y + o->h; y += 7)
		for (int x = o->x + 20; x < 1280 - 20; x += 16) {
			enum panel_answer a;

			panel_pointer(p, 0, x, y);
			panel_pointer(p, 8, x, y);
			panel_pointer(p, 0, x, y);
			a = panel_pointer(p, 1, x, y);
			assert_int_not_equal(a, PANEL_CLOSE);
			n_sent += a == PANEL_SEND;
			if (!panel_shows_messages(p)) {
				n_back++;
				panel_show_messages(p);
			}
		}
	assert_true(n_sent > 2 && n_back > 2);
	assert_string_equal(panel_get_draft(p), "abc");
	panel_pointer(p, 0, 10, 10);
	assert_int_equal(panel_pointer(p, 1, 10, 10), PANEL_CLOSE);
	panel_free(p);
}

/* Long texts of any script, and small screens: nothing is drawn outside, and it takes no time. */
static void test_hostile_messages(void **state)
{
	static const char *const pieces[] = { "a", "W", "\xe2\x80\xae", "👩‍👩‍👧‍👦",
		"e\xcc\x81\xcc\x82", "ﷺ", "看", "השלום ", "\n", "\t", "\x1b[31m", "%s", "\xff",
		" " };
	static const uint16_t sizes[][3] = { { 1280, 720, 0 }, { 800, 600, 300 }, { 64, 48, 47 },
		{ 3840, 2160, 0 }, { 640, 480, 200 } };
	struct chat_line lines[50];
	char *texts[50];

	for (unsigned i = 0; i < 50; i++) {
		const char *piece = pieces[i % ELEMENTSOF(pieces)];

		texts[i] = calloc(1000, strlen(piece) + 1);
		for (char *at = texts[i]; at < texts[i] + 1000 * strlen(piece); at += strlen(piece))
			strcpy(at, piece);
		lines[i] = (struct chat_line){ i, INT64_MAX, texts[i], texts[i], i % 3 };
	}
	for (unsigned i = 0; i < ELEMENTSOF(sizes); i++) {
		struct panel_text t = with_chat();
		struct popup *popup;
		struct panel *p;
		struct overlay *o;

		t.lines = lines;
		t.n_lines = 50;
		t.refusal = texts[3];
		assert_int_equal(panel_new(&t, sizes[i][0], sizes[i][1], sizes[i][2], &p), 0);
		panel_show_messages(p);
		panel_set_draft(p, texts[6]);
		for (int k = 0; k < 8; k++)
			panel_key(p, KEYSYM_PAGE_UP, true);
		o = panel_overlay(p);
		assert_true(o->x + o->w <= sizes[i][0] && o->y + o->h <= sizes[i][1]);
		panel_free(p);
		assert_int_equal(popup_new(&popup), 0);
		for (unsigned k = 0; k < ELEMENTSOF(pieces); k++) {
			struct popup_text pt = { texts[k], texts[k], "de", true };

			popup_draw(popup, &pt, sizes[i][0], sizes[i][1]);
			o = popup_overlay(popup);
			assert_true(o->x + o->w <= sizes[i][0] && o->y + o->h <= sizes[i][1]);
		}
		popup_free(popup);
	}
	for (unsigned i = 0; i < 50; i++)
		free(texts[i]);
}

/* --- notice and sign --- */

static uint32_t over(const struct overlay *o, int x, int y)
{
	uint32_t v;

	memcpy(&v, o->argb + (size_t)y * o->stride + 4 * (size_t)x, 4);
	return v & 0xffffff;
}

static void test_button(void **state)
{
	struct notice_text t = { "Karin Kaya", "", 100000, "en", false };
	struct notice *n;
	struct overlay *o;
	unsigned hits = 0;

	assert_int_equal(notice_new(&n), 0);
	assert_true(notice_draw(n, &t, 1280, 720, 0));
	o = notice_overlay(n);
	assert_int_equal(over(o, 20, 5), NOTICE);
	for (int y = 0; y < o->h; y++)
		for (int x = 0; x < 1280; x++)
			if (notice_is_button(n, x, y)) {
				/* Where it is there is something to be seen. */
				assert_true(x > o->x && x < o->x + o->w);
				hits++;
				if (hits == 40 * 20)
					assert_int_not_equal(over(o, x - o->x, y), NOTICE);
			}
	assert_in_range(hits, 100 * 20, 300 * 60);
	t.asked = true;
	assert_true(notice_draw(n, &t, 1280, 720, 0));
	t.asked = false;
	t.ends_ms = 0;
	for (int i = 0; i < 2; i++) {
		for (int y = 0; y < 200; y++)
			for (int x = 0; x < 1280; x++)
				assert_false(notice_is_button(n, x, y));
		notice_draw(n, &t, 1280, 720, 0); /* too late */
	}
	notice_free(n);
}

static void test_sign(void **state)
{
	struct sign_text t = { SIGN_VIEWED, "Karin Kaya", "de" };
	struct sign *s;
	struct overlay *o;

	assert_int_equal(sign_new(&s), 0);
	assert_true(sign_draw(s, &t, 1280, 720, 0));
	assert_false(sign_draw(s, &t, 1280, 720, 0));
	o = sign_overlay(s);
	assert_int_equal(o->y, 0);
	assert_true(o->h < 60 && o->w < 640);
	assert_true(sign_draw(s, &t, 1280, 720, 111)); /* a notice came */
	assert_int_equal(o->y, 111);
	t.kind = SIGN_EXCLUSIVE;
	assert_true(sign_draw(s, &t, 1280, 720, 0));
	/* The longest name on the smallest screen, and hostile ones. */
	t.by = "Maximiliane Freifrau von und zu Hohenstein-Wittgenstein-Berleburg";
	assert_true(sign_draw(s, &t, 640, 480, 0));
	assert_true(o->x + o->w <= 640 && o->h < 80);
	t.by = "\xff\xfe\x1b[1m\n\xe2\x80\xae";
	assert_true(sign_draw(s, &t, 64, 48, 47));
	assert_true(o->x + o->w <= 64 && o->y + o->h <= 48);
	sign_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_any_text),
		cmocka_unit_test(test_small_screens),
		cmocka_unit_test(test_panel_keys),
		cmocka_unit_test(test_panel_pointer),
		cmocka_unit_test(test_panel_on_small_screens),
		cmocka_unit_test(test_hand),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_draft_has_an_end),
		cmocka_unit_test(test_messages_by_pointer),
		cmocka_unit_test(test_hostile_messages),
		cmocka_unit_test(test_button),
		cmocka_unit_test(test_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
