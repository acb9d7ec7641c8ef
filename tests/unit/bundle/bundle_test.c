/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: sixty broken ones and what is said of each, real-world dirt that is none, what is compiled.
 * A row replaces or adds one file of a good bundle; the findings are compared to the byte.
 * Source: Apigee, "API proxy configuration reference"; what public bundles look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/bundle.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- one policy, of the test's own ---------------------------------------------------------- */

struct mark {
	str letter;
	uint64_t count;
};
static const struct field mark_fields[] = {
	FIELD(mark, letter, "Letter", T_STR),
	FIELD(mark, count, "Letter/@count", T_UINT, .min = 0, .max = 9),
	FIELDS_END,
};
static err mark_check(void *conf, str name, struct binder *b)
{
	struct mark *m = conf;
	if (!str_eq(m->letter, S("forbidden")))
		return DONE;
	return diag_add(b->diag, ERR_SYNTAX, 0, "%.*s may not say that", STR(name));
}
static const struct policy mark_policy = {
	.element = "Mark", .size = sizeof(struct mark), .fields = mark_fields, .check = mark_check,
};
static const struct policy *find(str element)
{
	return str_eq(element, S("Mark")) ? &mark_policy : NULL;
}

/* ---- a good bundle -------------------------------------------------------------------------- */

#define CONNECTION "<HTTPProxyConnection><BasePath>/b</BasePath></HTTPProxyConnection>"
#define ROUTE "<RouteRule name='r'><TargetEndpoint>t</TargetEndpoint></RouteRule>"
#define PROXY(x) "<ProxyEndpoint name='d'>" x CONNECTION ROUTE "</ProxyEndpoint>"
#define BALANCED(inner) "<TargetEndpoint name='t'><HTTPTargetConnection><LoadBalancer><Server name='s'/></LoadBalancer>" inner "</HTTPTargetConnection></TargetEndpoint>"
#define TARGET(x) "<TargetEndpoint name='t'><HTTPTargetConnection>" x "<URL>http://x/</URL></HTTPTargetConnection></TargetEndpoint>"
#define STEP(n) "<Step><Name>" n "</Name></Step>"
#define PRE(x) "<PreFlow name='PreFlow'><Request>" x "</Request><Response/></PreFlow>"

static const struct { const char *path, *text; } good[] = {
	{ "apiproxy/good.xml", "<APIProxy name='good' revision='1'/>" },
	{ "apiproxy/proxies/d.xml", PROXY(PRE(STEP("m"))) },
	{ "apiproxy/targets/t.xml", TARGET("") },
	{ "apiproxy/policies/m.xml", "<Mark name='m'><Letter>m</Letter></Mark>" },
};

static struct zip_files files_with(struct arena *a, const char *path, const char *text)
{
	struct zip_files files = { 0 };
	bool replaced = false;
	for (size_t i = 0; i < COUNT(good); i++) {
		bool this_one = path && !strcmp(good[i].path, path);
		replaced |= this_one;
		if (!this_one || text)
			VEC_PUSH(a, &files, (struct zip_file){ str_from_z(good[i].path), str_from_z(this_one ? text : good[i].text) });
	}
	if (path && !replaced)
		VEC_PUSH(a, &files, (struct zip_file){ str_from_z(path), str_from_z(text) });
	return files;
}

/* ---- broken --------------------------------------------------------------------------------- */

#define P "apiproxy/proxies/d.xml"
#define T "apiproxy/targets/t.xml"
#define M "apiproxy/policies/m.xml"
#define PPROP(n, v) "<ProxyEndpoint name='d'><HTTPProxyConnection><BasePath>/b</BasePath><Properties><Property name='" n "'>" v "</Property></Properties></HTTPProxyConnection>" ROUTE "</ProxyEndpoint>"
#define TPROP(n, v) TARGET("<Properties><Property name='" n "'>" v "</Property></Properties>")
#define BASE(x) "<ProxyEndpoint name='d'><HTTPProxyConnection><BasePath>" x "</BasePath></HTTPProxyConnection>" ROUTE "</ProxyEndpoint>"

