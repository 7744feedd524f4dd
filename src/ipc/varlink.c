/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Varlink connections: framing, dispatch, queues.
 *
 * Input is one bounded buffer; a message is complete at its NUL. A call without id stops further
 * parsing until it was answered, so order is kept without a queue of parsed calls; calls with an id
 * are parsed at once. Descriptors are queued in the order they came; a message with "fd": true at
 * its top level takes the next one, so a descriptor can never be taken for another message's.
 * Output is a list of messages; a message with a descriptor is sent by its own sendmsg(2).
 *
 * The object is kept alive during dispatch (busy); free marks it dead and the outermost
 * varlink_handle_io() releases.
 */
#include "ipc/varlink.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/str.h"

enum { FDS_MAX = 8, READ_STEP = 16 * 1024, TURN_READS_MAX = 4, TURN_MESSAGES_MAX = 16 };

struct out_message {
	struct list link;
	size_t len;
	size_t sent;
	int fd;
	char data[];
};

struct pending {
	struct list link;
	json_int_t id; /* 0: matched by order */
	varlink_reply_fn fn;
	void *userdata;
	bool more;
};

struct varlink {
	int fd;
	struct varlink_options options;
	const struct varlink_ops *ops;
	void *userdata;
	struct buf in;
	size_t scanned; /* bytes of in known to hold no NUL */
	int fds[FDS_MAX];
	size_t n_fds;
	struct list out;
	size_t out_bytes;
	struct list pending; /* calls that this side made */
	size_t n_pending;
	json_int_t last_id;
	struct varlink_call *calls; /* calls that this side has to answer */
	size_t n_calls;
	bool waiting; /* a call without id is open */
	bool closed;
	bool dead;
	unsigned busy;
	short wants;
};

static void connection_close(struct varlink *v, int error);

int varlink_new(int fd, const struct varlink_options *options, const struct varlink_ops *ops,
		void *userdata, struct varlink **ret)
{
	struct varlink *v;
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->fd = fd;
	v->options = *options;
	v->ops = ops;
	v->userdata = userdata;
	v->wants = POLLIN;
	buf_init(&v->in, options->in_max + 1);
	list_init(&v->out);
	list_init(&v->pending);
	*ret = v;
	return 0;
}

static void connection_release(struct varlink *v)
{
	struct list *l, *next;

	list_for_each_safe (l, next, &v->out) {
		struct out_message *m = list_entry(l, struct out_message, link);

		safe_close(m->fd);
		explicit_bzero(m->data, m->len);
		free(m);
	}
	for (size_t i = 0; i < v->n_fds; i++)
		safe_close(v->fds[i]);
	buf_done(&v->in);
	free(v);
}

struct varlink *varlink_free(struct varlink *v)
{
	if (!v || v->dead)
		return NULL;
	v->dead = true;
	v->busy++;
	connection_close(v, 0);
	v->busy--;
	if (v->busy == 0)
		connection_release(v);
	return NULL;
}

int varlink_fd(const struct varlink *v)
{
	return v->fd;
}

bool varlink_is_closed(const struct varlink *v)
{
	return v->closed;
}

size_t varlink_queued(const struct varlink *v)
{
	return v->out_bytes;
}

void varlink_abort(struct varlink *v)
{
	if (!v->closed)
		shutdown(v->fd, SHUT_RDWR);
}

static bool takes_messages(const struct varlink *v)
{
	return !v->waiting && v->n_calls < VARLINK_CALLS_MAX &&
	       (v->options.out_pause == 0 || v->out_bytes <= v->options.out_pause);
}

short varlink_wants(const struct varlink *v)
{
	short wants = 0;

	if (v->closed)
		return 0;
	/* A peer that sends more before it was answered is not read: its own buffers fill up, not
	 * ours. */
	if (takes_messages(v))
		wants |= POLLIN;
	/* A call that is already in the buffer needs no byte to come, only a turn of the loop. */
	if (!list_is_empty(&v->out) || (takes_messages(v) && buf_len(&v->in) > v->scanned))
		wants |= POLLOUT;
	return wants;
}

static void wants_update(struct varlink *v)
{
	short wants = varlink_wants(v);

	if (wants == v->wants || v->closed)
		return;
	v->wants = wants;
	if (v->ops->handle_wants)
		v->ops->handle_wants(v, v->userdata);
}

