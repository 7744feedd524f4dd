/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The greeter by keyboard and by pointer: what is handed over is what was typed, secrets are wiped,
 * only what has changed is damaged, nothing is drawn while a job reads. And when a notice is drawn
 * again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "font-leaks.h"
#include "relay/greeter-internal.h"
#include "relay/keysym.h"

enum {
	TAB = 0xff09,
	ENTER = 0xff0d,
	ESC = 0xff1b,
	BACKSPACE = 0xff08,
	LEFT = 0xff51,
	RIGHT = 0xff53,
	UP = 0xff52,
	DOWN = 0xff54,
	HOME = 0xff50,
	DEL = 0xffff,
	SHIFT = 0xffe1,
	CONTROL = 0xffe3,
	ADIAERESIS = 0xe4,
	EURO = 0x10020ac
};

struct told {
	char user[600], password[600], desktop[100], answers[1200];
	unsigned n_login, n_answers, n_unlock, n_switch, n_accept, n_cancel;
	bool busy_at_once;
};

static void handle_login(struct greeter *g, const char *user, char *password, const char *desktop,
		void *userdata)
{
	struct told *t = userdata;

	t->n_login++;
	str_copy(t->user, sizeof(t->user), user);
	str_copy(t->password, sizeof(t->password), password);
	str_copy(t->desktop, sizeof(t->desktop), desktop);
	if (t->busy_at_once)
		greeter_show_busy(g, NULL);
}

static void handle_answers(struct greeter *g, char *const *answers, size_t n, void *userdata)
{
	struct told *t = userdata;

	t->n_answers++;
	t->answers[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		strcat(t->answers, answers[i]);
		strcat(t->answers, "|");
	}
}

static void handle_unlock(struct greeter *g, char *password, void *userdata)
{
	struct told *t = userdata;

	t->n_unlock++;
	str_copy(t->password, sizeof(t->password), password);
}

static void handle_switch(struct greeter *g, void *userdata)
{
	((struct told *)userdata)->n_switch++;
}

static void handle_accept(struct greeter *g, void *userdata)
{
	((struct told *)userdata)->n_accept++;
}

static void handle_cancel(struct greeter *g, void *userdata)
{
	((struct told *)userdata)->n_cancel++;
}

static const struct greeter_events events = { handle_login, handle_answers, handle_unlock,
	handle_switch, handle_accept, handle_cancel };

static const struct greeter_desktop desktops[] = { { "xfce", "Xfce" }, { "openbox", "Openbox" },
	{ "icewm", "IceWM" } };

static void key(struct greeter *g, uint32_t keysym)
{
	g->picture.input->key(g->picture.input_userdata, keysym, 0, true);
	g->picture.input->key(g->picture.input_userdata, keysym, 0, false);
}

static void chord(struct greeter *g, uint32_t modifier, uint32_t keysym)
{
	g->picture.input->key(g->picture.input_userdata, modifier, 0, true);
	key(g, keysym);
	g->picture.input->key(g->picture.input_userdata, modifier, 0, false);
}

static void type(struct greeter *g, const char *ascii)
{
	for (; *ascii; ascii++)
		key(g, (uint32_t)*ascii);
}

static void click(struct greeter *g, int x, int y)
{
	g->picture.input->pointer(g->picture.input_userdata, 1, (uint16_t)x, (uint16_t)y);
	g->picture.input->pointer(g->picture.input_userdata, 0, (uint16_t)x, (uint16_t)y);
}

static struct greeter *begin(struct told *t)
{
	struct greeter *g;

	*t = (struct told){ 0 };
	assert_int_equal(greeter_new("Room 12", "en", &events, t, &g), 0);
	greeter_set_desktops(g, desktops, ELEMENTSOF(desktops), "openbox");
	return g;
}

