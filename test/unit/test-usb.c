/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What station-usb decides, and what it makes of labels and of the kernel's list of mounts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/str.h"
#include "usb/folder.h"
#include "usb/table.h"
#include "usb/words.h"

#define PCI "pci-0000:00:04.0-usb-0"

static int parse(const char *text, struct table *t)
{
	_cleanup_json_ json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return table_parse(json, t);
}

static void add_hub(struct table *t, const char *path, const char *user, bool blocked)
{
	struct hub *h = &t->hubs[t->n++];

	*h = (struct hub){ .uid = 1000, .gid = 1000, .blocked = blocked };
	str_copy(h->path, sizeof(h->path), path);
	str_copy(h->user, sizeof(h->user), user);
}

static enum wanted decide(const struct table *t, const char *path, const char *expected_hub)
{
	const struct hub *hub;
	enum wanted w = table_decide(t, path, false, NULL, 0, &hub);

	if (expected_hub)
		assert_string_equal(hub->path, expected_hub);
	else
		assert_null(hub);
	return w;
}

static void test_order(void **state)
{
	static struct table t;

	assert_int_equal(parse("{\"hubs\":[]}", &t), 0);
	assert_int_equal(t.n, 0);
	assert_int_equal(
			parse("{\"hubs\":[{\"path\":\"" PCI
			      ":1\",\"user\":\"anna\",\"uid\":1001,\"gid\":1002,\"blocked\":false},"
			      "{\"path\":\"" PCI
			      ":2\",\"user\":null,\"uid\":-1,\"gid\":-1,\"blocked\":true}]}",
					&t),
			0);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.hubs[0].user, "anna");
	assert_int_equal(t.hubs[0].uid, 1001);
	assert_int_equal(t.hubs[0].gid, 1002);
	assert_string_equal(t.hubs[1].user, "");
	assert_true(t.hubs[1].blocked);
}

static void test_bad_orders(void **state)
{
#define HUB(path, user, uid) \
	"{\"path\":\"" path "\",\"user\":" user ",\"uid\":" uid ",\"gid\":5,\"blocked\":false}"
	static const char *const bad[] = {
		"{}",
		"{\"hubs\":{}}",
		"{\"hubs\":[5]}",
		"{\"hubs\":[],\"more\":1}",
		"{\"hubs\":[" HUB("", "\"anna\"", "1") "]}",
		"{\"hubs\":[" HUB("builtin", "\"anna\"", "1") "]}",
		"{\"hubs\":[" HUB("a-usb-0:1", "\"anna\"", "-1") "]}",
		"{\"hubs\":[" HUB("a-usb-0:1", "\"an/na\"", "1") "]}",
		"{\"hubs\":[" HUB("a-usb-0:1", "\"..\"", "1") "]}",
		"{\"hubs\":[" HUB("a-usb-0:1", "\"\"", "1") "]}",
		"{\"hubs\":[" HUB("a-usb-0:1", "\"anna\"", "4294967295") "]}",
		"{\"hubs\":[" HUB("a-usb-0:1", "\"anna\"", "1") "," HUB(
				"a-usb-0:1", "\"ben\"", "2") "]}",
	};
	static struct table t;
	_cleanup_json_ json_t *many = json_array();

	t.n = 7;
	for (size_t i = 0; i < ELEMENTSOF(bad); i++)
		assert_int_equal(parse(bad[i], &t), -EBADMSG);
	for (int i = 0; i <= HUBS_MAX; i++)
		json_array_append_new(many, json_object());
	many = json_pack("{s:o}", "hubs", many);
	assert_int_equal(table_parse(many, &t), -E2BIG);
	assert_int_equal(t.n, 7); /* what holds is left as it was */
}

