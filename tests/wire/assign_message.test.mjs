// SPDX-License-Identifier: Apache-2.0
// AssignMessage, all of it: Set, Add, Remove, Copy, variables, messages of its own; on requests and responses.
// Invariant: what the policy does not name, the target (or client) gets untouched.
// Source: reference 4.3 (AssignMessage), 3.7 (templates), 3.5 (errors).
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, expect, fault, gateway, origin, proxy } from './gateway.mjs';

const g = await gateway();
const o = await origin();
const QUIET = '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>';
let n = 0;
const am = (inner) => `<AssignMessage>${inner}</AssignMessage>`;
const headers = (list) => `<Headers>${Object.entries(list).map(([k, v]) => `<Header name="${k}">${v}</Header>`).join('')}</Headers>`;

async function deployed(policies, spec) {
	const name = `am${n++}`;
	await g.proxy(name, { policies: Object.fromEntries(Object.entries(policies).map(([k, v]) => [k, am(v)])), ...spec });
	return (path = '', opts) => g.call(`/${name}${path}`, opts);
}
// what the target sees when this policy stands in the request flow
async function sent(inner, path = '/p?a=1&b=2', opts = {}) {
	const call = await deployed({ a: inner }, { target: o.url, pre: { request: ['a'] } });
	const r = expect(await call(path, { ...opts, headers: { 'X-One': '1', 'X-Two': '2', ...opts.headers } }), { status: 200 }, inner);
	return r.json;
}
const values = (one, name) => one.raw.filter((_, i) => i % 2 && one.raw[i - 1].toLowerCase() === name);

// policy, check of what the target saw, path, options
const requests = [
	['nothing at all', '', (s) => s.headers['x-one'] === '1' && s.url === '/p?a=1&b=2' && s.method === 'GET'],
	['set header', `<Set>${headers({ 'X-New': 'n' })}</Set>`, (s) => s.headers['x-new'] === 'n' && s.headers['x-one'] === '1'],
	['set replaces', `<Set>${headers({ 'x-one': 'other' })}</Set>`, (s) => values(s, 'x-one').join() === 'other'],
	['set by template', `<Set>${headers({ 'X-V': '{request.verb}-{request.queryparam.b}-{request.header.X-Two}' })}</Set>`, (s) => s.headers['x-v'] === 'GET-2-2'],
	['set with a default', `<Set>${headers({ 'X-V': '{no.such:dflt}' })}</Set>`, (s) => s.headers['x-v'] === 'dflt'],
	['add keeps what is there', `<Add>${headers({ 'X-One': 'more' })}</Add>`, (s) => values(s, 'x-one').join(',').replaceAll(' ', '') === '1,more'],
	['remove one', '<Remove><Headers><Header name="x-ONE"/></Headers></Remove>', (s) => !('x-one' in s.headers) && s.headers['x-two'] === '2'],
	['remove all headers', '<Remove><Headers/></Remove>', (s) => !('x-one' in s.headers) && !('x-two' in s.headers)],
	['set query parameter', '<Set><QueryParams><QueryParam name="a">9</QueryParam><QueryParam name="c">x y&amp;z</QueryParam></QueryParams></Set>',
		(s) => /^\/p\?/.test(s.url) && String(new URLSearchParams(s.url.slice(3))) === 'a=9&b=2&c=x+y%26z'],
	['add query parameter', '<Add><QueryParams><QueryParam name="a">9</QueryParam></QueryParams></Add>',
		(s) => new URLSearchParams(s.url.slice(3)).getAll('a').sort().join() === '1,9'],
	['remove query parameter', '<Remove><QueryParams><QueryParam name="a"/></QueryParams></Remove>', (s) => s.url === '/p?b=2'],
	['remove all query parameters', '<Remove><QueryParams/></Remove>', (s) => s.url === '/p'],
	['set verb', '<Set><Verb>PATCH</Verb></Set>', (s) => s.method === 'PATCH'],
	['set verb by template', '<Set><Verb>{request.header.x-verb}</Verb></Set>', (s) => s.method === 'DELETE', undefined, { headers: { 'x-verb': 'DELETE' } }],
	['set payload', '<Set><Verb>POST</Verb><Payload contentType="application/json">{"a":"x"}</Payload></Set>',
		(s) => s.body === '{"a":"x"}' && s.headers['content-type'] === 'application/json' && s.headers['content-length'] === '9', undefined, {}],
	['payload replaces a body', '<Set><Payload contentType="text/plain">new {request.header.x-one}</Payload></Set>', (s) => s.body === 'new 1' && s.method === 'POST', '/p', { body: 'old, and longer' }],
	['payload with prefix and suffix', '<Set><Payload contentType="application/json" variablePrefix="@" variableSuffix="#">{"v":"@request.header.x-one#"}</Payload></Set>',
		(s) => s.body === '{"v":"1"}', '/p', { body: 'x' }],
	['payload in CDATA', '<Set><Payload contentType="text/xml"><![CDATA[<a>{request.verb}</a>]]></Payload></Set>', (s) => s.body === '<a>POST</a>', '/p', { body: 'x' }],
	['payload of elements', '<Set><Payload contentType="text/xml"><a b="c"><d/></a></Payload></Set>', (s) => /<a b="c">\s*<d\/>\s*<\/a>/.test(s.body), '/p', { body: 'x' }],
	['remove payload', '<Remove><Payload>true</Payload></Remove>', (s) => s.body === '', '/p', { body: 'gone' }],
	['set form parameter', '<Set><FormParams><FormParam name="b">9</FormParam><FormParam name="c">x y</FormParam></FormParams></Set>',
		(s) => String(new URLSearchParams(s.body)) === 'a=1&b=9&c=x+y', '/p', { form: { a: 1, b: 2 } }],
	['add form parameter', '<Add><FormParams><FormParam name="a">9</FormParam></FormParams></Add>',
		(s) => new URLSearchParams(s.body).getAll('a').sort().join() === '1,9', '/p', { form: { a: 1 } }],
	['remove form parameter', '<Remove><FormParams><FormParam name="a"/></FormParams></Remove>', (s) => s.body === 'b=2', '/p', { form: { a: 1, b: 2 } }],
	['sections together', `<Remove><Headers><Header name="X-One"/></Headers></Remove><Set>${headers({ 'X-Two': 'two' })}</Set><Add>${headers({ 'X-Three': '3' })}</Add>`,
		(s) => !('x-one' in s.headers) && s.headers['x-two'] === 'two' && s.headers['x-three'] === '3'],
	['variable, then its use', `<AssignVariable><Name>v</Name><Value>hi</Value></AssignVariable><Set>${headers({ 'X-V': '{v}' })}</Set>`, (s) => s.headers['x-v'] === 'hi'],
];
for (const [what, inner, check, path, opts] of requests) {
	test(`request: ${what}`, async () => {
		const s = await sent(inner, path, opts);
		assert.ok(check(s), `${inner}\n${JSON.stringify(s, null, 1)}`);
	});
}

