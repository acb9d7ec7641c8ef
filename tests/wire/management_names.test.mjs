// SPDX-License-Identifier: Apache-2.0
// Names with control characters, and those that are no paths or hosts: refused with 400 and the field, wherever one is given.
// Invariant: nothing is made by a call that is refused.
// Source: house; reference 3.1 (names of proxies).
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, demo, expect, gateway, proxy } from './gateway.mjs';

const g = await gateway();
const env = '/environments/test', dev = { email: 'a@b.test', firstName: 'A', lastName: 'B', userName: 'ab' };
const product = { name: 'p', displayName: 'P', approvalType: 'auto' }, apps = `/developers/${demo.developer}/apps`;
await g.must(apps, { body: { name: 'mine' } });
await g.must('/developers', { body: dev });
await g.must('/apiproducts', { body: product });

const CONTROL = ['\x01', '\n', '\r', '\t', '\x1b', '\x7f', '\u0085'].map((c) => `a${c}b`);
const rows = [
	// what, path, body of a name, field, and which names are refused beside CONTROL
	['an app', apps, (name) => ({ name }), 'name', ['x'.repeat(256)]],
	['a key', `${apps}/mine/keys/create`, (v) => ({ consumerKey: v, consumerSecret: 's' }), 'consumerKey', ['', 'x'.repeat(2049)]],
	['a secret', `${apps}/mine/keys/create`, (v) => ({ consumerKey: 'k', consumerSecret: v }), 'consumerSecret', ['', 'x'.repeat(2049)]],
	['a product', '/apiproducts', (name) => ({ ...product, name }), 'name', ['x'.repeat(256)]],
	['a product, for people', '/apiproducts', (v) => ({ ...product, name: 'other', displayName: v }), 'displayName', []],
	['a product, changed', '/apiproducts/p', (v) => ({ ...product, displayName: v }), 'displayName', [], 'PUT'],
	['a developer', '/developers', (v) => ({ ...dev, email: `${v}@c.test` }), 'email', ['x'.repeat(256)]],
	['a developer, first', '/developers', (v) => ({ ...dev, email: 'c@c.test', firstName: v }), 'firstName', []],
	['a developer, last', '/developers', (v) => ({ ...dev, email: 'c@c.test', lastName: v }), 'lastName', []],
	['a developer, user', '/developers', (v) => ({ ...dev, email: 'c@c.test', userName: v }), 'userName', []],
	['a developer, changed', '/developers/a@b.test', (v) => ({ ...dev, lastName: v }), 'lastName', [], 'PUT'],
	['an environment', '/environments', (name) => ({ name }), 'name', ['', 'a b', 'a.b', 'ä', 'x'.repeat(65)]],
	['a keystore', `${env}/keystores`, (name) => ({ name }), 'name', ['', 'a b', 'a/b', 'a?b', 'a#b', 'a%b', 'x'.repeat(256)]],
	['a reference', `${env}/references`, (name) => ({ name, refers: 'none' }), 'name', ['a b']],
	['a target server', `${env}/targetservers`, (name) => ({ name, host: 'h', port: 80 }), 'name', ['a b']],
	["a target server's host", `${env}/targetservers`, (host) => ({ name: 't', host, port: 80 }), 'host', ['', 'a b', 'a/b', '*.a', '.a', 'x'.repeat(254)]],
	["a virtual host's alias", `${env}/virtualhosts`, (v) => ({ name: 'v', port: '9001', hostAliases: ['fine.test', v] }), 'hostAliases', ['', 'a b', 'a/b', 'a.*', '**', '*.*.a', '.a', 'ä', 'x'.repeat(254)]],
	['a proxy', '/apis', (name) => ({ name }), 'name', ['', '.a', 'a b', 'a/b', 'x'.repeat(256)]],
];
for (const [what, path, body, field, more, method] of rows) {
	test(what, async () => {
		const before = await g.mgmt(path.replace('/create', ''));
		for (const name of [...CONTROL, ...more]) {
			const r = expect(await g.mgmt(path, { method, body: body(name) }), { status: 400 }, JSON.stringify(name));
			assert.match(r.json.message, new RegExp(`^${field}: `), JSON.stringify(name));
		}
		assert.equal((await g.mgmt(path.replace('/create', ''))).text, before.text, 'nothing was made');
	});
}
test('an import', async () => {
	for (const name of ['', '.a', 'a b', 'a\x01', '%2e%2e/x'])
		expect(await g.import(name, bundle(proxy('x', {}))), { status: 400, body: /name: 1 to 255/ });
});
test('a name may be a word of the paths', async () => {
	expect(await g.import('sharedflows', bundle(proxy('sharedflows', {}))), { status: 201 });
	expect(await g.mgmt('/apis/sharedflows/revisions'), { status: 200, json: ['1'] });
	expect(await g.mgmt('/sharedflows/sharedflows'), { status: 404 });
	expect(await g.deploy('sharedflows', 1), { status: 200 });
});
test('an alias may stand for any host', async () => {
	const hostAliases = ['*.wild.test', '[::1]', 'a_b.c-d'];
	expect(await g.mgmt(`${env}/virtualhosts`, { body: { name: 'wild', port: '9001', hostAliases } }), { status: 201 });
	expect(await g.mgmt('/environments/prod/virtualhosts', { body: { name: 'any', port: '9001', hostAliases: ['*'] } }), { status: 201 });
});
test('other letters of the world stand', async () => {
	expect(await g.mgmt(apps, { body: { name: 'Ein Gerät für 日本 ©' } }), { status: 201 });
	expect(await g.mgmt('/apis', { body: { name: 'a.b_c-d$e%f' } }), { status: 201 });
});
