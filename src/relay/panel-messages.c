/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages in the panel: the conversation with the newest at the bottom, a field, two buttons.
 *
 * Setting long texts takes time, and the loop is everybody's: only what is seen is set, from the
 * newest up, into a surface of its own that is kept while somebody types. What was scrolled past is
 * known by its height.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "relay/keysym.h"
#include "relay/panel-internal.h"

enum {
	NAME_MAX_CHARS = 60,
	FIELD_LINES_MAX = 4,
	/* Units. */
	LIST_HEIGHT = 300,
	LIST_HEIGHT_MIN = 60,
	BUBBLE_PAD = 10,
	BUBBLE_GAP = 8,
	FIELD_PAD = 9,
	BUTTON_HEIGHT = 36,
	GAP = 12,
	SCROLL_KEY = 48,
};

static int px(const struct panel *p, double units)
{
	return panel_px(p, units);
}

/* --- the lines --- */

static void forget_lines(struct panel_messages *m)
{
	for (unsigned i = 0; i < m->n_lines; i++) {
		free(m->lines[i].head);
		free(m->lines[i].text);
	}
	m->n_lines = 0;
}

int panel_messages_take(struct panel *p, const struct panel_text *text)
{
	struct panel_messages *m = &p->messages;
	unsigned n = MIN(text->n_lines, (unsigned)PANEL_LINES_MAX);

	forget_lines(m);
	m->version = text->chat_version;
	m->scroll = 0;
	m->list_is_old = true;
	for (const struct chat_line *l = text->lines; n > 0; n--, l++) {
		_cleanup_free_ char *name = str_clean(l->from_name, NAME_MAX_CHARS);
		struct panel_line *line = &m->lines[m->n_lines];
		char time[64];

		overlay_text_time(time, sizeof(time), l->at_ms, p->language);
		line->supervisor = l->supervisor;
		line->h = 0;
		line->text = str_clean(l->text, PANEL_DRAFT_MAX);
		line->head = str_format("%s · %s",
				l->supervisor && name
						? name
						: overlay_text_get(p->language, TEXT_MESSAGE_YOU),
				time);
		m->n_lines++;
		if (!name || !line->text || !line->head) {
			free(line->text);
			free(line->head);
			m->n_lines--;
			return -ENOMEM;
		}
	}
	return 0;
}

void panel_messages_done(struct panel *p)
{
	forget_lines(&p->messages);
	entry_wipe(&p->messages.draft);
	if (p->messages.list)
		cairo_surface_destroy(p->messages.list);
}

/* --- the list --- */

void panel_messages_resized(struct panel *p)
{
	for (unsigned i = 0; i < p->messages.n_lines; i++)
		p->messages.lines[i].h = 0;
	p->messages.list_is_old = true;
}

static struct draw_text head_text(const struct panel *p, const struct panel_line *line)
{
	return (struct draw_text){ .text = line->head,
		.size = px(p, PANEL_HINT_SIZE),
		.colour = DRAW_MUTED,
		.width = line->text_w,
		.lines = 1 };
}

static struct draw_text line_text(const struct panel *p, const struct panel_line *line)
{
	return (struct draw_text){ .text = line->text,
		.size = px(p, PANEL_TEXT_SIZE),
		.colour = DRAW_TEXT,
		.width = line->text_w };
}

static int bubble_width(const struct panel *p, const struct panel_line *line)
{
	return line->text_w + 2 * px(p, BUBBLE_PAD);
}

static void measure_bubble(const struct panel *p, cairo_t *cr, struct panel_line *line, int list_w)
{
	struct draw_text head, text;
	int head_w, text_w, text_h;
	PangoLayout *l;

	line->text_w = MAX(list_w * 86 / 100 - 2 * px(p, BUBBLE_PAD), 1);
	head = head_text(p, line);
	text = line_text(p, line);
	head_w = draw_text_width(cr, &head);
	line->head_h = draw_text_height(cr, &head);
	l = draw_layout(cr, &text);
	pango_layout_get_pixel_size(l, &text_w, &text_h);
	g_object_unref(l);
	/* As narrow as it can be: right-to-left text stands at the right of its width. */
	line->text_w = MIN(MAX(text_w, head_w) + 1, line->text_w);
	line->h = line->head_h + text_h + 2 * px(p, BUBBLE_PAD - 3);
}