static const struct {
	const char *path, *text;
	bool at_import; /* refused before anything is resolved */
	const char *want;
} broken[] = {
	/* XML */
	{ M, "<Mark name='m'>", 1, NULL },
	{ M, "", 1, NULL },
	{ M, "not XML", 1, NULL },
	{ M, "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Mark name='m'><Letter>&e;</Letter></Mark>", 1, NULL },
	{ M, "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><Mark name='m'><Letter>&b;</Letter></Mark>", 1, NULL },
	{ P, "<ProxyEndpoint name='d'></ProxyEndpiont>", 1, NULL },
	/* policies */
	{ M, "<Mark name='m'>\n<Foo/></Mark>", 1, M ":2: unknown element <Foo> in <Mark>; known here: Letter" },
	{ M, "<Mark name='m' foo='1'/>", 1, M ":1: unknown attribute foo in <Mark>; known here: name, enabled, continueOnError, async" },
	{ M, "<Mark name='m'><Letter size='1'/></Mark>", 1, M ":1: unknown attribute size in <Letter>; known here: count" },
	{ M, "<Mark name='m'><Letter count='10'/></Mark>", 1, M ":1: the attribute count of <Letter> is \"10\"; a whole number from 0 to 9 is needed" },
	{ M, "<Mark/>", 1, M ":1: <Mark> needs the attribute name" },
	{ M, "<Mark name='m' enabled='perhaps'/>", 1, M ":1: the attribute enabled of <Mark> is \"perhaps\"; true or false is needed" },
	{ M, "<Mark name='m'><FaultRules><FaultRule/></FaultRules></Mark>", 1, M ":1: <FaultRules> has no effect here and must be empty" },
	{ M, "<Mark name='m'>text</Mark>", 1, M ":1: the text \"text\" has no meaning in <Mark>" },
	{ M, "<Mark name='m'><Letter>forbidden</Letter></Mark>", 1, M ": m may not say that" },
	{ M, "<Foo name='m'/>", 1, M ":1: unknown policy <Foo>; the root element of a policy is its type, such as <AssignMessage>" },
	{ M, "<Javascript name='m'/>", 1, M ":1: the policy <Javascript> is not supported yet by this gateway" },
	{ M, "\n\n<XSL name='m'/>", 1, M ":3: the policy <XSL> is not supported yet by this gateway" },
	{ "apiproxy/policies/n.xml", "<Mark name='m'/>", 0, "apiproxy/policies/n.xml:1: a second policy is named \"m\"; names are unique in a bundle" },
	{ "apiproxy/stepdefinitions/n.xml", "<Mark/>", 1, "apiproxy/stepdefinitions/n.xml:1: <Mark> needs the attribute name" },
	{ M, NULL, 0, P ":1: the step names the policy \"m\", which the bundle does not hold" },
	/* base file */
	{ "apiproxy/good.xml", "<APIProxy name='good'><Foo/></APIProxy>", 1, "apiproxy/good.xml:1: unknown element <Foo> in <APIProxy>; known here: nothing" },
	{ "apiproxy/good.xml", "<SharedFlowBundle name='good'/>", 1, "apiproxy/good.xml:1: the root element is <SharedFlowBundle>; <APIProxy> belongs in this folder" },
	/* flows */
	{ P, PROXY("<PreFlow><Request>\n<Step><Name>x</Name></Step></Request></PreFlow>"), 0, P ":2: the step names the policy \"x\", which the bundle does not hold" },
	{ P, PROXY("<PreFlow><Request><Step/></Request></PreFlow>"), 1, P ":1: <Step> needs <Name>" },
	{ P, PROXY("<PreFlow><Request><Step><Name>m</Name><When>x</When></Step></Request></PreFlow>"), 1, P ":1: unknown element <When> in <Step>; known here: Name, Condition" },
	{ P, PROXY("<PreFlow><Request><Name>m</Name></Request></PreFlow>"), 1, P ":1: unknown element <Name> in <Request>; known here: Step, Policy" },
	{ P, PROXY("<PreFlow/><PreFlow/>"), 1, P ":1: <PreFlow> is given twice, first in line 1" },
	{ P, PROXY("<Flows><Flow><Request><Step><Name>m</Name></Step></Request><Conditions/></Flow></Flows>"), 1, P ":1: unknown element <Conditions> in <Flow>; known here: Condition, Request, Response" },
	{ P, PROXY("<Flows><Folw/></Flows>"), 1, P ":1: unknown element <Folw> in <Flows>; known here: Flow, PreFlow, PostFlow" },
	{ P, PROXY("<PostFlow><Request>" STEP("m") "</Request></PostFlow><Flows><PostFlow><Request>" STEP("m") "</Request></PostFlow></Flows>"), 0, P ":1: a second <PostFlow> stands in <Flows>; keep the one outside" },
	{ P, PROXY("<FaultRules><FaultRule name='f'>" STEP("gone") "</FaultRule></FaultRules>"), 0, P ":1: the step names the policy \"gone\", which the bundle does not hold" },
	{ P, PROXY("<DefaultFaultRule><AlwaysEnforce>often</AlwaysEnforce></DefaultFaultRule>"), 1, P ":1: <AlwaysEnforce> is \"often\"; true or false is needed" },
	{ P, PROXY("<FaultRules><FaultRule><AlwaysEnforce>true</AlwaysEnforce></FaultRule></FaultRules>"), 1, P ":1: unknown element <AlwaysEnforce> in <FaultRule>; known here: Condition, Step, Policy" },
	{ P, PROXY("<PostClientFlow><Request>" STEP("m") "</Request></PostClientFlow>"), 1, P ":1: <Request> has no effect here and must be empty" },
	/* proxy endpoint */
	{ P, "<TargetEndpoint name='d'/>", 1, P ":1: the root element is <TargetEndpoint>; <ProxyEndpoint> belongs in this folder" },
	{ P, "<ProxyEndpoint>" CONNECTION ROUTE "</ProxyEndpoint>", 1, P ":1: <ProxyEndpoint> needs the attribute name" },
	{ P, "<ProxyEndpoint name='d'>" ROUTE "</ProxyEndpoint>", 1, P ":1: <ProxyEndpoint> needs <HTTPProxyConnection>" },
	{ P, "<ProxyEndpoint name='d'>" CONNECTION "</ProxyEndpoint>", 0, P ":1: the ProxyEndpoint \"d\" needs a <RouteRule>; one without target answers by itself" },
	{ P, NULL, 0, "the bundle holds no ProxyEndpoint; one belongs in apiproxy/proxies/" },
	{ "apiproxy/proxies/e.xml", "<ProxyEndpoint name='d'><HTTPProxyConnection><BasePath>/c</BasePath></HTTPProxyConnection>" ROUTE "</ProxyEndpoint>", 0, "apiproxy/proxies/e.xml: a second ProxyEndpoint is named \"d\"" },
	{ "apiproxy/proxies/e.xml", "<ProxyEndpoint name='e'>" CONNECTION ROUTE "</ProxyEndpoint>", 0, "apiproxy/proxies/e.xml: the ProxyEndpoint \"d\" has this base path already: /b" },
	{ P, BASE("b"), 0, P ":1: <BasePath> is \"b\"; it starts with a slash" },
	{ P, BASE("/*/b"), 0, P ":1: <BasePath> is \"/*/b\"; its first part is no *" },
	{ P, BASE("/a/**"), 0, P ":1: <BasePath> is \"/a/**\"; a * stands for one whole part between slashes" },
	{ P, BASE("/{{ BASE }}"), 0, P ":1: <BasePath> is \"/{{ BASE }}\"; it holds no space, control character, ? or #" },
	{ P, "<ProxyEndpoint name='d'><HTTPProxyConnection><Path>/b</Path></HTTPProxyConnection>" ROUTE "</ProxyEndpoint>", 1, P ":1: unknown element <Path> in <HTTPProxyConnection>; known here: BasePath, VirtualHost, Properties" },
	{ P, PPROP("api.timeout", "soon"), 1, P ":1: the property api.timeout is \"soon\"; milliseconds from 1 to 86400000 are needed" },
	{ P, PPROP("compression.algorithm", "br"), 1, P ":1: the property compression.algorithm is \"br\"; gzip, deflate or none is needed" },
	{ P, PPROP("request.payload.parse.limit", "9M"), 1, P ":1: the property request.payload.parse.limit is \"9M\"; 10M to 30M is needed" },
	{ P, PPROP("no.such", "1"), 1, P ":1: unknown property no.such; known here: X-Forwarded-For, api.timeout, request.streaming.enabled, response.streaming.enabled, compression.algorithm, request.payload.parse.limit, request.queryparams.ignore.content.type.charset, HTTPHeader.allowDuplicates, HTTPHeader.multiValued" },
	{ P, PPROP("", "1"), 1, P ":1: <Property> needs the attribute name" },
	/* routes */
	{ P, "<ProxyEndpoint name='d'>" CONNECTION "<RouteRule name='r'><TargetEndpoint>u</TargetEndpoint></RouteRule></ProxyEndpoint>", 0, P ":1: <RouteRule> leads to the TargetEndpoint \"u\", which the bundle does not hold" },
	{ P, "<ProxyEndpoint name='d'>" CONNECTION "<RouteRule name='r'><TargetEndpoint>t</TargetEndpoint><URL>http://x</URL></RouteRule></ProxyEndpoint>", 0, P ":1: <RouteRule> holds <TargetEndpoint> and <URL>; one of them is the route" },
	{ P, "<ProxyEndpoint name='d'>" CONNECTION "<RouteRule name='r'><IntegrationEndpoint>t</IntegrationEndpoint></RouteRule></ProxyEndpoint>", 1, P ":1: <IntegrationEndpoint> is not supported yet by this gateway" },
	/* target endpoint */
	{ T, "<TargetEndpoint name='t'/>", 0, T ":1: the TargetEndpoint \"t\" needs <HTTPTargetConnection> with a <URL> or a <LoadBalancer>" },
	{ T, "<TargetEndpoint name='t'><HTTPTargetConnection/></TargetEndpoint>", 0, T ":1: the TargetEndpoint \"t\" needs <HTTPTargetConnection> with a <URL> or a <LoadBalancer>" },
	{ T, "<TargetEndpoint name='t'><LocalTargetConnection></LocalTargetConnection></TargetEndpoint>", 0, T ":1: <LocalTargetConnection> needs <APIProxy> with <ProxyEndpoint>, or <Path>" },
	{ T, "<TargetEndpoint name='t'><LocalTargetConnection><APIProxy>a</APIProxy><Path>/x</Path></LocalTargetConnection></TargetEndpoint>", 0, T ":1: <LocalTargetConnection> needs <APIProxy> with <ProxyEndpoint>, or <Path>" },
	{ T, "<TargetEndpoint name='t'><LocalTargetConnection><ProxyEndpoint>d</ProxyEndpoint></LocalTargetConnection></TargetEndpoint>", 0, T ":1: <LocalTargetConnection> needs <APIProxy> with <ProxyEndpoint>, or <Path>" },
	{ T, "<TargetEndpoint name='t'><LocalTargetConnection><Path>/x</Path></LocalTargetConnection><HTTPTargetConnection><URL>http://h</URL></HTTPTargetConnection></TargetEndpoint>", 0, T ":1: the TargetEndpoint \"t\" holds <LocalTargetConnection> and <HTTPTargetConnection>; one of them is the target" },
	{ T, "<TargetEndpoint name='t'><LocalTargetConnection><Path>/x</Path><Nowhere/></LocalTargetConnection></TargetEndpoint>", 1, NULL },
	{ T, "<TargetEndpoint name='t'><ScriptTarget><ResourceURL>node://x.js</ResourceURL></ScriptTarget></TargetEndpoint>", 1, T ":1: <ScriptTarget> is not supported yet by this gateway" },
	{ T, "<TargetEndpoint name='t'><HTTPTargetConnection>\n<LoadBalancer/></HTTPTargetConnection></TargetEndpoint>", 0, T ":2: <LoadBalancer> needs 1 to 64 <Server>" },
	{ T, "<TargetEndpoint name='t'><HTTPTargetConnection>\n<LoadBalancer><Server name='s'/>\n<Server name='s'/></LoadBalancer></HTTPTargetConnection></TargetEndpoint>", 0, T ":3: a second <Server> is named \"s\"" },
	{ T, "<TargetEndpoint name='t'><HTTPTargetConnection>\n<LoadBalancer><Server/></LoadBalancer></HTTPTargetConnection></TargetEndpoint>", 1, T ":2: <Server> needs the attribute name" },
	{ T, "<TargetEndpoint name='t'><HTTPTargetConnection><LoadBalancer><Server name='s'><Weight>0</Weight></Server></LoadBalancer></HTTPTargetConnection></TargetEndpoint>", 1, T ":1: <Weight> is \"0\"; a whole number from 1 to 1000 is needed" },
	{ T, TARGET("<Path>/p</Path>"), 0, T ":1: <Path> stands with a <LoadBalancer>; write it into the <URL>" },
	{ T, TARGET("<HealthMonitor><IsEnabled>true</IsEnabled></HealthMonitor>"), 0, T ":1: <HealthMonitor> stands with a <LoadBalancer>" },
	{ T, BALANCED("<HealthMonitor/>"), 0, T ":1: <HealthMonitor> needs one of <TCPMonitor> and <HTTPMonitor>" },
	{ T, BALANCED("<HealthMonitor><TCPMonitor/><HTTPMonitor/></HealthMonitor>"), 0, T ":1: <HealthMonitor> needs one of <TCPMonitor> and <HTTPMonitor>" },
	{ T, BALANCED("<HealthMonitor><IntervalInSec>0</IntervalInSec><TCPMonitor/></HealthMonitor>"), 1, T ":1: <IntervalInSec> is \"0\"; a whole number from 1 to 86400 is needed" },
	{ T, BALANCED("<HealthMonitor><HTTPMonitor><Request><Path>health</Path></Request></HTTPMonitor></HealthMonitor>"), 0, T ":1: <HTTPMonitor> asks with the verb \"GET\" for the path \"health\"; such as GET and /health are needed" },
	{ T, BALANCED("<HealthMonitor><HTTPMonitor><Request><Header name='a b'>c</Header></Request></HTTPMonitor></HealthMonitor>"), 0, T ":1: <Header> \"a b\" can be no header" },
	{ T, BALANCED("<HealthMonitor><HTTPMonitor><SuccessResponse><ResponseCode>ok</ResponseCode></SuccessResponse></HTTPMonitor></HealthMonitor>"), 0, T ":1: <ResponseCode> is \"ok\"; a status such as 503 is needed" },
	{ T, TARGET("<SSLInfo><Enabled>true</Enabled><CRLStore>c</CRLStore></SSLInfo>"), 1, T ":1: <CRLStore> is not supported yet by this gateway" },
	{ T, TARGET("<SSLInfo><Protocols><Protocol>TLSv9</Protocol></Protocols></SSLInfo>"), 0, T ":1: <SSLInfo>: the protocol \"TLSv9\" is not known; TLSv1.2 and TLSv1.3 are" },
	{ T, TARGET("<SSLInfo><ClientAuthEnabled>true</ClientAuthEnabled></SSLInfo>"), 0, T ":1: <ClientAuthEnabled> true needs a <KeyStore> and a <KeyAlias>" },
	{ T, TARGET("<SSLInfo><Enforce>true</Enforce><IgnoreValidationErrors>true</IgnoreValidationErrors></SSLInfo>"), 0, T ":1: <Enforce> and <IgnoreValidationErrors> cannot both be true" },
	{ T, TPROP("success.codes", "2xx,many"), 1, T ":1: the property success.codes holds \"many\"; a list such as 2xx,304,404 is needed" },
	{ T, TPROP("io.timeout.millis", "0"), 1, T ":1: the property io.timeout.millis is \"0\"; milliseconds from 1 to 86400000 are needed" },
	{ T, TPROP("request.retain.headers.enabled", "some"), 1, T ":1: the property request.retain.headers.enabled is \"some\"; true or false is needed" },
	{ T, TPROP("supports.http11", "maybe"), 1, T ":1: the property supports.http11 is \"maybe\"; true or false is needed" },
	{ T, TARGET("<Properties><Property name='io.timeout.millis'>5</Property><Property name='io.timeout.millis'>6</Property></Properties>"), 1, T ":1: the property io.timeout.millis is given twice, first in line 1" },
	{ "apiproxy/targets/u.xml", TARGET(""), 0, "apiproxy/targets/u.xml: a second TargetEndpoint is named \"t\"" },
	{ T, NULL, 0, P ":1: <RouteRule> leads to the TargetEndpoint \"t\", which the bundle does not hold" },
};

