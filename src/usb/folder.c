/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user's folder is root's, so that nobody puts a link where the next mount goes; an entry of its
 * access list lets the user in. (Its group would let in everybody who has the same one.)
 */
#include "usb/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "usb/words.h"

#define MEDIA "/run/media"

enum { NAMES_MAX = 32 };

static int let_in(int fd, uint32_t uid)
{
	static const __u32 none = (__u32)ACL_UNDEFINED_ID;
	const __u16 enter = ACL_READ | ACL_EXECUTE;
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[5];
	} list = { { POSIX_ACL_XATTR_VERSION },
		{ { ACL_USER_OBJ, enter | ACL_WRITE, none }, { ACL_USER, enter, uid },
				{ ACL_GROUP_OBJ, 0, none }, { ACL_MASK, enter, none },
				{ ACL_OTHER, 0, none } } };

	return fsetxattr(fd, "system.posix_acl_access", &list, sizeof(list), 0) < 0 ? -errno : 0;
}

/* Of root, whatever was there before. */
static int make_folder(const char *path, mode_t mode, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	*ret_fd = take_fd(&fd);
	return 0;
}

static bool is_free(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

/* Left behind by a process that was ended: nothing is mounted there. */
static void clear(const char *path)
{
	rmdir(path);
}

static int find_name(const char *folder, const char *label, char **ret_where)
{
	char name[LABEL_MAX], unit[UNIT_MAX];

	words_folder(label, name);
	for (int i = 1; i <= NAMES_MAX; i++) {
		_cleanup_free_ char *where = i == 1 ? str_format("%s/%s", folder, name)
						    : str_format("%s/%s-%d", folder, name, i);

		if (!where)
			return -ENOMEM;
		if (words_unit(where, unit) < 0) {
			strcpy(name, "storage");
			continue;
		}
		clear(where);
		if (!is_free(where))
			continue;
		if (mkdir(where, 0700) < 0)
			return -errno;
		*ret_where = take_ptr(where);
		return 0;
	}
	return -EEXIST;
}

int folder_make(const char *user, uint32_t uid, const char *label, char **ret_where)
{
	_cleanup_free_ char *folder = str_format(MEDIA "/%s", user);
	_cleanup_close_ int media = -EBADF, fd = -EBADF;
	int r;

	if (!folder)
		return -ENOMEM;
	r = make_folder(MEDIA, 0755, &media);
	if (r == 0)
		r = make_folder(folder, 0750, &fd);
	if (r == 0)
		r = let_in(fd, uid);
	return r < 0 ? r : find_name(folder, label, ret_where);
}

bool folder_is_ours(const char *where)
{
	const char *user = where + sizeof(MEDIA), *label;

	if (strncmp(where, MEDIA "/", sizeof(MEDIA)) != 0)
		return false;
	label = strchr(user, '/');
	return label && label > user && label[1] && !strchr(label + 1, '/');
}

void folder_remove(const char *where)
{
	_cleanup_free_ char *folder = NULL;
	char *end;

	if (!folder_is_ours(where))
		return;
	rmdir(where); /* fails while something is mounted there */
	folder = strdup(where);
	end = folder ? strrchr(folder, '/') : NULL;
	if (!end)
		return;
	*end = '\0';
	rmdir(folder);
}
