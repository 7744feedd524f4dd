/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order as it comes from stationd, checked as if it came from somebody else: names become
 * folders and paths decide whose storage it is.
 */
#include "usb/table.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

enum { CLASS_DEVICE = 0x00, CLASS_STORAGE = 0x08, CLASS_VENDOR = 0xff };

static bool is_user(const char *user)
{
	return str_is_account_name(user) && !strchr(user, '/') && *user != '.';
}

static int parse_hub(json_t *object, struct hub *ret)
{
	struct hub h = { 0 };
	const char *path, *user;
	int64_t uid, gid;
	struct args a;

	args_init(&a, object);
	path = arg_string(&a, "path", ARG_REQUIRED, USB_PATH_MAX - 1);
	user = arg_string(&a, "user", ARG_OPTIONAL, STORAGE_USER_MAX - 1);
	uid = arg_int(&a, "uid", ARG_REQUIRED, -1, UINT32_MAX - 1, -1);
	gid = arg_int(&a, "gid", ARG_REQUIRED, -1, UINT32_MAX - 1, -1);
	h.blocked = arg_bool(&a, "blocked", ARG_REQUIRED, false);
	if (!json_is_object(object) || args_done(&a) || !*path || streq(path, USB_PATH_BUILTIN))
		return -EBADMSG;
	if (user && (!is_user(user) || uid < 0 || gid < 0))
		return -EBADMSG;
	str_copy(h.path, sizeof(h.path), path);
	if (user) {
		str_copy(h.user, sizeof(h.user), user);
		h.uid = (uint32_t)uid;
		h.gid = (uint32_t)gid;
	}
	*ret = h;
	return 0;
}

static bool has_path(const struct table *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (streq(t->hubs[i].path, path))
			return true;
	return false;
}

int table_parse(json_t *parameters, struct table *ret)
{
	_cleanup_free_ struct table *t = calloc(1, sizeof(*t));
	json_t *hubs, *object;
	struct args a;
	size_t i;

	if (!t)
		return -ENOMEM;
	args_init(&a, parameters);
	hubs = arg_any(&a, "hubs", ARG_REQUIRED);
	if (args_done(&a) || !json_is_array(hubs))
		return -EBADMSG;
	if (json_array_size(hubs) > HUBS_MAX)
		return -E2BIG;
	json_array_foreach (hubs, i, object) {
		struct hub h;
		int r = parse_hub(object, &h);

		if (r < 0)
			return r;
		if (has_path(t, h.path))
			return -EBADMSG;
		t->hubs[t->n++] = h;
	}
	*ret = *t;
	return 0;
}

enum wanted table_decide(const struct table *t, const char *id_path, bool used,
		const struct usb_input *inputs, size_t n_inputs, const struct hub **ret_hub)
{
	const char *paths[HUBS_MAX];
	int owner;

	for (size_t i = 0; i < t->n; i++)
		paths[i] = t->hubs[i].path;
	owner = usb_path_assign(id_path, NULL, 0, paths, t->n);
	*ret_hub = owner < 0 ? NULL : &t->hubs[owner];
	if (used)
		return WANT_LEFT;
	if (owner < 0)
		return WANT_SYSTEM;
	if (usb_path_assign(id_path, inputs, n_inputs, paths, t->n) != owner)
		return WANT_CLOSED;
	return t->hubs[owner].blocked || !*t->hubs[owner].user ? WANT_CLOSED : WANT_OPEN;
}

bool interface_is_storage(unsigned class, const char *driver, bool authorized)
{
	if (class == CLASS_STORAGE || streq(driver, "usb-storage") || streq(driver, "uas") ||
			strncmp(driver, "ums-", 4) == 0)
		return true;
	/* The rule lets all others in; these it has taken for storage. */
	return !authorized && (class == CLASS_DEVICE || class == CLASS_VENDOR);
}
