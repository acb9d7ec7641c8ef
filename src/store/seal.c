/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from one file, AES-256-GCM bound to a place, subkeys by HKDF.
 * A sealed text is version 1 | key id (4) | nonce (12) | ciphertext | tag (16), the place is its AAD.
 * Source: NIST SP 800-38D, RFC 5869. */
#include "store/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/rand.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "codec/digest.h"

enum { KEY = 32, NONCE = 12, TAG = 16, HEAD = 1 + 4 + NONCE, FILE_MAX = 65536, VERSION = 1 };

struct seal_entry {
	uint32_t id;
	const struct secret *key;
	unsigned char sealing[KEY]; /* the subkey for seal_text() */
};

struct seal {
	struct seal_entry *v; /* oldest first, as in the file */
	size_t n, cap;
};

size_t seal_keys(const struct seal *s) { return s->n; }

static const struct seal_entry *nth_entry(const struct seal *s, size_t nth)
{
	must(nth < s->n);
	return &s->v[s->n - 1 - nth];
}

uint32_t seal_id(const struct seal *s, size_t nth) { return nth_entry(s, nth)->id; }

/* HKDF with SHA-256, without a salt, for one block (RFC 5869): at each check of a secret. */
static void derive(const struct secret *key, const char *purpose, unsigned char out[KEY])
{
	unsigned char extracted[KEY];
	char info[64];
	int n = snprintf(info, sizeof info, "%s\x01", purpose);
	must(n > 0 && (size_t)n < sizeof info);
	hmac_sha256(S(""), secret_bytes(key), extracted);
	hmac_sha256(str_from(extracted, sizeof extracted), str_from(info, (size_t)n), out);
	wipe(extracted, sizeof extracted);
}

void seal_subkey(const struct seal *s, const char *purpose, size_t nth, unsigned char out[KEY])
{
	derive(nth_entry(s, nth)->key, purpose, out);
}

/* ---- the file ---- */
/* On the disk before anything is sealed with it. */
static err write_file(struct arena *a, const char *file, struct diag *diag)
{
	unsigned char key[KEY];
	rand_bytes(key, sizeof key);
	str hex = str_hex(a, str_from(key, sizeof key));
	str text = str_fmt(
		a,
		"# The keys of this store: ID and 64 hexadecimal digits, the newest last.\n"
		"# Without this file nothing that is encrypted in the store can be read.\n1 %.*s\n",
		STR(hex));
	err e = file_put(file, text);
	if (e.code)
		e = diag_add(diag, e.code, 0, "%s: %s", file, strerror(errno));
	wipe(key, sizeof key);
	wipe((void *)(uintptr_t)hex.p, hex.n);
	wipe((void *)(uintptr_t)text.p, text.n);
	return e;
}

static err read_file(struct arena *a, const char *file, str *text, struct diag *diag)
{
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err e = diag_add(diag, ERR_IO, 0, "the key file %s: %s", file, strerror(errno));
		if (fd >= 0)
			close(fd);
		return e;
	}
	char *p = arena_alloc(a, FILE_MAX, 1);
	ssize_t n = read(fd, p, FILE_MAX);
	close(fd);
	if (st.st_mode & 077)
		return diag_add(diag, ERR_DENIED, 0,
		                "the key file %s can be read by others: chmod 600", file);
	if (n < 0 || n == FILE_MAX)
		return diag_add(diag, ERR_IO, 0, "the key file %s cannot be read", file);
	*text = str_from(p, (size_t)n);
	return DONE;
}

static bool hex_key(struct arena *a, str hex, const struct secret **out)
{
	str bytes;
	if (hex.n != 2 * KEY || hex_read(a, hex, &bytes).code)
		return false;
	*out = secret_new(a, bytes);
	wipe((void *)(uintptr_t)bytes.p, bytes.n);
	return true;
}

