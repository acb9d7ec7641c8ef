/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the management API, on a loop made for it.
 * The credentials live in the call's arena only and are wiped with it.
 * Source: RFC 7617; Apigee's error body {"code","message","contexts"}. */
#include "cli/api.h"

#include <stdlib.h>

#include "base/secret.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "http/client.h"
#include "http/uri.h"
#include "rt/tls.h"

enum { ANSWER_MAX = 64 << 20, TIMEOUT_MS = 120000 };

struct job {
	struct arena *arena;
	struct api_call *call;
	struct diag *diag;
	struct loop *loop;
	err result;
};

static err credentials(struct arena *a, const struct api_options *o, struct diag *d, str *basic)
{
	str user = str_given(o->user) ? o->user : str_from_z(getenv("GATEHOUSE_ADMIN_USER"));
	str password = str_from_z(getenv("GATEHOUSE_ADMIN_PASSWORD"));
	if (str_given(o->password_file)) {
		TRY(verb_read_file(a, o->password_file, 1024, d, &password));
		password = str_trim(password);
	}
	if (!str_given(user) || !str_given(password))
		return diag_add(d, ERR_DENIED, 0,
		                "who are you? Give --user and --password-file, or set "
		                "GATEHOUSE_ADMIN_USER and GATEHOUSE_ADMIN_PASSWORD");
	str pair = str_fmt(a, "%.*s:%.*s", STR(user), STR(password));
	struct secret *kept = secret_new(a, base64_write(a, pair));
	wipe((char *)pair.p, pair.n);
	*basic = str_fmt(a, "Basic %.*s", STR(secret_bytes(kept)));
	return DONE;
}

/* What the server said, in one line: its message, else the status alone. */
static err refused(struct arena *a, const struct api_call *c, struct diag *d)
{
	json_t *tree;
	str message = STR_NONE;
	if (!json_read(a, c->answer, NULL, &tree).code)
		message = json_member_str(tree, "message");
	if (str_given(message))
		return diag_add(d, ERR_DENIED, 0, "%.*s (%u)", STR(message), c->status);
	return diag_add(d, ERR_DENIED, 0, "the management API answered %u to %.*s %.*s", c->status,
	                STR(c->verb), STR(c->path));
}

static err exchange(struct job *j)
{
	struct arena *a = j->arena;
	struct api_call *c = j->call;
	struct uri uri;
	enum http_failure why;
	struct message *answer;
	str basic, url = str_fmt(a, "%.*s/v1/organizations/%.*s%.*s", STR(c->api->url),
	                         STR(c->api->organization), STR(c->path));
	if (uri_parse(url, &uri).code)
		return diag_add(j->diag, ERR_SYNTAX, 0, "--url is no http or https URL: %.*s",
		                STR(c->api->url));
	TRY(credentials(a, c->api, j->diag, &basic));
	struct message *q = message_request(a, c->verb, uri.path);
	q->query = uri.query;
	headers_add(a, &q->headers, S("Authorization"), basic);
	headers_add(a, &q->headers, S("Accept"), S("application/json"));
	if (c->body.n)
		message_set_content(a, q, c->body, c->content_type);
	struct http_origin origin = { .host = uri.host, .port = uri.port };
	if (uri.tls)
		TRY(tls_client(&(struct tls_terms){ 0 }, j->diag, &origin.tls));
	deadline d = deadline_in(TIMEOUT_MS);
	err e = http_fetch(a, &origin, q, d, &answer, &why);
	if (e.code)
		return diag_add(j->diag, e.code, 0,
		                "no answer from %.*s (%s); is the server running?",
		                STR(c->api->url), err_word(e.code));
	c->status = answer->status;
	TRY(message_content(a, answer, ANSWER_MAX, d, &c->answer));
	return c->status >= 200 && c->status < 300 ? DONE : refused(a, c, j->diag);
}

static void on_fiber(void *arg)
{
	struct job *j = arg;
	j->result = exchange(j);
	loop_stop(j->loop);
}

err api_run(struct arena *a, struct api_call *call, struct diag *d)
{
	struct arena *own = arena_create(0, 0);
	struct job j = { .arena = own, .call = call, .diag = d };
	offload_start(1);
	j.loop = loop_create(8);
	must(!fiber_start(j.loop, on_fiber, &j).code);
	loop_run(j.loop);
	call->answer = str_dup(a, call->answer);
	arena_destroy(&own); /* gives the connection back, which the loop must still be there for */
	http_pool_drain(j.loop);
	loop_destroy(&j.loop);
	offload_stop();
	return j.result;
}
