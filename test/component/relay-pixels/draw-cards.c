/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Draws what the relay draws into PPM files, to be looked at: draw-cards DIR.
 * Every kind of card in both languages and at several sizes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "font-leaks.h"
#include "relay/card.h"
#include "relay/overlay.h"

static const char *folder;

static void handle_login(struct greeter *g, const char *user, char *password, const char *desktop,
		void *userdata)
{
}

static void handle_answers(struct greeter *g, char *const *answers, size_t n, void *userdata)
{
}

static void handle_unlock(struct greeter *g, char *password, void *userdata)
{
}

static void handle_switch(struct greeter *g, void *userdata)
{
}

static void handle_accept(struct greeter *g, void *userdata)
{
}

static void handle_cancel(struct greeter *g, void *userdata)
{
}

static const struct greeter_events events = {
	.handle_login = handle_login,
	.handle_answers = handle_answers,
	.handle_unlock = handle_unlock,
	.handle_switch = handle_switch,
	.handle_accept = handle_accept,
	.handle_cancel = handle_cancel,
};

static void write_ppm(
		const char *name, const uint8_t *bgrx, uint32_t stride, unsigned w, unsigned h)
{
	_cleanup_free_ char *path = str_format("%s/%s.ppm", folder, name);
	FILE *f = path ? fopen(path, "w") : NULL;

	if (!f) {
		perror("draw-cards");
		exit(1);
	}
	fprintf(f, "P6 %u %u 255\n", w, h);
	for (unsigned y = 0; y < h; y++)
		for (unsigned x = 0; x < w; x++) {
			const uint8_t *p = bgrx + (size_t)y * stride + 4 * (size_t)x;

			fputc(p[2], f);
			fputc(p[1], f);
			fputc(p[0], f);
		}
	fclose(f);
}

static void type(struct greeter *g, const char *text)
{
	struct picture *p = greeter_picture(g);

	for (; *text; text++)
		p->input->key(p->input_userdata,
				*text == '\n'   ? 0xff0d
				: *text == '\t' ? 0xff09
						: (uint8_t)*text,
				0, true);
}

static void show(struct greeter *g, const char *name)
{
	struct picture *p = greeter_picture(g);

	write_ppm(name, p->pixels, p->stride, p->w, p->h);
}

static const char short_rules[] = "This computer belongs to the school.\n\n"
				  "Supervisors can see your screen.";

static const char rules[] =
		"Rules of the computer room\n\n"
		"1. The computers are there for lessons and for work that belongs to them. Whoever "
		"uses them treats devices, furniture and the work of others with care.\n\n"
		"2. Everybody works with an account of their own and keeps the password secret. "
		"Whoever leaves the place logs off or locks the session.\n\n"
		"3. During lessons the teacher can see the screens, block them, show one to the "
		"others and take over keyboard and mouse. A sign at the station says when "
		"somebody looks closely.\n\n"
		"4. It is not allowed to call up or spread content that breaks the law, to disturb "
		"others, or to try to get around the protection of the computers.\n\n"
		"5. What is printed is paid for by whoever prints it. Ask before you print "
		"more than ten pages.\n\n"
		"6. Eating and drinking is not allowed in the computer room; bags stay at the "
		"wall.\n\n"
		"7. The school keeps a log of who was logged in where and when; it is kept for "
		"a year and shown to nobody but those whom the law allows.\n\n"
		"8. Damage is reported to a teacher at once. Whoever breaks these rules can "
		"be excluded from using the computers.\n\n"
		"Größe, Straße, Übung: Zeichen aller Schriften. 規則を読んでください。";

