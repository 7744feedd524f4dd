/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of what the relay draws, in every language that it speaks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum overlay_text {
	TEXT_LEAD,
	TEXT_USER,
	TEXT_PASSWORD,
	TEXT_DESKTOP,
	TEXT_LOG_IN,
	TEXT_CONTINUE,
	TEXT_BACK,
	TEXT_USER_MISSING,
	TEXT_CAPS_LOCK,
	TEXT_BUSY,
	TEXT_READ_FIRST,
	TEXT_READ_LEAD,
	TEXT_READ_KEYS,
	TEXT_ACCEPT,
	TEXT_REFUSE,
	TEXT_NOTICE,     /* %s: who */
	TEXT_NOTICE_NOW, /* %s: who */
	TEXT_IDLE_LOGOFF,
	TEXT_IDLE_LOGOFF_NOW,
	TEXT_IDLE_SUSPEND,
	TEXT_IDLE_SUSPEND_NOW,
	TEXT_IDLE_LOCK,
	TEXT_IDLE_LOCK_NOW,
	TEXT_IDLE_KEEP,
	TEXT_LIMIT_MEMORY,
	TEXT_LIMIT_MEMORY_HINT,
	TEXT_LIMIT_TASKS,
	TEXT_LIMIT_TASKS_HINT,
	TEXT_LESSON,
	TEXT_LESSON_UNTIL, /* %s: when */
	TEXT_LESSON_SOON,  /* %s: how many minutes, more than one */
	TEXT_LESSON_SOON_ONE,
	TEXT_WEB_OPEN,   /* %s: who; then the sites */
	TEXT_WEB_CLOSED, /* %s: who; then the sites */
	TEXT_WEB_MORE,   /* %s: how many */
	TEXT_SAVE,
	TEXT_MORE_TIME,
	TEXT_ASKED,
	TEXT_LOCKED,
	TEXT_UNLOCK,
	TEXT_SWITCH,
	TEXT_PANEL_KEY,
	TEXT_VIEWED,     /* %s: who */
	TEXT_CONTROLLED, /* %s: who */
	TEXT_EXCLUSIVE,  /* %s: who */
	TEXT_SUSPEND,
	TEXT_SUSPEND_HINT,
	TEXT_LOCK,
	TEXT_LOCK_HINT,
	TEXT_LOG_OFF,
	TEXT_LOG_OFF_HINT,
	TEXT_LOG_OFF_ASK,
	TEXT_LOG_OFF_LOST,
	TEXT_MORE_TIME_HINT, /* %s: who */
	TEXT_HAND_UP,
	TEXT_HAND_UP_HINT,
	TEXT_HAND_DOWN,
	TEXT_HAND_DOWN_HINT,
	TEXT_HAND_OFF,
	TEXT_MESSAGES,
	TEXT_MESSAGES_HINT,
	TEXT_MESSAGES_NEW, /* %s: how many, more than one */
	TEXT_MESSAGES_NEW_ONE,
	TEXT_MESSAGES_NONE,
	TEXT_MESSAGES_OFF,
	TEXT_MESSAGE_YOU,
	TEXT_MESSAGE_WRITE,
	TEXT_MESSAGE_SEND,
	TEXT_MESSAGE_ANSWER,
	TEXT_CANCEL,
	TEXT_CLOSE,
	TEXT_BLOCKED,
	TEXT_BLOCKED_BY,    /* %s: who */
	TEXT_BLOCKED_UNTIL, /* %s: when */
	TEXT_BLOCKED_KEPT,
	TEXT_PROJECTED,        /* %s: who */
	TEXT_PROJECTED_SCREEN, /* %s: whose */
	TEXT_COMING,
	TEXT_MAP_KEYBOARD,
	TEXT_MAP_POINTER,
	TEXT_MAP_SKIP,
	TEXT_MAP_WAITING,
	_TEXT_MAX,
};

/* language: "de", "de-AT", ...; anything unknown is English. */
const char *overlay_text_get(const char *language, enum overlay_text text);
/* Put value where "%s" stands; cut at size - 1 bytes. */
void overlay_text_fill(char *dst, size_t size, const char *text, const char *value);
/* "14:20" today, else with the day: "24 Nov, 14:20", "24.11., 14:20 Uhr". Empty for 0. */
void overlay_text_time(char *dst, size_t size, int64_t ms, const char *language);
/* str_clean() that keeps the ends of lines. NULL: no memory. */
char *overlay_text_clean(const char *s, size_t max_chars);
