/* SPDX-License-Identifier: Apache-2.0 */
/* Every noun of the management API.  The first byte chooses it, the rest is XML or JSON.
 * Invariant: it is refused with a finding; or what was read is written so that it reads and writes the same.
 * Source: model/json.h, model/xml.h. */
#include <stdint.h>
#include <string.h>

#include "model/api_product.h"
#include "model/api_proxy.h"
#include "model/app.h"
#include "model/developer.h"
#include "model/keystore.h"
#include "model/mfa_provider.h"
#include "model/oauth_client.h"
#include "model/organization.h"
#include "model/target_server.h"
#include "model/user.h"
#include "model/xml.h"

static const struct noun *const nouns[] = {
	&developer_noun, &api_product_noun, &app_noun, &credential_noun, &target_server_noun,
	&user_noun, &keystore_noun, &keystore_alias_noun, &reference_noun,
	&organization_noun, &environment_noun, &virtual_host_noun, &api_proxy_noun, &revision_noun,
	&oauth_client_noun, &mfa_provider_noun, &self_signed_noun,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static err read(struct arena *a, const struct noun *noun, str text, enum model_read how, void **out)
{
	struct diag diag = { .arena = a };
	bool xml = str_starts(text, S("<"));
	*out = arena_alloc(a, noun->size, 16);
	memset(*out, 0, noun->size);
	err e = xml ? model_read_xml(a, noun, text, how, &diag, *out) : model_read_json(a, noun, text, how, &diag, *out);
	must((e.code != ERR_NONE) == (diag.findings.n > 0));
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	const struct noun *noun = nouns[size ? data[0] % (sizeof nouns / sizeof *nouns) : 0];
	void *one, *two;
	if (size && !read(a, noun, str_from(data + 1, size - 1), MODEL_CREATE, &one).code && noun != &self_signed_noun) {
		str json = model_json(a, noun, one); /* but a wish, which never goes out */
		must(!read(a, noun, json, MODEL_STORED, &two).code);
		must(str_eq(model_json(a, noun, two), json));
		(void)!read(a, noun, model_xml(a, noun, one), MODEL_CREATE, &two).code;
	}
	arena_destroy(&a);
	return 0;
}
