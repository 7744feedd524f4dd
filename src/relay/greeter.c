/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The greeter: a log-in card as a picture with input, for stations that have no page of their own.
 *
 * The card is a list of fields (text, secret, choice, buttons) and one focus; keys go to the focus.
 * A change notes what is dirty and draws it at once, or, while a job of the pool reads the picture,
 * as soon as that is done. Secrets live in the field only and are wiped when the card changes, when
 * they were handed over, and at the end. Nothing here ticks: an untouched greeter costs nothing.
 */
#include "relay/greeter-internal.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "relay/keysym.h"

enum {
	LABEL_CHARS_MAX = 200,
	MESSAGE_CHARS_MAX = 600,
	NAME_CHARS_MAX = 64,
	NOTICE_CHARS_MAX = 20000,
	READ_LINE = 22, /* units that a key or a turn of the wheel scrolls */
};

enum { BUTTON_WHEEL_UP = 1 << 3, BUTTON_WHEEL_DOWN = 1 << 4 };

/* --- drawing when it is possible --- */

static void draw_dirty(struct greeter *g)
{
	pixman_region32_t region;

	if (picture_is_locked(&g->picture))
		return;
	if (g->wanted_w != 0) {
		uint16_t w = g->wanted_w, h = g->wanted_h;

		g->wanted_w = g->wanted_h = 0;
		if ((w != g->picture.w || h != g->picture.h) &&
				picture_resize(&g->picture, w, h) < 0)
			return;
		greeter_layout(g);
		pixman_region32_fini(&g->dirty);
		pixman_region32_init_rect(&g->dirty, 0, 0, w, h);
	}
	if (!pixman_region32_not_empty(&g->dirty))
		return;
	region = g->dirty;
	pixman_region32_init(&g->dirty);
	pixman_region32_intersect_rect(&region, &region, 0, 0, g->picture.w, g->picture.h);
	greeter_paint(g, &region);
	picture_damage(&g->picture, &region);
	pixman_region32_fini(&region);
}

static void change_all(struct greeter *g)
{
	greeter_layout(g);
	pixman_region32_union_rect(&g->dirty, &g->dirty, 0, 0, g->picture.w, g->picture.h);
	draw_dirty(g);
}

static void mark_field(struct greeter *g, const struct greeter_field *f)
{
	int edge = (int)(4 * g->u) + 2; /* the ring of the focus */

	pixman_region32_union_rect(&g->dirty, &g->dirty, f->x - edge, f->y - edge,
			(unsigned)(f->w + 2 * edge), (unsigned)(f->h + 2 * edge));
}

static void change_field(struct greeter *g, const struct greeter_field *f)
{
	mark_field(g, f);
	draw_dirty(g);
}

/* --- fields --- */

static void clear_fields(struct greeter *g)
{
	for (unsigned i = 0; i < g->n_fields; i++) {
		entry_wipe(&g->fields[i].entry);
		free(g->fields[i].label);
		g->fields[i].label = NULL;
	}
	g->n_fields = g->focus = 0;
}

/* label may be hostile text of a PAM module. No memory: the field has no label. */
static struct greeter_field *add_field(struct greeter *g, enum greeter_kind kind, const char *label)
{
	struct greeter_field *f = &g->fields[g->n_fields++];

	assert(g->n_fields <= GREETER_FIELDS_MAX);
	*f = (struct greeter_field){ .kind = kind, .label = str_clean(label, LABEL_CHARS_MAX) };
	entry_init(&f->entry, GREETER_TEXT_MAX, GREETER_TEXT_MAX);
	return f;
}

static bool is_editable(const struct greeter_field *f)
{
	return f->kind == GREETER_TEXT || f->kind == GREETER_SECRET;
}

static struct greeter_field *focused(struct greeter *g)
{
	return g->mode != GREETER_BUSY && g->focus < g->n_fields ? &g->fields[g->focus] : NULL;
}

static void set_focus(struct greeter *g, unsigned i)
{
	if (g->n_fields == 0)
		return;
	if (focused(g))
		mark_field(g, focused(g));
	g->focus = i % g->n_fields;
	mark_field(g, &g->fields[g->focus]);
	draw_dirty(g);
}

