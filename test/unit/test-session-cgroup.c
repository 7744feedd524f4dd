/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which folders a session's control groups are, from the texts of v1, hybrid and v2 systems. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "session/cgroup.h"

static const char hybrid_mounts[] =
		"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
		"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n"
		"39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
		"40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
		"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";
static const char unified_mounts[] =
		"30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

static void test_hybrid(void **state)
{
	static const char before[] = "3:name=systemd:/system.slice/x.service\n2:pids:/system.slice/"
				     "x.service\n1:cpu,cpuacct:/\n0::/system.slice/x.service\n";
	static const char after[] =
			"3:name=systemd:/user.slice/session-7.scope\n2:pids:/user.slice/"
			"session-7.scope\n1:cpu,cpuacct:/\n0::/user.slice/session-7.scope\n";
	struct cgroup g;
	size_t tracks = 0;

	(void)state;
	assert_int_equal(cgroup_compare(before, after, hybrid_mounts, &g), 0);
	assert_int_equal(g.n, 3); /* cpu did not change */
	assert_string_equal(g.dirs[0].path, "/sys/fs/cgroup/systemd/user.slice/session-7.scope");
	assert_string_equal(g.dirs[0].back, "/sys/fs/cgroup/systemd/system.slice/x.service");
	assert_string_equal(g.dirs[0].place, "name=systemd:/user.slice/session-7.scope");
	assert_string_equal(g.dirs[1].path, "/sys/fs/cgroup/pids/user.slice/session-7.scope");
	assert_true(g.dirs[2].v2);
	for (size_t i = 0; i < g.n; i++)
		tracks += g.dirs[i].tracks;
	assert_int_equal(tracks, 1);
	assert_true(g.dirs[2].tracks);
	cgroup_done(&g);
}

static void test_v1_tracks_systemd(void **state)
{
	struct cgroup g;

	(void)state;
	assert_int_equal(cgroup_compare("2:pids:/\n1:name=systemd:/\n",
					 "2:pids:/a\n1:name=systemd:/a\n", hybrid_mounts, &g),
			0);
	assert_int_equal(g.n, 2);
	assert_false(g.dirs[0].tracks);
	assert_true(g.dirs[1].tracks);
	cgroup_done(&g);
}

static void test_unified(void **state)
{
	struct cgroup g;

	(void)state;
	assert_int_equal(cgroup_compare("0::/\n", "0::/user.slice/s.scope\n", unified_mounts, &g),
			0);
	assert_int_equal(g.n, 1);
	assert_string_equal(g.dirs[0].path, "/sys/fs/cgroup/user.slice/s.scope");
	assert_string_equal(g.dirs[0].back, "/sys/fs/cgroup");
	assert_true(g.dirs[0].tracks);
	cgroup_done(&g);
	assert_int_equal(cgroup_compare("0::/a\n", "0::/a\n", unified_mounts, &g), 0);
	assert_int_equal(g.n, 0);
}

static void test_paths(void **state)
{
	static const char inside[] = "9 8 0:1 /box/one /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
	char *p;

	(void)state;
	p = cgroup_find_path(inside, "", "/box/one/x");
	assert_string_equal(p, "/sys/fs/cgroup/x");
	free(p);
	assert_null(cgroup_find_path(inside, "", "/box/other"));
	assert_null(cgroup_find_path(inside, "", "/box/one-and-a-half"));
	assert_null(cgroup_find_path(inside, "", "/../elsewhere")); /* outside of the namespace */
	assert_null(cgroup_find_path(inside, "pids", "/box/one"));
	assert_null(cgroup_find_path("", "", "/"));
	assert_null(cgroup_find_path("not a mount table\n - \n", "", "/"));
	/* All controllers of a hierarchy must be there, whole words. */
	assert_null(cgroup_find_path(hybrid_mounts, "cpu,memory", "/a"));
	assert_null(cgroup_find_path(hybrid_mounts, "pid", "/a"));
	p = cgroup_find_path(hybrid_mounts, "cpu,cpuacct", "/a");
	assert_string_equal(p, "/sys/fs/cgroup/cpu,cpuacct/a");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hybrid),
		cmocka_unit_test(test_v1_tracks_systemd),
		cmocka_unit_test(test_unified),
		cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