static void paint_bubble(const struct panel *p, cairo_t *cr, const struct panel_line *line,
		int list_w, int y)
{
	struct draw_text head = head_text(p, line), text = line_text(p, line);
	int w = bubble_width(p, line), x = line->supervisor ? 0 : list_w - w;

	draw_round_rect(cr, x, y, w, line->h, px(p, PANEL_RADIUS));
	draw_colour(cr, line->supervisor ? DRAW_ACCENT_SOFT : DRAW_BORDER,
			line->supervisor ? 1 : 0.6);
	cairo_fill(cr);
	x += px(p, BUBBLE_PAD);
	y += px(p, BUBBLE_PAD - 3);
	draw_text(cr, x, y, &head);
	draw_text(cr, x, y + line->head_h, &text);
}

/* Gives how much is empty above what is painted; below 0: there is more. */
static int paint_lines(struct panel *p, cairo_t *cr, int w, int h)
{
	struct panel_messages *m = &p->messages;
	int y = h + m->scroll + px(p, BUBBLE_GAP);

	for (unsigned i = m->n_lines; i > 0 && y > 0; i--) {
		struct panel_line *line = &m->lines[i - 1];

		if (line->h == 0)
			measure_bubble(p, cr, line, w);
		y -= line->h + px(p, BUBBLE_GAP);
		if (y < h && y + line->h > 0)
			paint_bubble(p, cr, line, w, y);
	}
	return y;
}

static void paint_none(struct panel *p, cairo_t *cr, int w, int h)
{
	struct draw_text none = { .text = overlay_text_get(p->language, TEXT_MESSAGES_NONE),
		.size = px(p, PANEL_TEXT_SIZE),
		.colour = DRAW_MUTED,
		.width = w,
		.align = PANGO_ALIGN_CENTER };

	draw_text(cr, 0, (h - draw_text_height(cr, &none)) / 2.0, &none);
}

/* Where the list is cut. */
static void paint_edge(const struct panel *p, cairo_t *cr, int w, int y)
{
	int line = MAX(px(p, 1), 1);

	cairo_rectangle(cr, 0, y > 0 ? y - line : 0, w, line);
	draw_colour(cr, DRAW_LINE, 1);
	cairo_fill(cr);
}

static void draw_list(struct panel *p)
{
	struct panel_messages *m = &p->messages;
	int w = m->list_box.width, h = m->list_box.height, empty;
	cairo_surface_t *surface;
	cairo_t *cr;

	if (m->list && cairo_image_surface_get_width(m->list) == w &&
			cairo_image_surface_get_height(m->list) == h && !m->list_is_old)
		return;
	for (;;) {
		surface = draw_surface(m->list, w, h);
		if (!surface)
			return;
		m->list = surface;
		cr = cairo_create(surface);
		if (m->n_lines == 0)
			paint_none(p, cr, w, h);
		empty = paint_lines(p, cr, w, h);
		if (empty < 0)
			paint_edge(p, cr, w, 0);
		if (m->scroll > 0)
			paint_edge(p, cr, w, h);
		cairo_destroy(cr);
		/* Scrolled beyond the oldest: as far as there is something. */
		if (empty <= 0 || m->scroll == 0)
			break;
		m->scroll = MAX(m->scroll - empty, 0);
	}
	m->list_is_old = false;
}

/* --- the field --- */

static struct draw_text field_text(const struct panel *p)
{
	const struct panel_messages *m = &p->messages;
	bool empty = m->draft.len == 0;

