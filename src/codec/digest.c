/* SPDX-License-Identifier: Apache-2.0 */
/* Digests and MACs of codec/digest.h.
 * The SHA-256 path calls the block function without EVP: no lock, no fetch, no malloc a call.
 * Source: FIPS 180-4, RFC 2104. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init and its kin: 3.0's EVP allocates per digest */
#include "codec/digest.h"

#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <string.h>

/* FIPS 180-4 §5.1.1: a short text and its padding are one block, and need no buffering. */
static void one_block(SHA256_CTX *c, str data, unsigned char out[32])
{
	unsigned char block[SHA256_CBLOCK] = { 0 };
	if (data.n)
		memcpy(block, data.p, data.n);
	block[data.n] = 0x80;
	block[62] = (unsigned char)(data.n >> 5);
	block[63] = (unsigned char)(data.n << 3);
	SHA256_Transform(c, block);
	explicit_bzero(block, sizeof block);
	for (int i = 0; i < 8; i++) {
		uint32_t word = htobe32(c->h[i]);
		memcpy(out + 4 * (size_t)i, &word, 4);
	}
}

void sha256(str data, unsigned char out[32])
{
	SHA256_CTX c;
	SHA256_Init(&c);
	if (data.n < SHA256_CBLOCK - 8) {
		one_block(&c, data, out);
		return;
	}
	SHA256_Update(&c, data.p, data.n);
	SHA256_Final(out, &c);
}

void hmac_sha256(str key, str data, unsigned char out[32])
{
	unsigned char block[SHA256_CBLOCK] = { 0 };
	SHA256_CTX c;
	if (key.n > sizeof block)
		sha256(key, block);
	else if (key.n)
		memcpy(block, key.p, key.n);

	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36;
	SHA256_Init(&c);
	SHA256_Update(&c, block, sizeof block);
	SHA256_Update(&c, data.p, data.n);
	SHA256_Final(out, &c);

	for (size_t i = 0; i < sizeof block; i++)
		block[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&c);
	SHA256_Update(&c, block, sizeof block);
	SHA256_Update(&c, out, 32);
	SHA256_Final(out, &c);
	OPENSSL_cleanse(block, sizeof block); /* RFC 2104 §3: it is the key */
	OPENSSL_cleanse(&c, sizeof c);
}

static struct {
	const char *name, *openssl;
	EVP_MD *md;
} digests[] = {
	{ "md5", "MD5", NULL },       { "sha1", "SHA1", NULL },     { "sha224", "SHA224", NULL },
	{ "sha256", "SHA256", NULL }, { "sha384", "SHA384", NULL }, { "sha512", "SHA512", NULL },
};
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
		digests[i].md = EVP_MD_fetch(NULL, digests[i].openssl, NULL);
}

/* NULL as well when the name is known and OpenSSL's policy (FIPS) withholds the digest. */
static const EVP_MD *digest_named(const char *name)
{
	pthread_once(&fetched, fetch);
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
		if (strcmp(digests[i].name, name) == 0)
			return digests[i].md;
	return NULL;
}

err digest(struct arena *a, const char *name, str data, str *out)
{
	const EVP_MD *md = digest_named(name);
	unsigned n = 0;
	if (!md)
		return FAIL(ERR_NOT_FOUND);
	unsigned char *p = arena_alloc(a, EVP_MAX_MD_SIZE, 1);
	if (!strcmp(name, "sha256")) { /* a token's: without the context that EVP makes for each */
		sha256(data, p);
		*out = str_from(p, SHA256_DIGEST_LENGTH);
		return DONE;
	}
	must(EVP_Digest(data.n ? data.p : "", data.n, p, &n, md, NULL) == 1);
	*out = str_from(p, n);
	return DONE;
}

err digest_hmac(struct arena *a, const char *name, str key, str data, str *out)
{
	const EVP_MD *md = digest_named(name);
	unsigned n = 0;
	if (!md)
		return FAIL(ERR_NOT_FOUND);
	if (key.n > INT32_MAX)
		return FAIL(ERR_LIMIT);
	unsigned char *p = arena_alloc(a, EVP_MAX_MD_SIZE, 1);
	const unsigned char *text = (const unsigned char *)(data.n ? data.p : "");
	must(HMAC(md, key.n ? key.p : "", (int)key.n, text, data.n, p, &n));
	*out = str_from(p, n);
	return DONE;
}
