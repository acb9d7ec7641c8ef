/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of session tickets: the process's own, so that a ticket outlives a reload and serves every loop.
 * A key is the newest for an hour and read for another one; a ticket is good for an hour.
 * Source: RFC 5077 §4, RFC 8446 §4.6.1, SSL_CTX_set_tlsext_ticket_key_evp_cb(3). */
#include "rt/tls_inside.h"

#include <openssl/core_names.h>
#include <string.h>

#include "base/rand.h"
#include "base/secret.h"

#define KEY_LIFE_NS (KEY_LIFE_S * 1000000000LL)
enum { KEY_LIFE_S = 3600 };

struct ticket_key {
	unsigned char name[16], cipher[32], mac[32];
	int64_t made_ns; /* 0: none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ticket_key keys[2]; /* the newest first */

static bool older(const struct ticket_key *k, int64_t age_ns)
{
	return !k->made_ns || clock_mono_ns() - k->made_ns >= age_ns;
}

static void renew(void)
{
	if (older(&keys[0], KEY_LIFE_NS)) {
		keys[1] = keys[0];
		rand_bytes(&keys[0], sizeof keys[0]);
		keys[0].made_ns = clock_mono_ns();
	}
	if (older(&keys[1], 2 * KEY_LIFE_NS))
		wipe(&keys[1], sizeof keys[1]);
}

/* The key of that name; the newest when making.  *n: how new it is. */
static bool find_key(const unsigned char *name, bool making, struct ticket_key *out, int *n)
{
	bool found = false;
	pthread_mutex_lock(&lock);
	renew();
	for (*n = 0; *n < 2 && !found; (*n)++) {
		const struct ticket_key *k = &keys[*n];
		found = k->made_ns && (making || memcmp(k->name, name, sizeof k->name) == 0);
		if (found)
			*out = *k;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int making)
{
	struct ticket_key k;
	int n;
	if (!find_key(name, making, &k, &n))
		return 0; /* a full handshake */
	if (making) {
		memcpy(name, k.name, sizeof k.name);
		rand_bytes(iv, 16);
	}
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k.mac, sizeof k.mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){ "SHA256" }, 0),
		OSSL_PARAM_construct_end(),
	};
	bool ok = EVP_MAC_CTX_set_params(mac, params) == 1 &&
	          EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, k.cipher, iv, making) == 1;
	wipe(&k, sizeof k);
	if (!ok)
		return -1;
	/* 2: a new ticket, please.  RFC 8446 §C.4: a client shows one of TLS 1.3 only once. */
	return making || (n == 1 && SSL_version(ssl) < TLS1_3_VERSION) ? 1 : 2;
}

void tls_use_tickets(SSL_CTX *ctx)
{
	SSL_CTX_set_timeout(ctx, KEY_LIFE_S);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket);
}
