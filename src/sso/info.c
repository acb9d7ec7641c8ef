/* SPDX-License-Identifier: Apache-2.0 */
/* What the service says of itself: /version, /info, /login in JSON, /healthz.
 * Compact JSON, `prompts` before `timestamp` and that last: get_token finds what it needs by pattern.
 * Source: oauth2-service reference, section 0 (facts 1 to 4) and 3.9. */
#include "sso/endpoints.h"

static void prompt(struct json_writer *w, const char *name, const char *kind, const char *label)
{
	json_key(w, str_from_z(name));
	json_open(w, '[');
	json_str(w, str_from_z(kind));
	json_str(w, str_from_z(label));
	json_close(w, ']');
}

static void links(struct json_writer *w, struct sso_call *q)
{
	const str url = q->sso->settings.url;
	json_key(w, S("links"));
	json_open(w, '{');
	json_pair_str(w, "uaa", url);
	json_pair_str(w, "passwd", str_fmt(q->arena, "%.*s/forgot_password", STR(url)));
	json_pair_str(w, "login", url);
	json_close(w, '}');
}

struct message *endpoint_info(struct sso_call *q)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_key(&w, S("app"));
	json_open(&w, '{');
	json_pair_str(&w, "version", S(GATEHOUSE_VERSION));
	json_close(&w, '}');
	links(&w, q);
	json_pair_str(&w, "zone_name", q->sso->settings.zone);
	json_pair_str(&w, "entityID", q->sso->settings.url);
	json_key(&w, S("prompts"));
	json_open(&w, '{');
	prompt(&w, "username", "text", "Email");
	prompt(&w, "password", "password", "Password");
	json_close(&w, '}');
	json_pair_str(&w, "timestamp", clock_format(q->arena, "%Y-%m-%dT%H:%M:%SZ", clock_ms()));
	json_close(&w, '}');
	return sso_json(q, 200, buf_str(&b));
}

/* cliVersion is that of the get_token which this service serves; older ones warn. */
struct message *endpoint_version(struct sso_call *q)
{
	return sso_json(q, 200,
	                S("{\"version\":\"" GATEHOUSE_VERSION "\",\"cliVersion\":\"2.3.0\"}"));
}

struct message *endpoint_healthz(struct sso_call *q)
{
	bool up = store_is_reachable(q->store);
	return sso_bytes(q, up ? 200 : 503, S("text/plain"),
	                 up ? S("ok\n") : S("Database Connection failed.\n"));
}