static err compile(struct diag *d, const struct zip_files *files, enum bundle_kind kind, struct proxy **out)
{
	struct bundle_identity id = { S("acme"), S("test"), S("good"), S("3"), NULL };
	return bundle_compile(files, kind, &id, find, d, out);
}

static void broken_bundles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag at_import = { .arena = a }, at_deploy = { .arena = a };
		struct zip_files files = files_with(a, broken[i].path, broken[i].text);
		struct proxy *proxy;
		err e = bundle_check(a, &files, BUNDLE_PROXY, find, &at_import);
		if ((e.code != ERR_NONE) != broken[i].at_import)
			fail_msg("row %zu at import: %s", i, str_z(a, diag_text(a, &at_import)));
		assert_int_not_equal(compile(&at_deploy, &files, BUNDLE_PROXY, &proxy).code, ERR_NONE);
		str got = str_trim(diag_text(a, &at_deploy));
		/* An XML reader's own words are its own; file and line are ours. */
		str want = broken[i].want ? str_from_z(broken[i].want) : str_fmt(a, "%s:1: ", broken[i].path);
		if (broken[i].want ? !str_eq(got, want) : !str_starts(got, want))
			fail_msg("row %zu\n got %s\nwant %s", i, str_z(a, got), str_z(a, want));
		if (broken[i].at_import)
			assert_true(str_eq(got, str_trim(diag_text(a, &at_import))));
		arena_destroy(&a);
	}
}

