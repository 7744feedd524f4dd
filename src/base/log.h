/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging to standard error, one line a call, with the "<N>" priority prefix that journald reads
 * (left out on a terminal). Programs log once, where the decision is taken; base, proto, io and ipc
 * log at most at debug level. Fields are written as key=value at the end of the line: session=s3
 * user=anna peer=... Secrets are never logged. Control characters in the text are replaced, so
 * hostile strings cannot forge lines.
 */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"

/* Lines above this priority are dropped; LOG_INFO unless STATIONMASTER_DEBUG=1 is in the
 * environment. */
void log_init(const char *program);
void log_write(int priority, const char *fmt, ...) _printf_(2, 3);

#define log_debug(...)   log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFO, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   log_write(LOG_ERR, __VA_ARGS__)

/* Logs "text: strerror" and gives the (negative) error back: return log_error_errno(r, "..."); */
#define log_error_errno(error, fmt, ...) \
	({ \
		int _e = (error); \
		log_write(LOG_ERR, fmt ": %s", ##__VA_ARGS__, strerror(_e < 0 ? -_e : _e)); \
		_e < 0 ? _e : -_e; \
	})
#define log_warning_errno(error, fmt, ...) \
	({ \
		int _e = (error); \
		log_write(LOG_WARNING, fmt ": %s", ##__VA_ARGS__, strerror(_e < 0 ? -_e : _e)); \
		_e < 0 ? _e : -_e; \
	})
