/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a bundle file by file: what each is goes by its folder, as in Apigee.
 * One bad file does not hide the next: all findings come at once.
 * Source: Apigee, "API proxy configuration reference", bundle layout. */
#include "bundle/load.h"

#include "flow/vars.h"
#include "model/noun.h"

/* Apigee's policies that a later release may bring: they get a better answer than a typing error. */
static const char *const apigee_policies[] = {
	"AccessControl",
	"AccessEntity",
	"AssertCondition",
	"BasicAuthentication",
	"ConcurrentRatelimit",
	"ConnectorCallout",
	"CORS",
	"DataCapture",
	"DecodeJWS",
	"DeleteOAuthV1Info",
	"DeleteOAuthV2Info",
	"ExternalCallout",
	"ExtractVariables",
	"GenerateJWS",
	"GenerateSAMLAssertion",
	"GetOAuthV1Info",
	"GetOAuthV2Info",
	"GraphQL",
	"HMAC",
	"HTTPModifier",
	"IntegrationCallout",
	"InvalidateCache",
	"JavaCallout",
	"Javascript",
	"JSONThreatProtection",
	"JSONToXML",
	"KeyValueMapOperations",
	"Ldap",
	"LLMTokenQuota",
	"LookupCache",
	"MessageLogging",
	"MessageValidation",
	"MonetizationLimitsCheck",
	"OASValidation",
	"OAuthV1",
	"ParseDialogflowRequest",
	"PopulateCache",
	"PromptTokenLimit",
	"PublishMessage",
	"ReadPropertySet",
	"RegularExpressionProtection",
	"ResetQuota",
	"ResponseCache",
	"RevokeOAuthV2",
	"SanitizeModelResponse",
	"SanitizeUserPrompt",
	"Script",
	"SemanticCacheLookup",
	"SemanticCachePopulate",
	"SetDialogflowResponse",
	"SetIntegrationRequest",
	"SetOAuthV2Info",
	"StatisticsCollector",
	"TraceCapture",
	"ValidateSAMLAssertion",
	"VerifyIAM",
	"VerifyJWS",
	"XMLThreatProtection",
	"XMLToJSON",
	"XSL",
	NULL,
};

static struct flowvar *bind_name(struct binder *b, str name)
{
	return flowvar_bind(b->arena, name);
}

struct binder bundle_binder(struct arena *arena, struct diag *diag)
{
	return (struct binder){ .arena = arena, .bind = bind_name, .diag = diag };
}

static void note(struct loaded *l, err e)
{
	if (e.code && !l->worst.code)
		l->worst = e;
}

static err wrong_root(struct loaded *l, const struct xml_node *root, const char *wanted)
{
	return diag_add(l->binder.diag, ERR_SYNTAX, root->line,
	                "the root element is <%.*s>; <%s> belongs in this folder", STR(root->name),
	                wanted);
}

static err load_as(struct loaded *l, const struct xml_node *root, const char *element,
                   const struct field *fields, size_t size, void *out)
{
	if (!str_eq(root->name, str_from_z(element)))
		return wrong_root(l, root, element);
	void *made = arena_zalloc(l->binder.arena, size, _Alignof(max_align_t));
	*(void **)out = made;
	return bind_element(&l->binder, root, &(struct bind_layer){ fields, made }, 1);
}

static err unknown_policy(struct loaded *l, const struct xml_node *root)
{
	for (const char *const *p = apigee_policies; *p; p++)
		if (str_eq(root->name, str_from_z(*p)))
			return diag_add(l->binder.diag, ERR_SYNTAX, root->line,
			                "the policy <%.*s> is not supported yet by this gateway",
			                STR(root->name));
	return diag_add(l->binder.diag, ERR_SYNTAX, root->line,
	                "unknown policy <%.*s>; the root element of a policy is its type, such as "
	                "<AssignMessage>",
	                STR(root->name));
}

static err load_policy(struct loaded *l, const struct xml_node *root, struct step *out)
{
	const struct policy *p = l->find(root->name);
	if (!p)
		return unknown_policy(l, root);
	struct policy_xml head = { 0 };
	void *conf = arena_zalloc(l->binder.arena, p->size ? p->size : 1, _Alignof(max_align_t));
	struct bind_layer layers[] = { { p->fields, conf }, { policy_fields, &head } };
	TRY(bind_element(&l->binder, root, layers, 2));
	*out = (struct step){ .policy = p,
		              .conf = conf,
		              .name = head.name,
		              .enabled = head.enabled,
		              .continue_on_error = head.continue_on_error };
	return p->check ? p->check(conf, head.name, &l->binder) : DONE;
}

/* The name of the folder right below the root: "policies", "" for files beside it. */
static str folder_of(str path, str root)
{
	str rest = str_sub(path, root.n, STR_NPOS);
	size_t slash = str_find_char(rest, '/');
	return slash == STR_NPOS ? S("") : str_sub(rest, 0, slash);
}