	return (struct draw_text){
		.text = empty ? overlay_text_get(p->language, TEXT_MESSAGE_WRITE) : m->draft.text,
		.size = px(p, PANEL_TEXT_SIZE),
		.colour = empty || p->sending ? DRAW_MUTED : DRAW_TEXT,
		.width = px(p, p->width - 2 * PANEL_PAD - 2 * FIELD_PAD),
	};
}

static int field_height(const struct panel *p, cairo_t *cr)
{
	struct draw_text all = field_text(p), line = all;

	line.text = "X";
	return MIN(draw_text_height(cr, &all), FIELD_LINES_MAX * draw_text_height(cr, &line));
}

/* How far the text is scrolled so that the caret is seen; where the caret is in it. */
static int field_scroll(const struct panel *p, PangoLayout *l, const struct entry *e,
		PangoRectangle *ret_caret)
{
	int room = p->messages.field_box.height - 2 * px(p, FIELD_PAD), h;

	pango_layout_get_cursor_pos(l, e->len > 0 ? (int)e->caret : 0, ret_caret, NULL);
	pango_layout_get_pixel_size(l, NULL, &h);
	return CLAMP(PANGO_PIXELS(ret_caret->y + ret_caret->height) - room, 0, MAX(h - room, 0));
}

static void paint_frame(
		const struct panel *p, cairo_t *cr, const cairo_rectangle_int_t *b, bool has_focus)
{
	double line = MAX(px(p, has_focus ? 2 : 1), 1);

	draw_round_rect(cr, b->x + line / 2, b->y + line / 2, b->width - line, b->height - line,
			px(p, PANEL_RADIUS));
	draw_colour(cr, has_focus ? DRAW_ACCENT : DRAW_LINE, 1);
	cairo_set_line_width(cr, line);
	cairo_stroke(cr);
}

static void paint_field(struct panel *p, cairo_t *cr)
{
	const struct panel_messages *m = &p->messages;
	const cairo_rectangle_int_t *b = &m->field_box;
	bool has_focus = m->focus == PANEL_PART_FIELD && !p->sending;
	struct draw_text t = field_text(p);
	int x = b->x + px(p, FIELD_PAD), y = b->y + px(p, FIELD_PAD);
	PangoLayout *l = draw_layout(cr, &t);
	PangoRectangle caret;

	paint_frame(p, cr, b, has_focus);
	y -= field_scroll(p, l, &m->draft, &caret);
	cairo_save(cr);
	cairo_rectangle(cr, b->x, b->y + px(p, FIELD_PAD) - 1, b->width,
			b->height - 2 * px(p, FIELD_PAD) + 2);
	cairo_clip(cr);
	draw_colour(cr, t.colour, 1);
	cairo_move_to(cr, x, y);
	pango_cairo_show_layout(cr, l);
	if (has_focus) {
		cairo_rectangle(cr, x + PANGO_PIXELS(caret.x), y + PANGO_PIXELS(caret.y),
				MAX(px(p, 1.5), 1), PANGO_PIXELS(caret.height));
		draw_colour(cr, DRAW_ACCENT, 1);
		cairo_fill(cr);
	}
	cairo_restore(cr);
	g_object_unref(l);
}

static void set_caret(struct panel *p, int x, int y)
{
	struct panel_messages *m = &p->messages;
	struct draw_text t = field_text(p);
	cairo_t *cr = draw_measuring();
	PangoLayout *l = draw_layout(cr, &t);
	int scroll, index, trailing;
	PangoRectangle caret;

	scroll = field_scroll(p, l, &m->draft, &caret);
	pango_layout_xy_to_index(l, (x - m->field_box.x - px(p, FIELD_PAD)) * PANGO_SCALE,
			(y - m->field_box.y - px(p, FIELD_PAD) + scroll) * PANGO_SCALE, &index,
			&trailing);
	g_object_unref(l);
	cairo_destroy(cr);
	if (m->draft.len == 0)
		return;
	m->draft.caret = MIN((size_t)index, m->draft.len);
	for (; trailing > 0; trailing--)
		(void)entry_edit(&m->draft, KEYSYM_RIGHT);
}

