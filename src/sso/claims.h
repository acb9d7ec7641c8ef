/* SPDX-License-Identifier: Apache-2.0 */
/* What the service's tokens say: access, refresh and id tokens.
 * A JWT and the row of an opaque token say the same.
 * Source: the service's document; oauth2-service reference, 1.6, 1.7, 3.3. */
#pragma once

#include "identity/login.h"

struct claims {
	str client_id;
	const struct person *person; /* NULL: the client's own token */
	const struct strs *scope;
	str grant_type, rev_sig, issuer, zone;
	int64_t auth_time_s, iat_s, exp_s; /* exp of the access token */
	int64_t now_ms;
};

str claims_access(struct arena *, const struct claims *, str jti);

struct claims_refresh {
	str jti;
	int64_t exp_s;
	bool stored; /* with the time of the login, which tokens made from it say again */
};
str claims_refresh(struct arena *, const struct claims *, const struct claims_refresh *);

struct claims_id {
	str jti;
	str nonce;       /* STR_NONE: none */
	struct strs amr; /* RFC 8176; empty: not said */
};
str claims_id(struct arena *, const struct claims *, const struct claims_id *);
