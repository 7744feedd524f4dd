/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One process-wide logger. A line is built in a fixed buffer and written with one write(2), so
 * lines of threads do not mix; what does not fit is cut.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LOG_LINE_MAX = 2048 };

static struct {
	const char *program;
	int max_priority;
	bool tty;
} logger = { .program = "stationmaster", .max_priority = LOG_INFO };

void log_init(const char *program)
{
	const char *debug = getenv("STATIONMASTER_DEBUG");

	logger.program = program;
	logger.max_priority = debug && strcmp(debug, "1") == 0 ? LOG_DEBUG : LOG_INFO;
	logger.tty = isatty(STDERR_FILENO);
}

void log_write(int priority, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	int saved = errno, n;
	size_t start, len;
	va_list ap;

	if (priority > logger.max_priority)
		return;

	n = logger.tty ? snprintf(line, sizeof(line), "%s: ", logger.program)
		       : snprintf(line, sizeof(line), "<%d>", priority);
	start = (size_t)n;

	va_start(ap, fmt);
	n = vsnprintf(line + start, sizeof(line) - start - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	len = start + MIN((size_t)n, sizeof(line) - start - 2);

	for (size_t i = start; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0) {
		/* Nobody to tell. */
	}
	errno = saved;
}