static void test_login(void **state)
{
	struct told t;
	struct greeter *g = begin(&t);

	key(g, ENTER); /* no name: says so */
	assert_int_equal(t.n_login, 0);
	assert_true(g->message_is_error);
	type(g, "anna");
	key(g, ENTER); /* on to the password */
	assert_int_equal(t.n_login, 0);
	type(g, "s!cret ");
	key(g, ADIAERESIS);
	key(g, EURO);
	t.busy_at_once = true;
	key(g, ENTER);
	assert_int_equal(t.n_login, 1);
	assert_string_equal(t.user, "anna");
	assert_string_equal(t.password, "s!cret \xc3\xa4\xe2\x82\xac");
	assert_string_equal(t.desktop, "openbox");
	for (size_t i = 0; i < sizeof(g->fields[1].entry.text); i++)
		assert_int_equal(g->fields[1].entry.text[i], 0);
	/* Busy: keys do nothing, Escape asks to stop. */
	type(g, "x");
	key(g, ENTER);
	assert_int_equal(t.n_login, 1);
	key(g, ESC);
	assert_int_equal(t.n_cancel, 1);
	/* After an error the name is still there, the password is next. */
	greeter_show_login(g, "Wrong password.", true);
	type(g, "again");
	key(g, ENTER);
	assert_int_equal(t.n_login, 2);
	assert_string_equal(t.user, "anna");
	assert_string_equal(t.password, "again");
	/* A new person: all empty. */
	greeter_show_login(g, NULL, false);
	assert_int_equal(g->fields[0].entry.len, 0);
	greeter_free(g);
}

static void test_editing(void **state)
{
	struct told t;
	struct greeter *g = begin(&t);
	const struct greeter_field *f = &g->fields[0];

	type(g, "abc");
	key(g, ADIAERESIS);
	key(g, LEFT);
	type(g, "x");
	assert_string_equal(f->entry.text, "abcx\xc3\xa4");
	key(g, RIGHT);
	key(g, RIGHT);
	key(g, BACKSPACE);
	assert_string_equal(f->entry.text, "abcx");
	key(g, HOME);
	key(g, BACKSPACE);
	key(g, DEL);
	assert_string_equal(f->entry.text, "bcx");
	chord(g, CONTROL, 'c'); /* no character */
	assert_string_equal(f->entry.text, "bcx");
	chord(g, CONTROL, 'u');
	assert_string_equal(f->entry.text, "");
	for (int i = 0; i < 1000; i++)
		key(g, EURO);
	assert_in_range(f->entry.len, GREETER_TEXT_MAX - 3, GREETER_TEXT_MAX);
	assert_true(str_is_utf8(f->entry.text, f->entry.len));
	key(g, ESC);
	assert_int_equal(f->entry.len, 0);
	assert_int_equal(t.n_cancel, 0); /* nothing was under way */
	greeter_free(g);
}

static void test_focus(void **state)
{
	struct told t;
	struct greeter *g = begin(&t);

	key(g, TAB);
	assert_int_equal(g->focus, 1);
	chord(g, SHIFT, TAB);
	assert_int_equal(g->focus, 0);
	key(g, 0xfe20); /* ISO_Left_Tab */
	assert_int_equal(g->focus, 3);
	key(g, UP);
	assert_int_equal(g->focus, 2);
	assert_int_equal(g->fields[2].kind, GREETER_CHOICE);
	key(g, RIGHT);
	assert_int_equal(g->desktop, 2);
	key(g, DOWN);
	assert_int_equal(g->desktop, 0);
	key(g, LEFT);
	assert_int_equal(g->desktop, 2);
	key(g, TAB);
	assert_int_equal(g->focus, 3);
	key(g, ' '); /* the button, without a name */
	assert_int_equal(t.n_login, 0);
	assert_int_equal(g->focus, 0);
	greeter_free(g);
}

static void test_pointer(void **state)
{
	struct told t;
	struct greeter *g = begin(&t);
	struct greeter_field *f = g->fields;

	click(g, f[1].x + 20, f[1].box_y + 10);
	assert_int_equal(g->focus, 1);
	type(g, "pw");
	click(g, f[0].x + 20, f[0].box_y + 10);
	type(g, "anna");
	click(g, f[0].x + 1, f[0].box_y + 10);
	type(g, "J");
	assert_string_equal(f[0].entry.text, "Janna");
	click(g, f[2].x + f[2].w - 5, f[2].box_y + 5);
	assert_int_equal(g->desktop, 2);
	click(g, 1, 1);
	click(g, f[3].x + 5, f[3].box_y + 5);
	assert_int_equal(t.n_login, 1);
	assert_string_equal(t.user, "Janna");
	assert_string_equal(t.password, "pw");
	assert_string_equal(t.desktop, "icewm");
	greeter_free(g);
}

