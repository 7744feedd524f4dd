/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desktop files of sessions: good ones, odd ones, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "proto/desktop-file.h"

#define ENTRY "[Desktop Entry]\n"

static int parse(const char *text, struct desktop_file *d)
{
	return desktop_file_parse(text, strlen(text), "de", d);
}

static void good_files(void **state)
{
	static const struct {
		const char *text, *name, *exec, *try_exec, *names;
		bool hidden;
	} rows[] = {
		{ ENTRY "Name=Xfce\nExec=startxfce4\nTryExec=startxfce4\nDesktopNames=XFCE;\n",
				"Xfce", "startxfce4", "startxfce4", "XFCE", false },
		{ "# c\n\n" ENTRY
		  "Name = Two Words \nExec = run --now %U \nDesktopNames=A;B-C;\r\n",
				"Two Words", "run --now", NULL, "A:B-C", false },
		{ ENTRY "Name=A\nName=B\nName[fr]=C\nExec=x\n[Desktop Action y]\nExec=z", "A", "x",
				NULL, "", false },
		{ ENTRY "Name=a\\sb\\\\c\nExec=sh -c \"a %% b\" %f%F\nNoDisplay=true", "a b\\c",
				"sh -c \"a % b\"", NULL, "", true },
		{ ENTRY "Name=H\nExec=x\nTryExec=\nHidden=true\nNoDisplay=false", "H", "x", NULL,
				"", true },
		{ ENTRY "Name=a\\nb\\tc\nExec=x", "abc", "x", NULL, "", false },
	};

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		struct desktop_file d;

		print_message("%s\n", rows[i].text);
		assert_int_equal(parse(rows[i].text, &d), 0);
		assert_string_equal(d.name, rows[i].name);
		assert_string_equal(d.exec, rows[i].exec);
		assert_string_equal(d.names, rows[i].names);
		assert_int_equal(d.hidden, rows[i].hidden);
		if (rows[i].try_exec)
			assert_string_equal(d.try_exec, rows[i].try_exec);
		else
			assert_null(d.try_exec);
		desktop_file_done(&d);
	}
}

static void bad_files(void **state)
{
	static const char *const rows[] = { "", "Name=A\nExec=x\n", ENTRY, ENTRY "Name=A\n",
		ENTRY "Exec=x\n", ENTRY "Name=\nExec=x\n", ENTRY "Name=A\nExec=%f\n",
		ENTRY "Name=A\nExec=a\\nb\n", ENTRY "Name=\xff\nExec=x\n",
		ENTRY "Name=\\n\nExec=x\n" };
	static char big[DESKTOP_FILE_MAX + 2];
	struct desktop_file d;

	for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
		print_message("%s\n", rows[i]);
		assert_int_equal(parse(rows[i], &d), -EBADMSG);
	}
	assert_int_equal(desktop_file_parse(ENTRY "Name=A\0\nExec=x\n", 31, NULL, &d), -EBADMSG);
	assert_non_null(big);
	memset(big, '#', DESKTOP_FILE_MAX + 1);
	assert_int_equal(parse(big, &d), -EFBIG);
	memcpy(big, ENTRY "Name=A\nExec=", 28);
	memset(big + 28, 'x', DESKTOP_VALUE_MAX + 1);
	big[28 + DESKTOP_VALUE_MAX + 1] = 0;
	assert_int_equal(parse(big, &d), -EBADMSG);
	big[28 + DESKTOP_VALUE_MAX] = 0;
	assert_int_equal(parse(big, &d), 0);
	desktop_file_done(&d);
}

static void program_files(void **state)
{
	struct desktop_file d;

	assert_int_equal(
			parse(ENTRY "Name[de]=Schreiber\nName=Writer\nComment=Write\nComment[de]=Schrei"
				    "ben\nExec=w %U\nIcon=w\nCategories=Office;X;\nTerminal=true\n"
				    "Type=Application\nOnlyShowIn=XFCE;\nName[de]=Zweitens\n",
					&d),
			0);
	assert_string_equal(d.name, "Schreiber");
	assert_string_equal(d.comment, "Schreiben");
	assert_string_equal(d.icon, "w");
	assert_string_equal(d.categories, "Office;X;");
	assert_string_equal(d.only_in, "XFCE;");
	assert_true(d.terminal && d.is_program);
	desktop_file_done(&d);
	assert_int_equal(parse(ENTRY "Name=L\nName[d]=x\nName[deu]=y\nExec=x\nType=Link\n", &d), 0);
	assert_string_equal(d.name, "L");
	assert_string_equal(d.comment, "");
	assert_false(d.is_program || d.terminal);
	desktop_file_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(program_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
