/* SPDX-License-Identifier: Apache-2.0 */
/* What the service says of itself: /version, /info, /login in JSON, /healthz.
 * Compact JSON, `prompts` before `timestamp` and that last: get_token finds what it needs by pattern.
 * Source: oauth2-service reference, section 0 (facts 1 to 4) and 3.9. */
#include <time.h>

#include "sso/endpoints.h"

static void member(struct json_writer *w, const char *key, str value)
{
	json_key(w, str_from_z(key));
	json_str(w, value);
}

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
	member(w, "uaa", url);
	member(w, "passwd", str_fmt(q->arena, "%.*s/forgot_password", STR(url)));
	member(w, "login", url);
	json_close(w, '}');
}

static str timestamp(struct arena *a)
{
	struct tm tm;
	time_t now = (time_t)(clock_ms() / 1000);
	char text[64];
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return str_dup(a, str_from_z(text));
}

struct message *endpoint_info(struct sso_call *q)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_key(&w, S("app"));
	json_open(&w, '{');
	member(&w, "version", S(GATEHOUSE_VERSION));
	json_close(&w, '}');
	links(&w, q);
	member(&w, "zone_name", q->sso->settings.zone);
	member(&w, "entityID", q->sso->settings.url);
	json_key(&w, S("prompts"));
	json_open(&w, '{');
	prompt(&w, "username", "text", "Email");
	prompt(&w, "password", "password", "Password");
	json_close(&w, '}');
	member(&w, "timestamp", timestamp(q->arena));
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