/* ---- dirt that is none ---------------------------------------------------------------------- */

static const struct { const char *path, *text; } dirty[] = {
	{ NULL, NULL },
	{ "apiproxy/good.xml", NULL },
	{ "apiproxy/good.xml", "<APIProxy name='x'><ConfigurationVersion majorVersion='4'/><Policies><Policy>z</Policy></Policies><Spec/></APIProxy>" },
	{ "apiproxy/manifests/manifest.xml", "not even XML" },
	{ "apiproxy/resources/jsc/x.js", "var x;" },
	{ "apiproxy/policies/README.md", "notes" },
	{ "apiproxy/policies/unused.xml", "<!-- licence --><Mark async='false' continueOnError='true' enabled='false' name='unused'><DisplayName>x</DisplayName><Description/><FaultRules/><Properties/></Mark>" },
	{ "apiproxy/policies/other-file.xml", "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n<Mark name='another'/>" },
	{ P, "<ProxyEndpoint name='d'>" ROUTE CONNECTION "<PostFlow/><Flows/><PreFlow/><FaultRules/><Description>late</Description></ProxyEndpoint>" },
	{ P, PROXY("<Flows><PostFlow name='PostFlow'><Request/><Response/></PostFlow></Flows><PostFlow><Request>" STEP("m") "</Request></PostFlow>") },
	{ P, PROXY("<Flows><Flow name='f'><Description/><Request><Step><FaultRules/><Name>m</Name><Condition/></Step></Request><Response/><Condition/></Flow></Flows>") },
	{ P, PROXY("<PreFlow><Request><Policy><Name> m </Name></Policy></Request></PreFlow>") },
	{ P, "<ProxyEndpoint name='d'><HTTPProxyConnection><BasePath>/b</BasePath><Properties/><VirtualHost>default</VirtualHost><VirtualHost>secure</VirtualHost></HTTPProxyConnection><RouteRule name='n'/></ProxyEndpoint>" },
	{ P, "<ProxyEndpoint name='d'><HTTPProxyConnection/><RouteRule/></ProxyEndpoint>" },
	{ P, "<ProxyEndpoint name='d'>" CONNECTION "<RouteRule name='u'><Condition>request.verb = \"GET\"</Condition><URL>http://{request.header.h}/</URL></RouteRule></ProxyEndpoint>" },
	{ P, PPROP("request.streaming.enabled", "true") },
	{ T, TARGET("<SSLInfo><Enabled>true</Enabled><ClientAuthEnabled>false</ClientAuthEnabled><Ciphers/><Protocols/><KeyStore/></SSLInfo>") },
	{ T, TARGET("<SSLInfo><Enabled>true</Enabled><IgnoreValidationErrors>true</IgnoreValidationErrors></SSLInfo>") },
	{ T, TARGET("<SSLInfo><Enabled>true</Enabled><TrustStore>ref://t</TrustStore><ClientAuthEnabled>true</ClientAuthEnabled><KeyStore>k</KeyStore><KeyAlias>a</KeyAlias></SSLInfo>") },
	{ T, TPROP("success.codes", "1xx, 2xx,304,400-404") },
	{ T, TPROP("connect.timeout.millis", " 1000 ") },
};

