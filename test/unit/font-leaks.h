/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For programs that draw text, once in each: what the font libraries keep until the process ends is
 * no leak. (FcFini() would free it, but pango loads fonts on a thread of its own that may still use
 * it.)
 */
#pragma once

const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

__attribute__((visibility("default"), used)) const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libcairo\n";
}

__attribute__((visibility("default"), used)) const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}
