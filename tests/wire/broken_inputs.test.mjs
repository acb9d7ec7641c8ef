// SPDX-License-Identifier: Apache-2.0
// Broken bundles and requests, one row each: refused with the right 4xx and a message that helps.
// Invariant: memory stays bounded, and after every row the server answers an honest request.
// Source: reference 3.1, 5.1; clients reference 4.7; CWE-22, CWE-409, CWE-611, CWE-776.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { basic, bundle, demo, expect, gateway, mark, proxy, proxyEndpoint, slack, wire } from './gateway.mjs';

const g = await gateway();
const spec = { pre: { request: ['a'] }, policies: { a: mark('x', '1') } };
const good = proxy('bad', spec);
const A = 'apiproxy/policies/a.xml', P = 'apiproxy/proxies/default.xml', ROOT = 'apiproxy/bad.xml';
const AM = (inner) => `<AssignMessage name="a">${inner}</AssignMessage>`;
const withA = (xml) => ({ ...good, [A]: xml });
const withP = (xml) => ({ ...good, [P]: xml });
const zipped = (files) => bundle(files);
const LOLS = `<!DOCTYPE l [<!ENTITY a "lol">${[...'bcdefghij'].map((c, i) => `<!ENTITY ${c} "${`&${'abcdefghij'[i]};`.repeat(10)}">`).join('')}]>\n<AssignMessage name="a"><DisplayName>&j;</DisplayName></AssignMessage>`;
const zeros = (mib) => deflateRawSync(Buffer.alloc(mib << 20), { level: 9 });
const bomb = zeros(200);
const Z = bundle(good);