static void set_message(struct greeter *g, const char *text, bool is_error)
{
	free(g->message);
	g->message = str_is_empty(text) ? NULL : overlay_text_clean(text, MESSAGE_CHARS_MAX);
	g->message_is_error = is_error;
}

/* --- the cards --- */

static const char *text(const struct greeter *g, enum overlay_text t)
{
	return overlay_text_get(g->language, t);
}

void greeter_show_login(struct greeter *g, const char *message, bool is_error)
{
	char user[GREETER_TEXT_MAX + 1] = "";
	struct greeter_field *f;

	/* Whoever mistyped the password does not type the name again. */
	if (is_error && g->n_fields > 0 && g->fields[0].kind == GREETER_TEXT &&
			g->mode != GREETER_PROMPTS)
		str_copy(user, sizeof(user), g->fields[0].entry.text);
	clear_fields(g);
	g->mode = GREETER_LOGIN;
	set_message(g, message, is_error);
	f = add_field(g, GREETER_TEXT, text(g, TEXT_USER));
	entry_set(&f->entry, user);
	add_field(g, GREETER_SECRET, text(g, TEXT_PASSWORD));
	if (g->n_desktops > 1)
		add_field(g, GREETER_CHOICE, text(g, TEXT_DESKTOP));
	add_field(g, GREETER_SUBMIT, text(g, TEXT_LOG_IN));
	g->focus = f->entry.len > 0 ? 1 : 0;
	change_all(g);
}

void greeter_show_unlock(
		struct greeter *g, const char *full_name, const char *message, bool is_error)
{
	clear_fields(g);
	g->mode = GREETER_UNLOCK;
	free(g->person);
	g->person = str_clean(full_name, NAME_CHARS_MAX);
	set_message(g, message, is_error);
	add_field(g, GREETER_SECRET, text(g, TEXT_PASSWORD));
	add_field(g, GREETER_SUBMIT, text(g, TEXT_UNLOCK));
	add_field(g, GREETER_BACK, text(g, TEXT_SWITCH));
	change_all(g);
}

void greeter_show_prompts(struct greeter *g, const struct greeter_prompt *prompts, size_t n,
		const char *messages)
{
	clear_fields(g);
	g->mode = GREETER_PROMPTS;
	set_message(g, messages, false);
	for (size_t i = 0; i < MIN(n, (size_t)GREETER_PROMPTS_MAX); i++)
		add_field(g, prompts[i].echo ? GREETER_TEXT : GREETER_SECRET, prompts[i].text);
	add_field(g, GREETER_SUBMIT, text(g, TEXT_CONTINUE));
	add_field(g, GREETER_BACK, text(g, TEXT_BACK));
	change_all(g);
}

void greeter_show_notice(struct greeter *g, const char *notice)
{
	clear_fields(g);
	g->mode = GREETER_NOTICE;
	set_message(g, NULL, false);
	free(g->notice);
	g->notice = overlay_text_clean(notice, NOTICE_CHARS_MAX);
	g->read_at = 0;
	/* Not a button: the Return of the password must not accept what nobody has seen. */
	add_field(g, GREETER_READ, "");
	add_field(g, GREETER_SUBMIT, text(g, TEXT_ACCEPT));
	add_field(g, GREETER_BACK, text(g, TEXT_REFUSE));
	change_all(g);
}

void greeter_show_busy(struct greeter *g, const char *message)
{
	/* The user's name stays, for an error that may follow. */
	for (unsigned i = 0; i < g->n_fields; i++)
		if (g->fields[i].kind == GREETER_SECRET || g->mode == GREETER_PROMPTS)
			entry_wipe(&g->fields[i].entry);
	g->mode = GREETER_BUSY;
	set_message(g, str_is_empty(message) ? text(g, TEXT_BUSY) : message, false);
	change_all(g);
}

void greeter_set_desktops(struct greeter *g, const struct greeter_desktop *desktops, size_t n,
		const char *preferred)
{
	for (unsigned i = 0; i < g->n_desktops; i++) {
		free(g->desktops[i].id);
		free(g->desktops[i].name);
	}
	g->n_desktops = g->desktop = 0;
	for (size_t i = 0; i < n && g->n_desktops < GREETER_DESKTOPS_MAX; i++) {
		char *id = strdup(desktops[i].id);
		char *name = str_clean(desktops[i].name, NAME_CHARS_MAX);

		if (!id || !name) {
			free(id);
			free(name);
			break;
		}
		if (preferred && streq(id, preferred))
			g->desktop = g->n_desktops;
		g->desktops[g->n_desktops].id = id;
		g->desktops[g->n_desktops++].name = name;
	}
	if (g->mode == GREETER_LOGIN && (g->n_fields == 0 || g->fields[0].entry.len == 0))
		greeter_show_login(g, g->message ? strdupa(g->message) : NULL, g->message_is_error);
}