/* Ends everything that is open, tells the owner unless the owner asked for it (error 0). */
static void connection_close(struct varlink *v, int error)
{
	struct varlink_call *call;

	if (v->closed)
		return;
	v->closed = true;
	v->wants = 0;
	v->busy++;
	while ((call = v->calls)) {
		v->calls = call->next;
		call->next = NULL;
		call->conn = NULL;
		if (!call->answered && call->handle_gone)
			call->handle_gone(call);
		varlink_call_unref(call);
	}
	v->n_calls = 0;
	while (!list_is_empty(&v->pending)) {
		struct pending *p = list_entry(v->pending.next, struct pending, link);

		list_remove(&p->link);
		v->n_pending--;
		if (p->fn)
			p->fn(v, NULL, NULL, false, -EBADF, p->userdata);
		free(p);
	}
	if (error && !v->dead && v->ops->handle_closed)
		v->ops->handle_closed(v, error, v->userdata);
	v->fd = safe_close(v->fd);
	v->busy--;
}

/* --- output --- */

static int out_flush(struct varlink *v)
{
	while (!list_is_empty(&v->out)) {
		struct out_message *m = list_entry(v->out.next, struct out_message, link);
		union {
			struct cmsghdr hdr;
			char space[CMSG_SPACE(sizeof(int))];
		} control = { 0 };
		struct iovec iov = { .iov_base = m->data + m->sent, .iov_len = m->len - m->sent };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
		ssize_t n;

		if (m->fd >= 0) {
			msg.msg_control = &control;
			msg.msg_controllen = sizeof(control.space);
			control.hdr.cmsg_level = SOL_SOCKET;
			control.hdr.cmsg_type = SCM_RIGHTS;
			control.hdr.cmsg_len = CMSG_LEN(sizeof(int));
			memcpy(CMSG_DATA(&control.hdr), &m->fd, sizeof(int));
		}
		n = sendmsg(v->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN ? 0 : -errno;
		}
		m->fd = safe_close(m->fd);
		m->sent += (size_t)n;
		if (m->sent < m->len)
			continue;
		list_remove(&m->link);
		v->out_bytes -= m->len;
		explicit_bzero(m->data, m->len);
		free(m);
	}
	return 0;
}

/* Takes message. */
static int out_queue(struct varlink *v, json_t *message, int fd)
{
	_cleanup_json_ json_t *owned = message;
	struct out_message *m;
	size_t len;
	int r;

	if (v->closed)
		return -ECONNRESET;
	if (!message)
		return -ENOMEM;
	len = json_dumpb(message, NULL, 0, JSON_COMPACT);
	if (len == 0)
		return -EINVAL;
	if (v->out_bytes + len + 1 > VARLINK_OUT_MAX)
		return -ENOBUFS;
	m = malloc(sizeof(*m) + len + 1);
	if (!m)
		return -ENOMEM;
	json_dumpb(message, m->data, len, JSON_COMPACT);
	m->data[len] = 0;
	m->len = len + 1;
	m->sent = 0;
	m->fd = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -EBADF;
	if (fd >= 0 && m->fd < 0) {
		r = -errno;
		free(m);
		return r;
	}
	list_add_tail(&v->out, &m->link);
	v->out_bytes += m->len;
	return 0;
}

/* Queue and try to send; a peer that cannot be written to is closed from the loop, not under the
 * caller's feet. */
static int out_send(struct varlink *v, json_t *message, int fd)
{
	int r;

	r = out_queue(v, message, fd);
	if (r < 0)
		return r;
	r = out_flush(v);
	if (r < 0)
		shutdown(v->fd, SHUT_RDWR);
	wants_update(v);
	return 0;
}

/* --- server --- */

struct varlink_call *varlink_call_ref(struct varlink_call *call)
{
	call->refs++;
	return call;
}

struct varlink_call *varlink_call_unref(struct varlink_call *call)
{
	if (!call || --call->refs > 0)
		return NULL;
	json_decref(call->message);
	free(call);
	return NULL;
}

