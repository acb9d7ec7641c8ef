/* SPDX-License-Identifier: Apache-2.0 */
/* Nouns in XML, out and in.
 * What is written reads back the same, and a refusal names line and element.
 * Source: model/xml.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/api_product.h"
#include "model/app.h"
#include "model/deployment.h"
#include "model/developer.h"
#include "model/organization.h"
#include "model/xml.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

static struct arena *a;

static void assert_text(str got, const char *wanted) { assert_string_equal(str_z(a, got), wanted); }

static void written(void **state)
{
	(void)state;
	struct attribute at[] = { { S("access"), S("<public> & \"free\"") } };
	struct api_product p = { .name = S("P&Q"),
		                 .proxies = { (str[]){ S("a"), S("b") }, 2 },
		                 .attributes = { at, 1 },
		                 .quota = S("10") };
	assert_text(model_xml(a, &api_product_noun, &p),
	            PROLOG "<ApiProduct name=\"P&amp;Q\">\n"
	                   "  <ApiResources/>\n"
	                   "  <ApprovalType>auto</ApprovalType>\n"
	                   "  <Attributes>\n"
	                   "    <Attribute>\n"
	                   "      <Name>access</Name>\n"
	                   "      <Value>&lt;public&gt; &amp; &quot;free&quot;</Value>\n"
	                   "    </Attribute>\n"
	                   "  </Attributes>\n"
	                   "  <CreatedAt>0</CreatedAt>\n"
	                   "  <CreatedBy/>\n"
	                   "  <Environments/>\n"
	                   "  <LastModifiedAt>0</LastModifiedAt>\n"
	                   "  <LastModifiedBy/>\n"
	                   "  <Proxies>\n"
	                   "    <Proxy>a</Proxy>\n"
	                   "    <Proxy>b</Proxy>\n"
	                   "  </Proxies>\n"
	                   "  <Quota>10</Quota>\n"
	                   "  <Scopes/>\n"
	                   "</ApiProduct>\n");
	struct strs names = { (str[]){ S("test") }, 1 };
	assert_text(model_xml_names(a, &names), PROLOG "<List>\n  <Item>test</Item>\n</List>\n");
	struct deployed_server server = { .status = S("deployed"),
		                          .types = { (str[]){ S("mp") }, 1 },
		                          .uuid = S("u") };
	struct deployed_revision r = { .name = S("1"),
		                       .servers = { &server, 1 },
		                       .state = S("deployed") };
	struct deployed_environment e = { .name = S("test"), .revisions = { &r, 1 } };
	struct deployments_of_api d = { .name = S("p"),
		                        .organization = S("o"),
		                        .environments = { &e, 1 } };
	assert_text(model_xml(a, &deployments_of_api_noun, &d),
	            PROLOG "<Deployment name=\"p\">\n"
	                   "  <Environment name=\"test\">\n"
	                   "    <Revision name=\"1\">\n"
	                   "      <Configuration>\n"
	                   "        <BasePath>/</BasePath>\n"
	                   "        <Steps/>\n"
	                   "      </Configuration>\n"
	                   "      <Server>\n"
	                   "        <Status>deployed</Status>\n"
	                   "        <Type>mp</Type>\n"
	                   "        <UUID>u</UUID>\n"
	                   "      </Server>\n"
	                   "      <State>deployed</State>\n"
	                   "    </Revision>\n"
	                   "  </Environment>\n"
	                   "  <Organization>o</Organization>\n"
	                   "</Deployment>\n");
}

static void both_ways(void **state)
{
	(void)state;
	struct diag diag = { .arena = a };
	struct attribute property = { S("k"), S("v") };
	struct ssl_info ssl = { .enabled = 1,
		                .key_store = S("ks"),
		                .protocols = { (str[]){ S("TLSv1.2") }, 1 } };
	struct virtual_host v = { .name = S("secure"),
		                  .port = S("9443"),
		                  .ssl = &ssl,
		                  .host_aliases = { (str[]){ S("a.localhost"), S("b.localhost") },
		                                    2 },
		                  .properties = { &property, 1 } };
	struct virtual_host back = { 0 };
	str xml = model_xml(a, &virtual_host_noun, &v);
	assert_true(str_has(xml, S("<HostAlias>a.localhost</HostAlias>")));
	assert_int_equal(
		model_read_xml(a, &virtual_host_noun, xml, MODEL_CREATE, &diag, &back).code,
		ERR_NONE);
	assert_text(model_xml(a, &virtual_host_noun, &back), str_z(a, xml));
	struct credential c = { 0 };
	assert_int_equal(model_read_xml(a, &credential_noun,
	                                S("<Credential><ApiProducts><ApiProduct>P</ApiProduct></"
	                                  "ApiProducts></Credential>"),
	                                MODEL_CREATE, &diag, &c)
	                         .code,
	                 ERR_NONE);
	assert_text(((struct product_status *)c.api_products.v)->apiproduct, "P");
}

static void refused(void **state)
{
	static const struct {
		const struct noun *noun;
		const char *xml;
		unsigned line;
		const char *finding;
	} rows[] = {
		{ &developer_noun, "<Other/>", 1, "the root element is not <Developer>" },
		{ &developer_noun, "<Developer>\n<Nick/></Developer>", 2, "Nick: unknown element" },
		{ &developer_noun, "<Developer a='1'/>", 1, "@a: unknown attribute" },
		{ &developer_noun, "<Developer/>", 0, "email: missing" },
		{ &developer_noun, "<Developer><Email><X/></Email></Developer>", 1,
		  "Email: not a text" },
		{ &developer_noun, "<Developer><Attributes><X/></Attributes></Developer>", 1,
		  "Attributes/X: unknown element" },
		{ &api_product_noun, "<ApiProduct name='p'><Quota>many</Quota></ApiProduct>", 0,
		  "Quota: not a number that fits" },
		{ &api_product_noun,
		  "<ApiProduct name='p'><Proxies><X>a</X></Proxies></ApiProduct>", 1,
		  "Proxies/X: unknown element" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct diag diag = { .arena = a };
		void *out = arena_zalloc(a, rows[i].noun->size, 16);
		err e = model_read_xml(a, rows[i].noun, str_from_z(rows[i].xml), MODEL_CREATE,
		                       &diag, out);
		assert_int_equal(e.code, ERR_SYNTAX);
		assert_text(diag.findings.v[0].text, rows[i].finding);
		assert_int_equal(diag.findings.v[0].line, rows[i].line);
	}
}

static int start(void **state)
{
	(void)state;
	a = arena_create(0, 0);
	return 0;
}
static int end(void **state)
{
	(void)state;
	arena_destroy(&a);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(written), cmocka_unit_test(both_ways),
		                            cmocka_unit_test(refused) };
	return cmocka_run_group_tests(tests, start, end);
}