static bool is_policy_folder(str folder)
{
	return str_eq(folder, S("policies")) || str_eq(folder, S("stepdefinitions"));
}

/* A URL with variables is only known when it is called. */
static err check_url(struct loaded *l, const struct template *url, unsigned line)
{
	str text;
	if (!url || !template_is_literal(url, &text) || str_istarts(text, S("http://")) ||
	    str_istarts(text, S("https://")))
		return DONE;
	return diag_add(l->binder.diag, ERR_SYNTAX, line,
	                "<URL> is \"%.*s\"; it begins with http:// or https://", STR(text));
}

static err load_proxy(struct loaded *l, const struct xml_node *root,
                      struct proxy_endpoint_xml **out)
{
	TRY(load_as(l, root, "ProxyEndpoint", proxy_endpoint_fields, sizeof **out, out));
	LIST_EACH(const struct route_xml, r, &(*out)->routes)
		TRY(check_url(l, r->url, r->line));
	return proxy_properties(&l->binder, &(*out)->listen->properties,
	                        &(struct proxy_endpoint){ 0 });
}

static err load_target(struct loaded *l, const struct xml_node *root,
                       struct target_endpoint_xml **out)
{
	TRY(load_as(l, root, "TargetEndpoint", target_endpoint_fields, sizeof **out, out));
	if ((*out)->local)
		TRY(target_properties(&l->binder, &(*out)->local->properties,
		                      &(struct target_properties){ 0 }));
	if (!(*out)->connection)
		return DONE;
	TRY(check_url(l, (*out)->connection->url, (*out)->connection->line));
	return target_properties(&l->binder, &(*out)->connection->properties,
	                         &(struct target_properties){ 0 });
}

static void load_in(struct loaded *l, const struct xml_node *root, str file, str folder)
{
	struct arena *a = l->binder.arena;
	struct loaded_endpoint e = { .file = str_dup(l->binder.diag->arena, file) };
	err got;
	if (str_eq(folder, S("proxies"))) {
		got = load_proxy(l, root, &e.proxy);
		if (!got.code)
			VEC_PUSH(a, &l->proxies, e);
	} else if (str_eq(folder, S("targets"))) {
		got = load_target(l, root, &e.target);
		if (!got.code)
			VEC_PUSH(a, &l->targets, e);
	} else if (str_eq(folder, S("sharedflows"))) {
		got = load_as(l, root, "SharedFlow", shared_flow_fields,
		              sizeof(struct shared_flow_xml), &e.shared);
		if (!got.code)
			VEC_PUSH(a, &l->shared, e);
	} else {
		struct loaded_policy p = { .file = e.file,
			                   .line = root->line,
			                   .step = arena_new(a, struct step) };
		got = load_policy(l, root, p.step);
		if (!got.code)
			VEC_PUSH(a, &l->policies, p);
	}
	note(l, got);
}

static void load_manifest(struct loaded *l, const struct xml_node *root, enum bundle_kind kind)
{
	struct manifest_xml *m;
	note(l,
	     kind == BUNDLE_PROXY
	             ? load_as(l, root, "APIProxy", proxy_manifest_fields, sizeof *m, &m)
	             : load_as(l, root, "SharedFlowBundle", shared_manifest_fields, sizeof *m, &m));
}

static bool is_known_folder(str folder, enum bundle_kind kind)
{
	if (is_policy_folder(folder))
		return true;
	if (kind == BUNDLE_SHARED_FLOW)
		return str_eq(folder, S("sharedflows"));
	return str_eq(folder, S("proxies")) || str_eq(folder, S("targets"));
}

void bundle_load(struct loaded *l, struct arena *scratch, const struct zip_files *files,
                 enum bundle_kind kind)
{
	str root_folder = kind == BUNDLE_PROXY ? S("apiproxy/") : S("sharedflowbundle/");
	VEC_EACH(struct zip_file, f, files) {
		str folder = folder_of(f->path, root_folder);
		if (!str_starts(f->path, root_folder) ||
		    !str_ends(str_lower(scratch, f->path), S(".xml")) ||
		    (folder.n && !is_known_folder(folder, kind)))
			continue; /* resources, manifests/, and what people keep beside them */
		l->binder.diag->file = f->path;
		struct xml_node *root;
		err e = xml_read(scratch, f->bytes, l->binder.diag, &root);
		note(l, e);
		if (e.code)
			continue;
		if (folder.n)
			load_in(l, root, f->path, folder);
		else
			load_manifest(l, root, kind);
	}
	l->binder.diag->file = STR_NONE;
}

err bundle_check(struct arena *arena, const struct zip_files *files, enum bundle_kind kind,
                 policy_finder find, struct diag *diag)
{
	struct loaded l = { .binder = bundle_binder(arena, diag), .find = find };
	bundle_load(&l, arena, files, kind);
	return l.worst;
}