/* --- what was typed --- */

static void submit_login(struct greeter *g)
{
	char user[GREETER_TEXT_MAX + 1], password[GREETER_TEXT_MAX + 1];
	const char *desktop = g->n_desktops > 0 ? g->desktops[g->desktop].id : "";

	if (g->fields[0].entry.len == 0) {
		set_message(g, text(g, TEXT_USER_MISSING), true);
		g->focus = 0;
		change_all(g);
		return;
	}
	str_copy(user, sizeof(user), g->fields[0].entry.text);
	str_copy(password, sizeof(password), g->fields[1].entry.text);
	entry_wipe(&g->fields[1].entry);
	change_field(g, &g->fields[1]);
	g->events->handle_login(g, user, password, desktop, g->userdata);
	explicit_bzero(password, sizeof(password));
	explicit_bzero(user, sizeof(user));
}

static void submit_unlock(struct greeter *g)
{
	char password[GREETER_TEXT_MAX + 1];

	str_copy(password, sizeof(password), g->fields[0].entry.text);
	entry_wipe(&g->fields[0].entry);
	change_field(g, &g->fields[0]);
	g->events->handle_unlock(g, password, g->userdata);
	explicit_bzero(password, sizeof(password));
}

static void submit_answers(struct greeter *g)
{
	char texts[GREETER_PROMPTS_MAX][GREETER_TEXT_MAX + 1];
	char *answers[GREETER_PROMPTS_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < g->n_fields; i++)
		if (is_editable(&g->fields[i])) {
			str_copy(texts[n], sizeof(texts[n]), g->fields[i].entry.text);
			answers[n] = texts[n];
			n++;
			entry_wipe(&g->fields[i].entry);
			mark_field(g, &g->fields[i]);
		}
	draw_dirty(g);
	g->events->handle_answers(g, answers, n, g->userdata);
	explicit_bzero(texts, sizeof(texts));
}

static void submit(struct greeter *g)
{
	if (g->mode == GREETER_LOGIN)
		submit_login(g);
	else if (g->mode == GREETER_UNLOCK)
		submit_unlock(g);
	else if (g->mode == GREETER_PROMPTS)
		submit_answers(g);
	else if (g->mode == GREETER_NOTICE)
		g->events->handle_accept(g, g->userdata);
}

static void cancel(struct greeter *g)
{
	if (g->mode == GREETER_LOGIN) {
		greeter_show_login(g, NULL, false);
		return;
	}
	if (g->mode == GREETER_UNLOCK) {
		_cleanup_free_ char *person = take_ptr(g->person);

		greeter_show_unlock(g, person ? person : "", NULL, false);
		return;
	}
	g->events->handle_cancel(g, g->userdata);
}

/* Return in a field goes on to the next empty one; in the last it is the button. */
static void enter(struct greeter *g)
{
	struct greeter_field *f = focused(g);

	if (!f || f->kind == GREETER_READ)
		return;
	if (f->kind == GREETER_BACK && g->mode == GREETER_UNLOCK) {
		g->events->handle_switch(g, g->userdata);
		return;
	}
	if (f->kind == GREETER_BACK) {
		cancel(g);
		return;
	}
	if (is_editable(f) && g->focus + 1 < g->n_fields && is_editable(&g->fields[g->focus + 1]) &&
			(f->entry.len > 0 || g->mode == GREETER_PROMPTS)) {
		set_focus(g, g->focus + 1);
		return;
	}
	submit(g);
}

static void choose(struct greeter *g, int step)
{
	if (g->n_desktops == 0)
		return;
	g->desktop = (g->desktop + g->n_desktops + (unsigned)step) % g->n_desktops;
	change_field(g, focused(g));
}

/* --- the notice --- */