static void dirt_is_tolerated(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dirty); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct zip_files files = files_with(a, dirty[i].path, dirty[i].text);
		struct proxy *proxy = NULL;
		if (bundle_check(a, &files, BUNDLE_PROXY, find, &d).code || compile(&d, &files, BUNDLE_PROXY, &proxy).code)
			fail_msg("row %zu: %s", i, str_z(a, diag_text(a, &d)));
		must(proxy);
		proxy_release(proxy);
		arena_destroy(&a);
	}
}

/* ---- what is compiled ----------------------------------------------------------------------- */

static void compiles(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	struct zip_files files = files_with(a, P,
		"<ProxyEndpoint name='d'><PreFlow><Request><Step><Name>m</Name><Condition>request.verb = \"GET\"</Condition></Step></Request></PreFlow>"
		"<Flows><Flow name='one'><Response>" STEP("m") STEP("m") "</Response><Condition>true = true</Condition></Flow><Flow name='two'/>"
		"<PostFlow><Response>" STEP("m") "</Response></PostFlow></Flows>"
		"<FaultRules><FaultRule name='a'>" STEP("m") "</FaultRule><FaultRule name='b'/></FaultRules>"
		"<DefaultFaultRule name='all'><AlwaysEnforce>true</AlwaysEnforce>" STEP("m") "</DefaultFaultRule>"
		"<PostClientFlow><Response>" STEP("m") "</Response></PostClientFlow>"
		"<HTTPProxyConnection><BasePath>/b</BasePath><VirtualHost>default</VirtualHost>"
		"<Properties><Property name='api.timeout'>1500</Property></Properties></HTTPProxyConnection>"
		"<RouteRule name='none'><Condition>request.verb = \"OPTIONS\"</Condition></RouteRule>"
		"<RouteRule name='far'><URL>http://far/</URL></RouteRule>" ROUTE "</ProxyEndpoint>");
	VEC_PUSH(a, &files, (struct zip_file){ S("apiproxy/resources/jsc/a/x.js"), S("var x;") });
	struct proxy *p;
	assert_int_equal(compile(&d, &files, BUNDLE_PROXY, &p).code, ERR_NONE);
	arena_destroy(&a); /* nothing of the files is needed any more */
	const struct proxy_endpoint *e = p->endpoints;
	assert_int_equal(p->n_endpoints, 1);
	assert_true(str_eq(p->name, S("good")) && str_eq(p->revision, S("3")) && str_eq(e->base_path, S("/b")));
	assert_int_equal(e->virtual_hosts.n, 1);
	assert_int_equal(e->api_timeout_ms, 1500);
	assert_int_equal(e->ep.pre.request.n, 1);
	assert_non_null(e->ep.pre.request.v[0].when);
	assert_true(str_eq(e->ep.pre.request.v[0].name, S("m")));
	assert_ptr_equal(e->ep.pre.request.v[0].policy, &mark_policy);
	assert_true(e->ep.pre.request.v[0].enabled && !e->ep.pre.request.v[0].continue_on_error);
	assert_int_equal(e->ep.n_flows, 2);
	assert_int_equal(e->ep.flows[0].response.n, 2);
	assert_null(e->ep.flows[1].when);
	assert_int_equal(e->ep.post.response.n, 1);
	assert_int_equal(e->ep.n_fault_rules, 2);
	assert_true(e->ep.default_fault_rule->always);
	assert_int_equal(e->ep.default_fault_rule->steps.n, 1);
	assert_int_equal(e->post_client.n, 1);
	assert_int_equal(e->n_routes, 3);
	assert_int_equal(e->routes[0].kind, ROUTE_NULL);
	assert_int_equal(e->routes[1].kind, ROUTE_URL);
	assert_ptr_equal(e->routes[2].target, &p->targets[0]);
	assert_int_equal(p->targets[0].props.connect_ms, 0);
	assert_true(p->targets[0].props.copy_pathsuffix);
	const str *js = map_get(&p->resources, S("jsc/a/x.js"));
	assert_true(js && str_eq(*js, S("var x;")));
	proxy_release(p);
}