// what, the zip, what the message must say (file and line where there is one)
const bundles = [
	['ill-formed policy', zipped(withA('<AssignMessage name="a">\n<Set>\n</AssignMessage>')), /policies\/a\.xml:3/], ['ill-formed endpoint', zipped(withP('<ProxyEndpoint name="default">\n<PreFlow>')), /proxies\/default\.xml:2/],
	['ill-formed root', zipped({ ...good, [ROOT]: '<APIProxy name="bad"' }), /bad\.xml:1/], ['empty policy file', zipped(withA('')), /policies\/a\.xml/], ['text, no XML', zipped(withA('hello')), /policies\/a\.xml:1/],
	['two roots', zipped(withA(`${AM('')}\n<More/>`)), /policies\/a\.xml:2/], ['an unexpanded placeholder', zipped(withP('{{ PROXY }}')), /proxies\/default\.xml:1/], ['an unknown entity', zipped(withA(`${AM('<DisplayName>\n&nbsp;</DisplayName>')}`)), /policies\/a\.xml:2/],
	['unknown policy', zipped(withA('\n<Frobnicate name="a"/>')), /policies\/a\.xml:2.*Frobnicate/], ['unknown element', zipped(withA(AM('\n\n<Sett/>'))), /policies\/a\.xml:3.*Sett/], ['unknown element, deep', zipped(withA(AM('<Set>\n<Headers>\n<Head name="x">1</Head></Headers></Set>'))), /policies\/a\.xml:3.*Head/],
	['unknown attribute', zipped(withA('<AssignMessage name="a"\n frob="1"/>')), /policies\/a\.xml.*frob/], ['wrong value of an attribute', zipped(withA('<AssignMessage name="a" enabled="perhaps"/>')), /policies\/a\.xml:1.*enabled/], ['unknown element in an endpoint', zipped(withP(proxyEndpoint({ base: '/bad' }).replace('<Flows>', '\n<Flos/><Flows>'))), /proxies\/default\.xml:2.*Flos/],
	['policy without a name', zipped(withA('<AssignMessage/>')), /policies\/a\.xml.*name/], ['another document in targets', zipped({ ...good, 'apiproxy/targets/default.xml': '<Html/>' }), /targets\/default\.xml:1.*Html/],
	['dangling step', zipped(proxy('bad', { pre: { request: ['ghost'] } })), /proxies\/default\.xml.*ghost/], ['dangling step in a fault rule', zipped(proxy('bad', { faultRules: [{ name: 'r', steps: ['ghost'] }] })), /proxies\/default\.xml.*ghost/], ['dangling route', zipped(proxy('bad', { routes: [{ name: 'r', target: 'ghost' }] })), /proxies\/default\.xml.*ghost/],
	['broken condition', zipped(proxy('bad', { ...spec, pre: { request: [['a', 'request.verb = ']] } })), /proxies\/default\.xml/], ['base path without a slash', zipped(proxy('bad', { base: 'bad' })), /proxies\/default\.xml.*(BasePath|base path)/i], ['base path with **', zipped(proxy('bad', { base: '/bad/**' })), /proxies\/default\.xml.*(BasePath|base path|\*\*)/i],
	['base path that begins with a star', zipped(proxy('bad', { base: '/*/bad' })), /proxies\/default\.xml/], ['no connection', zipped(withP('<ProxyEndpoint name="default"><RouteRule name="r"/></ProxyEndpoint>')), /proxies\/default\.xml.*HTTPProxyConnection/], ['two policies of one name', zipped({ ...good, 'apiproxy/policies/b.xml': good[A] }), /policies\/(a|b)\.xml.*(twice|already|duplicate|same|"?a"?)/i],
	['a target without a URL', zipped({ ...good, 'apiproxy/targets/default.xml': '<TargetEndpoint name="default"><HTTPTargetConnection/></TargetEndpoint>' }), /targets\/default\.xml/], ['a target with an odd scheme', zipped(proxy('bad', { target: 'gopher://x/' })), /targets\/default\.xml/], ['a property that is no number', zipped(proxy('bad', { targets: { default: { url: 'http://x', properties: { 'io.timeout.millis': 'long' } } } })), /targets\/default\.xml.*io\.timeout\.millis/],
	// XML attacks
	['XXE: a file', zipped(withA('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<AssignMessage name="a"><DisplayName>&x;</DisplayName></AssignMessage>')), /policies\/a\.xml:1?/], ['XXE: a URL', zipped(withA('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x.dtd">\n<AssignMessage name="a"/>')), /policies\/a\.xml/],
	['XXE: a parameter entity', zipped(withA('<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>\n<AssignMessage name="a"/>')), /policies\/a\.xml/], ['billion laughs', zipped(withA(LOLS)), /policies\/a\.xml/], ['quadratic blow-up', zipped(withA(`<!DOCTYPE a [<!ENTITY x "${'x'.repeat(50000)}">]>\n<AssignMessage name="a"><DisplayName>${'&x;'.repeat(5000)}</DisplayName></AssignMessage>`)), /policies\/a\.xml/],
	['XInclude', zipped(withA('<AssignMessage name="a" xmlns:xi="http://www.w3.org/2001/XInclude">\n<xi:include href="/etc/passwd" parse="text"/></AssignMessage>')), /policies\/a\.xml/], ['100,000 deep', zipped(withA(`${'<a>'.repeat(100000)}${'</a>'.repeat(100000)}`)), /policies\/a\.xml/], ['not UTF-8', zipped(withA(Buffer.from('<AssignMessage name="a"><DisplayName>\xff\xfe</DisplayName></AssignMessage>', 'latin1'))), /policies\/a\.xml/],
	['an unknown encoding', zipped(withA('<?xml version="1.0" encoding="x-none"?>\n<AssignMessage name="a"/>')), /policies\/a\.xml/], ['NUL in XML', zipped(withA('<AssignMessage name="a">\0</AssignMessage>')), /policies\/a\.xml/],
	// zip attacks
	['zip-slip', zipped({ ...good, 'apiproxy/policies/../../../evil.xml': 'x' }), /\.\.|evil/], ['zip-slip with backslashes', zipped({ ...good, 'apiproxy\\..\\..\\evil.xml': 'x' }), /\\|evil/], ['an absolute name', zipped({ ...good, '/etc/evil': 'x' }), /evil/], ['NUL in a name', zipped({ ...good, 'apiproxy/policies/a\0b.xml': 'x' }), /name|a.b\.xml/],
	['a symbolic link', zipped({ ...good, 'apiproxy/policies/link.xml': { data: '/etc/passwd', mode: 0o120777 } }), /link/], ['a bomb of 200 MiB', zipped({ ...good, 'apiproxy/resources/jsc/b.js': { data: '', packed: bomb, size: 200 << 20, csize: bomb.length } }), /b\.js|large|big|limit|size/i], ['a bomb that lies about its size', zipped({ ...good, 'apiproxy/resources/jsc/b.js': { data: '', packed: bomb, size: 10, csize: bomb.length } }), /./],
	['forty bombs of 20 MiB', zipped({ ...good, ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`apiproxy/resources/jsc/b${i}.js`, { data: '', packed: zeros(20), size: 20 << 20 }])) }), /./], ['larger than it says', zipped({ ...good, 'apiproxy/resources/jsc/l.js': { data: 'x'.repeat(5000), size: 10 } }), /l\.js|size|corrupt|zip/i], ['smaller than it says', zipped({ ...good, 'apiproxy/resources/jsc/l.js': { data: 'x'.repeat(5000), size: 1 << 30 } }), /l\.js|size|large|limit/i],
	['a wrong CRC', zipped({ ...good, [A]: { data: good[A], crc: 1 } }), /a\.xml|CRC|corrupt|checksum|zip/i], ['truncated', Z.subarray(0, Z.length - 30), /zip|archive/i], ['half of it', Z.subarray(0, Z.length >> 1), /zip|archive/i], ['its directory only', Z.subarray(Z.indexOf('PK\x01\x02', 0, 'latin1')), /zip|archive|./i], ['no zip', Buffer.from('hello, this is no zip archive at all'), /zip|archive/i],
	['nothing', Buffer.alloc(0), /zip|archive|empty|body/i], ['an empty zip', bundle({}), /apiproxy|empty|zip/i], ['no apiproxy folder', bundle({ 'readme.txt': 'x' }), /apiproxy/], ['two of one name', bundle([...Object.entries(good), [A, good[A]]]), /a\.xml/], ['encrypted', zipped({ ...good, [A]: { data: good[A], flags: 0x801 } }), /a\.xml|encrypt|zip/i], ['an unknown method', zipped({ ...good, [A]: { data: good[A], method: 99 } }), /a\.xml|method|compress|zip/i],
	['a name of 60,000 characters', zipped({ ...good, [`apiproxy/resources/jsc/${'n'.repeat(60000)}.js`]: 'x' }), /name|long|path/i], ['30,000 files', zipped({ ...good, ...Object.fromEntries(Array.from({ length: 30000 }, (_, i) => [`apiproxy/resources/jsc/${i}.js`, ''])) }), /many|files|limit|entries/i], ['a shared flow as a proxy', zipped({ 'sharedflowbundle/x.xml': '<SharedFlowBundle name="x"/>', 'sharedflowbundle/sharedflows/default.xml': '<SharedFlow name="default"/>' }), /apiproxy|shared flow/],
];

