/* SPDX-License-Identifier: Apache-2.0 */
/* OAuthV2: what a token endpoint says, as a body and as flow variables, from one table.
 * Invariant: keys, order, spaces and types are Apigee's; with RFCCompliantRequestResponse the RFC's.
 * Source: Apigee's default oauth proxy and its samples; RFC 6749 §5.1, §5.2. */
#include "codec/json.h"
#include "policy/oauth_v2.h"

struct answer_row {
	str name;
	str (*text)(struct arena *, const struct grant_answer *);
	bool refresh; /* only with a refresh token */
	bool number;  /* a number when RFC compliant */
};

static str ms_text(struct arena *a, int64_t ms) { return str_fmt(a, "%lld", (long long)ms); }

/* Whole seconds left, counted down from just after issue: 3600000 gives 3599; never gives 0. */
static str seconds_left(struct arena *a, int64_t issued_at_ms, int64_t expires_at_ms)
{
	return expires_at_ms < 0 ? S("0") : ms_text(a, (expires_at_ms - issued_at_ms - 1) / 1000);
}

static str issued_at(struct arena *a, const struct grant_answer *g)
{
	return ms_text(a, g->token.issued_at_ms);
}
static str application_name(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->token.app_id;
}
static str scope(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->token.scope;
}
static str status(struct arena *a, const struct grant_answer *g)
{
	(void)a, (void)g;
	return S("approved");
}
static str api_product_list(struct arena *a, const struct grant_answer *g)
{
	return strs_shown(a, &g->token.products);
}
static str expires_in(struct arena *a, const struct grant_answer *g)
{
	return seconds_left(a, g->token.issued_at_ms, g->token.expires_at_ms);
}
static str developer_email(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->client->developer->email;
}
static str organization_id(struct arena *a, const struct grant_answer *g)
{
	(void)a, (void)g;
	return S("0");
}
static str token_type(struct arena *a, const struct grant_answer *g)
{
	(void)a, (void)g;
	return S("BearerToken");
}
static str client_id(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->token.client_id;
}
static str access_token(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->access_token;
}
static str organization_name(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->token.organization;
}
static str refresh_expires_in(struct arena *a, const struct grant_answer *g)
{
	if (!g->token.has_refresh)
		return S("0");
	return seconds_left(a, g->token.issued_at_ms, g->token.refresh_expires_at_ms);
}
static str refresh_count(struct arena *a, const struct grant_answer *g)
{
	return ms_text(a, g->token.refresh_count);
}
static str refresh_issued_at(struct arena *a, const struct grant_answer *g)
{
	return ms_text(a, g->token.refresh_issued_at_ms);
}
static str refresh_token(struct arena *a, const struct grant_answer *g)
{
	(void)a;
	return g->refresh_token;
}

static const struct answer_row rows[] = {
	{ S_INIT("issued_at"), issued_at, false, false },
	{ S_INIT("application_name"), application_name, false, false },
	{ S_INIT("scope"), scope, false, false },
	{ S_INIT("status"), status, false, false },
	{ S_INIT("api_product_list"), api_product_list, false, false },
	{ S_INIT("expires_in"), expires_in, false, true },
	{ S_INIT("developer.email"), developer_email, false, false },
	{ S_INIT("organization_id"), organization_id, false, false },
	{ S_INIT("token_type"), token_type, false, false },
	{ S_INIT("client_id"), client_id, false, false },
	{ S_INIT("access_token"), access_token, false, false },
	{ S_INIT("refresh_token"), refresh_token, true, false },
	{ S_INIT("refresh_token_issued_at"), refresh_issued_at, true, false },
	{ S_INIT("refresh_token_status"), status, true, false },
	{ S_INIT("organization_name"), organization_name, false, false },
	{ S_INIT("refresh_token_expires_in"), refresh_expires_in, false, true },
	{ S_INIT("refresh_count"), refresh_count, false, false },
};

/* The response message, made if the flow has none yet. */
static struct message *response_of(struct exchange *x)
{
	struct message *m = vars_message(x, S("response"));
	if (!m) {
		m = message_response(x->arena, 200);
		vars_set_message(x, S("response"), m);
	}
	return m;
}

static void respond(const struct oauth_v2 *c, struct exchange *x, unsigned code, str body)
{
	struct message *m = response_of(x);
	m->status = code;
	m->reason = http_reason(code);
	message_set_content(x->arena, m, body, S("application/json"));
	if (c->rfc_compliant) { /* RFC 6749 §5.1 */
		headers_set(x->arena, &m->headers, S("Cache-Control"), S("no-store"));
		headers_set(x->arena, &m->headers, S("Pragma"), S("no-cache"));
	}
}

static void write_row(const struct oauth_v2 *c, struct exchange *x, struct json_writer *w,
                      const struct answer_row *row, const struct grant_answer *g)
{
	int64_t n;
	str text = row->text(x->arena, g);
	json_key(w, row->name);
	if (c->rfc_compliant && row->number && str_to_i64(text, &n))
		json_int(w, n);
	else
		json_str(w, c->rfc_compliant && row->text == token_type ? S("Bearer") : text);
}

void oauth_v2_write_token(const struct oauth_v2 *c, struct exchange *x,
                          const struct grant_answer *g)
{
	struct buf b = buf_in(x->arena);
	struct json_writer w = json_to(&b, true);
	json_open(&w, '{');
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!rows[i].refresh || g->token.has_refresh)
			write_row(c, x, &w, &rows[i], g);
	LIST_EACH(const struct attribute, a, &g->token.attributes) {
		json_key(&w, a->name);
		json_str(&w, a->value);
	}
	json_close(&w, '}');
	respond(c, x, 200, buf_str(&b));
}

void oauth_v2_write_error(const struct oauth_v2 *c, struct exchange *x, const struct oauth_error *e,
                          str text)
{
	str body, quoted = json_escape(x->arena, text, false);
	if (c->rfc_compliant)
		body = str_fmt(x->arena, "{\"error\":\"%s\",\"error_description\":\"%.*s\"}",
		               e->code, STR(quoted));
	else /* the spaces are Apigee's */
		body = str_fmt(x->arena, "{\"ErrorCode\" : \"%s\", \"Error\" :\"%.*s\"}", e->code,
		               STR(quoted));
	respond(c, x, e->status, body);
}

struct provided {
	const struct grant_answer *answer;
	size_t prefix;
};

static struct value answer_fact(struct exchange *x, const void *ctx, str name)
{
	const struct provided *p = ctx;
	name = str_sub(name, p->prefix, STR_NPOS);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq(name, rows[i].name) &&
		    (!rows[i].refresh || p->answer->token.has_refresh))
			return VALUE_STR(rows[i].text(x->arena, p->answer));
	str custom = attribute_get(&p->answer->token.attributes, name);
	if (!str_given(custom))
		custom = attribute_get(&p->answer->token.hidden_attributes, name);
	return str_given(custom) ? VALUE_STR(custom) : (struct value){ 0 };
}

void oauth_v2_provide_token(const struct oauth_v2 *c, struct exchange *x,
                            const struct grant_answer *g)
{
	struct provided *p = arena_new(x->arena, struct provided);
	*p = (struct provided){ g, c->facts_prefix.n };
	vars_provide(x, c->facts_prefix, answer_fact, p);
}