static void call_send(struct varlink_call *call, const char *error, json_t *parameters, int fd,
		bool continues)
{
	_cleanup_json_ json_t *params = parameters ? parameters : json_object();
	struct varlink *v = call->conn;
	json_t *message;

	if (call->answered || !v || v->closed)
		return;
	if (!continues)
		call->answered = true;
	if (!call->oneway) {
		message = json_pack("{s:O}", "parameters", params);
		if (message && error)
			json_object_set_new(message, "error", json_string(error));
		if (message && continues)
			json_object_set_new(message, "continues", json_true());
		if (message && call->has_id)
			json_object_set_new(message, "id", json_integer(call->id));
		if (message && fd >= 0)
			json_object_set_new(message, "fd", json_true());
		if (out_send(v, message, fd) < 0)
			shutdown(v->fd, SHUT_RDWR);
	}
	if (!continues) {
		struct varlink_call **p;

		for (p = &v->calls; *p && *p != call; p = &(*p)->next)
			;
		if (*p) {
			*p = call->next;
			call->next = NULL;
			v->n_calls--;
			if (!call->has_id)
				v->waiting = false;
			call->conn = NULL;
			varlink_call_unref(call);
		}
		wants_update(v);
	}
}

void varlink_reply(struct varlink_call *call, json_t *parameters)
{
	call_send(call, NULL, parameters, -EBADF, false);
}

void varlink_reply_more(struct varlink_call *call, json_t *parameters)
{
	assert(call->more);
	call_send(call, NULL, parameters, -EBADF, true);
}

void varlink_reply_fd(struct varlink_call *call, json_t *parameters, int fd)
{
	call_send(call, NULL, parameters, fd, false);
}

void varlink_reply_more_fd(struct varlink_call *call, json_t *parameters, int fd)
{
	assert(call->more);
	call_send(call, NULL, parameters, fd, true);
}

void varlink_error(struct varlink_call *call, const char *error, json_t *parameters)
{
	call_send(call, error, parameters, -EBADF, false);
}

void varlink_error_parameter(struct varlink_call *call, const char *parameter)
{
	varlink_error(call, VARLINK_INVALID_PARAMETER, json_pack("{s:s}", "parameter", parameter));
}

/* The parameter in which a string holds \u0000; NULL: none. */
static const char *find_nul(json_t *parameters)
{
	const char *key;
	json_t *value;

	json_object_foreach (parameters, key, value)
		if (json_has_nul(value))
			return key;
	return NULL;
}

static int handle_call_message(struct varlink *v, json_t *message)
{
	const char *method = json_string_value(json_object_get(message, "method"));
	json_t *parameters = json_object_get(message, "parameters");
	json_t *id = json_object_get(message, "id"), *token = json_object_get(message, "token"),
	       *from = json_object_get(message, "from");
	struct varlink_call *call;
	const char *bad;

	if (!method || strlen(method) > 255 || json_has_nul(json_object_get(message, "method")) ||
			json_has_nul(token) || (parameters && !json_is_object(parameters)) ||
			(token && (!v->options.accept_token || !json_is_string(token))) ||
			(from && (!token || !json_is_string(from))) ||
			(id && (!v->options.accept_id || !json_is_integer(id))))
		return -EBADMSG;
	if (!parameters) {
		parameters = json_object();
		if (!parameters || json_object_set_new(message, "parameters", parameters) < 0)
			return -ENOMEM;
	}
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->refs = 2; /* the list's and the handler's */
	call->conn = v;
	call->method = method;
	call->parameters = parameters;
	call->token = json_string_value(token);
	call->from = json_string_value(from);
	call->more = json_is_true(json_object_get(message, "more"));
	call->oneway = json_is_true(json_object_get(message, "oneway"));
	call->has_id = id != NULL;
	call->id = json_integer_value(id);
	call->message = json_incref(message);
	call->next = v->calls;
	v->calls = call;
	v->n_calls++;
	if (!call->has_id)
		v->waiting = true;
	bad = find_nul(parameters);
	if (bad) {
		varlink_error_parameter(call, bad);
		varlink_call_unref(call);
	} else if (v->ops->handle_call) {
		v->ops->handle_call(v, call, v->userdata);
	} else {
		varlink_error(call, VARLINK_METHOD_NOT_FOUND, json_pack("{s:s}", "method", method));
		varlink_call_unref(call);
	}
	return 0;
}

/* --- client --- */

