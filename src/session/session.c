/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening a session. The display server starts first and comes up while PAM opens the session
 * (which waits for logind and the user's service manager), because both take long. logind makes the
 * session's scope around this process; the display server is put into it and this process goes back
 * to its own unit, so that everything in the scope is the user's. The scope is never empty in
 * between, or systemd would end it.
 *
 * What PAM changes in this process for the user's sake (limits, groups, niceness, umask) is noted
 * for the children and undone here: a limit of the session must not end who has to end the session.
 */
#include "session/session.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "session/clean-up.h"
#include "session/utmp.h"

#define DEFAULT_PATH      "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
#define DISPLAY_OOM_SCORE "-500"

static void handle_display_ready(void *userdata, int error);
static void handle_settled(void *userdata);

void session_init(struct session *s, struct loop *l, const struct session_ops *ops, void *userdata)
{
	*s = (struct session){ .ops = ops, .userdata = userdata, .loop = l };
	display_init(&s->display, l, handle_display_ready, s);
	desktop_init(&s->desktop, l);
	timer_init(&s->settle_timer, handle_settled, s);
	probe_init(&s->probe, l, handle_settled, s);
	ending_init(s);
	programs_init(&s->programs, s);
	windows_init(&s->windows, s);
	limiter_init(&s->limiter, l);
}

static struct desktop_options desktop_options(const struct session *s)
{
	return (struct desktop_options){ .exec = s->exec,
		.wrapper = s->wrapper,
		.environ = &s->environ,
		.identity = &s->identity,
		.cgroup = s->cgroup.n > 0 ? &s->cgroup : NULL };
}

/* --- undo --- */

static void remove_runtime_dir(struct session *s)
{
	_cleanup_close_ int fd = -EBADF;
	char name[16];

	if (!s->runtime_made)
		return;
	s->runtime_made = false;
	fd = open("/run/user", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "%u", s->identity.uid);
	if (fd >= 0)
		folder_remove_tree(fd, name);
}

/* Back to SESSION_CLOSED; no process of it runs any more. */
static void undo(struct session *s)
{
	programs_done(&s->programs);
	windows_done(&s->windows);
	timer_stop(&s->settle_timer);
	probe_stop(&s->probe);
	if (s->utmp_written)
		utmp_logout(s->display_name, getpid());
	s->utmp_written = false;
	auth_close(&s->auth);
	display_done(&s->display);
	desktop_done(&s->desktop);
	limiter_done(&s->limiter);
	cgroup_done(&s->cgroup);
	remove_runtime_dir(s);
	if (s->folder_made)
		folder_remove(s->id);
	s->folder_made = false;
	environ_done(&s->environ);
	explicit_bzero(s->cookie, sizeof(s->cookie));
	free(s->identity.groups);
	s->identity = (struct identity){ 0 };
	free(s->logind);
	free(s->place);
	s->logind = s->place = NULL;
	free(s->desktop_id);
	free(s->exec);
	free(s->names);
	free(s->wrapper);
	s->desktop_id = s->exec = s->names = s->wrapper = NULL;
	s->display_gone = s->desktop_gone = s->desktop_early = false;
}

void session_done(struct session *s)
{
	ending_done(s);
	undo(s);
	auth_end(&s->auth);
	account_done(&s->account);
	free(s->address);
	s->address = NULL;
}

/* Nothing but the display server runs yet. */
static void open_fail(struct session *s, bool in_use, const char *reason)
{
	_cleanup_free_ char *output = NULL;

	output_drain(&s->display.output);
	output = in_use ? NULL : output_text(&s->display.output);
	if (s->display.pid > 0) {
		kill(s->display.pid, SIGKILL);
		waitpid(s->display.pid, NULL, 0);
		s->display.pid = 0;
	}
	undo(s);
	s->state = SESSION_CLOSED;
	s->ops->handle_open_failed(s->userdata, in_use, reason, output ? output : "");
}

/* --- PAM --- */

/* The user's groups: of the name service now; PAM may add some. */
static int groups_begin(struct session *s)
{
	int r;

	free(s->identity.groups);
	s->identity.groups = NULL;
	r = account_groups(&s->account, &s->identity.groups, &s->identity.n_groups);
	if (r < 0)
		return r;
	return setgroups(s->identity.n_groups, s->identity.groups) < 0 ? -errno : 0;
}

static int groups_end(struct session *s)
{
	int n = getgroups(0, NULL), r = 0;
	gid_t *groups = n > 0 ? calloc((size_t)n, sizeof(gid_t)) : NULL;

	if (n < 0 || (n > 0 && (!groups || getgroups(n, groups) < 0))) {
		r = groups || n < 0 ? -errno : -ENOMEM;
		free(groups);
	} else {
		free(s->identity.groups);
		s->identity.groups = groups;
		s->identity.n_groups = (size_t)n;
	}
	setgroups(0, NULL);
	return r;
}

static void limits_get(struct identity *ret)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		getrlimit(i, &ret->limits[i]);
	ret->nice = getpriority(PRIO_PROCESS, 0);
	ret->umask = umask(0);
	umask(ret->umask);
}