static void read_scroll(struct greeter *g, int pixels)
{
	int last = MAX(g->read_h - greeter_read_room(g), 0);
	int at = CLAMP(g->read_at + pixels, 0, last);

	if (at == g->read_at)
		return;
	g->read_at = at;
	change_field(g, &g->fields[0]);
}

/* Pages from anywhere, lines where the text has the focus. */
static bool read_key(struct greeter *g, const struct greeter_field *f, uint32_t keysym)
{
	int line = (int)(READ_LINE * g->u), page = MAX(greeter_read_room(g) - line, line);

	if (g->mode != GREETER_NOTICE)
		return false;
	switch (keysym) {
	case KEYSYM_PAGE_UP:
	case KEYSYM_KP_PAGE_UP:
		read_scroll(g, -page);
		return true;
	case KEYSYM_PAGE_DOWN:
	case KEYSYM_KP_PAGE_DOWN:
		read_scroll(g, page);
		return true;
	case KEYSYM_HOME:
	case KEYSYM_KP_HOME:
		read_scroll(g, -g->read_h);
		return true;
	case KEYSYM_END:
		read_scroll(g, g->read_h);
		return true;
	default:
		break;
	}
	if (f->kind != GREETER_READ)
		return false;
	if (keysym == KEYSYM_UP || keysym == KEYSYM_KP_UP)
		read_scroll(g, -line);
	else if (keysym == KEYSYM_DOWN || keysym == KEYSYM_KP_DOWN)
		read_scroll(g, line);
	else if (keysym == ' ')
		read_scroll(g, g->shift ? -page : page);
	else
		return false;
	return true;
}

/* --- keys --- */

static bool note_modifier(struct greeter *g, uint32_t keysym, bool down)
{
	switch (keysym) {
	case KEYSYM_SHIFT_L:
	case KEYSYM_SHIFT_R:
		g->shift = down;
		return true;
	case KEYSYM_CONTROL_L:
	case KEYSYM_CONTROL_R:
		g->control = down;
		return true;
	case KEYSYM_ALT_L:
		g->alt = down;
		return true;
	default:
		return keysym == KEYSYM_CAPS_LOCK;
	}
}

/* A capital without Shift, or a small letter with it: Caps Lock. */
static void note_caps(struct greeter *g, uint32_t keysym)
{
	enum keysym_case c = keysym_get_case(keysym);
	bool caps = g->caps;

	if (c != KEYSYM_NO_CASE)
		caps = (c == KEYSYM_UPPER) != g->shift;
	if (caps == g->caps)
		return;
	g->caps = caps;
	for (unsigned i = 0; i < g->n_fields; i++)
		if (g->fields[i].kind == GREETER_SECRET)
			mark_field(g, &g->fields[i]);
	draw_dirty(g);
}

/* Keys that mean the same everywhere. */
static bool common_key(struct greeter *g, struct greeter_field *f, uint32_t keysym)
{
	bool moves = keysym == KEYSYM_UP || keysym == KEYSYM_DOWN;

	switch (keysym) {
	case KEYSYM_RETURN:
	case KEYSYM_LINEFEED:
	case KEYSYM_KP_ENTER:
		enter(g);
		return true;
	case KEYSYM_TAB:
	case KEYSYM_ISO_LEFT_TAB:
		if (g->shift || keysym == KEYSYM_ISO_LEFT_TAB)
			set_focus(g, g->focus + g->n_fields - 1);
		else
			set_focus(g, g->focus + 1);
		return true;
	default:
		if (f->kind == GREETER_CHOICE &&
				(moves || keysym == KEYSYM_LEFT || keysym == KEYSYM_RIGHT)) {
			choose(g, keysym == KEYSYM_UP || keysym == KEYSYM_LEFT ? -1 : 1);
			return true;
		}
		if (moves)
			set_focus(g, keysym == KEYSYM_UP ? g->focus + g->n_fields - 1
							 : g->focus + 1);
		return moves;
	}
}

/* true: and that was all. */
static bool is_used(struct greeter *g)
{
	return g->events->handle_use && g->events->handle_use(g, g->userdata);
}