int varlink_call(struct varlink *v, const struct varlink_request *request, varlink_reply_fn fn,
		void *userdata)
{
	_cleanup_json_ json_t *params = request->parameters ? request->parameters : json_object();
	struct pending *p = NULL;
	json_t *message;
	int r;

	if (v->closed)
		return -ECONNRESET;
	if (v->n_pending >= VARLINK_CALLS_MAX)
		return -EBUSY;
	message = json_pack("{s:s, s:O}", "method", request->method, "parameters", params);
	if (!message)
		return -ENOMEM;
	if (request->token)
		json_object_set_new(message, "token", json_string(request->token));
	if (request->token && request->from)
		json_object_set_new(message, "from", json_string(request->from));
	if (request->flags & VARLINK_MORE)
		json_object_set_new(message, "more", json_true());
	if (!fn) {
		json_object_set_new(message, "oneway", json_true());
	} else {
		p = calloc(1, sizeof(*p));
		if (!p) {
			json_decref(message);
			return -ENOMEM;
		}
		p->fn = fn;
		p->userdata = userdata;
		p->more = request->flags & VARLINK_MORE;
	}
	if (request->flags & VARLINK_WITH_ID) {
		json_object_set_new(message, "id", json_integer(++v->last_id));
		if (p)
			p->id = v->last_id;
	}
	r = out_send(v, message, -EBADF);
	if (r < 0) {
		free(p);
		return r;
	}
	if (p) {
		list_add_tail(&v->pending, &p->link);
		v->n_pending++;
	}
	return 0;
}

static void ignore_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	(void)v, (void)error, (void)parameters, (void)continues, (void)fd, (void)userdata;
}

void varlink_forget(struct varlink *v, void *userdata)
{
	struct list *l;

	list_for_each (l, &v->pending) {
		struct pending *p = list_entry(l, struct pending, link);

		if (p->userdata == userdata)
			p->fn = ignore_reply;
	}
}

static int handle_reply_message(struct varlink *v, json_t *message)
{
	const char *error = json_string_value(json_object_get(message, "error"));
	json_t *parameters = json_object_get(message, "parameters");
	json_int_t id = json_integer_value(json_object_get(message, "id"));
	bool continues = json_is_true(json_object_get(message, "continues"));
	_cleanup_json_ json_t *empty = NULL;
	_cleanup_close_ int fd = -EBADF;
	struct pending *p = NULL;
	struct list *l;

	if (json_is_true(json_object_get(message, "fd"))) {
		if (v->n_fds == 0)
			return -EBADMSG;
		fd = v->fds[0];
		memmove(v->fds, v->fds + 1, --v->n_fds * sizeof(v->fds[0]));
	}
	list_for_each (l, &v->pending) {
		struct pending *c = list_entry(l, struct pending, link);

		if (c->id == id) {
			p = c;
			break;
		}
	}
	if (!p || (continues && !p->more) || (parameters && !json_is_object(parameters)))
		return -EBADMSG;
	if (!parameters)
		parameters = empty = json_object();
	if (!parameters)
		return -ENOMEM;
	if (!continues) {
		list_remove(&p->link);
		v->n_pending--;
	}
	p->fn(v, error, parameters, continues, fd, p->userdata);
	if (!continues)
		free(p);
	return 0;
}

/* --- input --- */

static int in_read(struct varlink *v)
{
	union {
		struct cmsghdr hdr;
		char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	} control;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space) };
	size_t room = v->in.max - buf_len(&v->in);
	uint8_t *p;
	ssize_t n;
	int r;

	if (room == 0) /* a full buffer without a NUL; a complete message waits for its turn */
		return memchr(buf_head(&v->in), 0, buf_len(&v->in)) ? 0 : -EMSGSIZE;
	r = buf_reserve(&v->in, MIN(room, (size_t)READ_STEP), &p);
	if (r < 0)
		return r;
	iov = (struct iovec){ .iov_base = p, .iov_len = MIN(room, (size_t)READ_STEP) };
	n = recvmsg(v->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		size_t n_new = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fds[FDS_MAX];

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n_new = MIN(n_new, (size_t)FDS_MAX);
		memcpy(fds, CMSG_DATA(c), n_new * sizeof(int));
		for (size_t i = 0; i < n_new; i++) {
			if (v->options.accept_fd && v->n_fds < FDS_MAX)
				v->fds[v->n_fds++] = fds[i];
			else
				safe_close(fds[i]);
		}
	}
	if (n == 0)
		return -ECONNRESET;
	buf_commit(&v->in, (size_t)n);
	return 1;
}

