/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The filter decides by the name that a program asks for (TLS: server name, HTTP: host), looks the
 * name up itself, and connects to what it found: the address that the program wanted to connect to
 * is not used, so a permitted name with a forbidden address leads to the permitted site. TLS is not
 * opened; what is closed there is ended at once. Without a name, or with an address in place of it,
 * nothing passes.
 *
 * It gets its sockets from systemd (station-filter@.socket): 3 and 4 are TLS on 127.0.0.1 and ::1,
 * 5 and 6 are HTTP. Names come from station-names.service, which reads /etc/hosts and follows
 * /etc/resolv.conf; DNS servers are not asked directly.
 *
 * Lists of closed sites also close the well-known services that hide names from us: with them a
 * program would get keys to encrypt the server name (ECH). That makes it no wall; a list of open
 * sites is one.
 */
#include "limits/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { PAGE_SITES_MAX = 40 /* named on the page */ };

/* Names hidden from the network: DNS over HTTPS, and what ECH shows in place of the name. */
static const char *const hiding[] = { "cloudflare-dns.com", "cloudflare-ech.com", "one.one.one.one",
	"dns.google", "dns.google.com", "quad9.net", "doh.opendns.com", "dns.nextdns.io",
	"adguard-dns.com", "dns.adguard.com", "cleanbrowsing.org", "mullvad.net", "dns.sb",
	"controld.com", "dns0.eu", "libredns.gr", "applied-privacy.net",
	"digitale-gesellschaft.ch" };

static void put_site(FILE *f, const char *name)
{
	fprintf(f,
			"\tacl listed var(sess.name) -m str %s\n"
			"\tacl listed var(sess.name) -m end .%s\n",
			name, name);
}

static void put_sites(FILE *f, const struct limit_group *g)
{
	json_t *name;
	size_t i;

	/* A name has letters in its last part; anything else is an address or none at all. */
	fputs("\tacl named var(sess.name) -m reg ^([a-z0-9_-]+\\.)*[a-z][a-z0-9-]*$\n"
	      "\tacl listed always_false\n",
			f);
	json_array_foreach (g->domains, i, name)
		put_site(f, json_string_value(name));
	/* Whoever closes nothing wants everything. */
	for (i = 0; g->deny && json_array_size(g->domains) > 0 && i < ELEMENTSOF(hiding); i++)
		put_site(f, hiding[i]);
}

static const char *closed_if(const struct limit_group *g)
{
	return g->deny ? "!named or listed" : "!named or !listed";
}

static void put_tls(FILE *f, const struct limit_group *g)
{
	fputs("frontend tls\n"
	      "\tmode tcp\n"
	      "\tbind fd@3\n"
	      "\tbind fd@4\n"
	      "\toption nolinger\n"
	      "\ttcp-request inspect-delay 5s\n"
	      "\tacl hello req.ssl_hello_type 1\n"
	      "\ttcp-request content reject if { req.len gt 0 } !hello\n"
	      "\ttcp-request content set-var(sess.name) req.ssl_sni,lower if hello\n",
			f);
	put_sites(f, g);
	fprintf(f,
			"\ttcp-request content reject if hello !named\n"
			"\ttcp-request content reject if hello %s\n",
			g->deny ? "listed" : "!listed");
	fputs("\ttcp-request content do-resolve(sess.to,names,ipv4) var(sess.name) if hello\n"
	      "\tacl found var(sess.to) -m found\n"
	      "\ttcp-request content set-dst var(sess.to) if hello found\n"
	      "\ttcp-request content set-dst-port int(443) if hello found\n"
	      "\ttcp-request content accept if hello found\n"
	      "\ttcp-request content reject if hello\n"
	      "\ttcp-request content reject if WAIT_END\n"
	      "\tdefault_backend tls\n"
	      "backend tls\n"
	      "\tmode tcp\n"
	      "\toption nolinger\n"
	      "\tserver named 0.0.0.0:0\n",
			f);
}

static void put_return(
		FILE *f, const char *folder, const char *file, int status, const char *condition)
{
	fprintf(f,
			"\thttp-request return status %d content-type \"text/html; charset=utf-8\" "
			"hdr cache-control no-store lf-file %s/%s if %s\n",
			status, folder, file, condition);
}

