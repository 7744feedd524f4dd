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
#include "relay/overlay.h"

static const char *folder;

static void handle_login(struct greeter *g, const char *user, char *password, const char *desktop,
		void *userdata)
{
}

static void handle_answers(struct greeter *g, char *const *answers, size_t n, void *userdata)
{
}

static void handle_cancel(struct greeter *g, void *userdata)
{
}

static const struct greeter_events events = {
	.handle_login = handle_login,
	.handle_answers = handle_answers,
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
	greeter_show_busy(g, NULL);
	snprintf(name, sizeof(name), "busy-%s-%ux%u", language, w, h);
	show(g, name);
	greeter_free(g);
}

static void notice(const char *language, unsigned w, unsigned h, const char *message, int seconds)
{
	struct notice_text text = { "Karin Kaya", message, seconds * 1000, language };
	struct notice *n;
	struct overlay *o;
	char name[64];

	if (notice_new(&n) < 0 || !notice_draw(n, &text, (uint16_t)w, (uint16_t)h, 0))
		exit(1);
	o = notice_overlay(n);
	snprintf(name, sizeof(name), "notice-%s-%ux%u-%d", language, w, h, seconds);
	write_ppm(name, o->argb, o->stride, o->w, o->h);
	notice_free(n);
}

int main(int argc, char **argv)
{
	folder = argc > 1 ? argv[1] : ".";
	cards("en", 1280, 720);
	cards("de", 640, 480);
	cards("en", 3840, 2160);
	notice("en", 1280, 720,
			"We start the test in five minutes. Please save everything you need.", 59);
	notice("de", 640, 480, "", 300);
	notice("de", 1920, 1080, "Bis morgen!", 0);
	return 0;
}
