/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pixel half of station-relay alone, for component tests and benches: one source, any number of
 * viewers, no stationd.
 *
 *   relay-pixels [--tls CERT KEY] [--thumbnails DIR] --source SOCKET --listen PORT|SOCKET
 *
 * Every viewer shows the session of --source, a Unix socket of an RFB server. --tls offers VeNCrypt
 * (any password but "wrong" is right), else security None. --thumbnails writes each thumbnail to
 * DIR/SIZE.jpg. Orders are read from standard input, one a line: "session", "greeter", "nothing"
 * (scene of all viewers; each has a greeter of its own), "view" and "control" (input), "notice
 * SECONDS TEXT", "notice off", "panel X Y" and "panel off" (a grey square as another layer),
 * "filter" and "pass" (keys and pointer are taken, or not), "describe", "quit". What happens is
 * told on standard output, one line each.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "font-leaks.h"
#include "io/stream-tcp.h"
#include "relay/encode.h"
#include "relay/source.h"
#include "relay/thumbnail.h"
#include "relay/viewer-rfb.h"

enum { VIEWERS_MAX = 256 };

struct app;

struct client {
	struct app *app;
	struct viewer *viewer;
	struct greeter *greeter;
	struct notice *notice;
	unsigned number;
};

struct app {
	uv_loop_t loop;
	uv_poll_t listener;
	uv_poll_t input;
	int listen_fd;
	SSL_CTX *tls;
	struct source *source;
	struct client clients[VIEWERS_MAX];
	unsigned n_clients;
	bool control;
	enum { SHOW_SESSION, SHOW_GREETER, SHOW_NOTHING } show;
	char message[200];
	int64_t ends_ms; /* of the notice; 0: none */
	uv_timer_t second;
	struct thumbnail *thumbnail;
	struct thumbnail_subscriber subscribers[_THUMBNAIL_SIZE_MAX];
	const char *thumbnails;
	struct overlay panel;
	bool has_panel, filters;
	char line[256];
	size_t line_len;
	bool ended;
};

static struct app app;

static struct picture *scene(struct client *c)
{
	if (app.show == SHOW_GREETER)
		return greeter_picture(c->greeter);
	return app.show == SHOW_NOTHING || !app.source ? NULL : source_picture(app.source);
}

/* --- what the relay draws --- */

static void handle_login(struct greeter *g, const char *user, char *password, const char *desktop,
		void *userdata)
{
	struct client *c = userdata;

	printf("viewer %u: greeter: %s, %zu characters\n", c->number, user, strlen(password));
	greeter_show_login(g, streq(password, "wrong") ? "Wrong user name or password." : "Hello.",
			streq(password, "wrong"));
}

static void handle_answers(struct greeter *g, char *const *answers, size_t n, void *userdata)
{
}

static void handle_accepted(struct greeter *g, void *userdata)
{
}

static void handle_cancel(struct greeter *g, void *userdata)
{
}

static const struct greeter_events greeter_events = {
	.handle_login = handle_login,
	.handle_answers = handle_answers,
	.handle_accept = handle_accepted,
	.handle_cancel = handle_cancel,
};

static void show_notice(struct client *c)
{
	struct notice_text text = { "Karin Kaya", app.message, app.ends_ms, "en" };
	struct picture *p = scene(c);

	if (app.ends_ms == 0 || !p)
		viewer_set_overlay(c->viewer, VIEWER_LAYER_NOTICE, NULL);
	else if (notice_draw(c->notice, &text, p->w, p->h, clock_real_ms()))
		viewer_set_overlay(c->viewer, VIEWER_LAYER_NOTICE, notice_overlay(c->notice));
}

static void handle_second(uv_timer_t *t)
{
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		if (app.clients[i].viewer)
			show_notice(&app.clients[i]);
}

static bool take_key(void *userdata, uint32_t keysym, uint32_t keycode, bool down)
{
	return app.filters;
}

static bool take_pointer(void *userdata, uint8_t buttons, uint16_t x, uint16_t y)
{
	return app.filters;
}

static const struct viewer_filter filter = { .key = take_key, .pointer = take_pointer };

enum { PANEL = 160 };

static void show_panel(struct client *c)
{
	viewer_set_overlay(c->viewer, VIEWER_LAYER_PANEL, app.has_panel ? &app.panel : NULL);
}

static void order_panel(const char *line)
{
	static uint8_t argb[PANEL * PANEL * 4];
	unsigned x, y;

	memset(argb, 0x80, sizeof(argb)); /* half of it shows through */
	app.has_panel = sscanf(line, "panel %u %u", &x, &y) == 2;
	if (app.has_panel)
		app.panel = (struct overlay){ .x = (uint16_t)x,
			.y = (uint16_t)y,
			.w = PANEL,
			.h = PANEL,
			.stride = PANEL * 4,
			.argb = argb };
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		if (app.clients[i].viewer)
			show_panel(&app.clients[i]);
}

static void client_free(struct client *c)
{
	c->viewer = viewer_free(c->viewer);
	c->greeter = greeter_free(c->greeter);
	c->notice = notice_free(c->notice);
}

