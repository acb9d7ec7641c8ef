// SPDX-License-Identifier: Apache-2.0
// The retain properties of a target: which headers and query parameters go on, both ways.
// Invariant: a list matters only where all else is switched off; flows before the call see everything.
// Source: reference 3.3 (target properties).
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, expect, gateway, mark, origin, proxy } from './gateway.mjs';

const g = await gateway();
const target = await origin((one, res) => {
	res.writeHead(200, { 'X-Keep': 'k', 'X-Drop': 'd', 'Content-Type': 'application/json' });
	res.end(JSON.stringify(one));
});
let n = 0;
const rows = [
	['nothing said', {}, '/?a=1&b=2&a=3', true, true, true, true],
	['a list alone changes nothing', { 'request.retain.headers': 'X-One', 'response.retain.headers': 'X-Keep', 'retain.queryparams': 'a' }, '/?a=1&b=2&a=3', true, true, true, true],
	['off, with a list', { 'request.retain.headers.enabled': 'false', 'request.retain.headers': 'Accept, x-one', 'response.retain.headers.enabled': 'false', 'response.retain.headers': 'X-KEEP', 'retain.queryparams.enabled': 'false', 'retain.queryparams': 'a' }, '/?a=1&a=3', true, false, true, false],
	['off', { 'request.retain.headers.enabled': 'false', 'response.retain.headers.enabled': 'false', 'retain.queryparams.enabled': 'false' }, '/', false, false, false, false],
];
for (const [what, properties, url, one, two, keep, drop] of rows) {
	test(what, async () => {
		const name = `retain${n++}`;
		await g.proxy(name, { target: { url: target.url, properties }, post: { response: ['seen'] }, policies: { seen: mark('X-Seen', '{request.header.x-two}') } });
		const r = expect(await g.call(`/${name}?a=1&b=2&a=3`, { body: 'text', headers: { 'X-One': '1', 'X-Two': '2' } }), { status: 200, headers: { 'X-Seen': '2' } });
		const seen = target.seen.at(-1);
		assert.equal(seen.url, url);
		assert.equal(seen.body, 'text');
		assert.equal(seen.headers.host, `127.0.0.1:${target.port}`);
		assert.deepEqual([seen.headers['x-one'] === '1', seen.headers['x-two'] === '2', r.headers['x-keep'] === 'k', r.headers['x-drop'] === 'd'], [one, two, keep, drop]);
	});
}
test('a name is compared as it reads', async () => {
	await g.proxy('encoded', { target: { url: target.url, properties: { 'retain.queryparams.enabled': 'false', 'retain.queryparams': 'a b' } } });
	expect(await g.call('/encoded?a%20b=1&a+b=2&ab=3&%61b=4&a%20b'), { status: 200 });
	assert.equal(target.seen.at(-1).url, '/?a%20b=1&a+b=2&a%20b');
});
test('not in a callout', async () => {
	const c = `<ServiceCallout><HTTPTargetConnection><Properties><Property name="request.retain.headers.enabled">false</Property></Properties><URL>${target.url}</URL></HTTPTargetConnection></ServiceCallout>`;
	expect(await g.import('callsout', bundle(proxy('callsout', { policies: { c } }))), { status: 400, body: /properties that retain, / });
});
