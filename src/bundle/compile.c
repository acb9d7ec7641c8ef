/* SPDX-License-Identifier: Apache-2.0 */
/* From the files of a bundle to the arrays that the engine walks: every name resolved, or a finding.
 * The result owes nothing to the files: all of it lives in the proxy's own arena.
 * Source: Apigee, "API proxy configuration reference"; flow/proxy.h. */
#include "bundle/load.h"
#include "bundle/uses.h"

struct compile {
	struct arena *arena; /* the proxy's */
	struct diag *diag;
	struct loaded loaded;
	struct proxy *proxy;
	err worst;
};

static void complain(struct compile *c, str file, unsigned line, str text)
{
	c->diag->file = file;
	c->worst = diag_add(c->diag, ERR_SYNTAX, line, "%.*s", STR(text));
	c->diag->file = STR_NONE;
}

#define COMPLAIN(c, file, line, ...) \
	complain((c), (file), (line), str_fmt((c)->diag->arena, __VA_ARGS__))

static void index_policies(struct compile *c)
{
	c->proxy->policies = map_in(c->arena);
	VEC_EACH(struct loaded_policy, p, &c->loaded.policies) {
		if (map_has(&c->proxy->policies, p->step->name))
			COMPLAIN(c, p->file, p->line,
			         "a second policy is named \"%.*s\"; names are unique in a bundle",
			         STR(p->step->name));
		else
			map_put(&c->proxy->policies, p->step->name, p->step);
	}
}

static struct steps make_steps(struct compile *c, str file, const struct list *list)
{
	const struct chosen *chosen = list->v;
	struct step *out = arena_array(c->arena, struct step, list->n);
	for (size_t i = 0; i < list->n; i++) {
		const struct step_xml *x = chosen[i].value;
		const struct step *named = map_get(&c->proxy->policies, x->name);
		if (!named) {
			COMPLAIN(c, file, chosen[i].line,
			         "the step names the policy \"%.*s\", which the bundle does not "
			         "hold",
			         STR(x->name));
			continue;
		}
		out[i] = *named;
		out[i].when = x->when;
	}
	return (struct steps){ out, list->n };
}

static struct flow make_flow(struct compile *c, str file, const struct flow_xml *x, str name)
{
	if (!x)
		return (struct flow){ .name = name };
	return (struct flow){
		.name = x->name.n ? x->name : name,
		.when = x->when,
		.request = make_steps(c, file, &x->request),
		.response = make_steps(c, file, &x->response),
	};
}

static struct fault_rule make_rule(struct compile *c, str file, const struct fault_rule_xml *x)
{
	return (struct fault_rule){ .name = x->name,
		                    .when = x->when,
		                    .always = x->always,
		                    .steps = make_steps(c, file, &x->steps) };
}

/* A PreFlow or PostFlow that stands inside Flows, as some public bundles have it. */
static const struct flow_xml *misplaced(struct compile *c, str file, const struct endpoint_xml *x,
                                        enum flow_place which, const struct flow_xml *own)
{
	const struct chosen *v = x->flows.v;
	for (size_t i = 0; i < x->flows.n; i++) {
		const struct flow_xml *inside = v[i].value;
		if (v[i].which != (int)which)
			continue;
		if (own && (own->request.n || own->response.n) &&
		    (inside->request.n || inside->response.n))
			COMPLAIN(c, file, v[i].line,
			         "a second <%s> stands in <Flows>; keep the one outside",
			         which == FLOW_PRE ? "PreFlow" : "PostFlow");
		else if (!own || inside->request.n || inside->response.n)
			own = inside;
	}
	return own;
}

static void make_endpoint(struct compile *c, str file, const struct endpoint_xml *x,
                          struct endpoint *out)
{
	out->name = x->name;
	out->pre = make_flow(c, file, misplaced(c, file, x, FLOW_PRE, x->pre), S("PreFlow"));
	out->post = make_flow(c, file, misplaced(c, file, x, FLOW_POST, x->post), S("PostFlow"));
	out->pre.when = out->post.when = NULL; /* they run always */
	struct flow *flows = arena_array(c->arena, struct flow, x->flows.n);
	const struct chosen *v = x->flows.v;
	for (size_t i = 0; i < x->flows.n; i++)
		if (v[i].which == FLOW_CONDITIONAL)
			flows[out->n_flows++] = make_flow(c, file, v[i].value, STR_NONE);
	out->flows = flows;
	struct fault_rule *rules = arena_array(c->arena, struct fault_rule, x->fault_rules.n + 1);
	const struct fault_rule_xml *r = x->fault_rules.v;
	for (size_t i = 0; i < x->fault_rules.n; i++)
		rules[i] = make_rule(c, file, &r[i]);
	out->fault_rules = rules;
	out->n_fault_rules = x->fault_rules.n;
	if (x->default_rule) {
		rules[out->n_fault_rules] = make_rule(c, file, x->default_rule);
		out->default_fault_rule = &rules[out->n_fault_rules];
	}
}

