/* SPDX-License-Identifier: Apache-2.0 */
/* Dropping what is over: in small pieces while there is some, else once a minute.
 * Nobody waits for it, and what the store cannot do now is done later.
 * Source: house. */
#include "main/purge.h"

#include "base/log.h"
#include "store/audit.h"
#include "store/codes.h"
#include "store/counters.h"
#include "store/sessions.h"
#include "store/sso_tokens.h"
#include "store/tokens.h"

enum { PURGE_MS = 60000, PAUSE_MS = 20, DAY_MS = 86400000 };

static int64_t purge_some(const struct purge *p)
{
	static err (*const purges[])(struct store *, int64_t, int64_t *) = {
		token_purge, sso_purge, code_purge, session_purge, counters_purge,
	};
	const struct sso *sso = p->sso;
	int64_t all = 0, gone = 0;
	for (size_t i = 0; i < sizeof purges / sizeof *purges; i++)
		if (!purges[i](p->store, clock_ms(), &gone)
		             .code) /* else the store is away: later */
			all += gone;
	int64_t kept_ms = p->audit_keep_days * DAY_MS;
	if (kept_ms && !audit_purge(p->store, clock_ms() - kept_ms, &gone).code)
		all += gone;
	if (signer_drop_old(sso->bearers.signer, sso->settings.access_validity_s).code)
		log_warn("old_keys_not_dropped");
	return all;
}

static void run(void *arg)
{
	struct purge *p = arg;
	int64_t gone = 0;
	while (!p->stop && !wait_until(deadline_in(gone ? PAUSE_MS : PURGE_MS)).code)
		gone = purge_some(p);
}

void purge_start(struct purge *p, struct loop *l)
{
	if (fiber_start(l, run, p).code)
		log_error("no_purge");
}
