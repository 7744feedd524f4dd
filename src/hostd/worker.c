/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting and reaching helpers. systemd starts one for each connection to session.sock, in a unit
 * of its own, so nothing that happens to stationd or its sandbox touches it. Without that socket
 * the program is started directly with one end of a socket pair as descriptor 3.
 *
 * The connection's end is told to the owner from a turn of the loop of its own (defer), never from
 * within a call of the owner.
 */
#include "hostd/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "hostd/host.h"
#include "ipc/varlink-event.h"

#define WORKER_INTERFACE "org.stationmaster.Worker."

struct worker {
	struct host *host;
	struct varlink *conn;
	sd_event_source *source;
	sd_event_source *lost; /* armed when the connection has ended */
	worker_lost_fn lost_fn;
	void *userdata;
};

void person_done(struct person *p)
{
	free(p->user);
	free(p->full_name);
	*p = (struct person){ 0 };
}

int person_parse(json_t *object, struct person *ret)
{
	_cleanup_free_ char *name = NULL, *copy = NULL;
	const char *user, *full_name, *role;
	int64_t uid, gid;
	struct args a;
	enum role v;

	args_init(&a, object);
	user = arg_string(&a, "user", ARG_REQUIRED, 256);
	full_name = arg_string(&a, "full_name", ARG_REQUIRED, 4096);
	role = arg_string(&a, "role", ARG_REQUIRED, 32);
	uid = arg_int(&a, "uid", ARG_REQUIRED, 0, UINT32_MAX - 1, 0);
	gid = arg_int(&a, "gid", ARG_REQUIRED, 0, UINT32_MAX - 1, 0);
	if (!json_is_object(object) || args_bad(&a) || !str_is_account_name(user) ||
			role_parse(role, &v) < 0)
		return -EBADMSG;
	copy = strdup(user);
	name = str_clean(str_is_empty(full_name) ? user : full_name, 100);
	if (!copy || !name)
		return -ENOMEM;
	*ret = (struct person){ .user = take_ptr(copy),
		.full_name = take_ptr(name),
		.uid = (uid_t)uid,
		.gid = (gid_t)gid,
		.role = v };
	return 0;
}

static int handle_lost(sd_event_source *source, void *userdata)
{
	struct worker *w = userdata;

	w->lost = sd_event_source_disable_unref(w->lost);
	if (w->lost_fn)
		w->lost_fn(w, w->userdata);
	return 0;
}

static void handle_closed(struct varlink *v, int error, void *userdata)
{
	struct worker *w = userdata;

	varlink_event_done(&w->source);
	if (!w->lost && sd_event_add_defer(w->host->event, &w->lost, handle_lost, w) < 0)
		log_error("out of memory");
}

static void handle_wants(struct varlink *v, void *userdata)
{
	struct worker *w = userdata;

	varlink_event_update(v, w->source);
}

static const struct varlink_ops ops = { .handle_closed = handle_closed,
	.handle_wants = handle_wants };

/* Takes fd always. */
static int worker_new_consume(struct host *h, int fd, struct worker **ret)
{
	static const struct varlink_options options = { .in_max = 256 * 1024, .accept_fd = true };
	_cleanup_(worker_freep) struct worker *w = calloc(1, sizeof(*w));
	_cleanup_close_ int owned = fd;
	int r;

	if (!w)
		return -ENOMEM;
	w->host = h;
	r = varlink_new(owned, &options, &ops, w, &w->conn);
	if (r < 0)
		return r;
	take_fd(&owned);
	r = varlink_event_add(h->event, w->conn, &w->source);
	if (r < 0)
		return r;
	*ret = take_ptr(w);
	return 0;
}

struct worker *worker_free(struct worker *w)
{
	if (!w)
		return NULL;
	w->lost_fn = NULL;
	sd_event_source_disable_unref(w->lost);
	varlink_event_done(&w->source);
	if (w->conn) {
		varlink_forget(w->conn, w->userdata);
		varlink_free(w->conn);
	}
	free(w);
	return NULL;
}

