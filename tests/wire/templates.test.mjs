// SPDX-License-Identifier: Apache-2.0
// Message templates: variables, defaults, every function.
// Invariant: a row is a template and its text; v = Hello, j = a JSON document, x = an XML one.
// Source: reference 3.7; digests are computed here by node:crypto.
import { createHash, createHmac } from 'node:crypto';
import assert from 'node:assert/strict';
import test from 'node:test';
import { esc, expect, gateway, say } from './gateway.mjs';

const g = await gateway();
const J = '{"a":{"b":"c","n":7,"t":true},"l":[1,2,3],"o":[{"k":"x"},{"k":"y"}]}', X = '<r><i n="1">one</i><i n="2">two</i></r>';
const VARS = { many: `<r>${'<a/>'.repeat(300)}</r>`, large: `<r>${'<a/>'.repeat(3000)}</r>`, v: 'Hello', w: 'World', k: 'secret', j: J, x: X, sec: '1500000000', ms: '1500000000123', q: 'a"b\\c', m: '<&>"\'', b64: 'SGVsbG8=', hexkey: '6b6579', rep: 'aXbXc', n2: '2' };
const hash = (a, enc, s = 'Hello') => createHash(a).update(s).digest(enc);
const hmac = (a, enc = 'base64', key = 'secret') => createHmac(a, key).update('Hello').digest(enc);

const rows = [
	['plain', 'plain'], ['{v}', 'Hello'], ['{v} {w}!', 'Hello World!'], ['{v}{v}', 'HelloHello'], ['[{none}]', '[]'], ['{none:dflt}', 'dflt'], ['{v:dflt}', 'Hello'], ['{none:}', ''],
	['{"a":"{v}"}', '{"a":"Hello"}'], ['{}', '{}'], ['a } b', 'a } b'],
	...['md5', 'sha1', 'sha256', 'sha384', 'sha512'].flatMap((a) => [[`{${a}Hex(v)}`, hash(a, 'hex')], [`{${a}Base64(v)}`, hash(a, 'base64')]]),
	["{sha256Hex('Hello')}", hash('sha256', 'hex')],
	...['Md5', 'Sha1', 'Sha224', 'Sha256', 'Sha384', 'Sha512'].map((a) => [`{hmac${a}(k,v)}`, hmac(a.toLowerCase())]),
	["{hmacSha256(k,v,'utf-8','hex')}", hmac('sha256', 'hex')], ["{hmacSha256(hexkey,v,'hex','base16')}", hmac('sha256', 'hex', 'key')], ["{hmacSha256(b64,v,'base64')}", hmac('sha256', 'base64', 'Hello')],
	['{encodeBase64(v)}', 'SGVsbG8='], ['{decodeBase64(b64)}', 'Hello'], ['{toUpperCase(v)}', 'HELLO'], ['{toLowerCase(v)}', 'hello'], ["{toUpperCase('abc')}", 'ABC'],
	['{substring(v,1)}', 'ello'], ['{substring(v,1,3)}', 'el'], ['{substring(v,-3)}', 'llo'], ['{substring(v,0,-1)}', 'Hell'], ['{substring(v,-3,-1)}', 'll'], ['{substring(v,n2)}', 'llo'],
	["{replaceAll(rep,'X','-')}", 'a-b-c'], ["{replaceFirst(rep,'X','-')}", 'a-bXc'], ["{replaceAll(rep,'[a-c]','.')}", '.X.X.'],
	['{escapeJSON(q)}', 'a\\"b\\\\c'], ['{escapeXML(m)}', /^&lt;&amp;&gt;&quot;(&apos;|')$/], ['{escapeXML11(m)}', /^&lt;&amp;&gt;&quot;(&apos;|')$/], ['{encodeHTML(m)}', /^&lt;&amp;&gt;/],
	["{timeFormatUTC('yyyy-MM-dd',sec)}", '2017-07-14'], ["{timeFormatUTCMs('yyyyMMddHHmmssSSS',ms)}", '20170714024000123'], ["{timeFormatMs('yyyy',ms)}", '2017'], ["{timeFormat('yyyy',sec)}", '2017'],
	["{timeFormatUTCMs('EEE',ms)}", 'Fri'], ["{timeFormatUTCMs('MMM',ms)}", 'Jul'],
	['{createUuid()}', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/], ['{randomLong()}', /^-?\d+$/], ["{randomLong('5','5')}", '5'], ['{randomLong(5,9)}', /^[5-9]$/],
	["{xeger('[a-c]{4}')}", /^[a-c]{4}$/], ["{firstnonnull(none,v)}", 'Hello'], ["{firstnonnull(none,'lit')}", 'lit'], ['{firstnonnull(v,w)}', 'Hello'],
	["{jsonPath('$.a.b',j)}", 'c'], ["{jsonPath('$.a.n',j)}", '7'], ["{jsonPath('$.l[1]',j)}", '2'], ["{jsonPath('$.o[*].k',j)}", 'x'], ["{jsonPath('$.o[*].k',j,true)}", /^\["x", ?"y"\]$/], ["{jsonPath('$.none',j)}", ''],
	// the loop does what is short; the rest is done aside
	["{xpath('count(//a[count(//a)>1])',many,'number')}", /^300(\.0)?$/], ["{xpath('count(//a)',large,'number')}", /^3000(\.0)?$/], ["{xpath('count(//a[count(//a)>1])',large,'number')}", ''],
	["{xpath('/r/i[2]/text()',x,'string')}", 'two'], ["{xpath('count(/r/i)',x,'number')}", /^2(\.0)?$/], ["{xpath('/r/i[1]/@n',x,'string')}", '1'], ["{xPath('/r/i[1]/text()',x,'string')}", 'one'], ["{xpath('/r/i = \"two\"',x,'boolean')}", 'true'],
];

test('templates', async (t) => {
	const vars = Object.entries(VARS).map(([k, v]) => `<AssignVariable><Name>${k}</Name><Value>${esc(v)}</Value></AssignVariable>`).join('');
	await g.proxy('tpl', {
		pre: { request: ['vars'] }, flows: rows.map((_, i) => ({ name: `t${i}`, when: `proxy.pathsuffix = "/${i}"`, response: [`t${i}`] })),
		policies: { vars: `<AssignMessage>${vars}</AssignMessage>`, ...Object.fromEntries(rows.map(([template], i) => [`t${i}`, say(template)])) } });
	for (const [i, [template, want]] of rows.entries())
		await t.test(template, async () => { expect(await g.call(`/tpl/${i}`), { status: 200, body: want }, template); });
});

test('every call makes other random values', async () => {
	await g.proxy('rnd', { post: { response: ['r'] }, policies: { r: say('{createUuid()} {randomLong()}') } });
	const all = new Set(await Promise.all(Array.from({ length: 50 }, async () => (await g.call('/rnd')).text)));
	assert.equal(all.size, 50);
});

test('a template does not read what a variable holds', async () => {
	await g.proxy('inert', { post: { response: ['r'] }, policies: { r: say('{request.queryparam.p}') } });
	for (const p of ['{client.ip}', '{createUuid()}', '%7Bclient.ip%7D'])
		expect(await g.call(`/inert?p=${encodeURIComponent(p)}`), { status: 200, body: p });
});