static const struct { const char *path, *text, *want; } shared[] = {
	{ "sharedflowbundle/sharedflows/default.xml", "<SharedFlow name='default'>" STEP("m") "</SharedFlow>", "" },
	{ "sharedflowbundle/sharedflows/default.xml", "<SharedFlow name='default'><FaultRules/>" STEP("x") "</SharedFlow>",
	  "sharedflowbundle/sharedflows/default.xml:1: the step names the policy \"x\", which the bundle does not hold" },
	{ "sharedflowbundle/sharedflows/default.xml", "<SharedFlow name='default'><PreFlow/></SharedFlow>",
	  "sharedflowbundle/sharedflows/default.xml:1: unknown element <PreFlow> in <SharedFlow>; known here: Step, Policy" },
	{ "sharedflowbundle/x.xml", "<SharedFlowBundle name='x'/>",
	  "the bundle holds no SharedFlow; one belongs in sharedflowbundle/sharedflows/" },
};

static void shared_flows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shared); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct zip_files files = { 0 };
		VEC_PUSH(a, &files, (struct zip_file){ S("sharedflowbundle/policies/m.xml"), S("<Mark name='m'/>") });
		VEC_PUSH(a, &files, (struct zip_file){ str_from_z(shared[i].path), str_from_z(shared[i].text) });
		struct proxy *p = NULL;
		err e = compile(&d, &files, BUNDLE_SHARED_FLOW, &p);
		assert_string_equal(str_z(a, str_trim(diag_text(a, &d))), shared[i].want);
		assert_int_equal(e.code == ERR_NONE, !*shared[i].want);
		if (p) {
			assert_true(p->is_shared_flow);
			assert_int_equal(p->shared.n, 1);
			proxy_release(p);
		}
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_bundles), cmocka_unit_test(dirt_is_tolerated), cmocka_unit_test(compiles), cmocka_unit_test(shared_flows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