static const char *program_path(void)
{
	const char *p = getenv("STATIONMASTER_SESSION_PROGRAM");

	return p ? p : PKGLIBEXECDIR "/station-session";
}

/* Its own session and default signals; the only descriptors it gets are 0-3. */
static int program_spawn(int fd)
{
	static char *const argv[] = { (char *)"station-session", NULL };
	static char *const envp[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin",
		(char *)"LANG=C.UTF-8", NULL };
	static char *const envp_debug[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin",
		(char *)"LANG=C.UTF-8", (char *)"STATIONMASTER_DEBUG=1", NULL };
	bool debug = getenv("STATIONMASTER_DEBUG") != NULL;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(
			&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, fd, 3);
	if (r == 0)
		r = posix_spawn(&pid, program_path(), &actions, &attr, argv,
				debug ? envp_debug : envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int worker_spawn(struct host *h, struct worker **ret)
{
	_cleanup_close_ int ours = -EBADF, theirs = -EBADF;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	ours = fds[0];
	/* Above 3, so that dup2() in the child always makes a descriptor without CLOEXEC. */
	theirs = fcntl(fds[1], F_DUPFD_CLOEXEC, 10);
	close(fds[1]);
	if (theirs < 0)
		return -errno;
	r = program_spawn(theirs);
	if (r < 0)
		return log_error_errno(r, "cannot start %s", program_path());
	return worker_new_consume(h, take_fd(&ours), ret);
}

int worker_start(struct host *h, struct worker **ret)
{
	_cleanup_close_ int fd = -EBADF;

	if (sd_booted() <= 0 || access(HOST_WORKER_SOCK, F_OK) < 0)
		return worker_spawn(h, ret);
	fd = fd_unix_connect(HOST_WORKER_SOCK);
	if (fd == -ECONNREFUSED || fd == -ENOENT)
		return worker_spawn(h, ret);
	if (fd < 0)
		return log_error_errno(fd, "cannot reach " HOST_WORKER_SOCK);
	return worker_new_consume(h, take_fd(&fd), ret);
}

static int control_connect(const char *session_id)
{
	_cleanup_free_ char *path = str_format(HOST_SESSIONS "/%s/control.sock", session_id);

	return path ? fd_unix_connect(path) : -ENOMEM;
}

int worker_connect(struct host *h, const char *session_id, struct worker **ret)
{
	_cleanup_close_ int fd = -EBADF;

	fd = control_connect(session_id);
	if (fd < 0)
		return fd;
	return worker_new_consume(h, take_fd(&fd), ret);
}

void worker_set_owner(struct worker *w, worker_lost_fn fn, void *userdata)
{
	w->lost_fn = fn;
	w->userdata = userdata;
}

int worker_call(struct worker *w, const char *method, json_t *parameters, bool more,
		varlink_reply_fn fn, void *userdata)
{
	char name[128];
	struct varlink_request request = { .method = name,
		.parameters = parameters,
		.flags = VARLINK_WITH_ID | (more ? VARLINK_MORE : 0u) };

	str_copy(name, sizeof(name), WORKER_INTERFACE);
	str_copy(name + strlen(name), sizeof(name) - strlen(name), method);
	return varlink_call(w->conn, &request, fn, userdata);
}

void worker_forget(struct worker *w, void *userdata)
{
	varlink_forget(w->conn, userdata);
}

int worker_open_process(const char *session_id, pid_t *ret_pid)
{
	_cleanup_close_ int fd = -EBADF;
	struct ucred cred;
	int pidfd, r;

	fd = control_connect(session_id);
	if (fd < 0)
		return fd;
	r = fd_peer_cred(fd, &cred);
	if (r < 0)
		return r;
	if (cred.pid <= 1)
		return -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, cred.pid, 0);
	if (pidfd < 0)
		return -errno;
	*ret_pid = cred.pid;
	return pidfd;
}