static void make_target(struct compile *c, const struct loaded_endpoint *l,
                        struct target_endpoint *out)
{
	const struct target_endpoint_xml *x = l->target;
	struct target_owner owner = {
		str_fmt(c->diag->arena, "the TargetEndpoint \"%.*s\"", STR(x->ep.name)), x->ep.line
	};
	make_endpoint(c, l->file, &x->ep, &out->ep);
	c->diag->file = l->file;
	err e = target_make(&c->loaded.binder, &owner, x->connection, x->local, out);
	c->diag->file = STR_NONE;
	c->worst = e.code ? e : c->worst;
}

static void make_targets(struct compile *c)
{
	size_t n = c->loaded.targets.n;
	struct target_endpoint *out = arena_array(c->arena, struct target_endpoint, n);
	for (size_t i = 0; i < n; i++) {
		make_target(c, &c->loaded.targets.v[i], &out[i]);
		for (size_t j = 0; j < i; j++)
			if (str_eq(out[i].ep.name, out[j].ep.name))
				COMPLAIN(c, c->loaded.targets.v[i].file, 0,
				         "a second TargetEndpoint is named \"%.*s\"",
				         STR(out[i].ep.name));
	}
	c->proxy->targets = out;
	c->proxy->n_targets = n;
}

static const struct target_endpoint *bare_target(struct compile *c, const struct template *url)
{
	struct target_endpoint *t = arena_new(c->arena, struct target_endpoint);
	static const struct list none;
	t->ep.name = S("");
	t->ep.pre.name = S("PreFlow");
	t->ep.post.name = S("PostFlow");
	t->url = url;
	t->fixed = fixed_uri(c->arena, url);
	must(!target_properties(&c->loaded.binder, &none, &t->props).code);
	return t;
}

static struct route_rule make_route(struct compile *c, str file, const struct route_xml *x)
{
	struct route_rule r = { .name = x->name, .when = x->when, .kind = ROUTE_NULL };
	if (x->target.n && x->url) {
		COMPLAIN(c, file, x->line,
		         "<RouteRule> holds <TargetEndpoint> and <URL>; one of them is the route");
	} else if (x->url) {
		r.kind = ROUTE_URL;
		r.target = bare_target(c, x->url);
	} else if (x->target.n) {
		r.kind = ROUTE_TARGET;
		for (size_t i = 0; i < c->proxy->n_targets && !r.target; i++)
			if (str_eq(c->proxy->targets[i].ep.name, x->target))
				r.target = &c->proxy->targets[i];
		if (!r.target)
			COMPLAIN(c, file, x->line,
			         "<RouteRule> leads to the TargetEndpoint \"%.*s\", which the "
			         "bundle does not hold",
			         STR(x->target));
	}
	return r;
}

static void make_proxy_endpoint(struct compile *c, const struct loaded_endpoint *l,
                                struct proxy_endpoint *out)
{
	const struct proxy_endpoint_xml *x = l->proxy;
	make_endpoint(c, l->file, &x->ep, &out->ep);
	const char *fault = base_path_fault(x->listen->base_path);
	if (fault)
		COMPLAIN(c, l->file, x->listen->line, "<BasePath> is \"%.*s\"; %s",
		         STR(str_sub(x->listen->base_path, 0, 60)), fault);
	out->base_path = x->listen->base_path;
	out->virtual_hosts = x->listen->virtual_hosts;
	must(!proxy_properties(&c->loaded.binder, &x->listen->properties, out).code);
	if (!x->routes.n)
		COMPLAIN(c, l->file, x->ep.line,
		         "the ProxyEndpoint \"%.*s\" needs a <RouteRule>; one without target "
		         "answers by itself",
		         STR(x->ep.name));
	struct route_rule *routes = arena_array(c->arena, struct route_rule, x->routes.n);
	const struct route_xml *r = x->routes.v;
	for (size_t i = 0; i < x->routes.n; i++)
		routes[i] = make_route(c, l->file, &r[i]);
	out->routes = routes;
	out->n_routes = x->routes.n;
	if (x->post_client)
		out->post_client = make_steps(c, l->file, &x->post_client->response);
}