/* --- viewers --- */

static void handle_credentials(struct viewer *v, const char *user, char *password, void *userdata)
{
	struct client *c = userdata;

	printf("viewer %u: user %s\n", c->number, user);
	if (streq(password, "wrong"))
		viewer_refuse(v, "Wrong user name or password.");
	else
		viewer_rfb_accept(v);
}

static void handle_ready(struct viewer *v, bool credentials_given, void *userdata)
{
	struct client *c = userdata;

	printf("viewer %u: ready%s\n", c->number, credentials_given ? ", signed in" : "");
	viewer_set_picture(v, scene(c), app.control);
	viewer_set_filter(v, &filter, NULL);
	show_notice(c);
	show_panel(c);
}

static void handle_activity(struct viewer *v, void *userdata)
{
	struct client *c = userdata;

	printf("viewer %u: active\n", c->number);
}

static void handle_gone(struct viewer *v, const char *reason, void *userdata)
{
	struct client *c = userdata;

	printf("viewer %u: gone: %s\n", c->number, reason);
	client_free(c);
}

static const struct viewer_events viewer_events = {
	.handle_credentials = handle_credentials,
	.handle_ready = handle_ready,
	.handle_activity = handle_activity,
	.handle_gone = handle_gone,
};

static void handle_accept(uv_poll_t *p, int status, int events)
{
	struct stream *stream;
	struct client *c = NULL;
	int fd;

	fd = accept4(app.listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (unsigned i = 0; i < VIEWERS_MAX && !c; i++)
		if (!app.clients[i].viewer)
			c = &app.clients[i];
	if (!c || stream_tcp_new(&app.loop, fd, app.tls, &stream) < 0) {
		close(fd);
		return;
	}
	c->app = &app;
	c->number = ++app.n_clients;
	if (greeter_new("Room 12", "en", &greeter_events, c, &c->greeter) < 0 ||
			notice_new(&c->notice) < 0 ||
			viewer_rfb_new(&app.loop, stream,
					app.tls ? VIEWER_SECURITY_VENCRYPT : VIEWER_SECURITY_NONE,
					&viewer_events, c, &c->viewer) < 0)
		exit(1);
	printf("viewer %u: connected\n", c->number);
}

static void show(void)
{
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		if (app.clients[i].viewer)
			viewer_set_picture(
					app.clients[i].viewer, scene(&app.clients[i]), app.control);
}

/* --- source --- */

static void handle_source_ready(struct source *s, void *userdata)
{
	printf("source: ready, %ux%u\n", source_picture(s)->w, source_picture(s)->h);
}

static void handle_source_lost(struct source *s, const char *reason, void *userdata)
{
	printf("source: lost: %s\n", reason);
	for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX && app.thumbnails; i++)
		thumbnail_unsubscribe(app.thumbnail, &app.subscribers[i]);
	app.thumbnail = thumbnail_free(app.thumbnail);
	app.source = source_free(s);
	uv_stop(&app.loop);
}

static void handle_source_cut_text(struct source *s, const char *utf8, void *userdata)
{
	printf("source: clipboard: %s\n", utf8);
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		if (app.clients[i].viewer)
			viewer_send_cut_text(app.clients[i].viewer, utf8);
}

static const struct source_events source_events = {
	.handle_ready = handle_source_ready,
	.handle_lost = handle_source_lost,
	.handle_cut_text = handle_source_cut_text,
};

static void handle_thumbnail(struct thumbnail_subscriber *s, struct chunk *jpeg, uint16_t w,
		uint16_t h, int64_t taken_ms)
{
	static const char *const names[] = { "small", "medium", "large" };
	_cleanup_free_ char *path = str_format("%s/%s.jpg", app.thumbnails, names[s->size]);

	if (path && fd_write_file(path, (const char *)jpeg->data, jpeg->len, 0644) < 0)
		printf("thumbnail: cannot write %s\n", path);
	printf("thumbnail: %s %ux%u %zu bytes\n", names[s->size], w, h, jpeg->len);
}

/* --- orders --- */

static void order(const char *line)
{
	int seconds, at = 0;

	if (streq(line, "session") || streq(line, "nothing") || streq(line, "greeter")) {
		app.show = streq(line, "session")   ? SHOW_SESSION
			   : streq(line, "greeter") ? SHOW_GREETER
						    : SHOW_NOTHING;
		show();
	} else if (streq(line, "notice off")) {
		app.ends_ms = 0;
		uv_timer_stop(&app.second);
		handle_second(&app.second);
	} else if (sscanf(line, "notice %d %n", &seconds, &at) == 1) {
		app.ends_ms = clock_real_ms() + seconds * 1000;
		str_copy(app.message, sizeof(app.message), at > 0 ? line + at : "");
		uv_timer_start(&app.second, handle_second, 0, 1000);
	} else if (strncmp(line, "panel ", 6) == 0) {
		order_panel(line);
	} else if (streq(line, "filter") || streq(line, "pass")) {
		app.filters = streq(line, "filter");
	} else if (streq(line, "view") || streq(line, "control")) {
		app.control = streq(line, "control");
		show();
	} else if (streq(line, "describe")) {
		for (unsigned i = 0; i < VIEWERS_MAX; i++)
			if (app.clients[i].viewer)
				printf("viewer %u: %s\n", app.clients[i].number,
						viewer_describe(app.clients[i].viewer));
	} else if (streq(line, "quit")) {
		uv_stop(&app.loop);
	} else {
		printf("unknown order: %s\n", line);
	}
}