static void cards(const char *language, unsigned w, unsigned h)
{
	static const struct greeter_desktop desktops[] = { { "xfce", "Xfce Session" },
		{ "openbox", "Openbox" }, { "icewm", "IceWM Session" } };
	static const struct greeter_prompt prompts[] = { { "Current password: ", false },
		{ "New password: ", false }, { "Your town:", true } };
	struct greeter *g;
	struct picture *p;
	char name[64];

	if (greeter_new("Room 12", language, &events, NULL, &g) < 0)
		exit(1);
	p = greeter_picture(g);
	p->input->resize(p->input_userdata, (uint16_t)w, (uint16_t)h);
	greeter_set_desktops(g, desktops, ELEMENTSOF(desktops), "xfce");
	snprintf(name, sizeof(name), "login-%s-%ux%u", language, w, h);
	show(g, name);
	type(g, "anna\nGEHEIM");
	greeter_show_login(g,
			"Wrong user name or password. Check both and try again. After a few "
			"more attempts this station has to wait for a while.",
			true);
	type(g, "GEHEIM");
	snprintf(name, sizeof(name), "error-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_show_prompts(g, prompts, ELEMENTSOF(prompts),
			"You are required to change your "
			"password immediately (password expired).");
	type(g, "secret\nmuch longer secret than fits into the field of the card, so it scrolls\n");
	snprintf(name, sizeof(name), "prompts-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_show_unlock(g, "Anna Berger", NULL, false);
	type(g, "GEHEIM");
	snprintf(name, sizeof(name), "lock-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_show_unlock(g, "Maximiliane von und zu Hohenstein-Wittgenstein", "Wrong password.",
			true);
	snprintf(name, sizeof(name), "lock-error-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_show_notice(g, short_rules);
	snprintf(name, sizeof(name), "notice-short-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_show_notice(g, rules);
	snprintf(name, sizeof(name), "notice-%s-%ux%u", language, w, h);
	show(g, name);
	p->input->key(p->input_userdata, 0xff56, 0, true);
	p->input->key(p->input_userdata, 0xff09, 0, true);
	snprintf(name, sizeof(name), "notice-further-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_show_busy(g, NULL);
	snprintf(name, sizeof(name), "busy-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_free(g);
}

/* Over a desktop of one colour, as viewers do it. */
static void write_over(const char *name, const struct overlay *const *layers, size_t n, unsigned w,
		unsigned h)
{
	_cleanup_free_ uint8_t *pixels = malloc((size_t)w * h * 4);

	if (!pixels)
		exit(1);
	for (size_t i = 0; i < (size_t)w * h * 4; i++)
		pixels[i] = i % 4 == 0 ? 0xb0 : i % 4 == 1 ? 0x8c : 0x70;
	for (size_t k = 0; k < n; k++)
		for (unsigned y = 0; y < layers[k]->h; y++)
			for (unsigned x = 0; x < layers[k]->w; x++) {
				const uint8_t *from = layers[k]->argb +
						      (size_t)y * layers[k]->stride + 4 * (size_t)x;
				uint8_t *to = pixels +
					      ((size_t)(layers[k]->y + y) * w + layers[k]->x + x) *
							      4;

				for (int c = 0; c < 3; c++)
					to[c] = (uint8_t)(from[c] + to[c] * (255 - from[3]) / 255);
			}
	write_ppm(name, pixels, w * 4, w, h);
}

static void layers(const char *language, unsigned w, unsigned h, const char *message, int seconds,
		bool asked, enum sign_kind kind)
{
	struct notice_text text = { "Karin Kaya", message, seconds * 1000, language, asked };
	struct sign_text sign_text = { kind, "Karin Kaya", language };
	struct panel_text panel_text = { .name = "Anna Berger",
		.station = "R12-03",
		.by = "Karin Kaya",
		.language = language,
		.can_leave = true,
		.can_ask = !asked,
		.has_chat = true,
		.chat_enabled = true };
	const struct overlay *all[3];
	struct notice *notice;
	struct panel *panel;
	struct sign *sign;
	char name[64];

	if (notice_new(&notice) < 0 || !notice_draw(notice, &text, (uint16_t)w, (uint16_t)h, 0) ||
			sign_new(&sign) < 0 ||
			!sign_draw(sign, &sign_text, (uint16_t)w, (uint16_t)h,
					notice_overlay(notice)->h) ||
			panel_new(&panel_text, (uint16_t)w, (uint16_t)h, notice_overlay(notice)->h,
					&panel) < 0)
		exit(1);
	all[0] = sign_overlay(sign);
	all[1] = notice_overlay(notice);
	all[2] = panel_overlay(panel);
	snprintf(name, sizeof(name), "layers-%s-%ux%u-%d", language, w, h, seconds);
	write_over(name, all, 3, w, h);
	for (int i = 0; i < 4 + !asked; i++) /* to "log off" */
		panel_key(panel, 0xff54, true);
	panel_key(panel, 0xff0d, true);
	sign_draw(sign, &sign_text, (uint16_t)w, (uint16_t)h, 0);
	all[1] = panel_overlay(panel);
	snprintf(name, sizeof(name), "layers-ask-%s-%ux%u-%d", language, w, h, seconds);
	write_over(name, all, 2, w, h);
	panel_free(panel);
	notice_free(notice);
	sign_free(sign);
}

static const struct chat_line lines[] = {
	{ 1, 1790000000000, "Karin Kaya",
			"Please open the file “Aufgabe 3” in the folder of the class.", true },
	{ 2, 1790000060000, "Anna Berger", "I cannot find it 😕", false },
	{ 3, 1790000120000, "Karin Kaya",
			"It is in the exchange folder, below your name. Shall I come to you?",
			true },
	{ 4, 1790000180000, "Anna Berger", "نعم من فضلك، لا أجد المجلد.", false },
	{ 5, 1790000240000, "Dr. Maximiliane von und zu Hohenstein-Wittgenstein",
			"请看黑板，我们五分钟后开始测验。", true },
	{ 6, 1790000300000, "Anna Berger",
			"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
			false },
	{ 7, 1790000360000, "Karin Kaya", "👍🏽", true },
};

/* The panel with rows, the messages in their states, and a message that pops up. */
static void messages(const char *language, unsigned w, unsigned h)
{
	struct panel_text t = { .name = "Anna Berger",
		.station = "R12-03",
		.by = "",
		.language = language,
		.can_leave = true,
		.has_chat = true,
		.chat_enabled = true,
		.hand = true,
		.lines = lines,
		.n_lines = ELEMENTSOF(lines),
		.n_new = 2,
		.chat_version = 1 };
	static const struct popup_text pops[] = {
		{ "Karin Kaya", "Please look at the board.", "en", true },
		{ "Dr. Maximiliane von und zu Hohenstein-Wittgenstein",
				"Bitte hören Sie jetzt alle zu: Wir besprechen gemeinsam die Ergebnisse der zweiten "
				"Aufgabe, bevor es weitergeht. Legen Sie Maus und Tastatur beiseite, schauen Sie nach "
				"vorn und halten Sie Ihre Notizen bereit. Wer noch Fragen zur ersten Aufgabe hat, "
				"meldet sich danach bei mir am Pult; die Lösungen liegen im Tauschordner.",
				"de", true },
		{ "ليلى", "يرجى النظر إلى السبورة.", "de", false },
	};
	const struct overlay *all[2];
	struct popup *popup;
	struct panel *panel;
	char name[64];

	if (panel_new(&t, (uint16_t)w, (uint16_t)h, 0, &panel) < 0 || popup_new(&popup) < 0)
		exit(1);
	all[0] = panel_overlay(panel);
	all[1] = popup_overlay(popup);
	for (unsigned i = 0; i < 7; i++) {
		popup_draw(popup, &pops[i % ELEMENTSOF(pops)], (uint16_t)w, (uint16_t)h);
		if (i == 1) { /* off, while the hand is not up */
			t.hand = t.chat_enabled = false;
			t.n_new = 1;
		} else if (i == 2) {
			panel_show_messages(panel);
		} else if (i == 3) {
			t.chat_enabled = true;
		} else if (i == 4) {
			panel_set_draft(panel, "Thank you");
			t.refusal = "Too many messages in a short time. Wait a few seconds, then try again.";
		} else if (i == 5) {
			t.refusal = NULL;
			panel_set_draft(panel, pops[1].text);
			panel_key(panel, 0xff55, true);
		} else if (i == 6) {
			panel_set_draft(panel, "שלום, סיימתי");
			panel_key(panel, 0xff09, true);
			t.n_lines = 0;
			t.chat_version++;
		}
		panel_update(panel, &t, (uint16_t)w, (uint16_t)h, 0);
		snprintf(name, sizeof(name), "messages-%u-%s-%ux%u", i, language, w, h);
		write_over(name, all, 1 + (i < ELEMENTSOF(pops)), w, h);
	}
	popup_free(popup);
	panel_free(panel);
}

static void card(const char *name, const struct card_text *text, unsigned w, unsigned h)
{
	static struct cards all;
	_cleanup_free_ char *file = str_format("%s-%s-%ux%u", name, text->language, w, h);
	struct card *c;
	struct picture *p;

	if (!all.list.next)
		cards_init(&all);
	if (!file || cards_get(&all, text, (uint16_t)w, (uint16_t)h, &c) < 0)
		exit(1);
	p = card_picture(c);
	write_ppm(file, p->pixels, p->stride, p->w, p->h);
	card_unref(c);
}

static void blocks(unsigned w, unsigned h)
{
	static const struct {
		const char *name, *message, *language;
	} all[] = {
		{ "block", "", "en" },
		{ "block", "", "de" },
		{ "block-emoji", "👀 Please look at the board 👍🏽", "en" },
		{ "block-arabic", "يرجى النظر إلى السبورة. سنبدأ الاختبار بعد خمس دقائق.", "en" },
		{ "block-hebrew", "נא להביט אל הלוח. (Room 12)", "en" },
		{ "block-chinese", "请看黑板，我们五分钟后开始测验。请不要触摸键盘。", "en" },
		{ "block-word", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
				"de" },
		{ "block-lines", "1. Close your books.\n2. Take a pencil.\n3. Wait for the sheet.",
				"en" },
		{ "block-long",
				"Bitte hören Sie jetzt alle zu: Wir besprechen gemeinsam die Ergebnisse "
				"der zweiten Aufgabe, bevor es weitergeht. Legen Sie Maus und Tastatur "
				"beiseite, schauen Sie nach vorn und halten Sie Ihre Notizen bereit. Wer "
				"noch Fragen zur ersten Aufgabe hat, meldet sich danach bei mir am Pult; "
				"die Lösungen liegen ab heute Nachmittag im Tauschordner der Klasse unter "
				"„Abgaben“. Vergessen Sie nicht, Ihren Namen in die Datei zu schreiben. "
				"Danke, gleich geht es weiter!",
				"de" },
	};
	struct card_text projection = { CARD_PROJECTION, "Ben Aydin", "Karin Kaya", 0, "en" };
	struct card_text busy = { CARD_BUSY, "", "", 0, "de" };

	for (size_t i = 0; i < ELEMENTSOF(all); i++) {
		struct card_text t = { CARD_BLOCK, all[i].message, "Karin Kaya",
			i % 2 ? 1800000000000 : 0, all[i].language };

		card(all[i].name, &t, w, h);
	}
	card("coming", &projection, w, h);
	card("busy", &busy, w, h);
}

/* What a screen asks that does not know its keyboard, and which one it is. */
static void maps(const char *language, unsigned w, unsigned h)
{
	static const char *const names[] = { "map-keyboard", "map-pointer", "map-waiting" };
	const struct overlay *all[1];
	struct identify *identify;
	char name[64];

	for (size_t i = 0; i < ELEMENTSOF(names); i++) {
		struct card_text t = { CARD_MAP_KEYBOARD + i, "Window 1", "", 0, language };

		card(names[i], &t, w, h);
	}
	if (identify_new(&identify) < 0 ||
			!identify_draw(identify, w > 700 ? "R12-03" : "Station by the window",
					"Computer room 12", (uint16_t)w, (uint16_t)h))
		exit(1);
	all[0] = identify_overlay(identify);
	snprintf(name, sizeof(name), "identify-%s-%ux%u", language, w, h);
	write_over(name, all, 1, w, h);
	identify_free(identify);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : ".";
	cards("en", 1280, 720);
	cards("de", 640, 480);
	cards("en", 3840, 2160);
	layers("en", 1280, 720,
			"We start the test in five minutes. Please save everything you need.", 59,
			false, SIGN_VIEWED);
	layers("de", 800, 600, "", 300, true, SIGN_CONTROLLED);
	layers("de", 640, 480, "Bis morgen!", 0, false, SIGN_EXCLUSIVE);
	layers("en", 3840, 2160, "See you tomorrow.", 3700, false, SIGN_VIEWED);
	messages("en", 1280, 720);
	messages("de", 800, 600);
	messages("de", 640, 480);
	messages("en", 3840, 2160);
	maps("en", 1280, 720);
	maps("de", 640, 480);
	blocks(800, 600);
	blocks(1280, 720);
	blocks(3840, 2160);
	return 0;
}
