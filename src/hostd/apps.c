/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading of /usr/share/applications. What people do not find in a menu is left out: hidden
 * entries, those of one desktop only, links, and those whose program is missing. Icons are looked
 * up by name in the theme that every other one falls back to, and among the loose ones.
 */
#include "hostd/apps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/desktops.h"
#include "proto/desktop-file.h"

#define TERMINAL "x-terminal-emulator -e "

void apps_init(struct apps *a, const char *path)
{
	*a = (struct apps){ .path = path };
}

static void app_done(struct app *p)
{
	free(p->id);
	free(p->name);
	free(p->comment);
	free(p->categories);
	free(p->exec);
	free(p->icon);
}

void apps_done(struct apps *a)
{
	for (size_t i = 0; i < a->n; i++)
		app_done(&a->list[i]);
	free(a->list);
	a->list = NULL;
	a->n = 0;
	a->changed = (struct timespec){ 0 };
}

static char *find_icon(const char *name)
{
	static const char *const places[] = {
		"/usr/share/icons/hicolor/48x48/apps/%s.png",
		"/usr/share/icons/hicolor/scalable/apps/%s.svg",
		"/usr/share/icons/hicolor/64x64/apps/%s.png",
		"/usr/share/icons/hicolor/128x128/apps/%s.png",
		"/usr/share/icons/hicolor/32x32/apps/%s.png",
		"/usr/share/pixmaps/%s.png",
		"/usr/share/pixmaps/%s.svg",
	};
	struct stat st;

	if (name[0] == '/' && strncmp(name, "/usr/", 5) == 0 && !strstr(name, "/../"))
		return stat(name, &st) == 0 && S_ISREG(st.st_mode) ? strdup(name) : NULL;
	if (!*name || strchr(name, '/'))
		return NULL;
	for (size_t i = 0; i < ELEMENTSOF(places); i++) {
		const char *mark = strstr(places[i], "%s");
		_cleanup_free_ char *path = str_format(
				"%.*s%s%s", (int)(mark - places[i]), places[i], name, mark + 2);

		if (path && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
				st.st_size <= APPS_ICON_MAX)
			return take_ptr(path);
	}
	return NULL;
}

static bool is_shown(const struct desktop_file *f)
{
	return f->is_program && !f->hidden && !*f->only_in &&
	       (!f->try_exec || desktop_program_is_there(f->try_exec));
}

static void file_add(void *userdata, int dirfd, const char *file)
{
	struct apps *a = userdata;
	_cleanup_free_ char *data = NULL, *id = NULL, *missing = NULL;
	struct desktop_file f;
	struct app p;
	size_t len;
	int r;

	id = strndup(file, strlen(file) - strlen(".desktop"));
	if (!id || !str_is_utf8(id, strlen(id)) || strlen(id) > 100 || a->n == APPS_MAX)
		return;
	r = fd_read_file_at(dirfd, file, DESKTOP_FILE_MAX, &data, &len);
	if (r == 0)
		r = desktop_file_parse(data, len, a->language, &f);
	if (r < 0) {
		log_debug("%s/%s is left out: %s", a->path, file, strerror(-r));
		return;
	}
	missing = desktop_missing_program(&(struct desktop){ .exec = f.exec });
	if (is_shown(&f) && !missing) {
		p = (struct app){ .id = take_ptr(id),
			.name = take_ptr(f.name),
			.comment = take_ptr(f.comment),
			.categories = take_ptr(f.categories),
			.exec = f.terminal ? str_format(TERMINAL "%s", f.exec) : strdup(f.exec),
			.icon = find_icon(f.icon) };
		if (p.exec)
			a->list[a->n++] = p;
		else
			app_done(&p);
	}
	desktop_file_done(&f);
}

static int compare(const void *a, const void *b)
{
	const struct app *p = a, *q = b;
	int r = strcasecmp(p->name, q->name);

	return r ? r : strcmp(p->id, q->id);
}

void apps_update(struct apps *a, const char *language)
{
	_cleanup_close_ int dirfd = -EBADF;
	struct stat st;

	dirfd = open(a->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || fstat(dirfd, &st) < 0) {
		apps_done(a);
		return;
	}
	if (st.st_mtim.tv_sec == a->changed.tv_sec && st.st_mtim.tv_nsec == a->changed.tv_nsec &&
			streq(a->language, language))
		return;
	apps_done(a);
	str_copy(a->language, sizeof(a->language), language);
	a->list = calloc(APPS_MAX, sizeof(*a->list));
	if (a->list)
		desktops_list(dirfd, file_add, a);
	if (a->list)
		qsort(a->list, a->n, sizeof(*a->list), compare);
	a->changed = st.st_mtim;
}

const struct app *apps_find(const struct apps *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++)
		if (streq(a->list[i].id, id))
			return &a->list[i];
	return NULL;
}