static void handle_input(uv_poll_t *p, int status, int events)
{
	char *end;
	ssize_t n;

	n = read(STDIN_FILENO, app.line + app.line_len, sizeof(app.line) - 1 - app.line_len);
	if (n <= 0) {
		uv_poll_stop(p);
		if (n == 0)
			uv_stop(&app.loop);
		return;
	}
	app.line_len += (size_t)n;
	app.line[app.line_len] = '\0';
	while ((end = strchr(app.line, '\n'))) {
		*end = '\0';
		order(app.line);
		app.line_len -= (size_t)(end + 1 - app.line);
		memmove(app.line, end + 1, app.line_len + 1);
	}
}

/* --- */

static int listen_tcp(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0)
		return -errno;
	return fd;
}

static int load_tls(const char *cert, const char *key)
{
	app.tls = SSL_CTX_new(TLS_server_method());
	if (!app.tls || SSL_CTX_use_certificate_chain_file(app.tls, cert) != 1 ||
			SSL_CTX_use_PrivateKey_file(app.tls, key, SSL_FILETYPE_PEM) != 1)
		return -EINVAL;
	return 0;
}

static int start_source(const char *path)
{
	int fd, r;

	fd = fd_unix_connect(path);
	if (fd < 0)
		return fd;
	r = source_new(&app.loop, fd, &source_events, NULL, &app.source);
	if (r < 0)
		return r;
	r = thumbnail_new(&app.loop, source_picture(app.source), NULL, NULL, &app.thumbnail);
	for (unsigned i = 0; r >= 0 && i < _THUMBNAIL_SIZE_MAX && app.thumbnails; i++) {
		app.subscribers[i].size = i;
		app.subscribers[i].handle_thumbnail = handle_thumbnail;
		thumbnail_subscribe(app.thumbnail, &app.subscribers[i]);
	}
	return r;
}

static void stop(void)
{
	for (unsigned i = 0; i < VIEWERS_MAX; i++)
		client_free(&app.clients[i]);
	if (app.source) {
		for (unsigned i = 0; i < _THUMBNAIL_SIZE_MAX && app.thumbnails; i++)
			thumbnail_unsubscribe(app.thumbnail, &app.subscribers[i]);
		app.thumbnail = thumbnail_free(app.thumbnail);
		app.source = source_free(app.source);
	}
	uv_close((uv_handle_t *)&app.listener, NULL);
	uv_close((uv_handle_t *)&app.input, NULL);
	uv_close((uv_handle_t *)&app.second, NULL);
	uv_run(&app.loop, UV_RUN_DEFAULT);
	close(app.listen_fd);
	encode_done();
	SSL_CTX_free(app.tls);
	uv_loop_close(&app.loop);
}

int main(int argc, char **argv)
{
	const char *source = NULL, *listen_at = NULL;
	int r = 0;

	log_init("relay-pixels");
	setvbuf(stdout, NULL, _IOLBF, 0);
	uv_loop_init(&app.loop);
	uv_timer_init(&app.loop, &app.second);
	app.control = true;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (streq(argv[i], "--source"))
			source = argv[i + 1];
		else if (streq(argv[i], "--listen"))
			listen_at = argv[i + 1];
		else if (streq(argv[i], "--thumbnails"))
			app.thumbnails = argv[i + 1];
		else if (streq(argv[i], "--tls") && i + 2 < argc) {
			r = load_tls(argv[i + 1], argv[i + 2]);
			i++;
		}
	}
	if (!source || !listen_at || r < 0) {
		fprintf(stderr, "usage: relay-pixels [--tls CERT KEY] [--thumbnails DIR] --source SOCKET "
				"--listen PORT|SOCKET\n");
		return 2;
	}
	r = start_source(source);
	if (r < 0)
		return log_error_errno(r, "source %s", source) ? 1 : 1;
	app.listen_fd = strchr(listen_at, '/') ? fd_unix_listen(listen_at, 0600)
					       : listen_tcp(listen_at);
	if (app.listen_fd < 0)
		return log_error_errno(app.listen_fd, "listen %s", listen_at) ? 1 : 1;
	uv_poll_init(&app.loop, &app.listener, app.listen_fd);
	uv_poll_start(&app.listener, UV_READABLE, handle_accept);
	uv_poll_init(&app.loop, &app.input, STDIN_FILENO);
	uv_poll_start(&app.input, UV_READABLE, handle_input);
	printf("listening on %s\n", listen_at);
	uv_run(&app.loop, UV_RUN_DEFAULT);
	stop();
	return 0;
}
