/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a stick and the kernel's list of mounts say to station-usb. What must hold: a label becomes
 * the name of one folder, never of one above; a place becomes a name of a unit or is refused; lines
 * of mounts are read or left out.
 */
#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "usb/folder.h"
#include "usb/words.h"

static void check_label(const char *label)
{
	char name[LABEL_MAX], unit[UNIT_MAX];
	_cleanup_free_ char *where = NULL;

	words_folder(label, name);
	FUZZ_CHECK(*name && *name != '.' && *name != '-' && strlen(name) < LABEL_MAX);
	FUZZ_CHECK(!strpbrk(name, "/\\ \n\t") && str_is_utf8(name, strlen(name)));
	where = str_format("/run/media/anna/%s", name);
	FUZZ_CHECK(where && folder_is_ours(where));
	FUZZ_CHECK(words_unit(where, unit) == 0 && !strchr(unit, '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct mounts m;

	FUZZ_CHECK(text);
	check_label(text);
	FUZZ_CHECK(mounts_parse(text, &m) == 0);
	for (size_t i = 0; i < m.n; i++)
		FUZZ_CHECK(m.items[i].where && *m.items[i].where);
	mounts_done(&m);
	return 0;
}