static void test_whose(void **state)
{
	static struct table t;

	t.n = 0;
	add_hub(&t, PCI ":1", "anna", false);
	add_hub(&t, PCI ":2", "ben", true);
	add_hub(&t, PCI ":3", "", false);
	add_hub(&t, PCI ":1.4", "carl", false);
	assert_int_equal(decide(&t, PCI ":1.3:1.0", PCI ":1"), WANT_OPEN);
	assert_int_equal(decide(&t, PCI ":2.3:1.0", PCI ":2"), WANT_CLOSED);
	assert_int_equal(decide(&t, PCI ":3.1:1.0", PCI ":3"), WANT_CLOSED);
	/* The deeper hub decides. */
	assert_int_equal(decide(&t, PCI ":1.4.1:1.0", PCI ":1.4"), WANT_OPEN);
	assert_int_equal(decide(&t, PCI ":1.5.1:1.0", PCI ":1"), WANT_OPEN);
	/* Part by part, with the controller. */
	assert_int_equal(decide(&t, PCI ":10.1:1.0", NULL), WANT_SYSTEM);
	assert_int_equal(decide(&t, PCI ":1:1.0", NULL), WANT_SYSTEM);
	assert_int_equal(decide(&t, PCI ":22.3:1.0", NULL), WANT_SYSTEM);
	assert_int_equal(decide(&t, "pci-0000:00:05.0-usb-0:1.3:1.0", NULL), WANT_SYSTEM);
	assert_int_equal(decide(&t, "pci-0000:00:1f.2-ata-1", NULL), WANT_SYSTEM);
}

static void test_controller_ports(void **state)
{
	static struct table t;

	t.n = 0;
	add_hub(&t, PCI, "anna", false);
	assert_int_equal(decide(&t, PCI ":4:1.0", PCI), WANT_OPEN);
	assert_int_equal(decide(&t, PCI ":4.1:1.0", NULL), WANT_SYSTEM);
}

static void test_used_by_the_computer(void **state)
{
	static struct table t;
	const struct hub *hub;

	t.n = 0;
	add_hub(&t, PCI ":1", "", true);
	assert_int_equal(table_decide(&t, PCI ":1.3:1.0", true, NULL, 0, &hub), WANT_LEFT);
	assert_ptr_equal(hub, &t.hubs[0]);
	assert_int_equal(table_decide(&t, PCI ":2.3:1.0", true, NULL, 0, &hub), WANT_LEFT);
	assert_null(hub);
}

/* A hub with a keyboard on a station's hub is nobody's yet: storage on it is nobody's way around.
 */
static void test_hub_of_nobody(void **state)
{
	const struct usb_input keyboards[] = { { PCI ":1.1:1.0", true },
		{ PCI ":1.4.1:1.0", true } };
	static struct table t;
	const struct hub *hub;

	t.n = 0;
	add_hub(&t, PCI ":1", "anna", false);
	assert_int_equal(
			table_decide(&t, PCI ":1.4.2:1.0", false, keyboards, 2, &hub), WANT_CLOSED);
	assert_ptr_equal(hub, &t.hubs[0]);
	assert_int_equal(table_decide(&t, PCI ":1.3:1.0", false, keyboards, 2, &hub), WANT_OPEN);
	add_hub(&t, PCI ":1.4", "ben", false);
	assert_int_equal(table_decide(&t, PCI ":1.4.2:1.0", false, keyboards, 2, &hub), WANT_OPEN);
	assert_ptr_equal(hub, &t.hubs[1]);
}

static void test_classes(void **state)
{
	assert_true(interface_is_storage(0x08, "", false));
	assert_true(interface_is_storage(0x08, "usb-storage", true));
	assert_true(interface_is_storage(0x03, "usb-storage", true));
	assert_true(interface_is_storage(0xff, "ums-realtek", true));
	assert_true(interface_is_storage(0xff, "", false));
	assert_false(interface_is_storage(0xff, "", true));
	assert_false(interface_is_storage(0x03, "", false));
	assert_false(interface_is_storage(0x03, "usbhid", true));
	assert_false(interface_is_storage(0x09, "hub", true));
}