static void test_prompts(void **state)
{
	static const struct greeter_prompt prompts[] = { { "New password:", false },
		{ "Again\x1b[2J \xff:", false }, { "Town:", true } };
	struct greeter_prompt many[20];
	struct told t;
	struct greeter *g = begin(&t);

	greeter_show_prompts(g, prompts, 3, "Your password has expired.");
	type(g, "one");
	key(g, ENTER);
	key(g, ENTER); /* an empty answer is one, too */
	type(g, "three");
	key(g, ENTER);
	assert_int_equal(t.n_answers, 1);
	assert_string_equal(t.answers, "one||three|");
	assert_int_equal(g->fields[0].entry.len, 0);
	key(g, ESC);
	assert_int_equal(t.n_cancel, 1);
	for (unsigned i = 0; i < ELEMENTSOF(many); i++)
		many[i] = prompts[0];
	greeter_show_prompts(g, many, ELEMENTSOF(many), NULL);
	assert_int_equal(g->n_fields, GREETER_PROMPTS_MAX + 2);
	assert_true(g->card_y + g->card_h <= g->picture.h);
	greeter_show_prompts(g, NULL, 0, "Only a message.");
	key(g, ENTER);
	assert_int_equal(t.n_answers, 2);
	assert_string_equal(t.answers, "");
	greeter_free(g);
}

static void test_accept(void **state)
{
	_cleanup_free_ char *rules = NULL;
	struct told t;
	struct greeter *g = begin(&t);
	const struct greeter_field *f = g->fields;
	int room;

	/* Short: all of it is seen, nothing scrolls. The Return of the password accepts nothing. */
	greeter_show_notice(g, "Be kind.\n\nThis room is supervised.\x1b[2J");
	assert_string_equal(g->notice, "Be kind.\n\nThis room is supervised.[2J");
	assert_int_equal(g->n_fields, 3);
	assert_in_range(g->read_h, 1, greeter_read_room(g));
	key(g, ENTER);
	key(g, ENTER);
	key(g, DOWN);
	assert_int_equal(g->read_at, 0);
	assert_int_equal(t.n_accept + t.n_cancel, 0);
	key(g, TAB);
	assert_int_equal(g->focus, 1);
	key(g, ENTER);
	assert_int_equal(t.n_accept, 1);
	key(g, TAB);
	key(g, ENTER);
	assert_int_equal(t.n_cancel, 1);
	key(g, ESC);
	assert_int_equal(t.n_cancel, 2);
	click(g, f[0].x + 5, f[0].box_y + 5);
	assert_int_equal(t.n_accept, 1);
	click(g, f[1].x + 5, f[1].box_y + 5);
	assert_int_equal(t.n_accept, 2);
	click(g, f[2].x + 5, f[2].box_y + 5);
	assert_int_equal(t.n_cancel, 3);

	/* Long: keys and wheel reach its end and no further, on the smallest screen, too. */
	rules = malloc(20001);
	for (int i = 0; i < 20000; i++)
		rules[i] = i % 97 == 96 ? '\n' : i % 6 == 5 ? ' ' : 'a';
	rules[20000] = '\0';
	g->picture.input->resize(g->picture.input_userdata, 640, 480);
	greeter_show_notice(g, rules);
	room = greeter_read_room(g);
	assert_true(g->card_y + g->card_h <= g->picture.h);
	assert_true(f[2].box_y + f[2].box_h <= g->card_y + g->card_h);
	assert_in_range(room, 60, 480);
	assert_in_range(g->read_h, 2000, 100000);
	key(g, UP);
	assert_int_equal(g->read_at, 0);
	key(g, DOWN);
	assert_in_range(g->read_at, 5, 60);
	key(g, 0xff56); /* Page Down */
	assert_in_range(g->read_at, room / 2, room + 60);
	key(g, TAB);
	key(g, 0xff57); /* End, with the focus on a button */
	assert_int_equal(g->read_at, g->read_h - room);
	key(g, 0xff56);
	assert_int_equal(g->read_at, g->read_h - room);
	key(g, UP);
	assert_int_equal(g->focus, 0);
	g->picture.input->pointer(g->picture.input_userdata, 1 << 3, 5, 5);
	g->picture.input->pointer(g->picture.input_userdata, 0, 5, 5);
	assert_in_range(g->read_at, g->read_h - room - 200, g->read_h - room - 10);
	key(g, HOME);
	g->picture.input->pointer(g->picture.input_userdata, 1 << 4, 5, 5);
	assert_in_range(g->read_at, 10, 200);
	/* A larger screen shows more of it; the place is kept where it can be. */
	key(g, 0xff57);
	g->picture.input->resize(g->picture.input_userdata, 3840, 2160);
	assert_in_range(g->read_at, 0, g->read_h - greeter_read_room(g));
	/* The next card has nothing of it. */
	greeter_show_login(g, NULL, false);
	type(g, "ben");
	key(g, 0xff56);
	key(g, ENTER);
	key(g, ENTER);
	assert_int_equal(t.n_login, 1);
	greeter_free(g);
}