/* --- the whole --- */

static struct draw_text off_text(const struct panel *p)
{
	return (struct draw_text){ .text = overlay_text_get(p->language, TEXT_MESSAGES_OFF),
		.size = px(p, PANEL_TEXT_SIZE),
		.colour = DRAW_MUTED,
		.width = px(p, p->width - 2 * PANEL_PAD) };
}

static int button_width(const struct panel *p, cairo_t *cr, enum overlay_text text)
{
	struct draw_text t = { .text = overlay_text_get(p->language, text),
		.size = px(p, PANEL_TEXT_SIZE),
		.bold = true };

	return draw_text_width(cr, &t) + 2 * px(p, 18);
}

int panel_messages_layout(struct panel *p, cairo_t *cr, int y)
{
	struct panel_messages *m = &p->messages;
	int x = px(p, PANEL_MARGIN + PANEL_PAD), w = px(p, p->width - 2 * PANEL_PAD);
	int button_h = px(p, BUTTON_HEIGHT), field_h, below, room;
	struct draw_text off = off_text(p);

	if (!p->chat_enabled)
		m->focus = PANEL_PART_BACK;
	field_h = p->chat_enabled ? field_height(p, cr) + 2 * px(p, FIELD_PAD)
				  : draw_text_height(cr, &off);
	below = field_h + button_h + 2 * px(p, GAP) + px(p, PANEL_PAD);
	room = p->screen_h - p->top - y - below - px(p, PANEL_MARGIN);
	m->list_box = (cairo_rectangle_int_t){ x, y, w,
		CLAMP(room, px(p, LIST_HEIGHT_MIN), px(p, LIST_HEIGHT)) };
	y += m->list_box.height + px(p, GAP);
	m->field_box = (cairo_rectangle_int_t){ x, y, w, field_h };
	y += field_h + px(p, GAP);
	m->back_box = (cairo_rectangle_int_t){ x, y, button_width(p, cr, TEXT_BACK), button_h };
	m->send_box = (cairo_rectangle_int_t){ 0, y, button_width(p, cr, TEXT_MESSAGE_SEND),
		button_h };
	m->send_box.x = x + w - m->send_box.width;
	return y + button_h + px(p, PANEL_PAD);
}

static void paint_button(struct panel *p, cairo_t *cr, const cairo_rectangle_int_t *b,
		enum overlay_text text, enum panel_part part)
{
	bool is_main = part == PANEL_PART_SEND, has_focus = p->messages.focus == part;
	bool is_idle = is_main && (p->messages.draft.len == 0 || p->sending);
	struct draw_text t = { .text = overlay_text_get(p->language, text),
		.size = px(p, PANEL_TEXT_SIZE),
		.colour = is_main ? DRAW_ON_ACCENT : DRAW_ACCENT,
		.bold = true,
		.width = b->width,
		.align = PANGO_ALIGN_CENTER };
	int ring = px(p, 3);

	if (has_focus) {
		draw_round_rect(cr, b->x - ring, b->y - ring, b->width + 2 * ring,
				b->height + 2 * ring, px(p, PANEL_RADIUS + 3));
		draw_colour(cr, DRAW_ACCENT, 0.3);
		cairo_fill(cr);
	}
	draw_round_rect(cr, b->x, b->y, b->width, b->height, px(p, PANEL_RADIUS));
	draw_colour(cr, is_main ? (is_idle ? DRAW_LINE : DRAW_ACCENT) : DRAW_SURFACE, 1);
	cairo_fill(cr);
	if (!is_main)
		paint_frame(p, cr, b, has_focus);
	draw_text(cr, b->x, b->y + (b->height - draw_text_height(cr, &t)) / 2.0, &t);
}