static err read_keys(struct arena *a, struct seal *s, const char *file, str text, struct diag *diag)
{
	unsigned line = 0;
	for (str rest = text; str_given(rest);) {
		str key = str_trim(str_cut(&rest, '\n'));
		line++;
		if (!key.n || key.p[0] == '#')
			continue;
		struct seal_entry e = { 0 };
		uint64_t id;
		str number = str_cut(&key, ' ');
		if (!str_to_u64(number, &id) || !id || id > UINT32_MAX ||
		    !hex_key(a, str_trim(key), &e.key))
			return diag_add(diag, ERR_SYNTAX, line,
			                "the key file %s: not \"ID 64-hex-digits\"", file);
		e.id = (uint32_t)id;
		for (size_t i = 0; i < s->n; i++)
			if (s->v[i].id == e.id)
				return diag_add(diag, ERR_SYNTAX, line,
				                "the key file %s: two keys have this ID", file);
		derive(e.key, "gatehouse seal", e.sealing);
		VEC_PUSH(a, s, e);
	}
	if (!s->n)
		return diag_add(diag, ERR_SYNTAX, 0, "the key file %s holds no key", file);
	return DONE;
}

err seal_open(struct arena *a, str file, bool create, struct diag *diag, struct seal **out)
{
	const char *path = str_z(a, file);
	str text = STR_NONE;
	if (create && access(path, F_OK) != 0)
		TRY(write_file(a, path, diag));
	TRY(read_file(a, path, &text, diag));
	*out = arena_new(a, struct seal);
	err e = read_keys(a, *out, path, text, diag);
	wipe((void *)(uintptr_t)text.p, text.n);
	return e;
}

/* ---- texts ---- */
struct gcm {
	const unsigned char *key, *nonce;
	str place;
	unsigned char *tag;
};

static bool gcm_seal(const struct gcm *g, str in, unsigned char *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	bool good = c && EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, g->key, g->nonce) == 1 &&
	            EVP_EncryptUpdate(c, NULL, &n, (const unsigned char *)g->place.p,
	                              (int)g->place.n) == 1 &&
	            EVP_EncryptUpdate(c, out, &n, (const unsigned char *)in.p, (int)in.n) == 1 &&
	            EVP_EncryptFinal_ex(c, out + n, &n) == 1 &&
	            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG, g->tag) == 1;
	EVP_CIPHER_CTX_free(c);
	return good;
}

static bool gcm_open(const struct gcm *g, str in, unsigned char *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;
	bool good = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, g->key, g->nonce) == 1 &&
	            EVP_DecryptUpdate(c, NULL, &n, (const unsigned char *)g->place.p,
	                              (int)g->place.n) == 1 &&
	            EVP_DecryptUpdate(c, out, &n, (const unsigned char *)in.p, (int)in.n) == 1 &&
	            EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG, g->tag) == 1 &&
	            EVP_DecryptFinal_ex(c, out + n, &n) == 1;
	EVP_CIPHER_CTX_free(c);
	return good;
}

str seal_text(struct arena *a, const struct seal *s, str place, str text)
{
	const struct seal_entry *e = nth_entry(s, 0);
	must(text.n < INT32_MAX / 2 && place.n && place.n < 4096);
	unsigned char *p = arena_alloc(a, HEAD + text.n + TAG, 1);
	p[0] = VERSION;
	for (int i = 0; i < 4; i++)
		p[1 + i] = (unsigned char)(e->id >> (24 - 8 * i));
	rand_bytes(p + 5, NONCE);
	struct gcm g = { e->sealing, p + 5, place, p + HEAD + text.n };
	must(gcm_seal(&g, str_from(text.p ? text.p : "", text.n), p + HEAD));
	return str_from(p, HEAD + text.n + TAG);
}

err seal_open_text(struct arena *a, const struct seal *s, str place, str sealed, str *text)
{
	const unsigned char *p = (const unsigned char *)sealed.p;
	if (sealed.n < HEAD + TAG || p[0] != VERSION)
		return FAIL(ERR_STORE);
	uint32_t id = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
	size_t n = sealed.n - HEAD - TAG;
	unsigned char *out = arena_alloc(a, n + 1, 1), tag[TAG];
	memcpy(tag, p + HEAD + n, TAG);
	for (size_t i = 0; i < s->n; i++) {
		struct gcm g = { s->v[i].sealing, p + 5, place, tag };
		if (s->v[i].id == id && gcm_open(&g, str_from(p + HEAD, n), out)) {
			*text = str_from(out, n);
			return DONE;
		}
	}
	return FAIL(ERR_STORE);
}
