/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GET /kiosk.json: what the dashboard puts into the files of a thin client, and what a page cannot
 * know: the ports of the other kinds of stations, and the certificate where no authority has signed
 * it. Nothing of it is secret; everybody who connects is shown the same.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/str.h"
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

/* Certificate in PEM, and base64 of the SHA-256 of its key, as browsers pin it. */
static json_t *build_certificate(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *key = NULL, hash[EVP_MAX_MD_SIZE], pin[EVP_MAX_MD_SIZE * 2];
	unsigned int hash_len = 0;
	int key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key);
	json_t *j = NULL;
	char *text;
	long n;

	if (bio && key_len > 0 && PEM_write_bio_X509(bio, x) == 1 &&
			EVP_Digest(key, (size_t)key_len, hash, &hash_len, EVP_sha256(), NULL) ==
					1) {
		n = BIO_get_mem_data(bio, &text);
		EVP_EncodeBlock(pin, hash, (int)hash_len);
		j = json_pack("{s:s%, s:s}", "pem", text, (size_t)n, "pin", (char *)pin);
	}
	OPENSSL_free(key);
	BIO_free(bio);
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
