/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paint: what draws in a session that is measured. No window manager needed.
 *
 *   paint lines [MS]       a line of text on stdout every MS (run it in an xterm)
 *   paint still            a screenful of text on stdout, and then nothing
 *   paint video [W H FPS]  a window that is painted completely FPS times a second by MIT-SHM:
 *                          a picture with the noise of a photograph, panned, so that every
 *                          pixel changes each time
 *   paint key              a window of 200x200 at the corner, black or white in turn at each key
 *   paint press            the whole screen in one colour, c0309f, that never changes; each key
 *                          is noted in ~/pressed
 */
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XShm.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

static Display *display;
static int screen;

static uint32_t hash(uint32_t x, uint32_t y, uint32_t c)
{
	uint32_t h = x * 2654435761u ^ y * 2246822519u ^ c * 3266489917u;

	h ^= h >> 15;
	h *= 2246822519u;
	return h ^ h >> 13;
}

/* Value noise: random numbers on a grid of 1, smooth in between. */
static float noise(float x, float y, uint32_t c)
{
	uint32_t xi = (uint32_t)x, yi = (uint32_t)y;
	float fx = x - (float)xi, fy = y - (float)yi, corner[4];

	for (uint32_t i = 0; i < 4; i++)
		corner[i] = (float)hash(xi + (i & 1), yi + (i >> 1), c) / 4294967296.f;
	fx *= fx * (3 - 2 * fx);
	fy *= fy * (3 - 2 * fy);
	return (corner[0] + (corner[1] - corner[0]) * fx) * (1 - fy) +
	       (corner[2] + (corner[3] - corner[2]) * fx) * fy;
}

static void draw_picture(uint32_t *pixels, int width, int height)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			uint32_t rgb = 0;

			for (uint32_t c = 0; c < 3; c++) {
				float sum = 0, part = .5f, step = 1 / 160.f;

				for (uint32_t octave = 0; octave < 6; octave++) {
					sum += part *
					       noise((float)x * step, (float)y * step,
							       octave * 3 + (octave < 2 ? c : 0));
					part *= .55f;
					step *= 2;
				}
				sum += (float)(hash((uint32_t)x, (uint32_t)y, 99 + c) & 255) /
				       255.f * .012f;
				rgb = rgb << 8 | (uint32_t)(sum >= 1 ? 255 : sum * 255);
			}
			pixels[(size_t)y * (size_t)width + (size_t)x] = rgb;
		}
}

static void run_lines(unsigned ms, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		printf("%08u how vexingly quick daft zebras jump %08x\n", i,
				hash(i, (uint32_t)getpid(), 7));
		fflush(stdout);
		if (i > 45) /* the first screenful at once, so that it scrolls from the start */
			usleep(ms * 1000);
	}
}

static Window open_window(int x, int y, unsigned width, unsigned height, long events)
{
	XSetWindowAttributes attributes = { .override_redirect = True, .event_mask = events };
	Window w = XCreateWindow(display, RootWindow(display, screen), x, y, width, height, 0,
			DefaultDepth(display, screen), InputOutput, DefaultVisual(display, screen),
			CWOverrideRedirect | CWEventMask | CWBackPixel, &attributes);

	XMapRaised(display, w);
	return w;
}

static void run_video(int width, int height, int fps)
{
	int wide = width + 160, high = height + 120;
	XShmSegmentInfo shm = { 0 };
	XImage *image = XShmCreateImage(display, DefaultVisual(display, screen),
			(unsigned)DefaultDepth(display, screen), ZPixmap, NULL, &shm,
			(unsigned)wide, (unsigned)high);
	struct timespec next;
	Window w;
	GC gc;

	shm.shmid = shmget(IPC_PRIVATE, (size_t)image->bytes_per_line * (size_t)high,
			IPC_CREAT | 0600);
	shm.shmaddr = image->data = shmat(shm.shmid, NULL, 0);
	shm.readOnly = True;
	draw_picture((uint32_t *)(void *)image->data, wide, high);
	XShmAttach(display, &shm);
	w = open_window(DisplayWidth(display, screen) - width - 40,
			DisplayHeight(display, screen) - height - 40, (unsigned)width,
			(unsigned)height, 0);
	gc = XCreateGC(display, w, 0, NULL);
	XSync(display, False);
	shmctl(shm.shmid, IPC_RMID, NULL); /* goes with its last user, even if that is killed */
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0;; i++) {
		int x = (int)(79 + 79 * sin((double)i * .037)),
		    y = (int)(59 + 59 * sin((double)i * .051 + 1));

		x += i & 1 && x < 158 ? 1 : 0; /* never the same place twice running */
		XShmPutImage(display, w, gc, image, x, y, 0, 0, (unsigned)width, (unsigned)height,
				False);
		XFlush(display);
		next.tv_nsec += 1000000000 / fps;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static void run_key(void)
{
	Window w = open_window(0, 0, 200, 200, KeyPressMask | ExposureMask | StructureNotifyMask);
	GC gc = XCreateGC(display, w, 0, NULL);

	for (int white = 0;;) {
		XEvent event;

		XNextEvent(display, &event);
		if (event.type == MapNotify)
			XSetInputFocus(display, w, RevertToPointerRoot, CurrentTime);
		if (event.type == KeyPress)
			white = !white;
		else if (event.type != Expose)
			continue;
		XSetForeground(display, gc,
				white ? WhitePixel(display, screen) : BlackPixel(display, screen));
		XFillRectangle(display, w, gc, 0, 0, 200, 200);
		XFlush(display);
	}
}

static void run_press(void)
{
	Window w = open_window(0, 0, (unsigned)DisplayWidth(display, screen),
			(unsigned)DisplayHeight(display, screen),
			KeyPressMask | StructureNotifyMask);
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/pressed", getenv("HOME") ? getenv("HOME") : "");
	f = fopen(path, "ae");
	if (!f) {
		perror(path);
		exit(1);
	}
	setvbuf(f, NULL, _IONBF, 0);
	XSetWindowBackground(display, w, 0xc0309f);
	XClearWindow(display, w);
	for (;;) {
		XEvent event;
		char text[8];

		XNextEvent(display, &event);
		if (event.type == MapNotify)
			XSetInputFocus(display, w, RevertToPointerRoot, CurrentTime);
		if (event.type == KeyPress &&
				XLookupString(&event.xkey, text, sizeof(text), NULL, NULL) == 1)
			fputc(text[0], f);
	}
}

static int number(int argc, char **argv, int i, int otherwise)
{
	int v = argc > i ? atoi(argv[i]) : otherwise;

	return v > 0 && v < 10000 ? v : otherwise;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "lines") == 0)
		run_lines((unsigned)number(argc, argv, 2, 500), UINT32_MAX);
	if (strcmp(what, "still") == 0) {
		run_lines(0, 45);
		for (;;)
			pause();
	}
	display = XOpenDisplay(NULL);
	if (!display) {
		fprintf(stderr, "paint: no display; set DISPLAY\n");
		return 1;
	}
	screen = DefaultScreen(display);
	if (strcmp(what, "video") == 0)
		run_video(number(argc, argv, 2, 640), number(argc, argv, 3, 360),
				number(argc, argv, 4, 25));
	if (strcmp(what, "key") == 0)
		run_key();
	if (strcmp(what, "press") == 0)
		run_press();
	fprintf(stderr, "paint lines [MS] | still | video [W H FPS] | key | press\n");
	return 2;
}
