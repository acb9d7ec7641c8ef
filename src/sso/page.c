/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of the pages, their frame, style sheet and headers.
 * Nothing is fetched from elsewhere and no script runs: the policy in the head says so to the browser.
 * Source: sso/page.h. */
#include "sso/page.h"

#include "base/embed.h"
#include "codec/xml.h"
#include "sso/endpoints.h"
#include "sso/session.h"

/* form-action follows redirects in Chromium, so it is left out where a form may end at a client. */
#define POLICY "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

struct filling {
	struct arena *arena;
	struct buf out;
	const struct page_value *values;
	size_t n;
};

static str file(const char *name)
{
	const struct embedded *e = embedded_pages;
	while (e->name && !str_eq(str_from_z(e->name), str_from_z(name)))
		e++;
	must(e->name);
	return embedded_str(e);
}

static const struct page_value *value_of(const struct filling *f, str name)
{
	static const struct page_value nothing;
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(name, str_from_z(f->values[i].name)))
			return &f->values[i];
	return &nothing;
}

static void fill(struct filling *f, str text, str dot);

static void section(struct filling *f, str tag, str inside, str dot)
{
	const struct page_value *v = value_of(f, str_sub(tag, 1, STR_NPOS));
	bool there = v->each ? v->each->n > 0 : v->text.n > 0;
	if (tag.p[0] == '^') {
		if (!there)
			fill(f, inside, dot);
		return;
	}
	if (there && !v->each)
		fill(f, inside, v->text);
	for (size_t i = 0; v->each && i < v->each->n; i++)
		fill(f, inside, v->each->v[i]);
}

static void fill(struct filling *f, str text, str dot)
{
	for (size_t at; (at = str_find(text, S("{{"))) != STR_NPOS;) {
		buf_add(&f->out, str_sub(text, 0, at));
		text = str_sub(text, at + 2, STR_NPOS);
		size_t end = str_find(text, S("}}"));
		must(end != STR_NPOS && end > 0);
		str tag = str_sub(text, 0, end);
		text = str_sub(text, end + 2, STR_NPOS);
		if (tag.p[0] == '#' || tag.p[0] == '^') {
			str close = str_fmt(f->arena, "{{/%.*s}}", STR(str_sub(tag, 1, STR_NPOS)));
			size_t shut = str_find(text, close);
			must(shut != STR_NPOS);
			section(f, tag, str_sub(text, 0, shut), dot);
			text = str_sub(text, shut + close.n, STR_NPOS);
		} else if (tag.p[0] == '&') {
			buf_add(&f->out, value_of(f, str_sub(tag, 1, STR_NPOS))->text);
		} else {
			str v = str_eq(tag, S(".")) ? dot : value_of(f, tag)->text;
			buf_add(&f->out, xml_escape(f->arena, v));
		}
	}
	buf_add(&f->out, text);
}

static str filled(struct arena *a, const char *name, const struct page_value *values, size_t n)
{
	struct filling f = { a, buf_in(a), values, n };
	str body = file(name);
	fill(&f, body, STR_NONE);
	return buf_str(&f.out);
}

/* What paths of the service begin with: "" unless sso.url has a path. */
static str base_path(const struct sso_call *q)
{
	str url = q->sso->settings.url;
	size_t host = str_find(url, S("://"));
	url = str_sub(url, host == STR_NPOS ? 0 : host + 3, STR_NPOS);
	size_t path = str_find_char(url, '/');
	return path == STR_NPOS ? S("") : str_sub(url, path, STR_NPOS);
}

enum { OWN_VALUES = 3 };

static struct page_value *all_values(struct sso_call *q, struct message *m,
                                     const struct web_page *p)
{
	struct page_value *v = arena_array(q->arena, struct page_value, p->n + OWN_VALUES);
	for (size_t i = 0; i < p->n; i++)
		v[i] = p->values[i];
	v[p->n] = (struct page_value){ "base", base_path(q), NULL };
	v[p->n + 1] = (struct page_value){ "csrf", csrf_token(q, m), NULL };
	v[p->n + 2] = (struct page_value){ "person",
		                           q->session ? q->session->person.user.key.name : STR_NONE,
		                           NULL };
	return v;
}