const alive = async (what) => {
	expect(await g.call('/weather/json'), { status: 401 }, `after ${what}`);
	assert.equal(g.proc.code, null, `it ended after ${what}:\n${g.proc.err}`);
};
const start = g.memory().peak;

// refused by every import; the rest only when it is asked to validate
const ALWAYS = /^(ill-formed|unknown|text|two roots|XXE|billion|quadratic|zip-slip|an absolute|NUL|a symbolic|a bomb|truncated|no zip|nothing|an empty zip|encrypted)/;
for (const [i, [what, zip, message]] of bundles.entries()) {
	test(`bundle: ${what}`, async () => {
		const name = `bad${i}`;
		const r = expect(await g.import(name, zip, { validate: true }), { status: [400, 413] }, what);
		assert.deepEqual(Object.keys(r.json).sort(), ['code', 'contexts', 'message'], r.text);
		assert.match(r.json.message, message);
		assert.ok(!/root:x:0/.test(r.text));
		if (ALWAYS.test(what))
			expect(await g.import(name, zip), { status: [400, 413], body: message.source === '.' ? undefined : message }, `${what}, without validate`);
		expect(await g.mgmt(`/apis/${name}`), { status: 404 }, 'nothing of it is kept');
		await alive(what);
	});
}
test('and nothing was written beside the data', () => {
	for (const f of ['../evil.xml', 'evil.xml', '../../evil.xml'])
		assert.ok(!existsSync(join(g.dir, f)), f);
});