static void put_http(FILE *f, const struct limit_group *g, const char *folder)
{
	_cleanup_free_ char *german =
			str_format("german !named or german %slisted", g->deny ? "" : "!");

	fputs("frontend http\n"
	      "\tmode http\n"
	      "\tbind fd@5\n"
	      "\tbind fd@6\n"
	      "\ttimeout http-request 10s\n"
	      "\ttimeout http-keep-alive 60s\n"
	      "\thttp-request set-var(sess.name) "
	      "req.hdr(host),lower,regsub(:[0-9]*$,),regsub(\\.$,)\n"
	      "\tacl german req.hdr(accept-language) -i -m beg de\n",
			f);
	put_sites(f, g);
	fputs("\thttp-request set-var(txn.shown) str(-)\n"
	      "\thttp-request set-var(txn.shown) var(sess.name) if named\n"
	      "\thttp-request deny deny_status 403 if METH_CONNECT\n",
			f);
	put_return(f, folder, "de.html", 403, german ? german : "german");
	put_return(f, folder, "en.html", 403, closed_if(g));
	fputs("\thttp-request do-resolve(txn.to,names,ipv4) var(sess.name)\n"
	      "\thttp-request deny deny_status 502 unless { var(txn.to) -m found }\n"
	      "\thttp-request set-dst var(txn.to)\n"
	      "\thttp-request set-dst-port int(80)\n"
	      "\tdefault_backend http\n"
	      "backend http\n"
	      "\tmode http\n"
	      "\tserver named 0.0.0.0:0\n",
			f);
}

static char *end(FILE *f, char **text)
{
	if (fclose(f) == 0)
		return *text;
	free(*text);
	return NULL;
}

char *filter_build_config(const struct limit_group *g, const char *folder)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs("global\n"
	      "\tnbthread 1\n"
	      "\tmaxconn 8000\n"
	      "defaults\n"
	      "\ttimeout connect 10s\n"
	      "\ttimeout client 1h\n"
	      "\ttimeout server 1h\n"
	      "\ttimeout tunnel 1h\n"
	      "resolvers names\n"
	      "\tnameserver local 127.0.0.1:855\n"
	      "\taccepted_payload_size 4096\n"
	      "\tresolve_retries 3\n"
	      "\ttimeout resolve 1s\n"
	      "\ttimeout retry 1s\n"
	      "\thold valid 10s\n"
	      "\thold nx 1s\n"
	      "\thold other 1s\n"
	      "\thold timeout 1s\n"
	      "\thold refused 1s\n"
	      "\thold obsolete 0s\n",
			f);
	put_tls(f, g);
	put_http(f, g, folder);
	return end(f, &text);
}

/* --- the page --- */

struct words {
	const char *lang, *title, *limited, *open, *closed, *and, *more;
};

static const struct words words[] = {
	[FILTER_ENGLISH] = { "en", "This site is closed now",
			"has limited the web on this computer. This site cannot be opened until the "
			"limit ends.",
			"These sites are open:", "These sites are closed:", "and", "more" },
	[FILTER_GERMAN] = { "de", "Diese Seite ist gerade gesperrt",
			"hat das Web auf diesem Computer begrenzt. Diese Seite l\xc3\xa4sst sich erst "
			"wieder \xc3\xb6"
			"ffnen, wenn die Begrenzung endet.",
			"Diese Seiten sind offen:", "Diese Seiten sind gesperrt:", "und",
			"weitere" },
};

/* Text of people in a page that HAProxy fills in: a percent sign means something there too. */
static void put_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '%':
			fputs("&#37;", f);
			break;
		case '\\':
			fputs("&#92;", f);
			break;
		default:
			fputc(*s, f);
		}
	}
}

static void put_list(FILE *f, const struct limit_group *g, const struct words *w)
{
	size_t n = json_array_size(g->domains), shown = MIN(n, (size_t)PAGE_SITES_MAX);

	fprintf(f, "<p>%s</p>\n<ul>\n", g->deny ? w->closed : w->open);
	for (size_t i = 0; i < shown; i++) {
		const char *name = json_string_value(json_array_get(g->domains, i));

		/* A whole ending, as people write it. */
		fputs(strchr(name, '.') ? "<li>" : "<li>*.", f);
		put_text(f, name);
		fputs("</li>\n", f);
	}
	if (n > shown)
		fprintf(f, "<li>%s %zu %s</li>\n", w->and, n - shown, w->more);
	fputs("</ul>\n", f);
}

char *filter_build_page(const struct limit_group *g, enum filter_language language)
{
	const struct words *w = &words[language];
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f,
			"<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
			"<meta name=\"viewport\" content=\"width=device-width\">\n"
			"<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n"
			"<body style=\"font: 1.1rem/1.5 sans-serif; max-width: 36rem; margin: 4rem auto; "
			"padding: 0 1rem\">\n<h1>%s</h1>\n<p><b>%%[var(txn.shown)]</b></p>\n<p>",
			w->lang, w->title, w->title);
	put_text(f, g->by);
	fputc(' ', f);
	put_text(f, w->limited);
	fputs("</p>\n", f);
	put_list(f, g, w);
	fputs("</body>\n</html>\n", f);
	return end(f, &text);
}