test('the token and its wizard twin: AssignTo without a name is the request', async () => {
	const s = await sent('<DisplayName>Remove Header Authorization</DisplayName><Remove><Headers><Header name="Authorization"/></Headers></Remove>' +
		'<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><AssignTo createNew="false" transport="http" type="request"/>', '/p', { token: 'abc' });
	assert.ok(!('authorization' in s.headers));
});

// variables, read back in the response
const variables = [
	['value', '<AssignVariable><Name>v</Name><Value>hi {x}</Value></AssignVariable>', 'hi {x}'],
	['ref', '<AssignVariable><Name>v</Name><Ref>request.queryparam.a</Ref></AssignVariable>', '1'],
	['ref wins over value', '<AssignVariable><Name>v</Name><Value>no</Value><Ref>request.queryparam.a</Ref></AssignVariable>', '1'],
	['value is the fallback', '<AssignVariable><Name>v</Name><Ref>no.such</Ref><Value>yes</Value></AssignVariable>', 'yes'],
	['template', '<AssignVariable><Name>v</Name><Template>{request.verb}/{request.queryparam.a}</Template></AssignVariable>', 'GET/1'],
	['template by ref', '<AssignVariable><Name>t</Name><Value>{request.verb}!</Value></AssignVariable><AssignVariable><Name>v</Name><Template ref="t"/></AssignVariable>', 'GET!'],
	['one after another', '<AssignVariable><Name>w</Name><Value>1</Value></AssignVariable><AssignVariable><Name>v</Name><Template>{w}{w}</Template></AssignVariable>', '11'],
	['a header as a variable', '<AssignVariable><Name>request.header.x-one</Name><Value>set</Value></AssignVariable><AssignVariable><Name>v</Name><Ref>request.header.X-One</Ref></AssignVariable>', 'set'],
];
for (const [what, inner, want] of variables) {
	test(`variable: ${what}`, async () => {
		const call = await deployed({ a: QUIET + inner, b: `${QUIET}<Set><Payload contentType="text/plain">{v}</Payload></Set>` },
			{ pre: { request: ['a'], response: ['b'] } });
		expect(await call('?a=1', { headers: { 'X-One': 'one' } }), { status: 200, body: want });
	});
}

