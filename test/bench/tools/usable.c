/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usable: when can sessions be used?
 *
 *   usable -n COUNT [-d FOLDER] [-x :DISPLAY]... WANT...
 *
 * Waits until COUNT displays show everything that is wanted: "wm" (a window manager has announced
 * itself), or the WM_CLASS of a window that is viewable. Displays are the ones named by -x, and
 * those of the sessions that appear in FOLDER (a Stationmaster run folder: ID/display/xauthority);
 * sessions that are there at the start do not count. For each one line: milliseconds of
 * CLOCK_MONOTONIC, and the display. "ready" is printed when it has begun to look. It looks every 2
 * ms, for both kinds of displays in the same way.
 */
#include <X11/Xatom.h>
#include <X11/Xauth.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAX 1000
#define WANTED_MAX  16

struct target {
	char id[256]; /* folder of the session, or the display */
	char display[32];
	Display *x;
	bool done;
	bool old; /* was there before we began */
};

static struct target targets[TARGETS_MAX];
static size_t n_targets;
static const char *wanted[WANTED_MAX];
static size_t n_wanted;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int ignore_error(Display *x, XErrorEvent *event)
{
	(void)x, (void)event; /* windows go while we look at them */
	return 0;
}

static bool window_is(Display *x, Window w, const char *class)
{
	XWindowAttributes attributes;
	XClassHint hint;
	bool found;

	if (!XGetClassHint(x, w, &hint))
		return false;
	found = strcasecmp(hint.res_name, class) == 0 || strcasecmp(hint.res_class, class) == 0;
	XFree(hint.res_name);
	XFree(hint.res_class);
	return found && XGetWindowAttributes(x, w, &attributes) &&
	       attributes.map_state == IsViewable;
}

static bool has_window(Display *x, Window w, const char *class, int depth)
{
	Window root, parent, *children = NULL;
	unsigned n = 0;
	bool found = window_is(x, w, class);

	if (!found && depth > 0 && XQueryTree(x, w, &root, &parent, &children, &n)) {
		for (unsigned i = 0; i < n && !found; i++)
			found = has_window(x, children[i], class, depth - 1);
		if (children)
			XFree(children);
	}
	return found;
}

static bool has_manager(Display *x)
{
	unsigned long n = 0, left;
	unsigned char *value = NULL;
	int format;
	Atom type;

	XGetWindowProperty(x, DefaultRootWindow(x),
			XInternAtom(x, "_NET_SUPPORTING_WM_CHECK", False), 0, 1, False, XA_WINDOW,
			&type, &format, &n, &left, &value);
	if (value)
		XFree(value);
	return n > 0;
}

static bool is_usable(Display *x)
{
	for (size_t i = 0; i < n_wanted; i++)
		if (strcmp(wanted[i], "wm") == 0 ? !has_manager(x)
						 : !has_window(x, DefaultRootWindow(x), wanted[i],
								   4))
			return false;
	return true;
}

static struct target *target_find(const char *id)
{
	for (size_t i = 0; i < n_targets; i++)
		if (strcmp(targets[i].id, id) == 0)
			return &targets[i];
	return NULL;
}

static struct target *target_add(const char *id, const char *display, bool old)
{
	struct target *t = &targets[n_targets];

	if (n_targets == TARGETS_MAX)
		return NULL;
	n_targets++;
	snprintf(t->id, sizeof(t->id), "%s", id);
	snprintf(t->display, sizeof(t->display), "%s", display);
	t->old = old;
	return t;
}

static void look_for_sessions(const char *folder, bool old)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && !target_find(entry->d_name))
			target_add(entry->d_name, "", old);
	closedir(d);
}

/* The display number stands in the authority file. */
static void find_display(struct target *t, const char *path)
{
	FILE *f = fopen(path, "re");
	Xauth *entry = f ? XauReadAuth(f) : NULL;

	if (entry && entry->number_length > 0 && entry->number_length < 8)
		snprintf(t->display, sizeof(t->display), ":%.*s", (int)entry->number_length,
				entry->number);
	if (entry)
		XauDisposeAuth(entry);
	if (f)
		fclose(f);
}

static void target_step(struct target *t, const char *folder)
{
	if (t->done || t->old)
		return;
	if (folder && t->id[0] != ':') {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s/display/xauthority", folder, t->id);
		if (!t->display[0])
			find_display(t, path);
		setenv("XAUTHORITY", path, 1);
	}
	if (t->display[0] && !t->x)
		t->x = XOpenDisplay(t->display);
	if (!t->x || !is_usable(t->x))
		return;
	t->done = true;
	printf("%.3f %s\n", now_ms(), t->display);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *folder = NULL;
	size_t count = 1, done = 0;
	double end = now_ms() + 120e3;
	int o;

	while ((o = getopt(argc, argv, "+n:d:x:")) != -1) {
		if (o == 'n')
			count = (size_t)atoi(optarg);
		else if (o == 'd')
			folder = optarg;
		else if (o == 'x')
			target_add(optarg, optarg, false);
		else
			return 2;
	}
	for (; optind < argc && n_wanted < WANTED_MAX; optind++)
		wanted[n_wanted++] = argv[optind];
	XSetErrorHandler(ignore_error);
	if (folder)
		look_for_sessions(folder, true);
	printf("ready\n");
	fflush(stdout);
	while (done < count && now_ms() < end) {
		if (folder)
			look_for_sessions(folder, false);
		done = 0;
		for (size_t i = 0; i < n_targets; i++) {
			target_step(&targets[i], folder);
			done += targets[i].done;
		}
		usleep(2000);
	}
	if (done < count)
		fprintf(stderr, "usable: only %zu of %zu displays within 120 s\n", done, count);
	return done < count;
}
