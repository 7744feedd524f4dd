/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configuration file, and its content as an address to listen on. What must hold: an error comes
 * with a sentence, and without an error every setting is in its bounds.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/str.h"
#include "fuzz.h"
#include "ipc/conf.h"

enum { INPUT_MAX = 64 * 1024 };

static void fuzz_listen(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *host = NULL;
	uint16_t port = 0;

	FUZZ_CHECK(text);
	if (conf_parse_listen(text, &host, &port) == 0)
		FUZZ_CHECK(host && port > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	_cleanup_free_ char *error = NULL;
	_cleanup_close_ int fd = -EBADF;
	char path[64];
	int r;

	if (size > INPUT_MAX)
		return 0;
	fuzz_listen(data, size);
	fd = memfd_create("conf", MFD_CLOEXEC);
	FUZZ_CHECK(fd >= 0 && fd_write_all(fd, data, size) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = conf_load(path, &c, &error);
	FUZZ_CHECK(r == 0 || (r == -EINVAL && error && !c));
	if (r < 0)
		return 0;
	FUZZ_CHECK(c->system_name && c->web_listen &&
			str_is_utf8(c->web_root, strlen(c->web_root)));
	FUZZ_CHECK(c->width >= 640 && c->width <= 7680 && c->timeout_ms <= 600 * 1000);
	FUZZ_CHECK(streq(c->sign, "view") || streq(c->sign, "control") || streq(c->sign, "none"));
	FUZZ_CHECK(str_is_utf8(c->block_message, strlen(c->block_message)) &&
			str_count_chars(c->block_message) <= 500);
	return 0;
}