const dev = `/developers/${demo.developer}`, OK = { email: 'x@example.com', firstName: 'a', lastName: 'b', userName: 'c' };
const J = { type: 'application/json' };
// what, path, options, status, message
const requests = [
	['no JSON', '/developers', { body: 'hello', ...J }, 400, /JSON|line 1/i], ['half a JSON', '/developers', { body: '{"email":"a@b",\n"firstName":', ...J }, 400, /line 2|JSON/i], ['an empty body', '/developers', { body: '', ...J }, 400, /./], ['an array', '/developers', { body: '[]', ...J }, 400, /object/i], ['null', '/developers', { body: 'null', ...J }, 400, /object/i],
	['a string', '/developers', { body: '"x"', ...J }, 400, /object/i], ['a number for text', '/developers', { body: { ...OK, firstName: 7 } }, 400, /firstName/], ['text for a list', '/developers', { body: { ...OK, attributes: 'x' } }, 400, /attributes/], ['a list of numbers', '/developers', { body: { ...OK, attributes: [1] } }, 400, /attributes/],
	['missing field', '/developers', { body: { email: 'x@example.com' } }, 400, /firstName|lastName|userName/], ['100,000 deep', '/developers', { body: '['.repeat(100000) + ']'.repeat(100000), ...J }, 400, /deep|nest|depth|JSON/i], ['not UTF-8', '/developers', { body: Buffer.from('{"email":"\xff"}', 'latin1'), ...J }, 400, /UTF-8|JSON/i],
	['a lone surrogate', '/developers', { body: '{"email":"\\ud800@x"}', ...J }, 400, /./], ['NUL in a string', '/developers', { body: '{"email":"a\\u0000b@x","firstName":"a","lastName":"b","userName":"c"}', ...J }, 400, /./], ['a key twice', '/developers', { body: '{"email":"a@x.y","email":"b@x.y","firstName":"a","lastName":"b","userName":"c"}', ...J }, 400, /email|twice|duplicate/i],
	['30 MiB of JSON', '/developers', { body: Buffer.concat([Buffer.from('{"email":"'), Buffer.alloc(30 << 20, 'x'), Buffer.from('"}')]), ...J }, [400, 413], /large|big|limit|size|body/i], ['a wrong type of content', '/developers', { body: 'a=b', type: 'text/csv' }, [400, 415], /./], ['XML that is none', '/developers', { body: '<Developer', type: 'application/xml' }, 400, /./],
	['unknown action', `${dev}?action=explode`, { method: 'POST' }, 400, /action|explode/], ['a revision that is no number', '/apis/oauth/revisions/one/deployments', {}, [400, 404], /one|revision/i], ['a revision that is too large', '/apis/oauth/revisions/99999999999999999999', {}, [400, 404], /9999|revision/i], ['a negative count', '/developers?count=-1', {}, 400, /count/], ['a count that is no number', '/developers?count=many', {}, 400, /count/],
	['a path that is not UTF-8', '/developers/%FF', {}, 404, /no resource/], ['a query that is not UTF-8', '/apps?startKey=%FF', {}, 400, /UTF-8/], ['NUL in a query', '/developers?startKey=%00', {}, 400, /UTF-8/], ['a form that is not UTF-8', '/apis/oauth/deployments', { body: 'action=deploy&env=%FF&revision=1', type: 'application/x-www-form-urlencoded' }, 400, /UTF-8/],
	['a path out of the tree', '/apis/..%2f..%2fetc', {}, [400, 404], /./], ['a name with a slash', '/apis?action=import&name=a%2Fb', { body: Z }, 400, /name/], ['a name with dots', '/apis?action=import&name=..', { body: Z }, 400, /name/], ['no name', '/apis?action=import', { body: Z }, 400, /name/], ['a long name', `/apis?action=import&name=${'n'.repeat(300)}`, { body: Z }, 400, /name/], ['an unknown action on apis', '/apis?action=devour&name=x', { body: Z }, 400, /action|devour/],
	['a policy that is no XML', '/apis/weatherapi/revisions/1/policies', { body: 'hello', type: 'application/xml' }, 400, /./], ['a resource of an unknown type', '/apis/weatherapi/revisions/1/resources?type=exe&name=x', { body: 'x', type: 'application/octet-stream' }, 400, /type|exe/], ['a resource name out of the tree', '/apis/weatherapi/revisions/1/resources?type=jsc&name=..%2Fx.js', { body: 'x', type: 'application/octet-stream' }, 400, /name/],
	['a product that is not there', `${dev}/apps`, { body: { name: 'x', apiProducts: ['ghost'] } }, [400, 404], /ghost/], ['expiry as text', `${dev}/apps`, { body: { name: 'x', keyExpiresIn: 'x' } }, 400, /keyExpiresIn/], ['expiry at the end of time', `${dev}/apps`, { body: '{"name":"x","keyExpiresIn":9223372036854775807}', ...J }, 400, /keyExpiresIn/], ['expiry of 1e300', `${dev}/apps`, { body: '{"name":"x","keyExpiresIn":1e300}', ...J }, 400, /keyExpiresIn/], ['deployment with an odd override', '/environments/test/apis/oauth/revisions/1/deployments', { body: 'override=perhaps', type: 'application/x-www-form-urlencoded' }, 400, /override/],
	['a boundary that never comes', '/apis?action=import&name=mp', { body: 'x'.repeat(100), type: 'multipart/form-data; boundary=b' }, 400, /./], ['multipart without a boundary', '/apis?action=import&name=mp', { body: Z, type: 'multipart/form-data' }, 400, /./], ['a huge header', '/apis', { headers: { 'X-Big': 'x'.repeat(200000) } }, 431, null], ['a long user name', '/apis', { auth: basic('x'.repeat(100000), 'y') }, [401, 431], null], ['a long path', `/${'p'.repeat(9000)}`, {}, [404, 414], null],
];
for (const [what, path, o, status, message] of requests) {
	test(`request: ${what}`, async () => {
		let r;
		try {
			r = await g.mgmt(path, o);
		} catch (e) {
			assert.ok([status].flat().some((s) => s === 413 || s === 431) && /EPIPE|ECONNRESET|Parse/.test(e.code ?? e.message), `${what}: ${e.message}`);
			return alive(what);             // refused and hung up while the client still wrote
		}
		expect(r, { status }, what);
		if (message) {
			assert.deepEqual(Object.keys(r.json).sort(), ['code', 'contexts', 'message'], r.text);
			assert.match(r.json.message, message);
		}
		await alive(what);
	});
}