static void input_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	struct greeter *g = userdata;
	struct greeter_field *f;

	bool is_modifier = note_modifier(g, keysym, down);

	if ((down && is_used(g)) || is_modifier || !down)
		return;
	if (keysym == KEYSYM_ESCAPE) {
		cancel(g);
		return;
	}
	f = focused(g);
	if (!f || read_key(g, f, keysym) || common_key(g, f, keysym))
		return;
	if (!is_editable(f)) {
		if (keysym == ' ')
			enter(g);
		return;
	}
	if (entry_edit(&f->entry, keysym)) {
		change_field(g, f);
		return;
	}
	if (g->control) {
		if (keysym == 'u' || keysym == 'U') {
			entry_wipe(&f->entry);
			change_field(g, f);
		}
		return;
	}
	if (g->alt)
		return;
	note_caps(g, keysym);
	if (entry_type(&f->entry, keysym))
		change_field(g, f);
}

/* --- pointer --- */

static void click(struct greeter *g, int x, int y)
{
	for (unsigned i = 0; g->mode != GREETER_BUSY && i < g->n_fields; i++) {
		struct greeter_field *f = &g->fields[i];

		if (x < f->x || x >= f->x + f->w || y < f->box_y || y >= f->box_y + f->box_h)
			continue;
		if (is_editable(f))
			f->entry.caret = greeter_find_caret(g, f, x);
		set_focus(g, i);
		if (f->kind == GREETER_CHOICE)
			choose(g, x < f->x + f->w / 2 ? -1 : 1);
		else if (!is_editable(f))
			enter(g);
		return;
	}
}

static void input_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	struct greeter *g = userdata;
	bool pressed = (buttons & 1) && !(g->buttons & 1);

	if (g->mode == GREETER_NOTICE && (buttons & ~g->buttons & BUTTON_WHEEL_UP))
		read_scroll(g, (int)(-3 * READ_LINE * g->u));
	if (g->mode == GREETER_NOTICE && (buttons & ~g->buttons & BUTTON_WHEEL_DOWN))
		read_scroll(g, (int)(3 * READ_LINE * g->u));
	g->buttons = buttons;
	if (pressed && !is_used(g))
		click(g, x, y);
}

static void input_resize(void *userdata, uint16_t w, uint16_t h)
{
	struct greeter *g = userdata;

	g->wanted_w = CLAMP(w, GREETER_WIDTH_MIN, GREETER_WIDTH_MAX);
	g->wanted_h = CLAMP(h, GREETER_HEIGHT_MIN, GREETER_HEIGHT_MAX);
	draw_dirty(g);
}

static const struct picture_input picture_input = {
	.key = input_key,
	.pointer = input_pointer,
	.resize = input_resize,
};

static void owner_unlocked(void *userdata)
{
	struct greeter *g = userdata;

	draw_dirty(g);
	picture_turn_done(&g->picture);
}

static const struct picture_owner picture_owner = {
	.handle_unlocked = owner_unlocked,
};

/* --- life --- */

int greeter_new(const char *system_name, const char *language, const struct greeter_events *events,
		void *userdata, struct greeter **ret)
{
	struct cursor cursor;
	struct greeter *g;

	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->events = events;
	g->userdata = userdata;
	pixman_region32_init(&g->dirty);
	g->system_name = str_clean(system_name, NAME_CHARS_MAX);
	g->language = strdup(language ? language : "en");
	if (!g->system_name || !g->language ||
			picture_init(&g->picture, GREETER_WIDTH, GREETER_HEIGHT) < 0) {
		greeter_free(g);
		return -ENOMEM;
	}
	g->picture.owner = &picture_owner;
	g->picture.owner_userdata = g;
	g->picture.input = &picture_input;
	g->picture.input_userdata = g;
	if (draw_cursor(&cursor) >= 0 && picture_set_cursor(&g->picture, &cursor) < 0)
		free(cursor.argb);
	greeter_show_login(g, NULL, false);
	*ret = g;
	return 0;
}

struct greeter *greeter_free(struct greeter *g)
{
	if (!g)
		return NULL;
	picture_done(&g->picture);
	clear_fields(g);
	for (unsigned i = 0; i < g->n_desktops; i++) {
		free(g->desktops[i].id);
		free(g->desktops[i].name);
	}
	pixman_region32_fini(&g->dirty);
	if (g->read)
		g_object_unref(g->read);
	free(g->person);
	free(g->message);
	free(g->notice);
	free(g->system_name);
	free(g->language);
	free(g);
	return NULL;
}

struct picture *greeter_picture(struct greeter *g)
{
	return &g->picture;
}