static void limits_set(const struct identity *id)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		setrlimit(i, &id->limits[i]);
	setpriority(PRIO_PROCESS, 0, id->nice);
	umask(id->umask);
}

/* pam_open_session() and what it did to this process. */
static int open_pam(struct session *s)
{
	_cleanup_(environ_done) struct environ vars = { 0 };
	struct identity own;
	int r;

	r = environ_set(&vars, "XDG_SESSION_TYPE", "x11");
	r = r < 0 ? r : environ_set(&vars, "XDG_SESSION_CLASS", "user");
	r = r < 0 ? r : environ_set(&vars, "XDG_SESSION_DESKTOP", s->desktop_id);
	r = r < 0 ? r : cgroup_read_self(&s->place);
	r = r < 0 ? r : groups_begin(s);
	if (r < 0)
		return r;
	limits_get(&own);
	r = auth_open(&s->auth, s->display_name, &vars);
	limits_get(&s->identity);
	limits_set(&own);
	if (r == 0)
		r = groups_end(s);
	else
		setgroups(0, NULL);
	return r < 0 ? r : auth_environ(&s->auth, &s->environ);
}

/*
 * While this process is still in the session's scope: systemd makes the groups of further
 * controllers now and moves all that is in the scope there, so that what starts later is in them.
 */
static void limit(struct session *s, const struct limits *limits)
{
	struct cgroup g = { 0 };

	if (cgroup_find(s->place, &g) == 0 && g.n > 0)
		limiter_apply(&s->limiter, &g, limits);
	cgroup_done(&g);
}

/* Where memory is short the programs go first: without the display server all of them would. */
static void protect_display(pid_t pid)
{
	_cleanup_close_ int fd = -EBADF;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, DISPLAY_OOM_SCORE, strlen(DISPLAY_OOM_SCORE)) < 0)
		log_debug("the display server is not protected: %s", strerror(errno));
}

/* The scope gets the display server, and this process leaves it. */
static int sort_processes(struct session *s, const struct limits *limits)
{
	int r;

	limit(s, limits);
	r = cgroup_find(s->place, &s->cgroup);
	if (r == 0 && s->cgroup.n == 0) {
		r = cgroup_make(s->id, &s->cgroup);
		if (r < 0)
			log_info("no control group for the session (%s), its processes are tracked by "
				 "descent session=%s",
					strerror(-r), s->id);
		r = 0;
	}
	if (r < 0)
		return r;
	limiter_apply(&s->limiter, &s->cgroup, limits); /* without logind: not done yet */
	limiter_watch(&s->limiter, &s->cgroup);
	r = cgroup_join(&s->cgroup, s->display.pid);
	if (r == -ESRCH)
		r = 0; /* it has failed; its exit is about to be seen */
	protect_display(s->display.pid);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		prlimit(s->display.pid, i, &s->identity.limits[i], NULL);
	return r < 0 ? r : cgroup_leave(&s->cgroup);
}

