/* SPDX-License-Identifier: Apache-2.0 */
/* JSONPath: every selector, filters, what is refused and what is bounded.
 * A test is a row: a path, and what it finds as compact JSON.
 * Source: Goessner's JSONPath with its bookstore; RFC 9535. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lang/jsonpath.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char store[] =
	"{\"store\":{\"book\":["
	"{\"category\":\"reference\",\"author\":\"Rees\",\"title\":\"Sayings\",\"price\":8.95},"
	"{\"category\":\"fiction\",\"author\":\"Waugh\",\"title\":\"Sword\",\"price\":12.99},"
	"{\"category\":\"fiction\",\"author\":\"Melville\",\"title\":\"Moby Dick\",\"isbn\":\"0-553\",\"price\":8.99},"
	"{\"category\":\"fiction\",\"author\":\"Tolkien\",\"title\":\"Rings\",\"isbn\":\"0-395\",\"price\":22.99}],"
	"\"bicycle\":{\"color\":\"red\",\"price\":19.95}},"
	"\"expensive\":10,\"a b\":1,\"a.b\":2,\"a-b\":3,\"it's\":4,\"\":5,\"\xc3\xa4\":6,"
	"\"n\":[0,1,2,3,4,5],\"deep\":[[1,[2]],[3]],\"nul\":null,\"t\":true,\"f\":false}";

static const struct { const char *path, *found; bool definite; } rows[] = {
	{ "$.expensive", "[10]", true },
	{ "expensive", "[10]", true },
	{ "$['expensive']", "[10]", true },
	{ "$[\"expensive\"]", "[10]", true },
	{ "$[ 'expensive' ]", "[10]", true },
	{ "$.store.bicycle.color", "[\"red\"]", true },
	{ "$['store']['bicycle'].color", "[\"red\"]", true },
	{ "$.store.bicycle", "[{\"color\":\"red\",\"price\":19.95}]", true },
	{ "$.absent", "[]", true },
	{ "$.expensive.x", "[]", true },
	{ "$.nul", "[null]", true },
	{ "$['a b']", "[1]", true },
	{ "$['a.b']", "[2]", true },
	{ "$.a-b", "[3]", true },
	{ "$.a b", "[1]", true },
	{ "$['it\\'s']", "[4]", true },
	{ "$['']", "[5]", true },
	{ "$.\xc3\xa4", "[6]", true },
	{ "$['\\u00e4']", "[6]", true },
	{ "$.n[0]", "[0]", true },
	{ "$.n[5]", "[5]", true },
	{ "$.n[6]", "[]", true },
	{ "$.n[-1]", "[5]", true },
	{ "$.n[-6]", "[0]", true },
	{ "$.n[-7]", "[]", true },
	{ "$.expensive[0]", "[]", true },
	{ "$.store[0]", "[]", true },
	{ "$.n[0,2]", "[0,2]", false },
	{ "$.n[2, 0, 9]", "[2,0]", false },
	{ "$['expensive','t']", "[10,true]", false },
	{ "$.n[1:3]", "[1,2]", false },
	{ "$.n[:2]", "[0,1]", false },
	{ "$.n[4:]", "[4,5]", false },
	{ "$.n[-2:]", "[4,5]", false },
	{ "$.n[:-4]", "[0,1]", false },
	{ "$.n[::2]", "[0,2,4]", false },
	{ "$.n[1::2]", "[1,3,5]", false },
	{ "$.n[::-1]", "[5,4,3,2,1,0]", false },
	{ "$.n[4:1:-2]", "[4,2]", false },
	{ "$.n[::0]", "[]", false },
	{ "$.n[9:99]", "[]", false },
	{ "$.n[0:1,-1]", "[0,5]", false },
	{ "$.n[*]", "[0,1,2,3,4,5]", false },
	{ "$.n.*", "[0,1,2,3,4,5]", false },
	{ "$.expensive.*", "[]", false },
	{ "$.store.bicycle.*", "[\"red\",19.95]", false },
	{ "$.store.book[*].author", "[\"Rees\",\"Waugh\",\"Melville\",\"Tolkien\"]", false },
	{ "$..author", "[\"Rees\",\"Waugh\",\"Melville\",\"Tolkien\"]", false },
	{ "$..['author']", "[\"Rees\",\"Waugh\",\"Melville\",\"Tolkien\"]", false },
	{ "$.store..price", "[8.95,12.99,8.99,22.99,19.95]", false },
	{ "$..book[2].title", "[\"Moby Dick\"]", false },
	{ "$..book[-1:].title", "[\"Rings\"]", false },
	{ "$..book[0,1].title", "[\"Sayings\",\"Sword\"]", false },
	{ "$.deep..[0]", "[[1,[2]],1,2,3]", false },
	{ "$..book[?(@.isbn)].title", "[\"Moby Dick\",\"Rings\"]", false },
	{ "$..book[?(!@.isbn)].title", "[\"Sayings\",\"Sword\"]", false },
	{ "$..book[?(@.price<10)].title", "[\"Sayings\",\"Moby Dick\"]", false },
	{ "$..book[?(@.price <= 8.95)].title", "[\"Sayings\"]", false },
	{ "$..book[?(@.price > $.expensive)].title", "[\"Sword\",\"Rings\"]", false },
	{ "$..book[?(10 < @.price)].title", "[\"Sword\",\"Rings\"]", false },
	{ "$..book[?(@.category=='fiction' && @.price < 10)].title", "[\"Moby Dick\"]", false },
	{ "$..book[?(@.category == \"reference\" || @.price > 20)].title", "[\"Sayings\",\"Rings\"]", false },
	{ "$..book[?(@.category != 'fiction')].title", "[\"Sayings\"]", false },
	{ "$..book[?(!(@.category == 'fiction'))].title", "[\"Sayings\"]", false },
	{ "$..book[?(@['category']=='reference')].title", "[\"Sayings\"]", false },
	{ "$..book[?(@.author =~ /.*kien/)].title", "[\"Rings\"]", false },
	{ "$..book[?(@.author =~ /WAUGH/i)].title", "[\"Sword\"]", false },
	{ "$..book[?@.price==22.99].title", "[\"Rings\"]", false },
	{ "$..book[?(@.title > 'S')].title", "[\"Sayings\",\"Sword\"]", false },
	{ "$..book[?(@.isbn == null)].title", "[]", false },
	{ "$.n[?(@ > 3)]", "[4,5]", false },
	{ "$.n[?(@ == '4')]", "[]", false },
	{ "$[?(@ == true)]", "[true]", false },
	{ "$[?(@ == null)]", "[null]", false },
	{ "$.deep[?(@[0] == 3)]", "[[3]]", false },
	{ "$.deep[?(@[?(@ == 1)])]", "[[1,[2]]]", false },
	{ "$", NULL, true },
	{ " $.expensive ", "[10]", true },
};

static json_t *parsed(struct arena *a, str text)
{
	json_t *v = NULL;
	struct diag diag = { .arena = a };
	if (json_read(a, text, &diag, &v).code)
		fail_msg("%.*s", STR(diag_text(a, &diag)));
	return v;
}

static void finding(void **state)
{
	struct arena *a = *state;
	json_t *root = parsed(a, str_from_z(store));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jsonpath *p = NULL;
		struct jsonpath_found found;
		struct diag diag = { .arena = a };
		struct buf b = buf_in(a);
		struct json_writer w = json_to(&b, false);
		if (jsonpath_compile(a, str_from_z(rows[i].path), &diag, 1, &p).code)
			fail_msg("%s: %.*s", rows[i].path, STR(diag_text(a, &diag)));
		assert_int_equal(jsonpath_find(a, p, root, &found).code, ERR_NONE);
		assert_int_equal(jsonpath_is_definite(p), rows[i].definite);
		if (!rows[i].found) {
			assert_ptr_equal(found.v[0], root);
			continue;
		}
		json_open(&w, '[');
		for (size_t k = 0; k < found.n; k++)
			json_tree(&w, found.v[k]);
		json_close(&w, ']');
		if (!str_eq(buf_str(&b), str_from_z(rows[i].found)))
			fail_msg("%s: %.*s", rows[i].path, STR(buf_str(&b)));
	}
}

static void refusing(void **state)
{
	struct arena *a = *state;
	static const struct { const char *path, *text; } bad[] = {
		{ "", "5: JSONPath \"\", column 1: it is empty" },
		{ "$.", "5: JSONPath \"$.\", column 3: a name should stand here" },
		{ "$..", NULL },
		{ "$.a.", NULL },
		{ "$[", NULL },
		{ "$[]", "5: JSONPath \"$[]\", column 3: a name in quotes, an index, a slice, '*' or '?' should stand here" },
		{ "$['a", "5: JSONPath \"$['a\", column 3: the quote is not closed" },
		{ "$['a'", NULL },
		{ "$[a]", NULL },
		{ "$[1", NULL },
		{ "$[1.5]", NULL },
		{ "$[-]", NULL },
		{ "$[99999999999999999999]", NULL },
		{ "$[1,]", NULL },
		{ "$[?(@.a==)]", NULL },
		{ "$[?(@.a", NULL },
		{ "$[?(@.a]", NULL },
		{ "$[?(1)]", NULL },
		{ "$[?()]", NULL },
		{ "$[?(@.a =~ 'x')]", NULL },
		{ "$[?(@.a =~ /(/)]", NULL },
		{ "$[?(@.a =~ /x)]", NULL },
		{ "$[?(@.a && )]", NULL },
		{ "$.a.length()", "5: JSONPath \"$.a.length()\", column 11: functions are not part of Apigee's JSONPath" },
		{ "$..book[(@.length-1)]", NULL },
		{ "$a", NULL },
		{ "$.a]", "5: JSONPath \"$.a]\", column 4: unexpected character" },
		{ "$['\\u12']", NULL },
		{ "$['\\ud800']", NULL },
		{ "$[?((((((((((((((((((((((@.a))))))))))))))))))))))]", NULL },
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct jsonpath *p = NULL;
		struct diag diag = { .arena = a };
		if (jsonpath_compile(a, str_from_z(bad[i].path), &diag, 5, &p).code != ERR_SYNTAX)
			fail_msg("%s", bad[i].path);
		if (bad[i].text && !str_eq(diag_text(a, &diag), str_from_z(bad[i].text)))
			fail_msg("%s: %.*s", bad[i].path, STR(diag_text(a, &diag)));
	}
}

static void bounds(void **state)
{
	struct arena *a = *state;
	struct buf b = buf_in(a);
	buf_char(&b, '[');
	for (int i = 0; i < 2000; i++)
		buf_add(&b, S("1,"));
	buf_add(&b, S("1]"));
	json_t *root = parsed(a, buf_str(&b));
	static const struct { const char *path; enum err_code code; } costs[] = {
		{ "$[*]", ERR_NONE },
		{ "$[?(@ == 1)]", ERR_NONE },
		{ "$[?($[?(@ == 2)])]", ERR_LIMIT },
		{ "$..[?($..[?($..x)])]", ERR_LIMIT },
		{ "$..*..*..*..*", ERR_NONE },
	};
	for (size_t i = 0; i < COUNT(costs); i++) {
		struct jsonpath *p = NULL;
		struct jsonpath_found found;
		struct diag diag = { .arena = a };
		assert_int_equal(jsonpath_compile(a, str_from_z(costs[i].path), &diag, 1, &p).code, 0);
		if (jsonpath_find(a, p, root, &found).code != costs[i].code)
			fail_msg("%s", costs[i].path);
	}
	struct buf deep = buf_in(a);
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_char(&deep, '[');
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		buf_char(&deep, ']');
	struct jsonpath *p = NULL;
	struct jsonpath_found found;
	struct diag diag = { .arena = a };
	assert_int_equal(jsonpath_compile(a, S("$..*..*..*..*"), &diag, 1, &p).code, ERR_NONE);
	assert_int_equal(jsonpath_find(a, p, parsed(a, buf_str(&deep)), &found).code, ERR_LIMIT);
}

static int setup(void **state)
{
	*state = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy((struct arena **)state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding),
		cmocka_unit_test(refusing),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
