/* SPDX-License-Identifier: Apache-2.0 */
/* What a target becomes at deploy time: an endpoint's, or a callout's.
 * All of it is found out before the answer, so that all findings come at once.
 * Source: flow/connection.h. */
#include "flow/connection.h"
#include "http/uri.h"
#include "model/noun.h"

void binder_names(struct binder *b, const char *kind, str name)
{
	str what = str_fmt(b->arena, "%s/%.*s", kind, STR(name));
	if (b->proxy && !strs_have(&b->proxy->named, what))
		strs_add(b->arena, &b->proxy->named, what);
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

static err make_http(struct binder *b, const struct connection_xml *x, struct target_endpoint *out)
{
	out->url = x->url;
	out->fixed = fixed_uri(b->arena, x->url);
	err tls = ssl_make(b, x->ssl, &out->tls);
	err rest = x->balancer ? balancer_make(b, x, &out->balancer) : unbalanced(b, x);
	err properties = target_properties(b, &x->properties, &out->props);
	return rest.code ? rest : tls.code ? tls : properties;
}

static err make_local(struct binder *b, const struct local_xml *x, struct target_endpoint *out)
{
	struct local_target *local = arena_new(b->arena, struct local_target);
	*local = (struct local_target){ x->proxy, x->endpoint, x->path };
	out->local = local;
	TRY(target_properties(b, &x->properties, &out->props));
	if (!x->proxy == !x->path || (x->endpoint && !x->proxy))
		return diag_add(
			b->diag, ERR_SYNTAX, x->line,
			"<LocalTargetConnection> needs <APIProxy> with <ProxyEndpoint>, or <Path>");
	return DONE;
}

err target_make(struct binder *b, const struct target_owner *owner,
                const struct connection_xml *http, const struct local_xml *local,
                struct target_endpoint *out)
{
	if (local && http)
		return diag_add(b->diag, ERR_SYNTAX, local->line,
		                "%.*s holds <LocalTargetConnection> and <HTTPTargetConnection>; "
		                "one of them is the target",
		                STR(owner->what));
	if (local)
		return make_local(b, local, out);
	if (http && (http->url || http->balancer))
		return make_http(b, http, out);
	return diag_add(b->diag, ERR_SYNTAX, http ? http->line : owner->line,
	                "%.*s needs <HTTPTargetConnection> with a <URL> or a <LoadBalancer>",
	                STR(owner->what));
}