/* --- damage --- */

static void test_unlock(void **state)
{
	struct told t;
	struct greeter *g = begin(&t);

	greeter_show_unlock(g, "Anna Berger", NULL, false);
	assert_string_equal(g->person, "Anna Berger");
	assert_int_equal(g->n_fields, 3);
	type(g, "s!cret");
	key(g, ENTER);
	assert_int_equal(t.n_unlock, 1);
	assert_int_equal(t.n_login, 0);
	assert_string_equal(t.password, "s!cret");
	for (size_t i = 0; i < sizeof(g->fields[0].entry.text); i++)
		assert_int_equal(g->fields[0].entry.text[i], 0);
	/* Wrong: the person stays, lines of PAM stay lines. */
	greeter_show_unlock(g, "Anna Berger", "No.\nTry again.", true);
	assert_string_equal(g->message, "No.\nTry again.");
	type(g, "x");
	key(g, ESC); /* clears, and unlocks nothing */
	assert_int_equal(g->fields[0].entry.len, 0);
	assert_null(g->message);
	assert_string_equal(g->person, "Anna Berger");
	assert_int_equal(t.n_cancel, 0);
	/* Somebody else, by key and by pointer. */
	key(g, TAB);
	key(g, TAB);
	key(g, ' ');
	assert_int_equal(t.n_switch, 1);
	click(g, g->fields[2].x + 5, g->fields[2].box_y + 5);
	assert_int_equal(t.n_switch, 2);
	assert_int_equal(t.n_unlock, 1);
	/* Then it is a log-in again. */
	greeter_show_login(g, NULL, false);
	type(g, "ben");
	key(g, ENTER);
	type(g, "b");
	key(g, ENTER);
	assert_int_equal(t.n_login, 1);
	assert_string_equal(t.user, "ben");
	greeter_free(g);
}

struct watcher {
	struct picture_watcher w;
	pixman_region32_t damage;
	unsigned n, n_resized;
};

static void watcher_damage(struct picture_watcher *w, const pixman_region32_t *damage)
{
	struct watcher *k = list_entry(w, struct watcher, w);

	k->n++;
	pixman_region32_union(&k->damage, &k->damage, (pixman_region32_t *)damage);
}

static void watcher_resized(struct picture_watcher *w)
{
	list_entry(w, struct watcher, w)->n_resized++;
}

static void watcher_gone(struct picture_watcher *w)
{
}

