/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Table of the pages, sorted by path. Read into memory, not mapped: a file that is truncated by an
 * installation would kill a process that has it mapped. Only regular files of the web root itself
 * and of its folder "assets" are taken, without following symbolic links.
 */
#include "relay/web-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/str.h"

enum {
	FILES_MAX = 2048,
	FILE_SIZE_MAX = 16 * 1024 * 1024,
	TOTAL_SIZE_MAX = 64 * 1024 * 1024,
};

struct web_files {
	struct web_file *files;
	size_t n;
	size_t total;
};

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".webp", "image/webp" },
	{ ".ico", "image/x-icon" },
	{ ".json", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".woff2", "font/woff2" },
	{ ".wasm", "application/wasm" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && streq(s + n - m, suffix);
}

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < ELEMENTSOF(types); i++)
		if (has_suffix(path, types[i].suffix))
			return types[i].type;
	return NULL;
}

static struct web_file *file_get(struct web_files *f, const char *path)
{
	struct web_file *bigger;

	for (size_t i = 0; i < f->n; i++)
		if (streq(f->files[i].path, path))
			return &f->files[i];
	if (f->n >= FILES_MAX)
		return NULL;
	bigger = reallocarray(f->files, f->n + 1, sizeof(*bigger));
	if (!bigger)
		return NULL;
	f->files = bigger;
	f->files[f->n] = (struct web_file){ .path = strdup(path) };
	return f->files[f->n].path ? &f->files[f->n++] : NULL;
}

static void etag_build(const uint8_t *data, size_t len, char ret[static WEB_ETAG_LEN + 1])
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256(data, len, hash);
	ret[0] = '"';
	for (size_t i = 0; i < (WEB_ETAG_LEN - 2) / 2; i++)
		snprintf(ret + 1 + i * 2, 3, "%02x", hash[i]);
	ret[WEB_ETAG_LEN - 1] = '"';
	ret[WEB_ETAG_LEN] = 0;
}

/* One file of folder dirfd. prefix is the folder in the URL, ended by '/'. */
static int file_load(struct web_files *f, int dirfd, const char *prefix, const char *name)
{
	_cleanup_free_ char *path = NULL, *data = NULL;
	enum web_encoding encoding = WEB_IDENTITY;
	struct web_file *file;
	const char *type;
	struct stat st;
	size_t len;
	int r;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	path = str_format("%s%s", prefix, name);
	if (!path)
		return -ENOMEM;
	if (has_suffix(path, ".gz"))
		encoding = WEB_GZIP;
	else if (has_suffix(path, ".br"))
		encoding = WEB_BROTLI;
	if (encoding != WEB_IDENTITY)
		path[strlen(path) - 3] = 0;
	type = type_of(path);
	if (!type)
		return 0; /* nothing that a page refers to */
	if (streq(path, "/index.html"))
		path[1] = 0;
	else if (streq(path, "/station.html"))
		path[strlen("/station")] = 0;
	r = fd_read_file_at(dirfd, name, FILE_SIZE_MAX, &data, &len);
	if (r < 0)
		return r;
	f->total += len;
	if (f->total > TOTAL_SIZE_MAX)
		return -EFBIG;
	file = file_get(f, path);
	if (!file)
		return f->n >= FILES_MAX ? -EFBIG : -ENOMEM;
	file->type = type;
	file->immutable = !streq(prefix, "/");
	etag_build((uint8_t *)data, len, file->variants[encoding].etag);
	file->variants[encoding].data = (uint8_t *)take_ptr(data);
	file->variants[encoding].len = len;
	return 0;
}

static int folder_load(
		struct web_files *f, const char *root, const char *folder, const char *prefix)
{
	_cleanup_free_ char *path = NULL;
	struct dirent *e;
	DIR *dir;
	int r = 0;

	path = str_format("%s/%s", root, folder);
	if (!path)
		return -ENOMEM;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (r == 0 && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			r = file_load(f, dirfd(dir), prefix, e->d_name);
	closedir(dir);
	return r;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct web_file *)a)->path, ((const struct web_file *)b)->path);
}

int web_files_new(const char *root, struct web_files **ret)
{
	struct web_files *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	r = folder_load(f, root, "", "/");
	if (r == 0)
		r = folder_load(f, root, "assets", "/assets/");
	if (r == -ENOENT && f->n > 0)
		r = 0; /* pages without assets */
	/* A compressed form alone cannot be given to everybody. */
	for (size_t i = 0; i < f->n && r == 0; i++)
		if (!f->files[i].variants[WEB_IDENTITY].data)
			r = -ENOENT;
	if (r == 0) {
		if (f->n > 0)
			qsort(f->files, f->n, sizeof(f->files[0]), compare_files);
		if (!web_files_find(f, "/"))
			r = -ENOENT;
	}
	if (r < 0) {
		web_files_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

struct web_files *web_files_free(struct web_files *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->n; i++) {
		free(f->files[i].path);
		for (size_t e = 0; e < _WEB_ENCODING_MAX; e++)
			free(f->files[i].variants[e].data);
	}
	free(f->files);
	free(f);
	return NULL;
}

const struct web_file *web_files_find(const struct web_files *f, const char *path)
{
	struct web_file key = { .path = (char *)path };

	if (f->n == 0)
		return NULL;
	return bsearch(&key, f->files, f->n, sizeof(f->files[0]), compare_files);
}

/* token is in the header and not refused by ";q=0". */
static bool header_accepts(const char *header, const char *token)
{
	size_t n = strlen(token);

	while (*header) {
		size_t len, name;

		header += strspn(header, ", \t");
		len = strcspn(header, ",");
		name = strcspn(header, ",; \t");
		if (name == n && strncasecmp(header, token, n) == 0) {
			const char *q = memmem(header, len, "q=0", 3);

			return !q || (size_t)(q - header) + 3 < len; /* q=0.5 is an acceptance */
		}
		header += len;
	}
	return false;
}

enum web_encoding web_file_choose(const struct web_file *file, const char *accept_encoding)
{
	if (accept_encoding && file->variants[WEB_BROTLI].data &&
			header_accepts(accept_encoding, "br"))
		return WEB_BROTLI;
	if (accept_encoding && file->variants[WEB_GZIP].data &&
			header_accepts(accept_encoding, "gzip"))
		return WEB_GZIP;
	return WEB_IDENTITY;
}
