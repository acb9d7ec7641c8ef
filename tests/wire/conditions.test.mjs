// SPDX-License-Identifier: Apache-2.0
// The condition language through a real proxy: operators in both spellings, nulls, precedence, paths.
// Invariant: a row is a condition and whether its step ran.
// Source: reference 3.6 (operators, null rules, path expressions), decision 10 of section 7.
import test from 'node:test';
import { bundle, expect, gateway, mark, proxy } from './gateway.mjs';

const g = await gateway();
const T = true, F = false;
// s = abc, t = abc, u = xyz, e = "" ; verb GET, status 200
const rows = [
	// equality
	['s = "abc"', T], ['s == "abc"', T], ['s Equals "abc"', T], ['s Is "abc"', T], ['s is "abc"', T], ['s EQUALS "abc"', T], ['s = "ABC"', F], ['s = "ab"', F],
	['s != "abc"', F], ['s != "x"', T], ['s NotEquals "x"', T], ['s IsNot "x"', T], ['s isnot "abc"', F],
	['s := "ABC"', T], ['s EqualsCaseInsensitive "aBc"', T], ['s := "abd"', F], ['s = t', T], ['s = u', F], ['s != u', T], ['e = ""', T], ['s = ""', F],
	// order; a string on one side makes both strings
	['s < "abd"', T], ['s LesserThan "abd"', T], ['s > "abd"', F], ['s GreaterThan "abb"', T], ['s >= "abc"', T], ['s GreaterThanOrEquals "abc"', T],
	['s <= "abc"', T], ['s LesserThanOrEquals "abb"', F], ['response.status.code = 200', T], ['response.status.code = "200"', T], ['response.status.code >= 200', T],
	['response.status.code > 200', F], ['response.status.code < 300', T], ['response.status.code <= 199', F], ['response.status.code != 404', T],
	['(response.status.code >= 200) and (response.status.code < 300)', T],
	// starts with
	['s =| "ab"', T], ['s StartsWith "ab"', T], ['s startswith "b"', F], ['s =| t', T], ['s Not StartsWith "b"', T],
	// globs
	['s ~ "a*"', T], ['s Matches "a*c"', T], ['s Like "*"', T], ['s ~ "b*"', F], ['s ~ "A*"', F], ['s Matches "ab"', F], ['s !~ "b*"', T], ['path Matches "/a*/d"', T],
	// regular expressions match the whole
	['s ~~ "a.c"', T], ['s JavaRegex "[a-c]+"', T], ['s ~~ "b"', F], ['s ~~ "(?i)ABC"', T], ['path ~~ "/a/.*"', T],
	// logic
	['s = "abc" and t = "abc"', T], ['s = "abc" && t = "x"', F], ['s = "x" or t = "abc"', T], ['s = "x" || t = "x"', F], ['s = "abc" AND t = "abc"', T], ['s = "x" Or t = "abc"', T],
	['!(s = "x")', T], ['not (s = "abc")', F], ['NOT (s = "x")', T], ['! (s = "abc")', F], ['((s = "abc"))', T],
	['s="abc"&&t="abc"', T], ['(s = "abc")and(t = "abc")', T],
	// or binds tighter than and
	['s = "x" and s = "abc" or s = "abc"', F], ['s = "abc" or s = "abc" and s = "x"', F], ['s = "x" and (s = "abc" or s = "abc")', F],
	['(s = "x" and s = "abc") or s = "abc"', T], ['s = "x" && s = "abc" || s = "abc"', F], ['s = "abc" and s = "x" or t = "abc"', T],
	// booleans and bare names
	['is.error = false', T], ['is.error', F], ['!is.error', T], ['no.such = true', F], ['true = true', null],
	// quoted names, entities, lines
	["'request.header.x-odd!' = \"1\"", T], ['s =\n\t"abc"\n and t = "abc"', T], ['request.header.x-quote = "a&b<c"', T],
	// null: left, right, both
	['no.such = null', T], ['s = null', F], ['no.such != null', F], ['s != null', T], ['no.such is null', T], ['s isnot null', T], ['e = null', F], ['no.such = "null"', F],
	['no.such = "x"', F], ['no.such == "x"', F], ['no.such := "x"', F], ['no.such =| "x"', F], ['no.such != "x"', T],
	['no.such > "x"', T], ['no.such >= "x"', F], ['no.such < "x"', T], ['no.such <= "x"', T],
	['no.such ~ "x"', F], ['no.such ~~ "x"', F], ['no.such ~/ "/x"', F], ['no.such !~ "x"', T],
	['s = no.such', F], ['s := no.such', F], ['s =| no.such', F], ['s != no.such', T], ['s > no.such', F], ['s >= no.such', T], ['s < no.such', F], ['s <= no.such', F],
	['no.such = no.other', T], ['no.such := no.other', T], ['no.such =| no.other', F], ['no.such != no.other', F],
	['no.such > no.other', F], ['no.such >= no.other', T], ['no.such < no.other', F], ['no.such <= no.other', T],
	['request.header.absent = null', T], ['request.queryparam.absent = null', T],
	// numbers and suffixes
	['response.status.code = 200L', T], ['response.status.code < 200.5d', T], ['response.status.code > 199.5F', T],
].filter(([, want]) => want !== null);

