/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys that somebody uploads: PKCS #12 when the first byte is that of DER, else PEM.
 * Invariant: it is refused with a finding, or what comes out is a pair that reads again as the same.
 * Source: codec/certificate.h. */
#include <stdint.h>

#include "codec/certificate.h"
#include "codec/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void described(struct arena *a, str pem)
{
	struct diag diag = { .arena = a };
	struct certificates all = { 0 };
	err e = certificates_read(a, pem, &diag, &all);
	must((e.code != ERR_NONE) == (diag.findings.n == 1));
	for (size_t i = 0; !e.code && i < all.n; i++)
		must(utf8_valid(all.v[i].subject) && utf8_valid(all.v[i].issuer));
}

static void paired(struct arena *a, str cert, str key, str password)
{
	struct diag diag = { .arena = a };
	str plain, again, request;
	err e = certificate_key_read(a, cert, key, password, &diag, &plain);
	must((e.code != ERR_NONE) == (diag.findings.n == 1));
	if (e.code)
		return;
	must(!certificate_key_read(a, cert, plain, STR_NONE, &diag, &again).code);
	must(str_eq(plain, again));
	(void)!certificate_request(a, cert, plain, &request).code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	str bytes = str_from(data, size), cert, key;
	if (size && data[0] == 0x30) {
		err e = certificate_unpack(a, bytes, S("secret"), &diag, &cert, &key);
		must((e.code != ERR_NONE) == (diag.findings.n == 1));
		if (!e.code) {
			described(a, cert);
			paired(a, cert, key, STR_NONE);
		}
	} else {
		described(a, bytes);
		paired(a, bytes, bytes, S("secret"));
	}
	arena_destroy(&a);
	return 0;
}
