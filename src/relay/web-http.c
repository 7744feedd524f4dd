/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP requests: pages out of the table of files, bodies of POST /api, and the writing of every
 * answer. One request at a time is in a connection. libwebsockets does not read while an answer is
 * on its way, but polls: bytes that come meanwhile would make the loop spin. So an answer that the
 * peer does not take at once is looked after by the clock of web.c, which ends one with unread
 * input (no browser sends any).
 *
 * A request that is refused before its body was read (wrong type, wrong origin) is answered after
 * the body was thrown away, because closing with unread input would take the answer with it; only
 * where the body is absurd the connection ends right after the answer.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/log.h"
#include "relay/forwarded.h"
#include "relay/tls.h"
#include "relay/web-conn.h"

#define SECURITY_HEADERS \
	"Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'; " \
	"img-src 'self' blob: data:; connect-src 'self'; frame-ancestors 'none'; " \
	"base-uri 'none'; form-action 'self'\r\n" \
	"X-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: no-referrer\r\n"

/*
 * Only with a certificate that browsers know: after this header they let nobody past one that they
 * do not, and a classroom with a self-signed one would be locked out.
 */
#define HSTS "Strict-Transport-Security: max-age=31536000\r\n"

#define STATION_COOKIE_AGE "31536000"

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ 200, "OK" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
};

/* --- reading --- */

/* A header of the request; false: not there, empty or longer than the buffer. */
static bool header_get(struct web_conn *c, enum lws_token_indexes token, char *buf, size_t size)
{
	return lws_hdr_copy(c->wsi, buf, (int)size, token) > 0;
}

static bool is_token(const char *s, size_t len)
{
	if (len != STR_TOKEN_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
				    s[i]))
			return false;
	return true;
}

static void cookie_read(const char *header, const char *name, char ret[static STR_TOKEN_LEN + 1])
{
	size_t n = strlen(name);

	ret[0] = 0;
	for (const char *p = header; *p;) {
		size_t len;

		p += strspn(p, "; \t");
		len = strcspn(p, ";");
		if (len > n && p[n] == '=' && memcmp(p, name, n) == 0) {
			size_t value = len - n - 1;

			while (value > 0 && strchr(" \t", p[n + value]))
				value--;
			if (is_token(p + n + 1, value)) {
				memcpy(ret, p + n + 1, value);
				ret[value] = 0;
				return;
			}
		}
		p += len;
	}
}

const char *web_http_cookie_prefix(const struct web_conn *c)
{
	return c->secure ? "__Host-" : "";
}

void web_http_read_cookies(struct web_conn *c)
{
	char header[4096], address[ADDRESS_TEXT_MAX];

	if (c->proxied) {
		/* Several people may come over one connection of the proxy. */
		address_format_peer(lws_get_socket_fd(c->wsi), c->address);
		if (header_get(c, WSI_TOKEN_X_FORWARDED_FOR, header, sizeof(header)) &&
				proxies_read_forwarded(c->web->proxies, header, address))
			str_copy(c->address, sizeof(c->address), address);
	}
	c->token[0] = c->station[0] = 0;
	if (!header_get(c, WSI_TOKEN_HTTP_COOKIE, header, sizeof(header)))
		return;
	cookie_read(header, c->secure ? "__Host-stationmaster" : "stationmaster", c->token);
	cookie_read(header, c->secure ? "__Host-station" : "station", c->station);
	explicit_bzero(header, sizeof(header));
}

/* "Bearer smt_...": only scripts send it; no page of somebody else can make a browser do so. */
static void authorization_read(struct web_conn *c)
{
	static const char scheme[] = "Bearer ", prefix[] = STR_API_TOKEN_PREFIX;
	const char *token;
	char header[256];

	c->bearer[0] = 0;
	c->has_authorization = lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_AUTHORIZATION) > 0;
	if (!c->has_authorization)
		return;
	explicit_bzero(c->token, sizeof(c->token));
	c->station[0] = 0;
	if (!header_get(c, WSI_TOKEN_HTTP_AUTHORIZATION, header, sizeof(header)))
		return;
	token = header + strlen(scheme);
	if (strncasecmp(header, scheme, strlen(scheme)) == 0 &&
			strncmp(token, prefix, strlen(prefix)) == 0 &&
			is_token(token + strlen(prefix), strlen(token + strlen(prefix))))
		str_copy(c->bearer, sizeof(c->bearer), token);
	explicit_bzero(header, sizeof(header));
}

