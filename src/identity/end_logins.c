/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a user's logins: a new password, a deactivation, a revocation.
 * What was issued by now is dead when the call answers; what is issued afterwards lives.
 * Source: oauth2-service reference, 3.4, "Revocation signature". */
#include "identity/inside.h"
#include "rt/fiber.h"
#include "store/sessions.h"
#include "store/sso_tokens.h"

err identity_end_logins(struct identity *id, str zone, str user_id)
{
	struct sso_revocation r = { .kind = REVOKED_USER,
		                    .user_id = user_id,
		                    .now_ms = clock_ms() };
	TRY(sso_revoke(id->store, zone, &r));
	TRY(sessions_delete_of(id->store, zone, user_id));
	return sso_revocation_settle(r.now_ms);
}

err identity_change_password(struct arena *a, struct identity *id, const struct user *user,
                             str password)
{
	TRY(identity_set_password(a, id, &user->key, password));
	return identity_end_logins(id, user->key.zone, user->id);
}
