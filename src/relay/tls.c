/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One certificate for everything the relay offers. A self-signed one (ECDSA P-256, ten years, the
 * names of this computer) is made once and kept, so that a person has to accept it once only; in
 * its last month another one takes its place.
 *
 * Both files are looked at when they change (their folders are watched; a client of ACME writes
 * certificate and key one after the other, hence the pause), on SIGHUP and once a day. New ones are
 * taken only if they can be used: a context is made of them, and what is open goes on with the one
 * it began with, because OpenSSL counts references.
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
#include <time.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "io/certificate.h"

/* Forward secrecy and authenticated encryption; TLS 1.3 has nothing else. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

enum {
	VALID_DAYS = 3650,
	RENEW_DAYS = 30,
	DAY_MS = 24 * 3600 * 1000,
	SETTLE_MS = 500, /* after the last change of a file */
};

/* Enough of a file to see that it is another one. */
struct seen {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
};

struct tls {
	char *certificate;
	char *key;
	bool own; /* made by us, in the state folder */
	bool self_signed;
	SSL_CTX *context;
	struct seen seen[2];
	struct watch *watch; /* NULL: not watched */
};

/* Lives until libuv has closed its handles. */
struct watch {
	struct tls *tls;
	uv_fs_event_t folders[2];
	uv_timer_t settle, daily;
	unsigned open;
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

static int handle_certificate(SSL *ssl, void *userdata)
{
	struct tls *t = userdata;
	STACK_OF(X509) *chain = NULL;

	SSL_CTX_get0_chain_certs(t->context, &chain);
	return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(t->context),
			SSL_CTX_get0_privatekey(t->context), chain, 1);
}

static void context_harden(SSL_CTX *context)
{
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(context, CIPHERS);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
						     SSL_OP_CIPHER_SERVER_PREFERENCE |
						     SSL_OP_CLEANSE_PLAINTEXT);
}

void tls_adopt_context(struct tls *t, SSL_CTX *context)
{
	context_harden(context);
	SSL_CTX_set_cert_cb(context, handle_certificate, t);
}

static int context_load(struct tls *t, SSL_CTX *context, char **ret_error)
{
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(context, t->certificate) != 1)
		*ret_error = str_format("the TLS certificate %s is of no use: %s; put a PEM "
					"certificate there that the user station-relay may read",
				t->certificate, openssl_reason());
	else if (SSL_CTX_use_PrivateKey_file(context, t->key, SSL_FILETYPE_PEM) != 1)
		*ret_error = str_format("the TLS key %s is of no use: %s; put the PEM key of the "
					"certificate there, readable by the user station-relay",
				t->key, openssl_reason());
	else if (SSL_CTX_check_private_key(context) != 1)
		*ret_error = str_format("the TLS key %s does not belong to the certificate %s",
				t->key, t->certificate);
	else
		return 0;
	return -EINVAL;
}

/* A context of the files as they are now takes the place of the one before, if it can be used. */
static int context_create(struct tls *t, char **ret_error)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	struct certificate info;
	int r;

	if (!context)
		return -ENOMEM;
	context_harden(context);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	r = context_load(t, context, ret_error);
	if (r == 0)
		r = certificate_of(SSL_CTX_get0_certificate(context), &info);
	if (r < 0) {
		SSL_CTX_free(context);
		return r;
	}
	t->self_signed = info.self_signed;
	certificate_done(&info);
	SSL_CTX_free(t->context);
	t->context = context;
	return 0;
}

/* --- files that change --- */

/* True if a file is another one than at the last call. */
static bool files_changed(struct tls *t)
{
	const char *const files[] = { t->certificate, t->key };
	bool changed = false;

	for (size_t i = 0; i < ELEMENTSOF(files); i++) {
		struct seen now = { 0 };
		struct stat st;

		if (stat(files[i], &st) == 0)
			now = (struct seen){ st.st_dev, st.st_ino, st.st_ctim };
		changed |= now.dev != t->seen[i].dev || now.ino != t->seen[i].ino ||
			   now.changed.tv_sec != t->seen[i].changed.tv_sec ||
			   now.changed.tv_nsec != t->seen[i].changed.tv_nsec;
		t->seen[i] = now;
	}
	return changed;
}