static void test_damage(void **state)
{
	struct watcher k = { .w = { .handle_damage = watcher_damage,
					     .handle_resized = watcher_resized,
					     .handle_gone = watcher_gone } };
	struct picture_lock lock;
	struct told t;
	struct greeter *g = begin(&t);
	uint8_t *before;
	size_t size = (size_t)g->picture.stride * g->picture.h;
	pixman_box32_t *b;

	pixman_region32_init(&k.damage);
	picture_watch(&g->picture, &k.w);
	type(g, "a");
	b = pixman_region32_extents(&k.damage);
	assert_int_equal(k.n, 1);
	assert_in_range(b->y2 - b->y1, 30, 100);
	assert_in_range(b->x2 - b->x1, 200, 500);
	/* Painting a part gives what painting all gives. */
	before = malloc(size);
	memcpy(before, g->picture.pixels, size);
	greeter_show_login(g, NULL, false);
	type(g, "a");
	assert_memory_equal(before, g->picture.pixels, size);

	/* While it is read it stays as it is; then all that was missed comes at once. */
	k.n = 0;
	picture_lock(&g->picture, &lock);
	type(g, "bcd");
	g->picture.input->resize(g->picture.input_userdata, 800, 600);
	assert_int_equal(k.n, 0);
	assert_memory_equal(before, g->picture.pixels, size);
	picture_unlock(&lock);
	assert_int_equal(k.n, 1);
	assert_int_equal(k.n_resized, 1);
	assert_int_equal(g->picture.w, 800);
	g->picture.input->resize(g->picture.input_userdata, 1, 65535);
	assert_int_equal(g->picture.w, GREETER_WIDTH_MIN);
	assert_int_equal(g->picture.h, GREETER_HEIGHT_MAX);
	free(before);
	pixman_region32_fini(&k.damage);
	picture_unwatch(&g->picture, &k.w);
	greeter_free(g);
}

static void test_keysyms(void **state)
{
	char s[KEYSYM_UTF8_MAX];

	assert_true(keysym_to_utf8('A', s));
	assert_string_equal(s, "A");
	assert_true(keysym_to_utf8(0xffb7, s)); /* keypad */
	assert_string_equal(s, "7");
	assert_true(keysym_to_utf8(0x1000430, s));
	assert_string_equal(s, "\xd0\xb0");
	assert_false(keysym_to_utf8(ENTER, s));
	assert_false(keysym_to_utf8(ESC, s));
	assert_false(keysym_to_utf8(DEL, s));
	assert_false(keysym_to_utf8(SHIFT, s));
	assert_false(keysym_to_utf8(0, s));
	assert_false(keysym_to_utf8(0xffffffff, s));
	assert_int_equal(keysym_get_case('A'), KEYSYM_UPPER);
	assert_int_equal(keysym_get_case(ADIAERESIS), KEYSYM_LOWER);
	assert_int_equal(keysym_get_case('1'), KEYSYM_NO_CASE);
}

static void test_notice(void **state)
{
	struct notice_text text = { "Karin Kaya", "Bye", 100000, "en" };
	struct overlay *o;
	struct notice *n;

	assert_int_equal(notice_new(&n), 0);
	assert_true(notice_draw(n, &text, 1280, 720, 40000));
	assert_false(notice_draw(n, &text, 1280, 720, 40000));
	assert_false(notice_draw(n, &text, 1280, 720, 40999 - 999));
	assert_true(notice_draw(n, &text, 1280, 720, 41000));
	o = notice_overlay(n);
	assert_true(o->w > 0 && o->x + o->w <= 1280 && o->y + o->h <= 720);
	assert_true(notice_draw(n, &text, 640, 480, 41000));
	assert_true(o->x + o->w <= 640);
	text.message = "Other";
	assert_true(notice_draw(n, &text, 640, 480, 41000));
	assert_true(notice_draw(n, &text, 640, 480, 200000)); /* over: now */
	assert_false(notice_draw(n, &text, 640, 480, 300000));
	/* Hostile and missing words. */
	text.by = "\xff\xfe\x1b[1m\n\xe2\x80\xae";
	text.message = NULL;
	text.language = NULL;
	assert_true(notice_draw(n, &text, 640, 480, 300000));
	notice_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_editing),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_pointer),
		cmocka_unit_test(test_prompts),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_notice),
		cmocka_unit_test(test_unlock),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_keysyms),
		cmocka_unit_test(test_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
