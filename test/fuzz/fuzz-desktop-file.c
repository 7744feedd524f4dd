/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desktop files. What must hold: what is taken has a name and a command, in UTF-8. */
#include <string.h>

#include "base/str.h"
#include "fuzz.h"
#include "proto/desktop-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct desktop_file d = { 0 };

	if (desktop_file_parse((const char *)data, size, "de", &d) < 0)
		return 0;
	FUZZ_CHECK(d.name && d.exec && d.names);
	FUZZ_CHECK(str_is_utf8(d.name, strlen(d.name)) && str_is_utf8(d.exec, strlen(d.exec)));
	FUZZ_CHECK(strlen(d.exec) <= DESKTOP_VALUE_MAX);
	desktop_file_done(&d);
	return 0;
}
