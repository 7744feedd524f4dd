/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET /kiosk.json: what the dashboard puts into the files of a thin client, and what a page cannot
 * know: the ports of the other kinds of stations, and the certificate where no authority has signed
 * it. Nothing of it is secret; everybody who connects is shown the same.
 */
#include "base/str.h"
#include "io/certificate.h"
#include "ipc/conf.h"
#include "relay/relay.h"
#include "relay/tls.h"
#include "relay/web-conn.h"

static int port_of(const char *listen)
{
	_cleanup_free_ char *host = NULL;
	uint16_t port;

	return !str_is_empty(listen) && conf_parse_listen(listen, &host, &port) == 0 ? port : 0;
}

/* Certificate in PEM, its key as browsers pin it, its fingerprint as RDP clients do. */
static json_t *build_certificate(X509 *x)
{
	struct certificate about;
	struct certificate_copy copy;
	json_t *j = NULL;

	if (certificate_of(x, &about) < 0)
		return NULL;
	if (certificate_take_copy(x, &copy) == 0) {
		j = json_pack("{s:s, s:s, s:s}", "pem", copy.pem, "pin", copy.pin, "fingerprint",
				about.fingerprint);
		free(copy.pem);
	}
	certificate_done(&about);
	return j;
}

void web_kiosk_answer(struct web_conn *c, bool head)
{
	const struct relay *relay = c->web->relay;
	X509 *x = relay->tls && tls_is_self_signed(relay->tls)
				  ? SSL_CTX_get0_certificate(tls_context(relay->tls))
				  : NULL;
	json_t *j = json_pack("{s:i, s:i, s:i, s:o*}", "https_port",
			port_of(relay->conf->web_listen), "vnc_port",
			port_of(relay->conf->vnc_listen), "rdp_port",
			port_of(relay->conf->rdp_listen), "certificate",
			x ? build_certificate(x) : NULL);
	char *body = j ? json_dumps(j, JSON_COMPACT) : NULL;

	json_decref(j);
	web_http_answer(c, body ? 200 : 500, "application/json", body, body ? strlen(body) : 0, "");
	if (head)
		c->answer.body_len = 0;
}
