/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replays a corpus through a fuzz target built by any compiler: every file of the folders (or the
 * files) in the arguments once, and each cut off at every length for files of at most CUT_MAX
 * bytes, since parsers break at ends. libFuzzer brings a main() of its own; this one is for "meson
 * test". Exit code 1 where there was nothing to replay, so an empty corpus is not a passed test.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "fuzz.h"

enum { FILE_SIZE_MAX = 16 * 1024 * 1024, CUT_MAX = 2048 };

/* A buffer of exactly this size, so that a sanitizer sees a read behind the end. */
static void run_one(const char *data, size_t len)
{
	_cleanup_free_ uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
}

static int replay_file(const char *path)
{
	_cleanup_free_ char *data = NULL;
	size_t len;
	int r;

	r = fd_read_file_at(AT_FDCWD, path, FILE_SIZE_MAX, &data, &len);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(-r));
		return -1;
	}
	/* Named before it runs: the last line tells what crashed. */
	printf("%s (%zu bytes)\n", path, len);
	fflush(stdout);
	for (size_t n = 0; len <= CUT_MAX && n < len; n++)
		run_one(data, n);
	run_one(data, len);
	return 1;
}

static int is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int replay(const char *path)
{
	struct dirent **list = NULL;
	struct stat st;
	int n, total = 0, failed = 0;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return replay_file(path);
	n = scandir(path, &list, is_shown, alphasort);
	for (int i = 0; i < n; i++) {
		_cleanup_free_ char *file = str_format("%s/%s", path, list[i]->d_name);
		int r = file ? replay_file(file) : -1;

		total += MAX(r, 0);
		failed |= r < 0;
		free(list[i]);
	}
	free(list);
	return failed ? -1 : total;
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int r = replay(argv[i]);

		if (r < 0)
			return 1;
		total += r;
	}
	printf("%d files replayed\n", total);
	return total > 0 ? 0 : 1;
}
