/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files, Unix sockets and the log, in a folder of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

static char folder[] = "/tmp/stationmaster-test-XXXXXX";
static char path[64], other[64];

static int setup(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	snprintf(other, sizeof(other), "%s/file.new", folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(folder); /* fails if a test left something */
}

static void files_are_replaced_as_a_whole(void **state)
{
	_cleanup_free_ char *data = NULL;
	struct stat st;
	size_t len;

	assert_int_equal(fd_write_file(path, "old", 3, 0600), 0);
	assert_int_equal(fd_write_file(path, "new\0text", 8, 0640), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640 & ~022);
	assert_int_equal(access(other, F_OK), -1);
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, 100, &data, &len), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(data, "new\0text", 9); /* and the NUL after it */
}

static void files_have_a_limit(void **state)
{
	char *data = NULL, big[10000];
	size_t len;

	memset(big, 'x', sizeof(big));
	assert_int_equal(fd_write_file(path, big, sizeof(big), 0600), 0);
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, sizeof(big) - 1, &data, &len), -EFBIG);
	assert_null(data);
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, sizeof(big), &data, NULL), 0);
	assert_memory_equal(data, big, sizeof(big));
	free(data);
	assert_int_equal(fd_read_file_at(AT_FDCWD, other, 10, &data, &len), -ENOENT);
}

static void a_link_is_not_followed_when_writing(void **state)
{
	assert_int_equal(symlink("/dev/null", other), 0);
	assert_true(fd_write_file(path, "x", 1, 0600) < 0);
	unlink(other);
}

static void sockets(void **state)
{
	_cleanup_close_ int server = -EBADF, client = -EBADF, peer = -EBADF;
	_cleanup_free_ gid_t *groups = NULL;
	struct ucred cred;
	struct stat st;
	size_t n = 0;
	char long_path[200];

	unlink(path);
	assert_int_equal(fd_unix_connect(path), -ENOENT);
	server = fd_unix_listen(path, 0600);
	assert_true(server >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	client = fd_unix_connect(path);
	assert_true(client >= 0);
	assert_true(fcntl(client, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(client, F_GETFL) & O_NONBLOCK);
	peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_true(peer >= 0);
	assert_int_equal(fd_peer_cred(peer, &cred), 0);
	assert_int_equal(cred.pid, getpid());
	assert_int_equal(cred.uid, getuid());
	assert_int_equal(fd_peer_groups(peer, &groups, &n), 0);
	assert_int_equal(n, getgroups(0, NULL));
	/* A socket that was left by a process that died is replaced. */
	server = safe_close(server);
	assert_int_equal(fd_unix_connect(path), -ECONNREFUSED);
	server = fd_unix_listen(path, 0666);
	assert_true(server >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[199] = 0;
	assert_int_equal(fd_unix_connect(long_path), -ENAMETOOLONG);
	assert_int_equal(fd_unix_listen(long_path, 0600), -ENAMETOOLONG);
	unlink(path);
}

static void all_is_written_to_a_slow_reader(void **state)
{
	_cleanup_free_ char *data = calloc(1, 1 << 20);
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	size_t total = 0;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	in = fds[0];
	out = fds[1];
	assert_int_equal(fcntl(out, F_SETFL, O_NONBLOCK), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fd_write_all(out, data, 1 << 20) == 0 ? 0 : 1);
	out = safe_close(out);
	for (;;) {
		ssize_t n = read(in, data, 7000);

		assert_true(n >= 0);
		if (n == 0)
			break;
		total += (size_t)n;
	}
	assert_int_equal(total, 1 << 20);
}

static void log_lines_cannot_be_forged(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int saved = dup(STDERR_FILENO), file = -EBADF;

	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(file >= 0 && saved >= 0);
	dup2(file, STDERR_FILENO);
	log_init("test");
	log_warning("Somebody is called %s user=%s", "Eve\n<0>kernel: panic\x1b[31m", "eve");
	log_debug("not shown");
	errno = 0;
	log_error_errno(-ENOENT, "It is not there");
	dup2(saved, STDERR_FILENO);
	assert_int_equal(fd_read_file_at(AT_FDCWD, path, 10000, &text, NULL), 0);
	assert_string_equal(text, "<4>Somebody is called Eve <0>kernel: panic [31m user=eve\n"
				  "<3>It is not there: No such file or directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_replaced_as_a_whole),
		cmocka_unit_test(files_have_a_limit),
		cmocka_unit_test(a_link_is_not_followed_when_writing),
		cmocka_unit_test(sockets),
		cmocka_unit_test(all_is_written_to_a_slow_reader),
		cmocka_unit_test(log_lines_cannot_be_forged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
