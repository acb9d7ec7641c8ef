/* SPDX-License-Identifier: Apache-2.0 */
/* grant_type=...:device_code: the device asks again and again, until its person has decided.
 * Who asks too often is told to slow down, and has to; what was allowed is given once.
 * Source: RFC 8628 §3.4, §3.5. */
#include "sso/authorization.h"
#include "sso/device.h"
#include "sso/grant.h"

enum { SLOWER_S = 5 };

/* A note of when it asked.  What somebody decides meanwhile stands. */
static struct message *pending(struct sso_call *q, const struct code_key *key, struct device *d,
                               struct code *row)
{
	int64_t now_ms = clock_ms();
	bool early = now_ms - d->polled_at_ms < d->interval_s * 1000;
	d->polled_at_ms = now_ms;
	if (early)
		d->interval_s += SLOWER_S;
	row->doc = device_write(q->arena, d);
	err e = code_decide(q->store, key, row, now_ms);
	if (e.code && e.code != ERR_NOT_FOUND)
		return sso_trouble(q, e);
	return sso_error(q, early ? SSO_SLOW_DOWN : SSO_PENDING);
}

static struct message *take(struct sso_call *q, struct device *d, str *user_id)
{
	str text = sso_form(q, "device_code");
	struct code_key key = device_key(q, device_handle(q->arena, text));
	struct code row;
	if (!text.n)
		return sso_error(q, SSO_DEVICE_MISSING);
	err e = code_get(q->arena, q->store, &key, clock_ms(), &row);
	if (!e.code)
		e = device_read(q->arena, row.doc, d);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? sso_error(q, SSO_DEVICE_WRONG) : sso_trouble(q, e);
	if (!str_eq(d->client_id, q->client.client->client_id) || row.state == CODE_SPENT)
		return sso_error(q, SSO_DEVICE_WRONG);
	if (clock_ms() >= d->ends_at_ms)
		return sso_error(q, SSO_DEVICE_EXPIRED);
	if (row.state == CODE_WAITING)
		return pending(q, &key, d, &row);
	if (row.state == CODE_DENIED)
		return sso_error(q, SSO_DENIED);
	e = code_take(q->arena, q->store, &key, CODE_APPROVED, clock_ms(), &row);
	if (e.code == ERR_CONFLICT || e.code == ERR_NOT_FOUND)
		return sso_error(q, SSO_DEVICE_WRONG);
	*user_id = row.owner;
	return e.code ? sso_trouble(q, e) : NULL;
}

static struct message *check(struct sso_call *q, struct issue *i)
{
	struct device d = { 0 };
	str user_id = STR_NONE;
	struct message *m = take(q, &d, &user_id);
	if (m)
		return m;
	i->grant_type = S(DEVICE_GRANT);
	return grant_allowed(q, i,
	                     &(struct allowed){ user_id, d.scope, d.auth_time_s, d.used_code,
	                                        SSO_DEVICE_WRONG });
}

const struct sso_grant sso_grant_device_code = { DEVICE_GRANT, check };
