/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading of /usr/share/xsessions. A file that is not a desktop file, is hidden, or whose TryExec
 * is missing is left out; the folder belongs to the distribution's packages, so that is not worth
 * more than a debug line. The time of change of the folder says when to read again (packages add
 * and rename files, they do not edit them in place).
 */
#include "hostd/desktops.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "proto/desktop-file.h"

void desktops_init(struct desktops *d, const char *path)
{
	*d = (struct desktops){ .path = path };
}

static void list_clear(struct desktops *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->list[i].id);
		free(d->list[i].name);
		free(d->list[i].exec);
		free(d->list[i].names);
	}
	d->n = 0;
}

void desktops_done(struct desktops *d)
{
	list_clear(d);
	d->changed = (struct timespec){ 0 };
}

bool desktop_program_is_there(const char *program)
{
	static const char *const folders[] = { "/usr/local/bin", "/usr/bin", "/bin",
		"/usr/local/games", "/usr/games", "/usr/local/sbin", "/usr/sbin", "/sbin" };

	if (program[0] == '/')
		return access(program, X_OK) == 0;
	for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", folders[i], program);

		if (path && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static void file_add(void *userdata, int dirfd, const char *file)
{
	struct desktops *d = userdata;
	_cleanup_free_ char *data = NULL, *id = NULL;
	struct desktop_file f;
	size_t len;
	int r;

	id = strndup(file, strlen(file) - strlen(".desktop"));
	if (!id || !str_is_utf8(id, strlen(id)) || strlen(id) > 100 || d->n == DESKTOPS_MAX)
		return;
	r = fd_read_file_at(dirfd, file, DESKTOP_FILE_MAX, &data, &len);
	if (r == 0)
		r = desktop_file_parse(data, len, NULL, &f);
	if (r < 0) {
		log_debug("%s/%s is left out: %s", d->path, file, strerror(-r));
		return;
	}
	if (!f.hidden && (!f.try_exec || desktop_program_is_there(f.try_exec))) {
		d->list[d->n++] = (struct desktop){ .id = take_ptr(id),
			.name = take_ptr(f.name),
			.exec = take_ptr(f.exec),
			.names = take_ptr(f.names) };
	}
	desktop_file_done(&f);
}

static int is_desktop_file(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 8 && e->d_name[0] != '.' && streq(e->d_name + n - 8, ".desktop");
}

void desktops_list(
		int dirfd, void (*fn)(void *userdata, int dirfd, const char *file), void *userdata)
{
	struct dirent **list = NULL;
	int n = scandirat(dirfd, ".", &list, is_desktop_file, alphasort);

	for (int i = 0; i < n; i++) {
		fn(userdata, dirfd, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

void desktops_update(struct desktops *d)
{
	_cleanup_close_ int dirfd = -EBADF;
	struct stat st;

	dirfd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || fstat(dirfd, &st) < 0) {
		desktops_done(d);
		return;
	}
	if (st.st_mtim.tv_sec == d->changed.tv_sec && st.st_mtim.tv_nsec == d->changed.tv_nsec)
		return;
	list_clear(d);
	d->changed = st.st_mtim;
	desktops_list(dirfd, file_add, d);
}

const struct desktop *desktops_find(const struct desktops *d, const char *id)
{
	for (size_t i = 0; i < d->n; i++)
		if (streq(d->list[i].id, id))
			return &d->list[i];
	return NULL;
}

char *desktop_missing_program(const struct desktop *d)
{
	const char *start = d->exec + strspn(d->exec, " \t"), *end;
	_cleanup_free_ char *program = NULL;

	/* A quoted program name is rare, and one with escapes in it does not exist. */
	if (*start == '"')
		start++;
	end = start + strcspn(start, start > d->exec && start[-1] == '"' ? "\"" : " \t");
	program = strndup(start, (size_t)(end - start));
	return program && !desktop_program_is_there(program) ? take_ptr(program) : NULL;
}

const struct desktop *desktops_default(const struct desktops *d, const char *configured)
{
	const struct desktop *found =
			str_is_empty(configured) ? NULL : desktops_find(d, configured);

	return found ? found : d->n > 0 ? &d->list[0] : NULL;
}