static bool share_a_host(const struct strs *a, const struct strs *b)
{
	if (!a->n || !b->n)
		return true; /* none named: all */
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (str_eq(a->v[i], b->v[j]))
				return true;
	return false;
}

static void make_proxy_endpoints(struct compile *c)
{
	size_t n = c->loaded.proxies.n;
	struct proxy_endpoint *out = arena_array(c->arena, struct proxy_endpoint, n);
	for (size_t i = 0; i < n; i++) {
		str file = c->loaded.proxies.v[i].file;
		make_proxy_endpoint(c, &c->loaded.proxies.v[i], &out[i]);
		for (size_t j = 0; j < i; j++) {
			if (str_eq(out[i].ep.name, out[j].ep.name))
				COMPLAIN(c, file, 0, "a second ProxyEndpoint is named \"%.*s\"",
				         STR(out[i].ep.name));
			if (str_eq(out[i].base_path, out[j].base_path) &&
			    share_a_host(&out[i].virtual_hosts, &out[j].virtual_hosts))
				COMPLAIN(c, file, 0,
				         "the ProxyEndpoint \"%.*s\" has this base path already: "
				         "%.*s",
				         STR(out[j].ep.name), STR(out[i].base_path));
		}
	}
	c->proxy->endpoints = out;
	c->proxy->n_endpoints = n;
	if (!n && !c->worst.code)
		complain(c, STR_NONE, 0,
		         S("the bundle holds no ProxyEndpoint; one belongs in apiproxy/proxies/"));
}

static void make_shared(struct compile *c)
{
	c->proxy->is_shared_flow = true;
	if (c->loaded.shared.n == 0) {
		if (!c->worst.code)
			complain(c, STR_NONE, 0,
			         S("the bundle holds no SharedFlow; one belongs in "
			           "sharedflowbundle/sharedflows/"));
		return;
	}
	if (c->loaded.shared.n > 1)
		COMPLAIN(c, c->loaded.shared.v[1].file, 0,
		         "a second SharedFlow; a bundle holds one");
	c->proxy->shared =
		make_steps(c, c->loaded.shared.v[0].file, &c->loaded.shared.v[0].shared->steps);
}

static void take_resources(struct compile *c, const struct zip_files *files, enum bundle_kind kind)
{
	str below =
		kind == BUNDLE_PROXY ? S("apiproxy/resources/") : S("sharedflowbundle/resources/");
	c->proxy->resources = map_in(c->arena);
	VEC_EACH(struct zip_file, f, files) {
		if (!str_starts(f->path, below))
			continue;
		str *bytes = arena_new(c->arena, str);
		*bytes = str_dup(c->arena, f->bytes);
		map_put(&c->proxy->resources,
		        str_dup(c->arena, str_sub(f->path, below.n, STR_NPOS)), bytes);
	}
}

static void compile_all(struct compile *c, const struct zip_files *files, enum bundle_kind kind)
{
	bundle_load(&c->loaded, c->diag->arena, files, kind);
	c->worst = c->loaded.worst;
	if (c->worst.code)
		return; /* what could not be read would only be reported as missing */
	index_policies(c);
	take_resources(c, files, kind);
	if (kind == BUNDLE_SHARED_FLOW) {
		make_shared(c);
		return;
	}
	make_targets(c);
	make_proxy_endpoints(c);
}

err bundle_compile(const struct zip_files *files, enum bundle_kind kind,
                   const struct bundle_identity *id, policy_finder find, struct diag *diag,
                   struct proxy **out)
{
	struct arena *arena = arena_create(0, 0);
	struct proxy *proxy = arena_new(arena, struct proxy);
	proxy->holders = 1;
	proxy->arena = arena;
	proxy->organization = str_dup(arena, id->organization);
	proxy->environment = str_dup(arena, id->environment);
	proxy->name = str_dup(arena, id->name);
	proxy->revision = str_dup(arena, id->revision);
	struct compile c = { .arena = arena,
		             .diag = diag,
		             .proxy = proxy,
		             .loaded = { .binder = bundle_binder(arena, diag), .find = find } };
	c.loaded.binder.around = id->around;
	c.loaded.binder.proxy = proxy;
	compile_all(&c, files, kind);
	if (c.worst.code) {
		proxy_release(proxy);
		return c.worst;
	}
	*out = proxy;
	return DONE;
}
