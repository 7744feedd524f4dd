/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One certificate for everything the relay offers. A self-signed one (ECDSA P-256, ten years, the
 * names of this computer) is made once and kept, so that a person has to accept it once only. Both
 * files are checked here, at start, where an error can still be told in words.
 */
#include "relay/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"

enum { VALID_DAYS = 3650 };

struct tls {
	char *certificate;
	char *key;
	SSL_CTX *context;
};

static void pkey_freep(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static void x509_freep(X509 **p)
{
	X509_free(*p);
}

static void bio_freep(BIO **p)
{
	BIO_free(*p);
}

static int extension_add(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e)
		return -EIO;
	ok = X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return ok ? 0 : -EIO;
}

/* The host's name as a name of a certificate, or none if it would not be valid there. */
static const char *host_name(char *buf, size_t size)
{
	if (gethostname(buf, size) < 0)
		return "localhost";
	buf[size - 1] = 0;
	if (!*buf || strspn(buf, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") !=
					strlen(buf))
		return "localhost";
	return buf;
}

static int certificate_make(EVP_PKEY *key, X509 **ret)
{
	_cleanup_(x509_freep) X509 *x = X509_new();
	_cleanup_free_ char *names = NULL;
	char host[HOST_NAME_MAX + 1];
	uint64_t serial;
	X509_NAME *name;
	const char *cn;

	if (!x || getrandom(&serial, sizeof(serial), 0) != sizeof(serial))
		return -ENOMEM;
	cn = host_name(host, sizeof(host));
	names = streq(cn, "localhost") ? str_format("DNS:localhost,IP:127.0.0.1,IP:::1")
				       : str_format("DNS:%s,DNS:localhost,IP:127.0.0.1,IP:::1", cn);
	if (!names)
		return -ENOMEM;
	if (strlen(cn) > 64) /* ub-common-name, RFC 5280 */
		cn = "stationmaster";
	name = X509_get_subject_name(x);
	if (!X509_set_version(x, X509_VERSION_3) ||
			!ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) ||
			!X509_gmtime_adj(X509_getm_notBefore(x), -24 * 3600) ||
			!X509_time_adj_ex(X509_getm_notAfter(x), VALID_DAYS, 0, NULL) ||
			!X509_set_pubkey(x, key) ||
			!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)cn, -1, -1, 0) ||
			!X509_set_issuer_name(x, name))
		return -EIO;
	if (extension_add(x, NID_subject_alt_name, names) < 0 ||
			extension_add(x, NID_basic_constraints, "critical,CA:FALSE") < 0 ||
			extension_add(x, NID_key_usage, "critical,digitalSignature") < 0 ||
			extension_add(x, NID_ext_key_usage, "serverAuth") < 0 ||
			!X509_sign(x, key, EVP_sha256()))
		return -EIO;
	*ret = take_ptr(x);
	return 0;
}

static int bio_write_file(BIO *b, const char *path, mode_t mode)
{
	char *data;
	long n = BIO_get_mem_data(b, &data);

	return n > 0 ? fd_write_file(path, data, (size_t)n, mode) : -EIO;
}

static int certificate_create(struct tls *t)
{
	_cleanup_(pkey_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
	_cleanup_(bio_freep) BIO *key_pem = BIO_new(BIO_s_secmem());
	_cleanup_(bio_freep) BIO *pem = BIO_new(BIO_s_mem());
	_cleanup_(x509_freep) X509 *x = NULL;
	int r;

	if (!key || !key_pem || !pem)
		return -ENOMEM;
	r = certificate_make(key, &x);
	if (r < 0)
		return r;
	if (!PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) ||
			!PEM_write_bio_X509(pem, x))
		return -EIO;
	/* The certificate last: it is there only with its key. */
	r = bio_write_file(key_pem, t->key, 0600);
	if (r == 0)
		r = bio_write_file(pem, t->certificate, 0600);
	return r;
}

static const char *openssl_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	return text ? text : "it cannot be read";
}

static int context_create(struct tls *t, char **ret_error)
{
	t->context = SSL_CTX_new(TLS_server_method());
	if (!t->context)
		return -ENOMEM;
	SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION);
	SSL_CTX_set_options(t->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(t->context, SSL_MODE_RELEASE_BUFFERS);
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(t->context, t->certificate) != 1)
		*ret_error = str_format("the TLS certificate %s is of no use: %s; put a PEM "
					"certificate there that the user station-relay may read",
				t->certificate, openssl_reason());
	else if (SSL_CTX_use_PrivateKey_file(t->context, t->key, SSL_FILETYPE_PEM) != 1)
		*ret_error = str_format("the TLS key %s is of no use: %s; put the PEM key of the "
					"certificate there, readable by the user station-relay",
				t->key, openssl_reason());
	else if (SSL_CTX_check_private_key(t->context) != 1)
		*ret_error = str_format("the TLS key %s does not belong to the certificate %s",
				t->key, t->certificate);
	else
		return 0;
	return -EINVAL;
}

static int paths_choose(
		struct tls *t, const struct conf *conf, const char *state_dir, char **ret_error)
{
	bool configured = !str_is_empty(conf->tls_certificate);
	struct stat st;
	int r;

	if (configured != !str_is_empty(conf->tls_key)) {
		*ret_error = str_format("[tls] certificate and key in stationmaster.conf belong "
					"together: set both or none");
		return -EINVAL;
	}
	if (configured) {
		t->certificate = strdup(conf->tls_certificate);
		t->key = strdup(conf->tls_key);
		return t->certificate && t->key ? 0 : -ENOMEM;
	}
	if (!state_dir) {
		*ret_error = str_format(
				"there is no TLS certificate: set [tls] certificate and key in "
				"stationmaster.conf, or run with STATE_DIRECTORY set to a "
				"folder where one can be kept");
		return -EINVAL;
	}
	t->certificate = str_format("%s/certificate.pem", state_dir);
	t->key = str_format("%s/key.pem", state_dir);
	if (!t->certificate || !t->key)
		return -ENOMEM;
	if (stat(t->certificate, &st) == 0)
		return 0;
	r = certificate_create(t);
	if (r < 0)
		*ret_error = str_format("a TLS certificate could not be made in %s: %s", state_dir,
				strerror(-r));
	else
		log_notice("made a self-signed TLS certificate, %s; browsers and viewers will ask "
			   "whether to trust it",
				t->certificate);
	return r;
}

int tls_new(const struct conf *conf, const char *state_dir, struct tls **ret, char **ret_error)
{
	struct tls *t = calloc(1, sizeof(*t));
	int r;

	*ret_error = NULL;
	if (!t)
		return -ENOMEM;
	r = paths_choose(t, conf, state_dir, ret_error);
	if (r == 0)
		r = context_create(t, ret_error);
	if (r < 0) {
		tls_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

struct tls *tls_free(struct tls *t)
{
	if (!t)
		return NULL;
	SSL_CTX_free(t->context);
	free(t->certificate);
	free(t->key);
	free(t);
	return NULL;
}

const char *tls_certificate_path(const struct tls *t)
{
	return t->certificate;
}

const char *tls_key_path(const struct tls *t)
{
	return t->key;
}

SSL_CTX *tls_context(const struct tls *t)
{
	return t->context;
}
