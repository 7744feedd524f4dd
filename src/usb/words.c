/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of labels, and what the kernel says of mounts. A label is written by whoever had the
 * stick before, so it may hold anything.
 */
#include "usb/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/str.h"

enum { MOUNTS_MAX = 20000 };

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.';
}

void words_folder(const char *label, char ret[static LABEL_MAX])
{
	size_t n = 0, len = strlen(label);
	bool utf8 = str_is_utf8(label, len);

	for (const unsigned char *s = (const unsigned char *)label; *s; s++) {
		/* A character is taken as a whole or not at all. */
		size_t more = !utf8 || *s < 0xc0 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

		if (n + more >= LABEL_MAX)
			break;
		if (more > 1) {
			memcpy(ret + n, s, more);
			n += more;
			s += more - 1;
		} else {
			ret[n++] = is_plain(*s) || *s == '-' ? (char)*s : '_';
		}
	}
	while (n > 0 && ret[n - 1] == '_')
		n--;
	ret[n] = '\0';
	if (*ret == '.' || *ret == '-')
		*ret = '_';
	if (n == 0 || strspn(ret, "_") == n)
		strcpy(ret, "storage");
}

int words_unit(const char *where, char ret[static UNIT_MAX])
{
	static const char suffix[] = ".mount";
	size_t n = 0;

	for (const char *s = where + 1; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (n + 4 + sizeof(suffix) > UNIT_MAX)
			return -ENAMETOOLONG;
		if (c == '/')
			ret[n++] = '-';
		else if ((is_plain(c) || c == ':') && !(c == '.' && n == 0))
			ret[n++] = (char)c;
		else
			n += (size_t)sprintf(ret + n, "\\x%02x", c);
	}
	memcpy(ret + n, suffix, sizeof(suffix));
	return 0;
}

/* --- file systems --- */

static const struct {
	const char *fs, *type, *options; /* options: with uid and gid where there is "%" */
} types[] = {
	{ "vfat", "vfat", "%,umask=077,shortname=mixed,utf8=1,flush" },
	{ "exfat", "exfat", "%,umask=077,iocharset=utf8" },
	{ "ntfs", "ntfs3", "%,umask=077,iocharset=utf8" },
	{ "ext4", "ext4", "errors=remount-ro" },
	{ "iso9660", "iso9660", "%,mode=0400,dmode=0500,iocharset=utf8" },
	{ "udf", "udf", "%,umask=077,iocharset=utf8" },
};

const char *words_type(const char *fs)
{
	for (size_t i = 0; i < ELEMENTSOF(types); i++)
		if (streq(types[i].fs, fs))
			return types[i].type;
	return NULL;
}

char *words_options(const char *fs, uint32_t uid, uint32_t gid)
{
	for (size_t i = 0; i < ELEMENTSOF(types); i++) {
		if (!streq(types[i].fs, fs))
			continue;
		if (*types[i].options == '%')
			return str_format("nosuid,nodev,uid=%u,gid=%u%s", uid, gid,
					types[i].options + 1);
		return str_format("nosuid,nodev,%s", types[i].options);
	}
	return NULL;
}

/* --- mounts --- */

/* "\040" is a space. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
				s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + s[3] - '0');
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static int parse_line(char *line, struct mount *ret)
{
	char *save = NULL, *field = strtok_r(line, " ", &save), *where = NULL;
	unsigned maj = 0, min = 0;
	struct mount m = { 0 };
	bool ok = false;

	for (int i = 0; field && !streq(field, "-"); i++, field = strtok_r(NULL, " ", &save)) {
		if (i == 2)
			ok = sscanf(field, "%u:%u", &maj, &min) == 2;
		else if (i == 4)
			where = field;
	}
	if (!field || !ok || !where || *where != '/')
		return 0;
	field = strtok_r(NULL, " ", &save);
	/* Who mounts with FUSE chooses the name of the source; that of btrfs is the kernel's. */
	if (field && streq(field, "btrfs")) {
		field = strtok_r(NULL, " ", &save);
		if (field) {
			unescape(field);
			m.source = strdup(field);
			if (!m.source)
				return -ENOMEM;
		}
	}
	unescape(where);
	m.number = makedev(maj, min);
	m.where = strdup(where);
	if (!m.where) {
		free(m.source);
		return -ENOMEM;
	}
	*ret = m;
	return 1;
}

int mounts_parse(char *text, struct mounts *ret)
{
	struct mounts m = { 0 };
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line && m.n < MOUNTS_MAX;
			line = strtok_r(NULL, "\n", &save)) {
		struct mount one;
		int r = parse_line(line, &one);

		if (r > 0 && (m.n & (m.n - 1)) == 0) { /* grows at powers of two */
			struct mount *more =
					reallocarray(m.items, m.n ? m.n * 2 : 1, sizeof(*more));

			if (more)
				m.items = more;
			else
				r = -ENOMEM;
			if (!more) {
				free(one.where);
				free(one.source);
			}
		}
		if (r < 0) {
			mounts_done(&m);
			return r;
		}
		if (r > 0)
			m.items[m.n++] = one;
	}
	*ret = m;
	return 0;
}

void mounts_done(struct mounts *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].where);
		free(m->items[i].source);
	}
	free(m->items);
	*m = (struct mounts){ 0 };
}
