/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session's folder. Only root writes in .../ID; display/ belongs to the user, because the
 * display server makes its socket there as the user. It is filled before it is given away, and
 * taken back before it is removed, so root never works in a folder that a user can change at that
 * moment.
 */
#include "session/folder.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "ipc/json.h"

enum { DEPTH_MAX = 128 };

#define COOKIE_NAME "MIT-MAGIC-COOKIE-1"

bool folder_is_id(const char *id)
{
	size_t n = strspn(id + (*id == 's'), "0123456789");

	return *id == 's' && n > 0 && n < FOLDER_ID_MAX - 1 && id[1 + n] == 0;
}

char *folder_path(const char *id, const char *name)
{
	return str_format(SESSIONS_DIR "/%s/%s", id, name);
}

/* Xauthority, Xau(3): all numbers big endian, strings with a 16-bit length. */
static void put_string(FILE *f, const void *data, size_t len)
{
	uint16_t n = htons((uint16_t)len);

	fwrite(&n, 2, 1, f);
	fwrite(data, 1, len, f);
}

static void put_entry(
		FILE *f, uint16_t family, const char *address, int display, const uint8_t *cookie)
{
	char number[16];

	family = htons(family);
	fwrite(&family, 2, 1, f);
	put_string(f, address, strlen(address));
	put_string(f, number, (size_t)snprintf(number, sizeof(number), "%d", display));
	put_string(f, COOKIE_NAME, strlen(COOKIE_NAME));
	put_string(f, cookie, COOKIE_SIZE);
}

static int write_xauthority(int dirfd, uid_t uid, gid_t gid, int display, uint8_t *cookie)
{
	_cleanup_close_ int fd = -EBADF;
	char host[256] = "";
	FILE *f;
	int r = 0;

	if (getrandom(cookie, COOKIE_SIZE, 0) != COOKIE_SIZE)
		return -EIO;
	gethostname(host, sizeof(host) - 1);
	fd = openat(dirfd, "xauthority", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (fd < 0)
		return -errno;
	if (fchown(fd, uid, gid) < 0)
		return -errno;
	f = fdopen(fd, "we");
	if (!f)
		return -errno;
	take_fd(&fd);
	put_entry(f, 256, host, display, cookie); /* FamilyLocal: what xauth and ssh -X look for */
	put_entry(f, 65535, "", display,
			cookie); /* FamilyWild: whatever the host is called later */
	if (ferror(f))
		r = -EIO;
	if (fclose(f) != 0)
		r = -errno;
	return r;
}

static int make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0)
		return -errno;
	return chmod(path, mode) < 0 ? -errno : 0; /* whatever the umask was */
}

static int fill(const char *id, uid_t uid, gid_t gid, int display, uint8_t *cookie)
{
	_cleanup_free_ char *path = folder_path(id, "display");
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!path)
		return -ENOMEM;
	r = make_dir(path, 0700);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_xauthority(fd, uid, gid, display, cookie);
	if (r < 0)
		return r;
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

int folder_make(const char *id, uid_t uid, gid_t gid, int display,
		uint8_t ret_cookie[static COOKIE_SIZE])
{
	_cleanup_free_ char *path = folder_path(id, "");
	int r;

	if (!path)
		return -ENOMEM;
	make_dir(RUN_DIR, 0755); /* without tmpfiles.d */
	make_dir(SESSIONS_DIR, 0711);
	r = make_dir(path, 0711);
	if (r < 0)
		return r;
	r = fill(id, uid, gid, display, ret_cookie);
	if (r < 0)
		folder_remove(id);
	return r;
}

static int remove_at(int dirfd, const char *name, unsigned depth)
{
	_cleanup_close_ int fd = -EBADF;
	struct dirent *e;
	int r = 0, k;
	DIR *d;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth >= DEPTH_MAX)
		return -ELOOP;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* From now on its owner cannot put anything into it. */
	if (fchown(fd, 0, 0) < 0 || fchmod(fd, 0700) < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		if (streq(e->d_name, ".") || streq(e->d_name, ".."))
			continue;
		k = remove_at(fd, e->d_name, depth + 1);
		r = r ? r : k;
	}
	take_fd(&fd);
	closedir(d);
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && r == 0 ? -errno : r;
}

int folder_remove_tree(int dirfd, const char *name)
{
	return remove_at(dirfd, name, 0);
}

void folder_remove(const char *id)
{
	_cleanup_close_ int fd = open(SESSIONS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return;
	r = folder_remove_tree(fd, id);
	if (r < 0)
		log_warning_errno(r, "cannot remove " SESSIONS_DIR "/%s", id);
}

int folder_write_ended(const char *id, bool forced, const char *reason)
{
	_cleanup_json_ json_t *object = json_pack("{s:b, s:s}", "forced", forced, "reason", reason);
	_cleanup_free_ char *path = str_format(ENDED_DIR "/%s", id);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int r = -ENOMEM;

	make_dir(ENDED_DIR, 0700);
	if (path && text)
		r = fd_write_file(path, text, strlen(text), 0600);
	free(text);
	return r;
}
