/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One Varlink connection (https://varlink.org/Method-Call, with the additions of
 * docs/ARCHITECTURE.md "One API": "id" lets replies come out of order, "token" names the person,
 * one descriptor may come with a message). The same object is client and server. It belongs to no
 * loop: its owner polls varlink_fd() for varlink_wants() and calls varlink_handle_io(), or uses
 * varlink_pump().
 *
 * Lifetime: callbacks may call varlink_free() on their own connection; the memory goes when the
 * outermost varlink_handle_io() returns. Calls that are still open are then answered into nothing.
 */
#pragma once

#include <stdbool.h>

#include "ipc/json.h"

enum {
	VARLINK_MESSAGE_MAX = 64 * 1024,      /* towards stationd */
	VARLINK_REPLY_MAX = 16 * 1024 * 1024, /* from stationd: lists of thousands of sessions */
	VARLINK_OUT_MAX =
			32 * 1024 * 1024, /* queued for a peer that does not read; above: closed */
	VARLINK_CALLS_MAX = 256,          /* open calls of one connection */
};

/* Standard errors, https://varlink.org/Service */
#define VARLINK_METHOD_NOT_FOUND  "org.varlink.service.MethodNotFound"
#define VARLINK_INVALID_PARAMETER "org.varlink.service.InvalidParameter"

struct varlink;

/* A call that this side has to answer. Reference counted; answering does not drop the reference. */
struct varlink_call {
	unsigned refs;
	struct varlink *conn; /* NULL once the connection is gone: answers go nowhere */
	const char *method;   /* "org.stationmaster.Sessions.List" */
	json_t *parameters;   /* never NULL, an object */
	const char *token;    /* NULL: none */
	const char *from;     /* network address of who brought the token; NULL: not told */
	bool more;            /* the caller takes several replies */
	bool oneway;          /* the caller takes none */
	bool answered;        /* the last reply was given */
	bool has_id;
	json_int_t id;
	json_t *message; /* owns the strings above */
	void *userdata;  /* of whoever handles the call */
	/* Called once if the connection ends before the last reply; may be NULL. */
	void (*handle_gone)(struct varlink_call *call);
	struct varlink_call *next; /* list of the connection */
};

/* parameters and fd are borrowed. error NULL: a reply; continues: more replies will follow. fd
 * -EBADF: none. */
typedef void (*varlink_reply_fn)(struct varlink *v, const char *error, json_t *parameters,
		bool continues, int fd, void *userdata);

struct varlink_ops {
	/* Takes the reference of call. May be NULL: then every call is MethodNotFound. */
	void (*handle_call)(struct varlink *v, struct varlink_call *call, void *userdata);
	/* The connection ended; error is -errno (-ECONNRESET: by the peer). Call varlink_free()
	 * here or later. */
	void (*handle_closed)(struct varlink *v, int error, void *userdata);
	/* varlink_wants() has changed. May be NULL. */
	void (*handle_wants)(struct varlink *v, void *userdata);
};

struct varlink_options {
	size_t in_max;     /* longest message taken, bytes */
	bool accept_token; /* "token" and "from" are taken from calls; else they are errors */
	bool accept_id;
	bool accept_fd; /* descriptors are taken from replies; else closed */
	/* No further call is read while more bytes than this are queued towards a peer that does
	 * not read; 0: no limit below VARLINK_OUT_MAX. For connections that only serve. */
	size_t out_pause;
};

/* Takes fd on success. ops must outlive the connection. */
int varlink_new(int fd, const struct varlink_options *options, const struct varlink_ops *ops,
		void *userdata, struct varlink **ret);
/* Closes; open client calls get "error" NULL and parameters NULL as their last reply. NULL is fine;
 * gives NULL. */
struct varlink *varlink_free(struct varlink *v);
DEFINE_CLEANUP(struct varlink, varlink_free);

int varlink_fd(const struct varlink *v);
/* POLLIN and/or POLLOUT. */
short varlink_wants(const struct varlink *v);
bool varlink_is_closed(const struct varlink *v);
/* Bytes queued for a peer that has not read them yet. */
size_t varlink_queued(const struct varlink *v);
/* End the connection from the loop: handle_closed comes as if the peer had ended it. */
void varlink_abort(struct varlink *v);
/* Does what poll() events ask for: reads, dispatches calls and replies, writes. */
void varlink_handle_io(struct varlink *v, short revents);
/* poll() and one varlink_handle_io(); 0 done, -ETIMEDOUT, -ECONNRESET (closed). timeout_ms < 0:
 * none. */
int varlink_pump(struct varlink *v, int timeout_ms);

/* --- client --- */
enum varlink_flags { VARLINK_MORE = 1, VARLINK_WITH_ID = 2 };
/*
 * Calls; parameters are taken always (NULL = {}). fn gets the reply, or error NULL + parameters
 * NULL when the connection ends first; fn may be NULL (oneway). token may be NULL. -EBUSY: too many
 * open calls; -ECONNRESET.
 */
struct varlink_request {
	const char *method;
	json_t *parameters;
	const char *token;
	const char *from; /* with a token; may be NULL */
	unsigned flags;
};
int varlink_call(struct varlink *v, const struct varlink_request *request, varlink_reply_fn fn,
		void *userdata);
/* Forget the open calls of this userdata: their fn is not called any more (the replies are
 * dropped). */
void varlink_forget(struct varlink *v, void *userdata);
/*
 * Calls and waits: 0 and ret_parameters (owned; may be NULL), or 1 and also ret_error (malloc'ed),
 * or -errno
 * (-ECONNRESET, -ETIMEDOUT).
 */
int varlink_call_wait(struct varlink *v, const struct varlink_request *request, int timeout_ms,
		json_t **ret_parameters, char **ret_error);

/* --- server --- */
struct varlink_call *varlink_call_ref(struct varlink_call *call);
struct varlink_call *varlink_call_unref(struct varlink_call *call);
DEFINE_CLEANUP(struct varlink_call, varlink_call_unref);
/* Each takes parameters always (NULL = {}); answering a call that was answered or whose peer is
 * gone does nothing. */
void varlink_reply(struct varlink_call *call, json_t *parameters);
/* One of several replies; only if call->more. */
void varlink_reply_more(struct varlink_call *call, json_t *parameters);
/* fd is duplicated by the kernel when sent; the caller keeps its own. */
void varlink_reply_fd(struct varlink_call *call, json_t *parameters, int fd);
/* One of several replies, with a descriptor. */
void varlink_reply_more_fd(struct varlink_call *call, json_t *parameters, int fd);
void varlink_error(struct varlink_call *call, const char *error, json_t *parameters);
/* org.varlink.service.InvalidParameter with the name of the parameter. */
void varlink_error_parameter(struct varlink_call *call, const char *parameter);
