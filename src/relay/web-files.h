/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pages: every file of the web root, read once at start. A request is looked up in this table,
 * never in the file system, so no path can lead out of the folder, and pages and their assets are
 * always of one build.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct web_files;

enum web_encoding { WEB_IDENTITY, WEB_GZIP, WEB_BROTLI, _WEB_ENCODING_MAX };

enum { WEB_ETAG_LEN = 18 }; /* with its quotes */

struct web_file {
	char *path;       /* as in the URL: "/assets/a-1234.js" */
	const char *type; /* Content-Type */
	bool immutable;   /* its name changes with its content */
	struct {
		uint8_t *data; /* NULL: not there in this encoding */
		size_t len;
		char etag[WEB_ETAG_LEN + 1];
	} variants[_WEB_ENCODING_MAX];
};

/*
 * "/" is index.html, "/station" is station.html, "/assets/..." the folder assets; NAME.gz and
 * NAME.br beside a file are its compressed forms. -ENOENT: no folder or no index.html; -EFBIG.
 */
int web_files_new(const char *root, struct web_files **ret);
struct web_files *web_files_free(struct web_files *f);
const struct web_file *web_files_find(const struct web_files *f, const char *path);
/* The best form of the file for this Accept-Encoding header (NULL: none). */
enum web_encoding web_file_choose(const struct web_file *file, const char *accept_encoding);