// messages of one's own: made in the request, shown in the response
const messages = [
	['payload', '<AssignTo createNew="true" type="request">m</AssignTo><Set><Payload contentType="text/plain">p</Payload><Verb>PUT</Verb><Path>/x</Path></Set>',
		'{m.content} {m.verb} {m.header.content-type}', 'p PUT text/plain'],
	['headers and parameters', `<AssignTo createNew="true" type="request">m</AssignTo><Set>${headers({ H: 'h' })}<QueryParams><QueryParam name="q">1</QueryParam></QueryParams></Set>`,
		'{m.header.h} {m.queryparam.q} {m.header.x-one}', 'h 1 '],
	['copy', '<AssignTo createNew="true" type="request">m</AssignTo><Copy source="request"><Headers><Header name="X-One"/></Headers><Verb>true</Verb><Payload>true</Payload></Copy>',
		'{m.header.x-one} {m.header.x-two} {m.verb} {m.content}', '1  POST body'],
	['copy all headers', '<AssignTo createNew="true" type="request">m</AssignTo><Copy source="request"><Headers/></Copy>', '{m.header.x-one} {m.header.x-two}', '1 2'],
	['copy parameters', '<AssignTo createNew="true" type="request">m</AssignTo><Copy source="request"><QueryParams/></Copy>', '{m.queryparam.a}', '7'],
	['a response', '<AssignTo createNew="true" type="response">m</AssignTo><Set><StatusCode>418</StatusCode><ReasonPhrase>tea</ReasonPhrase></Set>',
		'{m.status.code} {m.reason.phrase}', '418 tea'],
];
for (const [what, inner, template, want] of messages) {
	test(`message: ${what}`, async () => {
		const call = await deployed({ a: QUIET + inner, b: `${QUIET}<Set><Payload contentType="text/plain">${template}</Payload></Set>` },
			{ pre: { request: ['a'], response: ['b'] } });
		expect(await call('?a=7', { body: 'body', headers: { 'X-One': '1', 'X-Two': '2' } }), { status: 200, body: want });
	});
}

test('response: all at once', async () => {
	const call = await deployed({ a: `<Set><StatusCode>202</StatusCode><ReasonPhrase>Taken In</ReasonPhrase><Payload contentType="application/json">{"ok":true}</Payload>${headers({ 'X-R': 'r' })}</Set>` +
		'<Remove><Headers><Header name="X-Secret"/></Headers></Remove>' },
	{ target: (await origin((one, res) => { res.setHeader('X-Secret', 's'); res.setHeader('X-Kept', 'k'); res.end('old'); })).url, post: { response: ['a'] } });
	const r = expect(await call(), { status: 202, body: '{"ok":true}', headers: { 'content-type': 'application/json', 'x-r': 'r', 'x-secret': null, 'x-kept': 'k', 'content-length': '11' } });
	assert.equal(r.reason, 'Taken In');
});

test('response: any status number', async () => {
	const call = await deployed({ a: '<Set><StatusCode>{request.queryparam.s}</StatusCode><ReasonPhrase>As You Like</ReasonPhrase></Set>' }, { post: { response: ['a'] } });
	for (const s of [201, 299, 404, 599, 911]) {
		const r = expect(await call(`?s=${s}`), { status: s });
		assert.equal(r.reason, 'As You Like');
	}
});

// what it answers when something is not there
const errors = [
	['unresolved in a template', `<Set>${headers({ X: '{no.such}' })}</Set>`, 'steps.assignmessage.UnresolvedVariable', 'AssignMessage[a]: unable to resolve variable no.such'],
	['unresolved in a payload', '<Set><Payload contentType="text/plain">{no.such}</Payload></Set>', 'steps.assignmessage.UnresolvedVariable', 'AssignMessage[a]: unable to resolve variable no.such'],
	['copy from what is not a message', '<AssignVariable><Name>s</Name><Value>text</Value></AssignVariable><Copy source="s"><Headers/></Copy>',
		'steps.assignmessage.VariableOfNonMsgType', 'AssignMessage[a]: value of variable s is not of type Message'],
];
for (const [what, inner, code, text] of errors) {
	test(`error: ${what}`, async () => {
		const call = await deployed({ a: inner }, { pre: { request: ['a'] } });
		expect(await call(), { status: 500, body: fault(code, text) });
	});
}

test('unresolved and told to ignore it: empty', async () => {
	const call = await deployed({ a: `${QUIET}<Set><Payload contentType="text/plain">[{no.such}]</Payload></Set>` }, { post: { response: ['a'] } });
	expect(await call(), { status: 200, body: '[]' });
});

const refused = [
	['unknown element', '<Sett><Verb>GET</Verb></Sett>'], ['unknown attribute', '<AssignTo createNew="true" kind="request">m</AssignTo>'],
	['type', '<AssignTo createNew="true" type="reply">m</AssignTo>'], ['variable without a name', '<AssignVariable><Value>x</Value></AssignVariable>'],
];
for (const [what, inner] of refused) {
	test(`refused: ${what}`, async () => {
		const r = await g.import('badam', bundle(proxy('badam', { pre: { request: ['a'] }, policies: { a: am(inner) } })), { validate: true });
		expect(r, { status: 400, body: /policies\/a\.xml/ });
	});
}