const H = `Host: acme-test.localhost\r\n`;
const runtime = [
	['10,000 headers', `GET / HTTP/1.1\r\n${H}${'A: b\r\n'.repeat(10000)}\r\n`, 431], ['a header of half a megabyte', `GET / HTTP/1.1\r\n${H}A: ${'b'.repeat(1 << 19)}\r\n\r\n`, 431], ['a URL of half a megabyte', `GET /${'b'.repeat(1 << 19)} HTTP/1.1\r\n${H}\r\n`, 414],
	['random bytes', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 + 13) % 256)), 400], ['a body of 2^63', `POST /oauth/client_credential/accesstoken HTTP/1.1\r\n${H}Content-Length: 9223372036854775808\r\n\r\n`, [400, 413]], ['a form of 50,000 fields', null, [400, 401, 413]], ['a query of 3,000 fields', `GET /weather/json?${'a=b&'.repeat(1500)} HTTP/1.1\r\n${H}\r\n`, 401],
];
for (const [what, bytes, status] of runtime) {
	test(`runtime: ${what}`, async () => {
		const r = bytes ? await wire(g.ports.http, bytes, { idle: 800 })
			: await g.call('/oauth/client_credential/accesstoken?grant_type=client_credentials', { secure: true, body: 'a=b&'.repeat(50000), headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
		assert.ok([status].flat().includes(r.status), `${r.status} ${r.text.slice(0, 300)}`);
		await alive(what);
	});
}

test('runtime: a JWT of 5,000 audiences', async () => {
	const part = (o) => Buffer.from(JSON.stringify(o)).toString('base64url');
	await g.proxy('many', { base: '/many', pre: { request: ['v'] }, policies: { v: '<VerifyJWT><Algorithm>HS256</Algorithm><Source>request.header.jwt</Source><SecretKey><Value ref="private.k"/></SecretKey></VerifyJWT>' } });
	const jwt = `${part({ alg: 'HS256' })}.${part({ aud: Array(5000).fill('') })}.${part('no signature')}`;
	for (let i = 0; i < 3; i++)
		expect(await g.call('/many', { headers: { jwt } }), { status: 401 });
	await alive('it');
});
test('runtime: a revision of 4,900 files is told', async () => {
	const files = Object.fromEntries(Array.from({ length: 4900 }, (_, i) => [`apiproxy/resources/jsc/n${i}.js`, 'x']));
	expect(await g.import('files', zipped({ ...good, ...files })), { status: 201 });
	assert.equal((await g.must('/apis/files/revisions/1')).json.resources.length, 4900);
});

test('memory stayed bounded', () => {
	const grown = g.memory().peak - start;
	assert.ok(grown < 160 * 1024 * slack, `grew by ${grown} KiB`);
});