/* Our own is of no use, or will not be for long. */
static bool renewal_is_due(const struct tls *t)
{
	_cleanup_free_ char *error = NULL;
	struct certificate info;
	int64_t until_s;

	if (certificate_read(t->certificate, t->key, &info, &error) < 0)
		return false; /* whoever put it there has a reason; context_create() says what is
				 wrong */
	until_s = info.until_s;
	certificate_done(&info);
	return time(NULL) + (int64_t)RENEW_DAYS * (DAY_MS / 1000) > until_s;
}

static int own_renew(struct tls *t)
{
	int r;

	if (!t->own || !renewal_is_due(t))
		return 0;
	r = certificate_create(t);
	if (r < 0)
		log_error_errno(r, "the TLS certificate %s expires and no other could be made",
				t->certificate);
	else
		log_notice("the TLS certificate %s was about to expire; a new one was made, which "
			   "browsers and viewers will ask about",
				t->certificate);
	return r;
}

void tls_reload(struct tls *t)
{
	_cleanup_free_ char *error = NULL;
	int r;

	own_renew(t);
	files_changed(t);
	r = context_create(t, &error);
	if (r < 0)
		log_error("%s; the certificate before stays in use", error ? error : strerror(-r));
	else
		log_notice("the TLS certificate %s is in use", t->certificate);
}

static void handle_settled(uv_timer_t *h)
{
	struct watch *w = h->data;

	if (files_changed(w->tls))
		tls_reload(w->tls);
}

static void handle_folder(uv_fs_event_t *h, const char *name, int events, int status)
{
	struct watch *w = h->data;

	(void)name, (void)events;
	if (status == 0)
		uv_timer_start(&w->settle, handle_settled, SETTLE_MS, 0);
}

static void handle_day(uv_timer_t *h)
{
	struct watch *w = h->data;

	own_renew(w->tls);
	handle_settled(h);
}

static void folder_watch(struct watch *w, uv_fs_event_t *h, const char *file)
{
	_cleanup_free_ char *folder = strndup(file, (size_t)(strrchr(file, '/') - file));

	/* Where it cannot be watched, SIGHUP and the daily look remain. */
	if (folder)
		uv_fs_event_start(h, handle_folder, folder, 0);
}

int tls_watch(struct tls *t, uv_loop_t *loop)
{
	struct watch *w = calloc(1, sizeof(*w));
	const char *const files[] = { t->certificate, t->key };
	int r;

	if (!w)
		return -ENOMEM;
	w->tls = t;
	uv_timer_init(loop, &w->settle);
	uv_timer_init(loop, &w->daily);
	w->settle.data = w->daily.data = w;
	w->open = 2;
	for (size_t i = 0; i < ELEMENTSOF(files); i++) {
		r = uv_fs_event_init(loop, &w->folders[i]);
		if (r < 0)
			break;
		w->folders[i].data = w;
		w->open++;
		if (strchr(files[i], '/'))
			folder_watch(w, &w->folders[i], files[i]);
	}
	uv_timer_start(&w->daily, handle_day, DAY_MS, DAY_MS);
	files_changed(t);
	t->watch = w;
	return 0;
}

static void handle_watch_closed(uv_handle_t *h)
{
	struct watch *w = h->data;

	if (--w->open == 0)
		free(w);
}

void tls_unwatch(struct tls *t)
{
	struct watch *w = t ? take_ptr(t->watch) : NULL;
	unsigned folders = w ? w->open - 2 : 0;

	if (!w)
		return;
	uv_close((uv_handle_t *)&w->settle, handle_watch_closed);
	uv_close((uv_handle_t *)&w->daily, handle_watch_closed);
	for (unsigned i = 0; i < folders; i++)
		uv_close((uv_handle_t *)&w->folders[i], handle_watch_closed);
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
	t->own = true;
	if (stat(t->certificate, &st) == 0) {
		own_renew(t);
		return 0;
	}
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
	tls_unwatch(t);
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

bool tls_is_self_signed(const struct tls *t)
{
	return t->self_signed;
}