/* --- environment --- */

/* pam_systemd makes it; without logind we do. */
static int make_runtime_dir(struct session *s, char *path, size_t size)
{
	struct stat st;

	if (mkdir("/run/user", 0755) < 0 && errno != EEXIST)
		return -errno;
	snprintf(path, size, "/run/user/%u", s->identity.uid);
	if (mkdir(path, 0700) == 0) {
		s->runtime_made = true;
		return chown(path, s->identity.uid, s->identity.gid) < 0 ? -errno : 0;
	}
	if (errno != EEXIST || lstat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == s->identity.uid ? 0 : -EPERM;
}

static int set_bus(struct session *s)
{
	const char *dir = environ_get(&s->environ, "XDG_RUNTIME_DIR");
	_cleanup_free_ char *path = NULL, *address = NULL;
	struct stat st;

	if (!dir || environ_get(&s->environ, "DBUS_SESSION_BUS_ADDRESS"))
		return 0;
	path = str_format("%s/bus", dir);
	address = str_format("unix:path=%s/bus", dir);
	if (!path || !address)
		return -ENOMEM;
	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	return environ_set(&s->environ, "DBUS_SESSION_BUS_ADDRESS", address);
}

static int build_environ(struct session *s)
{
	struct environ *e = &s->environ;
	_cleanup_free_ char *xauthority = folder_path(s->id, "display/xauthority");
	const char *logind = environ_get(e, "XDG_SESSION_ID");
	char runtime[64];
	const struct {
		const char *name, *value;
		bool keep; /* what PAM says goes first */
	} vars[] = {
		{ "PATH", DEFAULT_PATH, true },
		{ "HOME", s->account.home, false },
		{ "USER", s->account.user, false },
		{ "LOGNAME", s->account.user, false },
		{ "SHELL", s->account.shell, false },
		{ "DISPLAY", s->display_name, false },
		{ "XAUTHORITY", xauthority, false },
		{ "XDG_SESSION_TYPE", "x11", false },
		{ "XDG_SESSION_CLASS", "user", false },
		{ "XDG_SESSION_DESKTOP", s->desktop_id, false },
		{ "DESKTOP_SESSION", s->desktop_id, false },
		{ "XDG_CURRENT_DESKTOP", *s->names ? s->names : NULL, false },
	};
	int r = 0;

	if (!xauthority)
		return -ENOMEM;
	for (size_t i = 0; i < ELEMENTSOF(vars) && r == 0; i++)
		r = vars[i].keep ? environ_default(e, vars[i].name, vars[i].value)
				 : environ_set(e, vars[i].name, vars[i].value);
	s->logind = strdup(logind ? logind : "");
	if (r < 0 || !s->logind)
		return r < 0 ? r : -ENOMEM;
	if (!environ_get(e, "XDG_RUNTIME_DIR")) {
		r = make_runtime_dir(s, runtime, sizeof(runtime));
		if (r < 0)
			return r;
		r = environ_set(e, "XDG_RUNTIME_DIR", runtime);
	}
	return r < 0 ? r : set_bus(s);
}

/* --- open --- */

static int leave_mark(const struct session *s)
{
	const char *logind = environ_get(&s->environ, "XDG_SESSION_ID");

	return clean_up_mark(s->id, logind ? logind : "", s->display_name);
}

static int take_options(struct session *s, const struct session_options *o)
{
	str_copy(s->id, sizeof(s->id), o->id);
	snprintf(s->display_name, sizeof(s->display_name), ":%d", o->display);
	s->desktop_id = strdup(o->desktop);
	s->exec = strdup(o->exec);
	s->names = strdup(o->names);
	s->wrapper = strdup(o->wrapper);
	s->identity.uid = s->account.uid;
	s->identity.gid = s->account.gid;
	s->identity.home = s->account.home;
	limits_get(&s->identity);
	return s->desktop_id && s->exec && s->names && s->wrapper ? 0 : -ENOMEM;
}

static int start_display(struct session *s, const struct session_options *o)
{
	int r;

	r = account_groups(&s->account, &s->identity.groups, &s->identity.n_groups);
	if (r < 0)
		return r;
	return display_start(&s->display, &(struct display_options){ .id = s->id,
							  .number = o->display,
							  .width = o->width,
							  .height = o->height,
							  .glx = o->glx,
							  .identity = &s->identity,
							  .user = s->account.user,
							  .shell = s->account.shell });
}

static void open_fail_errno(struct session *s, int error, const char *what)
{
	_cleanup_free_ char *reason = str_format("%s: %s. %s", what, strerror(-error),
			error == -ENOSPC || error == -EDQUOT
					? "Free disk space below /run, then try again."
					: "Tell an administrator.");

	log_warning_errno(error, "%s session=%s user=%s", what, s->id, s->account.user);
	open_fail(s, false, reason ? reason : what);
}

void session_open(struct session *s, const struct session_options *o)
{
	int r;

	s->state = SESSION_OPENING;
	r = take_options(s, o);
	if (r == 0)
		r = folder_make(s->id, s->account.uid, s->account.gid, o->display, s->cookie);
	s->folder_made = r == 0;
	if (r < 0) {
		open_fail_errno(s, r,
				"The session's folder below " SESSIONS_DIR " could not be made");
		return;
	}
	r = start_display(s, o);
	if (r == -EADDRINUSE) {
		open_fail(s, true, "The display number is taken.");
		return;
	}
	if (r == -ENOENT) {
		open_fail(s, false,
				"The display server Xvnc is not installed; install "
				"tigervnc-standalone-server.");
		return;
	}
	if (r == -EPERM) {
		open_fail(s, false,
				"The folder /tmp/.X11-unix is not safe: it must belong to root and have "
				"mode 1777. Tell an administrator.");
		return;
	}
	if (r < 0) {
		open_fail_errno(s, r, "The display server could not be started");
		return;
	}
	r = open_pam(s);
	if (r == -EACCES) {
		open_fail(s, false, auth_text(s->auth.step, s->auth.code));
		return;
	}
	if (r == 0)
		r = sort_processes(s, &o->limits);
	if (r == 0)
		r = leave_mark(s);
	if (r < 0)
		open_fail_errno(s, r, "The session's processes could not be set up");
}

/* If it fails, the timer decides alone. */
static void start_probe(struct session *s)
{
	int fd = display_connect_x(&s->display);

	if (fd >= 0)
		probe_start_consume(&s->probe, fd, s->cookie);
}

static void handle_display_ready(void *userdata, int error)
{
	struct session *s = userdata;
	struct desktop_options o;
	int r;

	if (s->state != SESSION_OPENING)
		return; /* it is being ended already */
	if (error == -EADDRINUSE) {
		open_fail(s, true, "The display number is taken.");
		return;
	}
	if (error == -ETIMEDOUT) {
		open_fail(s, false,
				"The display server was not ready within 30 seconds. The computer may be "
				"overloaded; try again later.");
		return;
	}
	if (error < 0) {
		open_fail(s, false,
				"The display server Xvnc did not start; its last lines say why. Tell an "
				"administrator.");
		return;
	}
	r = build_environ(s);
	if (r < 0) {
		open_fail_errno(s, r, "The session's environment could not be set up");
		return;
	}
	o = desktop_options(s);
	r = desktop_start(&s->desktop, &o);
	if (r == -EINVAL || r == -E2BIG) {
		open_fail(s, false,
				"The command line of the desktop file is not valid. Choose another "
				"desktop and tell an administrator.");
		return;
	}
	if (r < 0) {
		open_fail_errno(s, r, "The desktop could not be started");
		return;
	}
	s->since_s = time(NULL);
	utmp_login(s->display_name, s->account.user, s->address ? s->address : "", getpid());
	s->utmp_written = true;
	start_probe(s);
	timer_start(s->loop, &s->settle_timer, SESSION_SETTLE_MS);
}

static void handle_settled(void *userdata)
{
	struct session *s = userdata;

	timer_stop(&s->settle_timer);
	probe_stop(&s->probe);
	if (s->state != SESSION_OPENING)
		return;
	s->state = SESSION_OPEN;
	s->opened = true;
	s->ops->handle_opened(s->userdata);
}

/* --- end --- */

void session_handle_exit(struct session *s, pid_t pid, int status)
{
	windows_handle_exit(&s->windows, pid);
	if (pid == s->display.pid) {
		s->display_status = status;
		s->display_gone = true;
		display_handle_exit(&s->display, status);
	} else if (pid == s->desktop.pid) {
		s->desktop_status = status;
		s->desktop_gone = true;
		s->desktop_early = s->state == SESSION_OPENING || desktop_is_early(&s->desktop);
		s->desktop.pid = 0;
	} else if (pid == s->ending.asker) {
		s->ending.asker = 0;
		if (s->ending.stage == ENDING_ASK && status != 0)
			timer_start(s->loop, &s->ending.stage_timer, 0);
	}
}

void session_handle_children(struct session *s)
{
	if ((s->state == SESSION_OPENING || s->state == SESSION_OPEN) &&
			(s->desktop_gone || s->display_gone))
		ending_start(s, false, 0, SESSION_STOP_MS);
	if (s->state == SESSION_ENDING)
		ending_check(s);
}

void session_log_off(struct session *s, int64_t ask_ms, int64_t timeout_ms, const char *reason)
{
	if (s->state != SESSION_ENDING)
		s->ending.reason = reason;
	ending_start(s, true, ask_ms, timeout_ms);
}

/* Somebody else's signal: logind, the user, an administrator, the kernel's OOM killer. */
static bool is_outside_signal(int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return sig == SIGTERM || sig == SIGKILL || sig == SIGHUP || sig == SIGINT;
}

/* Why it ended, when nobody ordered it. *ret_output is set where somebody failed. */
static char *find_reason(struct session *s, char **ret_output)
{
	struct desktop_options o = desktop_options(s);
	bool display_first = s->display_gone && !s->ending.display_told;
	_cleanup_free_ char *how = child_describe_status(
			display_first ? s->display_status : s->desktop_status);

	if (display_first && s->display_status != 0 && !is_outside_signal(s->display_status)) {
		output_drain(&s->display.output);
		*ret_output = output_text(&s->display.output);
		return str_format("The display server ended unexpectedly (%s).", how);
	}
	if (display_first || is_outside_signal(s->desktop_status))
		return strdup("The session was ended from outside.");
	if (s->desktop_status == 0 && !s->desktop_early)
		return strdup("The user logged off.");
	*ret_output = desktop_last_words(&s->desktop, &o);
	if (s->desktop_early)
		return str_format(
				"The desktop \"%s\" ended at once (%s). Choose another desktop, or "
				"tell an administrator what it wrote.",
				s->desktop_id, how);
	return str_format("The desktop \"%s\" ended unexpectedly (%s).", s->desktop_id, how);
}

void session_finish(struct session *s, bool forced)
{
	_cleanup_free_ char *reason = NULL, *output = NULL;
	if (s->ending.reason)
		reason = strdup(s->ending.reason);
	else
		reason = find_reason(s, &output);
	log_info("session ended: %s%s session=%s user=%s", reason ? reason : "",
			forced ? " (forced)" : "", s->id, s->account.user);
	undo(s);
	auth_end(&s->auth); /* logind hears of it before who waits for the answer does */
	s->state = SESSION_ENDED;
	if (s->opened)
		s->ops->handle_ended(
				s->userdata, forced, reason ? reason : "", output ? output : "");
	else
		s->ops->handle_open_failed(
				s->userdata, false, reason ? reason : "", output ? output : "");
}