// path expressions: pattern, path, matches
const paths = [
	['/*/a/', '/x/a/', T], ['/*/a/*', '/x/a/b', T], ['/*/a/**', '/x/a/b/c/d', T], ['/a/**/feed/**', '/a/b/feed/rss/1234', T], ['/a', '/a', T], ['/a', '/b', F], ['/a', '/a/b', F],
	['/*', '/a', T], ['/*', '/a/b', F], ['/**', '/a/b/c', T], ['/{id}', '/42', T], ['/{id}/x', '/42/x', T], ['/{id}', '/4/2', F], ['/%{id%}', '/{id}', T], ['/%{id%}', '/42', F],
	['/a/*/c', '/a/b/c', T], ['/a/*/c', '/a/c', F], ['/A', '/a', F], ['/a/**', '/b/a', F],
];

test('conditions', async (t) => {
	const set = (k, v) => `<AssignVariable><Name>${k}</Name><Value>${v}</Value></AssignVariable>`;
	await g.proxy('cond', {
		pre: { request: ['vars'] },
		flows: rows.map(([c], i) => ({ name: `c${i}`, when: `proxy.pathsuffix = "/${i}"`, response: [['yes', c]] })),
		policies: { vars: `<AssignMessage>${set('s', 'abc')}${set('t', 'abc')}${set('u', 'xyz')}${set('e', '')}${set('path', '/a/b/d')}</AssignMessage>`, yes: mark('x-yes', '1') },
	});
	for (const [i, [condition, want]] of rows.entries()) {
		await t.test(condition, async () => {
			expect(await g.call(`/cond/${i}`, { headers: { 'x-odd!': '1', 'x-quote': 'a&b<c' } }), { status: 200, headers: { 'x-yes': want ? '1' : null } }, condition);
		});
	}
});

for (const [operator, name] of [['MatchesPath', 'words'], ['~/', 'symbol'], ['LikePath', 'like']]) {
	test(`paths by ${operator}`, async (t) => {
		await g.proxy(`paths-${name}`, {
			flows: paths.map(([p], i) => ({ name: `c${i}`, when: `request.queryparam.n = "${i}"`, response: [['yes', `request.queryparam.p ${operator} "${p}"`]] })),
			policies: { yes: mark('x-yes', '1') } });
		for (const [i, [pattern, path, want]] of paths.entries()) {
			await t.test(`${path} ${operator} "${pattern}" is ${want}`, async () => {
				expect(await g.call(`/paths-${name}?n=${i}&p=${encodeURIComponent(path)}`), { status: 200, headers: { 'x-yes': want ? '1' : null } });
			});
		}
	});
}

const broken = ['s =', '= "x"', '(s = "x"', 's = "x")', 's = "x" and', 's = "x', 's foo "x"', 's ~~ "["', 's = "x" t = "y"', '()', 's ~ t'];
for (const condition of broken) {
	test(`refused: ${condition}`, async () => {
		const zip = bundle(proxy('badcond', { flows: [{ name: 'f', when: condition, response: ['yes'] }], policies: { yes: mark('x-yes', '1') } }));
		expect(await g.import('badcond', zip, { validate: true }), { status: 400, body: /proxies\/default\.xml/ }, condition);
	});
}