bool web_http_origin_is_ours(struct web_conn *c)
{
	const char *extra = c->web->relay->conf->web_origin;
	char origin[256], host[256];
	size_t scheme;

	if (!header_get(c, WSI_TOKEN_ORIGIN, origin, sizeof(origin)))
		return false;
	if (!str_is_empty(extra) && strcasecmp(origin, extra) == 0)
		return true;
	if (!header_get(c, WSI_TOKEN_HOST, host, sizeof(host)))
		return false;
	scheme = c->secure ? strlen("https://") : strlen("http://");
	return strncasecmp(origin, c->secure ? "https://" : "http://", scheme) == 0 &&
	       strcasecmp(origin + scheme, host) == 0;
}

/* Length of the body: -1 none given, -2 not a number or a transfer coding. */
static int64_t body_length(struct web_conn *c)
{
	char value[32];
	int64_t n;

	if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return -2;
	if (lws_hdr_total_length(c->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
		return -1;
	if (!header_get(c, WSI_TOKEN_HTTP_CONTENT_LENGTH, value, sizeof(value)) ||
			str_parse_i64(value, 0, INT64_MAX, &n) < 0)
		return -2;
	return n;
}

static bool content_type_is_json(struct web_conn *c)
{
	char type[128];
	size_t n = strlen("application/json");

	return header_get(c, WSI_TOKEN_HTTP_CONTENT_TYPE, type, sizeof(type)) &&
	       strncasecmp(type, "application/json", n) == 0 &&
	       (!type[n] || strchr("; \t", type[n]));
}

/* --- answering --- */

static const char *status_text(int status)
{
	for (size_t i = 0; i < ELEMENTSOF(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].text;
	return "Error";
}

static void answer_start(
		struct web_conn *c, int status, const char *type, size_t len, const char *extra)
{
	struct web_answer *a = &c->answer;
	time_t now = time(NULL);
	char date[64];
	struct tm tm;
	int n;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	n = snprintf(a->headers, sizeof(a->headers),
			"HTTP/1.1 %d %s\r\nDate: %s\r\n" SECURITY_HEADERS
			"%s%s%s%sContent-Length: %zu\r\nConnection: %s\r\n%s\r\n",
			status, status_text(status), date,
			c->secure && !tls_is_self_signed(c->web->relay->tls) ? HSTS : "",
			type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", len,
			a->close || !c->keep_alive ? "close" : "keep-alive", extra);
	assert(n > 0 && (size_t)n < sizeof(a->headers));
	a->headers_len = (size_t)n;
	a->pending = true;
	a->sent = 0;
	lws_set_timeout(c->wsi, NO_PENDING_TIMEOUT, 0);
	web_conn_set_deadline(c, WEB_ANSWER_MS);
	lws_callback_on_writable(c->wsi);
}

void web_http_answer(struct web_conn *c, int status, const char *type, char *body, size_t len,
		const char *extra)
{
	char headers[512];

	snprintf(headers, sizeof(headers), "Cache-Control: no-store\r\n%s", extra);
	c->answer.owned = body;
	c->answer.body = (uint8_t *)body;
	c->answer.body_len = len;
	answer_start(c, status, type, len, headers);
}

static void answer_text(struct web_conn *c, int status, const char *text, const char *extra)
{
	char *body = str_format("%s\n", text);

	web_http_answer(c, status, "text/plain; charset=utf-8", body, body ? strlen(body) : 0,
			extra);
}

void web_http_answer_error(struct web_conn *c, int status, const char *error, json_t *parameters)
{
	json_t *j = json_pack("{s:s, s:o}", "error", error, "parameters",
			parameters ? parameters : json_object());
	char *body = j ? json_dumps(j, JSON_COMPACT) : NULL;

	json_decref(j);
	web_http_answer(c, status, "application/json", body, body ? strlen(body) : 0, "");
}

static void answer_refusal(struct web_conn *c, int status)
{
	static const struct {
		int status;
		const char *error;
		const char *reason;
	} table[] = {
		{ 400, VARLINK_INVALID_PARAMETER, "The length of the body cannot be understood." },
		{ 403, "org.stationmaster.Refused",
				"This call does not come from a page of this system. Open the "
				"dashboard at its own address; behind a proxy, set [web] origin." },
		{ 404, VARLINK_METHOD_NOT_FOUND, "There is no such method." },
		{ 411, VARLINK_INVALID_PARAMETER, "Content-Length is missing." },
		{ 413, "org.stationmaster.TooLarge", "A call may have at most 64 KiB." },
		{ 415, VARLINK_INVALID_PARAMETER, "Content-Type must be application/json." },
	};

	for (size_t i = 0; i < ELEMENTSOF(table); i++)
		if (table[i].status == status) {
			web_http_answer_error(c, status, table[i].error,
					json_pack("{s:s}", "reason", table[i].reason));
			return;
		}
}

/* --- pages --- */

/* The cookie that makes a browser a station; kept where there is one. */
static void station_cookie(struct web_conn *c, char *extra, size_t size)
{
	char secret[STR_TOKEN_LEN + 1];

	extra[0] = 0;
	if (c->station[0] || str_random_token(secret) < 0)
		return;
	snprintf(extra, size,
			"Set-Cookie: %sstation=%s; HttpOnly; Secure; SameSite=Strict; Path=/; "
			"Max-Age=" STATION_COOKIE_AGE "\r\n",
			web_http_cookie_prefix(c), secret);
}

static void answer_file(struct web_conn *c, const struct web_file *file, bool head)
{
	char accept[256], known[256], extra[512], cookie[256] = "";
	enum web_encoding e = WEB_IDENTITY;
	static const char *const names[] = { [WEB_IDENTITY] = "",
		[WEB_GZIP] = "Content-Encoding: gzip\r\n",
		[WEB_BROTLI] = "Content-Encoding: br\r\n" };
	bool same;

	if (header_get(c, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accept, sizeof(accept)))
		e = web_file_choose(file, accept);
	same = header_get(c, WSI_TOKEN_HTTP_IF_NONE_MATCH, known, sizeof(known)) &&
	       strstr(known, file->variants[e].etag);
	if (streq(file->path, "/station"))
		station_cookie(c, cookie, sizeof(cookie));
	snprintf(extra, sizeof(extra),
			"ETag: %s\r\nVary: Accept-Encoding\r\nCache-Control: %s\r\n%s%s",
			file->variants[e].etag,
			file->immutable ? "public, max-age=31536000, immutable" : "no-cache",
			names[e], cookie);
	c->answer.body = file->variants[e].data;
	c->answer.body_len = head || same ? 0 : file->variants[e].len;
	answer_start(c, same ? 304 : 200, same ? NULL : file->type,
			same ? 0 : file->variants[e].len, extra);
}

static void page_request(struct web_conn *c, const char *path, bool head)
{
	const struct web_file *file;

	if (strncmp(path, "/ws/", 4) == 0) {
		answer_text(c, 426, "This address is a WebSocket.", "Upgrade: websocket\r\n");
		return;
	}
	if (strncmp(path, "/api/", 5) == 0) {
		answer_text(c, 405, "Calls are made with POST.", "Allow: POST\r\n");
		return;
	}
	if (streq(path, "/kiosk.json")) {
		web_kiosk_answer(c, head);
		return;
	}
	if (!c->web->files) {
		answer_text(c, 503,
				"The pages of Stationmaster are not installed on this system. Install "
				"them, or set [web] root in stationmaster.conf, and restart "
				"station-relay.",
				"");
		return;
	}
	file = web_files_find(c->web->files, path);
	if (file)
		answer_file(c, file, head);
	else
		answer_text(c, 404,
				"There is no such page. The dashboard is at /, a station at "
				"/station.",
				"");
	if (head)
		c->answer.body_len = 0;
}

/* --- calls --- */

static int post_check(struct web_conn *c, const char *path, int64_t length)
{
	if (length == -2)
		return 400;
	if (length == -1)
		return 411;
	if (length > WEB_BODY_MAX)
		return 413;
	if (strncmp(path, "/api/", 5) != 0 || !str_copy(c->method, sizeof(c->method), path + 5))
		return 404;
	/* No browser adds Authorization by itself, so there is no origin to ask for. */
	if (!c->has_authorization && !web_http_origin_is_ours(c))
		return 403;
	return content_type_is_json(c) ? 0 : 415;
}

static void post_request(struct web_conn *c, const char *path)
{
	int64_t length = body_length(c);

	c->refused = post_check(c, path, length);
	if (c->refused && (length < 0 || length > WEB_DISCARD_MAX))
		c->answer.close = true;
	else if (length > 0) {
		web_conn_set_deadline(c, WEB_REQUEST_MS);
		return; /* the rest when the body is here */
	}
	if (c->refused)
		answer_refusal(c, c->refused);
	else
		web_api_call(c);
}

int web_http_request(struct web_conn *c, const char *path)
{
	char connection[64], version[16] = "";
	char *uri;
	int uri_len, method;

	peers_establish(&c->peer);
	if (c->answer.pending || c->call)
		return -1;
	c->refused = 0;
	c->body_done = false;
	c->keep_alive = header_get(c, WSI_TOKEN_HTTP, version, sizeof(version)) &&
			streq(version, "HTTP/1.1");
	if (header_get(c, WSI_TOKEN_CONNECTION, connection, sizeof(connection)) &&
			strcasecmp(connection, "close") == 0)
		c->keep_alive = false;
	web_http_read_cookies(c);
	method = lws_http_get_uri_and_method(c->wsi, &uri, &uri_len);
	if (streq(version, "HTTP/1.1") && lws_hdr_total_length(c->wsi, WSI_TOKEN_HOST) <= 0) {
		c->answer.close = true; /* RFC 9112 3.2 */
		answer_text(c, 400, "The Host header is missing.", "");
		return 0;
	}
	if (method == LWSHUMETH_POST) {
		authorization_read(c);
		post_request(c, path);
		return 0;
	}
	if (body_length(c) != -1 && body_length(c) != 0) {
		c->answer.close = true;
		answer_text(c, 400, "Only POST may have a body.", "");
	} else if (method == LWSHUMETH_GET || method == LWSHUMETH_HEAD) {
		page_request(c, path, method == LWSHUMETH_HEAD);
	} else {
		c->answer.close = true;
		answer_text(c, 405, "Only GET, HEAD and POST are understood.",
				"Allow: GET, HEAD, POST\r\n");
	}
	return 0;
}

int web_http_body(struct web_conn *c, void *data, size_t len)
{
	int r = 0;

	if (!c->refused && !c->answer.pending) /* else it is thrown away */
		r = buf_append(&c->body, data, len);
	/* A password may be in it, and the buffer is libwebsockets', which keeps it until more
	 * comes. */
	explicit_bzero(data, len);
	return r;
}

int web_http_body_done(struct web_conn *c)
{
	/*
	 * Told again, libwebsockets has input behind the body that it does not take: it would tell
	 * us for ever. No browser sends any before it has the answer.
	 */
	if (c->body_done)
		return -1;
	c->body_done = true;
	if (c->answer.pending)
		return 0;
	web_conn_set_deadline(c, 0);
	if (c->refused)
		answer_refusal(c, c->refused);
	else
		web_api_call(c);
	return 0;
}

/* --- writing --- */

static size_t answer_fill(struct web_answer *a, uint8_t *to, size_t size)
{
	size_t n = 0, at;

	if (a->sent < a->headers_len) {
		n = MIN(a->headers_len - a->sent, size);
		memcpy(to, a->headers + a->sent, n);
		a->sent += n;
	}
	at = a->sent - a->headers_len;
	if (n < size && at < a->body_len) {
		size_t step = MIN(a->body_len - at, size - n);

		memcpy(to + n, a->body + at, step);
		a->sent += step;
		n += step;
	}
	return n;
}

void web_http_done(struct web_conn *c)
{
	free(c->answer.owned);
	explicit_bzero(&c->answer, sizeof(c->answer)); /* a Set-Cookie may have been in it */
	explicit_bzero(c->bearer, sizeof(c->bearer));
	explicit_bzero(c->token, sizeof(c->token));
	buf_done(&c->body);
}

bool web_http_is_stuck(const struct web_conn *c)
{
	char byte;

	/* A body that is thrown away is read. */
	return c->answer.pending && !c->refused &&
	       recv(lws_get_socket_fd(c->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

int web_http_writable(struct web_conn *c)
{
	struct web_answer *a = &c->answer;
	bool ends = a->close || !c->keep_alive;
	size_t n;

	if (!a->pending)
		return 0;
	n = answer_fill(a, c->web->scratch + LWS_PRE, WEB_SCRATCH);
	if (n > 0 && lws_write(c->wsi, c->web->scratch + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
		return -1;
	if (a->sent < a->headers_len + a->body_len) {
		lws_callback_on_writable(c->wsi);
		return 0;
	}
	web_http_done(c);
	web_conn_set_deadline(c, 0);
	if (ends)
		return -1;
	return lws_http_transaction_completed(c->wsi) ? -1 : 0;
}
