/* SPDX-License-Identifier: Apache-2.0 */
/* What an HTTPTargetConnection becomes at deploy time.
 * All of it is found out before the answer, so that all findings come at once.
 * Source: flow/connection.h. */
#include "flow/connection.h"
#include "http/uri.h"
#include "model/noun.h"

void binder_names(struct binder *b, const char *kind, str name)
{
	str what = str_fmt(b->arena, "%s/%.*s", kind, STR(name));
	if (b->named && !strs_have(b->named, what))
		strs_add(b->arena, b->named, what);
}

const struct uri *fixed_uri(struct arena *a, const struct template *url)
{
	struct uri *u = arena_new(a, struct uri);
	str text;
	return url && template_is_literal(url, &text) && !uri_parse(text, u).code ? u : NULL;
}

static err unbalanced(struct binder *b, const struct connection_xml *x)
{
	if (x->path)
		return diag_add(b->diag, ERR_SYNTAX, x->line,
		                "<Path> stands with a <LoadBalancer>; write it into the <URL>");
	if (x->monitor)
		return diag_add(b->diag, ERR_SYNTAX, x->monitor->line,
		                "<HealthMonitor> stands with a <LoadBalancer>");
	return DONE;
}

err connection_make(struct binder *b, const struct connection_xml *x, struct target_endpoint *out)
{
	out->url = x->url;
	out->fixed = fixed_uri(b->arena, x->url);
	err tls = ssl_make(b, x->ssl, &out->tls);
	err rest = x->balancer ? balancer_make(b, x, &out->balancer) : unbalanced(b, x);
	return rest.code ? rest : tls;
}