void panel_messages_paint(struct panel *p, cairo_t *cr)
{
	struct panel_messages *m = &p->messages;
	struct draw_text off = off_text(p);

	draw_list(p);
	if (m->list) {
		cairo_set_source_surface(cr, m->list, m->list_box.x, m->list_box.y);
		cairo_paint(cr);
	}
	if (p->chat_enabled) {
		paint_field(p, cr);
		paint_button(p, cr, &m->send_box, TEXT_MESSAGE_SEND, PANEL_PART_SEND);
	} else {
		draw_text(cr, m->field_box.x, m->field_box.y, &off);
	}
	paint_button(p, cr, &m->back_box, TEXT_BACK, PANEL_PART_BACK);
}

/* --- keys and pointer --- */

static bool has_words(const char *text)
{
	return text[strspn(text, " ")] != '\0';
}

static enum panel_answer activate(struct panel *p)
{
	if (p->messages.focus == PANEL_PART_BACK)
		return panel_show_rows(p);
	if (p->sending || !has_words(p->messages.draft.text))
		return PANEL_NOTHING;
	p->messages.focus = PANEL_PART_FIELD;
	return PANEL_SEND;
}

static enum panel_answer move_focus(struct panel *p, int step)
{
	if (!p->chat_enabled)
		return PANEL_NOTHING;
	p->messages.focus = (enum panel_part)(((int)p->messages.focus + 3 + step) % 3);
	return panel_changed(p);
}

enum panel_answer panel_messages_scroll(struct panel *p, double units)
{
	p->messages.scroll = MAX(p->messages.scroll + px(p, units), 0);
	p->messages.list_is_old = true;
	return panel_changed(p);
}

static enum panel_answer type(struct panel *p, uint32_t keysym, bool types)
{
	struct panel_messages *m = &p->messages;

	if (m->focus != PANEL_PART_FIELD)
		return keysym == ' ' ? activate(p) : PANEL_NOTHING;
	if (p->sending)
		return PANEL_NOTHING;
	if (entry_edit(&m->draft, keysym) || (types && entry_type(&m->draft, keysym)))
		return panel_changed(p);
	return PANEL_NOTHING;
}

enum panel_answer panel_messages_key(struct panel *p, uint32_t keysym, bool types)
{
	double page = p->messages.list_box.height / p->u * 0.8;

	switch (keysym) {
	case KEYSYM_ESCAPE:
		return panel_show_rows(p);
	case KEYSYM_RETURN:
	case KEYSYM_LINEFEED:
	case KEYSYM_KP_ENTER:
		return activate(p);
	case KEYSYM_TAB:
		return move_focus(p, 1);
	case KEYSYM_ISO_LEFT_TAB:
		return move_focus(p, -1);
	case KEYSYM_UP:
	case KEYSYM_KP_UP:
		return panel_messages_scroll(p, SCROLL_KEY);
	case KEYSYM_DOWN:
	case KEYSYM_KP_DOWN:
		return panel_messages_scroll(p, -SCROLL_KEY);
	case KEYSYM_PAGE_UP:
	case KEYSYM_KP_PAGE_UP:
		return panel_messages_scroll(p, page);
	case KEYSYM_PAGE_DOWN:
	case KEYSYM_KP_PAGE_DOWN:
		return panel_messages_scroll(p, -page);
	default:
		return type(p, keysym, types);
	}
}

static bool is_inside(const cairo_rectangle_int_t *b, int x, int y)
{
	return x >= b->x && x < b->x + b->width && y >= b->y && y < b->y + b->height;
}

enum panel_answer panel_messages_press(struct panel *p, int x, int y)
{
	struct panel_messages *m = &p->messages;

	if (is_inside(&m->back_box, x, y))
		return panel_show_rows(p);
	if (!p->chat_enabled)
		return PANEL_NOTHING;
	if (is_inside(&m->send_box, x, y)) {
		m->focus = PANEL_PART_SEND;
		return activate(p);
	}
	if (!is_inside(&m->field_box, x, y))
		return PANEL_NOTHING;
	m->focus = PANEL_PART_FIELD;
	if (!p->sending)
		set_caret(p, x, y);
	return panel_changed(p);
}