static void test_folders(void **state)
{
	static const struct {
		const char *label, *folder;
	} rows[] = {
		{ "MY_STICK", "MY_STICK" },
		{ "my stick", "my_stick" },
		{ "", "storage" },
		{ "   ", "storage" },
		{ "..", "_." },
		{ ".ssh", "_ssh" },
		{ "-rf", "_rf" },
		{ "../../etc", "_._.._etc" },
		{ "a/b\\c\nd", "a_b_c_d" },
		{ "Müllers", "Müllers" },
		{ "\xff\xfe", "storage" },
		{ "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz012345" },
		{ "abcdefghijklmnopqrstuvwxyz01234ü", "abcdefghijklmnopqrstuvwxyz01234" },
	};
	char name[LABEL_MAX];

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		words_folder(rows[i].label, name);
		assert_string_equal(name, rows[i].folder);
		assert_null(strchr(name, '/'));
	}
	assert_true(folder_is_ours("/run/media/anna/STICK"));
	assert_false(folder_is_ours("/run/media/anna"));
	assert_false(folder_is_ours("/run/media/anna/"));
	assert_false(folder_is_ours("/run/media/anna/a/b"));
	assert_false(folder_is_ours("/run/media//a"));
	assert_false(folder_is_ours("/run/mediax/a/b"));
	assert_false(folder_is_ours("/home"));
}

static void test_units(void **state)
{
	char unit[UNIT_MAX], longest[512];

	assert_int_equal(words_unit("/run/media/anna/STICK", unit), 0);
	assert_string_equal(unit, "run-media-anna-STICK.mount");
	assert_int_equal(words_unit("/run/media/a-b/M\xc3\xbc.x", unit), 0);
	assert_string_equal(unit, "run-media-a\\x2db-M\\xc3\\xbc.x.mount");
	memset(longest, '-', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(words_unit(longest, unit), -ENAMETOOLONG);
}

static void test_options(void **state)
{
	_cleanup_free_ char *vfat = words_options("vfat", 1001, 1002),
			    *ext4 = words_options("ext4", 1001, 1002);

	assert_string_equal(vfat, "nosuid,nodev,uid=1001,gid=1002,umask=077,shortname=mixed,utf8=1,"
				  "flush");
	assert_string_equal(ext4, "nosuid,nodev,errors=remount-ro");
	assert_string_equal(words_type("ntfs"), "ntfs3");
	assert_null(words_type("btrfs"));
	assert_null(words_type(""));
	assert_null(words_options("LVM2_member", 1, 1));
}

static void test_mounts(void **state)
{
	char text[] = "22 1 254:0 / / rw,noatime shared:1 - ext4 /dev/vda rw\n"
		      "40 22 8:1 / /run/media/anna/MY\\040STICK rw,nosuid - vfat /dev/sda1 rw\n"
		      "41 22 0:50 / /mnt rw shared:3 master:4 - btrfs /dev/sdc2 rw\n"
		      "42 22 0:51 / /home/anna/x rw - fuse.x /dev/sdb1 rw\n"
		      "nonsense\n43 22 8 / /y rw - ext4 z rw\n44 22 8:2 / /z rw\n45 22 8:3 / rel rw "
		      "- ext4 z\n";
	struct mounts m;

	assert_int_equal(mounts_parse(text, &m), 0);
	assert_int_equal(m.n, 4);
	assert_string_equal(m.items[0].where, "/");
	assert_true(m.items[1].number == makedev(8, 1));
	assert_string_equal(m.items[1].where, "/run/media/anna/MY STICK");
	assert_null(m.items[1].source);
	assert_string_equal(m.items[2].source, "/dev/sdc2");
	/* Whoever mounts with FUSE writes what they like. */
	assert_null(m.items[3].source);
	mounts_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bad_orders),
		cmocka_unit_test(test_whose),
		cmocka_unit_test(test_controller_ports),
		cmocka_unit_test(test_used_by_the_computer),
		cmocka_unit_test(test_hub_of_nobody),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
