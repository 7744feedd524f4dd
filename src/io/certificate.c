/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading of certificates for those who decide: the relay, which takes new files only if they can
 * be used, and stationctl, which says in words what is wrong with them. OpenSSL's queue of errors
 * is emptied before and read right after each step.
 */
#include "io/certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

static void file_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

static void x509_freep(X509 **x)
{
	X509_free(*x);
}

static void pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void names_freep(GENERAL_NAMES **n)
{
	GENERAL_NAMES_free(*n);
}

static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	return text ? text : "there is none in it";
}

static int time_of(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm))
		return -EINVAL;
	*ret = timegm(&tm);
	return 0;
}

static bool name_format(const GENERAL_NAME *n, char *buf, size_t size)
{
	const ASN1_STRING *s = n->type == GEN_DNS ? n->d.dNSName : n->d.iPAddress;
	const uint8_t *data = ASN1_STRING_get0_data(s);
	int len = ASN1_STRING_length(s);

	if (n->type == GEN_IPADD && (len == 4 || len == 16))
		return inet_ntop(len == 4 ? AF_INET : AF_INET6, data, buf, (socklen_t)size);
	if (n->type != GEN_DNS || len <= 0 || (size_t)len >= size || memchr(data, 0, (size_t)len))
		return false;
	memcpy(buf, data, (size_t)len);
	buf[len] = 0;
	return true;
}

static char *names_join(X509 *x)
{
	_cleanup_(names_freep) GENERAL_NAMES *list =
			X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	char *all = strdup("");

	for (int i = 0; all && list && i < sk_GENERAL_NAME_num(list); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(list, i);
		char name[256], *longer;

		if ((n->type != GEN_DNS && n->type != GEN_IPADD) ||
				!name_format(n, name, sizeof(name)))
			continue;
		longer = str_format("%s%s%s", all, *all ? ", " : "", name);
		free(all);
		all = longer;
	}
	return all;
}

int certificate_of(X509 *x, struct certificate *ret)
{
	struct certificate c = { .self_signed = X509_NAME_cmp(X509_get_subject_name(x),
								X509_get_issuer_name(x)) == 0 };
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n;

	if (time_of(X509_get0_notBefore(x), &c.from_s) < 0 ||
			time_of(X509_get0_notAfter(x), &c.until_s) < 0 ||
			!X509_digest(x, EVP_sha256(), hash, &n) || n != 32)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++)
		snprintf(c.fingerprint + i * 3, 4, i + 1 < n ? "%02X:" : "%02X", hash[i]);
	c.names = names_join(x);
	if (!c.names)
		return -ENOMEM;
	*ret = c;
	return 0;
}

static int key_check(X509 *x, const char *path, const char *key_path, char **ret_error)
{
	_cleanup_(file_close) FILE *f = fopen(key_path, "re");
	_cleanup_(pkey_freep) EVP_PKEY *key = NULL;

	if (!f) {
		*ret_error = str_format("the TLS key %s is of no use: %s; put the PEM key of the "
					"certificate there, readable by the user station-relay",
				key_path, strerror(errno));
		return -EINVAL;
	}
	ERR_clear_error();
	key = PEM_read_PrivateKey(f, NULL, NULL, (void *)"");
	if (!key) {
		*ret_error = str_format(
				"the TLS key %s is of no use: %s; it must be PEM, without a "
				"password",
				key_path, reason());
		return -EINVAL;
	}
	if (X509_check_private_key(x, key) != 1) {
		*ret_error = str_format("the TLS key %s does not belong to the certificate %s",
				key_path, path);
		return -EINVAL;
	}
	return 0;
}

int certificate_read(
		const char *path, const char *key_path, struct certificate *ret, char **ret_error)
{
	_cleanup_(file_close) FILE *f = fopen(path, "re");
	_cleanup_(x509_freep) X509 *x = NULL;
	int r;

	*ret_error = NULL;
	if (f) {
		ERR_clear_error();
		x = PEM_read_X509(f, NULL, NULL, NULL);
	}
	if (!x) {
		*ret_error = str_format("the TLS certificate %s is of no use: %s; put a PEM "
					"certificate there that the user station-relay may read",
				path, f ? reason() : strerror(errno));
		return -EINVAL;
	}
	r = key_path ? key_check(x, path, key_path, ret_error) : 0;
	return r < 0 ? r : certificate_of(x, ret);
}

void certificate_done(struct certificate *c)
{
	free(c->names);
	c->names = NULL;
}

int certificate_take_copy(X509 *x, struct certificate_copy *ret)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *key = NULL, hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len = 0;
	int key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key), r = -EIO;
	char *text;
	long n;

	if (bio && key_len > 0 && PEM_write_bio_X509(bio, x) == 1 &&
			EVP_Digest(key, (size_t)key_len, hash, &hash_len, EVP_sha256(), NULL) ==
					1) {
		n = BIO_get_mem_data(bio, &text);
		ret->pem = n > 0 ? strndup(text, (size_t)n) : NULL;
		EVP_EncodeBlock((unsigned char *)ret->pin, hash, (int)hash_len);
		r = ret->pem ? 0 : -ENOMEM;
	}
	OPENSSL_free(key);
	BIO_free(bio);
	return r;
}