struct message *page_answer(struct sso_call *q, const struct web_page *p)
{
	struct message *m = message_response(q->arena, p->status ? p->status : 200);
	struct page_value *v = all_values(q, m, p);
	struct filling f = { q->arena, { 0 }, v, p->n + OWN_VALUES };
	bool wrong = value_of(&f, S("error"))->text.n || value_of(&f, S("field_error"))->text.n;
	str body = filled(q->arena, p->template, v, p->n + OWN_VALUES);
	str title = str_cut(&body, '\n');
	struct page_value frame[] = {
		{ "title", str_fmt(q->arena, "%s%.*s", wrong ? "Error: " : "", STR(title)), NULL },
		{ "body", body, NULL },
		v[p->n],
		v[p->n + 1],
		v[p->n + 2],
	};
	message_set_content(q->arena, m,
	                    filled(q->arena, "frame.html", frame, sizeof frame / sizeof *frame),
	                    S("text/html;charset=UTF-8"));
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("no-store"));
	headers_set(q->arena, &m->headers, S("Content-Security-Policy"),
	            p->leads_away ? S(POLICY) : S(POLICY "; form-action 'self'"));
	return m;
}

struct message *page_trouble(struct sso_call *q, err e)
{
	const struct message *said = sso_trouble(q, e);
	bool soon = said->status == 503;
	struct page_value v[] = {
		{ "error",
		  soon ? S("The service is busy. Try again soon.")
		       : S("Something went wrong here."),
		  NULL },
	};
	struct message *m = page_answer(q, &(struct web_page){ "trouble.html", said->status, false,
	                                                       v, sizeof v / sizeof *v });
	if (soon)
		headers_set(q->arena, &m->headers, S("Retry-After"), S("1"));
	return m;
}

bool sso_wants_html(const struct sso_call *q)
{
	return str_has(sso_header(q, "accept"), S("text/html")) && !sso_wants_json(q);
}

struct message *endpoint_style(struct sso_call *q)
{
	struct message *m = sso_bytes(q, 200, S("text/css;charset=UTF-8"), file("style.css"));
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("public, max-age=3600"));
	return m;
}

struct message *endpoint_invalid_request(struct sso_call *q)
{
	return page_answer(q, &(struct web_page){ "invalid_request.html", 400, false, NULL, 0 });
}

/* ---- consent ---- */
static str hidden_fields(struct arena *a, const struct pairs *p)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; p && i < p->n; i++)
		buf_fmt(&b, "<input type=\"hidden\" name=\"%.*s\" value=\"%.*s\">\n",
		        STR(xml_escape(a, p->v[i].name)), STR(xml_escape(a, p->v[i].value)));
	return buf_str(&b);
}

static str scope_boxes(struct arena *a, const struct strs *scopes)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < scopes->n; i++)
		buf_fmt(&b,
		        "<li><input type=\"checkbox\" id=\"scope.%zu\" name=\"scope.%zu\" "
		        "value=\"%.*s\" "
		        "checked><label for=\"scope.%zu\">%.*s</label></li>\n",
		        i, i, STR(xml_escape(a, scopes->v[i])), i,
		        STR(xml_escape(a, scopes->v[i])));
	return buf_str(&b);
}

struct message *page_consent(struct sso_call *q, const struct consent *c)
{
	const struct oauth_client *client = q->client.client;
	struct page_value v[] = {
		{ "client", str_given(client->name) ? client->name : client->client_id, NULL },
		{ "scopes", scope_boxes(q->arena, c->scopes), NULL },
		{ "goes_to", c->goes_to, NULL },
		{ "action", c->action, NULL },
		{ "hidden", hidden_fields(q->arena, c->hidden), NULL },
	};
	return page_answer(q,
	                   &(struct web_page){ "consent.html", 0, true, v, sizeof v / sizeof *v });
}

static bool ticked(const struct sso_call *q, str scope)
{
	for (size_t i = 0; i < q->form.n; i++)
		if (str_starts(q->form.v[i].name, S("scope.")) && str_eq(q->form.v[i].value, scope))
			return true;
	return false;
}

struct strs consent_ticked(const struct sso_call *q, const struct strs *scopes)
{
	struct strs out = { 0 };
	for (size_t i = 0; i < scopes->n; i++)
		if (ticked(q, scopes->v[i]))
			strs_add(q->arena, &out, scopes->v[i]);
	return out;
}
