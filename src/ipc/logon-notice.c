/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plain text files, because a page of rules does not fit the lines of a configuration file and
 * because whoever writes it should need nothing but an editor.
 */
#include "ipc/logon-notice.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"

#define SUFFIX ".txt"

static int is_text_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n >= strlen(SUFFIX) && d->d_name[0] != '.' &&
	       streq(d->d_name + n - strlen(SUFFIX), SUFFIX);
}

/* "de", "gsw", "de-AT", "zh-Hant": letters, then perhaps letters and digits behind a hyphen. */
static bool is_language(const char *s, size_t len)
{
	size_t letters = 0;

	while (letters < len && islower((unsigned char)s[letters]))
		letters++;
	if (letters < 2 || letters > 3 || len >= LOGON_NOTICE_LANGUAGE_MAX)
		return false;
	if (letters == len)
		return true;
	if (s[letters] != '-' || letters + 1 == len)
		return false;
	for (size_t i = letters + 1; i < len; i++)
		if (!isalnum((unsigned char)s[i]))
			return false;
	return true;
}

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* Ends of lines as everywhere; without what surrounds the text, a byte order mark too. */
static char *text_tidy(const char *text)
{
	size_t mark = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, n, len = 0;
	char *out;

	text += mark;
	n = strlen(text);
	out = malloc(n + 1);

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (text[i] != '\r')
			out[len++] = text[i];
	while (len > 0 && isspace((unsigned char)out[len - 1]))
		len--;
	out[len] = '\0';
	n = strspn(out, " \t\n");
	memmove(out, out + n, len - n + 1);
	return out;
}

/* What is wrong with a text of this many bytes; NULL: nothing. */
static char *text_check(const char *raw, size_t len, const char *text)
{
	if (strlen(raw) != len || !str_is_utf8(raw, len))
		return str_format("this is no UTF-8 text");
	for (const char *s = text; *s; s++)
		if (is_control(*s))
			return str_format("there is a control character in it");
	if (str_count_chars(text) > LOGON_NOTICE_CHARS_MAX)
		return str_format("a notice has at most %d characters", LOGON_NOTICE_CHARS_MAX);
	return NULL;
}

/* 0, or -errno with *ret_reason where it is the file's fault. An empty text adds nothing. */
static int notice_read(
		struct logon_notices *n, const char *path, const char *name, char **ret_reason)
{
	_cleanup_free_ char *raw = NULL, *text = NULL;
	size_t len, language = strlen(name) - strlen(SUFFIX);
	struct logon_notice *notice = &n->list[n->n];
	int r;

	if (!is_language(name, language)) {
		*ret_reason = str_format("its name must be a language, as in en.txt or de-AT.txt");
		return -EINVAL;
	}
	r = fd_read_file_at(AT_FDCWD, path, LOGON_NOTICE_BYTES_MAX, &raw, &len);
	if (r < 0) {
		*ret_reason = r == -EFBIG ? str_format("it has more than %d bytes",
							    LOGON_NOTICE_BYTES_MAX)
					  : str_format("it cannot be read: %s", strerror(-r));
		return -EINVAL;
	}
	text = text_tidy(raw);
	if (!text)
		return -ENOMEM;
	*ret_reason = text_check(raw, len, text);
	if (*ret_reason)
		return -EINVAL;
	if (!*text)
		return 0;
	memcpy(notice->language, name, language);
	notice->language[language] = '\0';
	notice->text = take_ptr(text);
	n->n++;
	return 0;
}

static int folder_read(struct logon_notices *n, const char *folder, char **ret_error)
{
	struct dirent **names = NULL;
	int count, r = 0;

	count = scandir(folder, &names, is_text_file, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	n->list = calloc((size_t)count + 1, sizeof(*n->list));
	if (!n->list)
		r = -ENOMEM;
	if (count > LOGON_NOTICES_MAX) {
		*ret_error = str_format(
				"%s: there are more than %d texts", folder, LOGON_NOTICES_MAX);
		r = -EINVAL;
	}
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *path = str_format("%s/%s", folder, names[i]->d_name);
		_cleanup_free_ char *reason = NULL;

		if (r == 0)
			r = path ? notice_read(n, path, names[i]->d_name, &reason) : -ENOMEM;
		if (reason)
			*ret_error = str_format("%s: %s", path, reason);
		free(names[i]);
	}
	free(names);
	return r;
}

int logon_notices_load(const char *conf_path, struct logon_notices **ret, char **ret_error)
{
	_cleanup_(logon_notices_freep) struct logon_notices *n = calloc(1, sizeof(*n));
	_cleanup_free_ char *folder = NULL;
	const char *slash = strrchr(conf_path, '/');
	int r;

	*ret_error = NULL;
	folder = str_format("%.*s/notice.d", slash ? (int)(slash - conf_path) : 1,
			slash ? conf_path : ".");
	if (!n || !folder)
		return -ENOMEM;
	r = folder_read(n, folder, ret_error);
	if (r < 0)
		return r;
	*ret = take_ptr(n);
	return 0;
}

struct logon_notices *logon_notices_free(struct logon_notices *n)
{
	if (!n)
		return NULL;
	for (size_t i = 0; i < n->n; i++)
		free(n->list[i].text);
	free(n->list);
	free(n);
	return NULL;
}

static const struct logon_notice *find(
		const struct logon_notices *n, const char *language, size_t len)
{
	for (size_t i = 0; i < n->n; i++)
		if (strlen(n->list[i].language) == len &&
				strncasecmp(n->list[i].language, language, len) == 0)
			return &n->list[i];
	return NULL;
}

const struct logon_notice *logon_notices_find(const struct logon_notices *n, const char *language)
{
	const struct logon_notice *found = NULL;
	char tag[LOGON_NOTICE_LANGUAGE_MAX] = "";

	if (!n || n->n == 0)
		return NULL;
	/* What does not fit is the name of no file. */
	if (language && str_copy(tag, sizeof(tag), language)) {
		tag[strcspn(tag, ".@")] = '\0';
		for (char *s = tag; *s; s++)
			*s = *s == '_' ? '-' : *s;
		found = find(n, tag, strlen(tag));
	}
	if (!found)
		found = find(n, tag, strcspn(tag, "-"));
	if (!found)
		found = find(n, "en", 2);
	return found ? found : &n->list[0];
}