/* One message of the buffer; 1 = handled, 0 = none complete (or not its turn), < 0 = not Varlink.
 */
static int in_dispatch(struct varlink *v)
{
	_cleanup_json_ json_t *message = NULL;
	size_t len = buf_len(&v->in), n;
	uint8_t *nul;
	int r;

	if (!takes_messages(v) || len == v->scanned)
		return 0;
	nul = memchr(buf_head(&v->in) + v->scanned, 0, len - v->scanned);
	if (!nul) {
		v->scanned = len;
		return 0;
	}
	n = (size_t)(nul - buf_head(&v->in));
	r = json_parse_object_nul((char *)buf_head(&v->in), n, &message);
	buf_consume(&v->in, n + 1, true);
	v->scanned = 0;
	if (r < 0)
		return r;
	if (json_object_get(message, "method"))
		r = handle_call_message(v, message);
	else
		r = json_has_nul(message) ? -EBADMSG : handle_reply_message(v, message);
	return r < 0 ? r : 1;
}

/* At most TURN_MESSAGES_MAX a turn, so that a peer with a full pipe does not keep the loop from all
 * others; what is left asks for the next turn (varlink_wants()). */
static int in_dispatch_turn(struct varlink *v)
{
	int r = 1;

	for (int i = 0; i < TURN_MESSAGES_MAX && r > 0; i++)
		r = v->closed ? 0 : in_dispatch(v);
	return MIN(r, 0);
}

void varlink_handle_io(struct varlink *v, short revents)
{
	int r = 0, error = 0;

	v->busy++;
	if (!v->closed && (revents & POLLOUT))
		error = out_flush(v);
	if (!v->closed && error == 0 && !takes_messages(v) && (revents & (POLLHUP | POLLERR))) {
		error = -ECONNRESET;
	} else if (!v->closed && error == 0 && (revents & (POLLIN | POLLHUP | POLLERR))) {
		for (int i = 0; i < TURN_READS_MAX && error == 0 && !v->closed; i++) {
			r = takes_messages(v) ? in_read(v) : 0;
			error = in_dispatch_turn(v);
			if (r <= 0)
				break;
		}
		if (r < 0 && error == 0)
			error = r;
	} else if (!v->closed && error == 0) {
		error = in_dispatch_turn(v);
	}
	if (error < 0)
		connection_close(v, error);
	else
		wants_update(v);
	v->busy--;
	if (v->dead && v->busy == 0)
		connection_release(v);
}

int varlink_pump(struct varlink *v, int timeout_ms)
{
	struct pollfd pfd = { .fd = v->fd, .events = varlink_wants(v) };
	int r;

	if (v->closed)
		return -ECONNRESET;
	r = poll(&pfd, 1, timeout_ms);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (r == 0)
		return -ETIMEDOUT;
	v->busy++;
	varlink_handle_io(v, pfd.revents);
	r = v->closed ? -ECONNRESET : 0;
	v->busy--;
	if (v->dead && v->busy == 0)
		connection_release(v);
	return r;
}

struct wait_state {
	bool done;
	bool lost;
	json_t *parameters;
	char *error;
};

static void wait_reply(struct varlink *v, const char *error, json_t *parameters, bool continues,
		int fd, void *userdata)
{
	struct wait_state *w = userdata;

	(void)v, (void)fd;
	if (continues)
		return;
	w->done = true;
	w->lost = !parameters;
	w->parameters = parameters ? json_incref(parameters) : NULL;
	w->error = error ? strdup(error) : NULL;
}

int varlink_call_wait(struct varlink *v, const struct varlink_request *request, int timeout_ms,
		json_t **ret_parameters, char **ret_error)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;
	struct wait_state w = { 0 };
	int r;

	r = varlink_call(v, request, wait_reply, &w);
	if (r < 0)
		return r;
	while (!w.done) {
		int64_t left = timeout_ms < 0 ? -1 : MAX(deadline - clock_mono_ms(), 0);

		r = varlink_pump(v, (int)left);
		if (r < 0 && !w.done) {
			varlink_forget(v, &w);
			return r;
		}
	}
	if (w.lost)
		return -ECONNRESET;
	r = w.error ? 1 : 0;
	if (r && ret_error)
		*ret_error = w.error;
	else
		free(w.error);
	if (ret_parameters)
		*ret_parameters = w.parameters;
	else
		json_decref(w.parameters);
	return r;
}
