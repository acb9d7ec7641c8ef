// SPDX-License-Identifier: Apache-2.0
// Organization, environments and virtual hosts as the first start makes them.
// Invariant: hostAliases and ports are those that really answer.
// Source: reference 5.2; clients reference 2.1 (what apigeetool prints after a deploy).
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway, slack } from './gateway.mjs';

const g = await gateway();
const at = (ms) => Number.isInteger(ms) && Math.abs(Date.now() - ms) < 600000;

test('organization', async () => {
	const o = (await g.must('')).json;
	assert.equal(o.name, 'acme');
	assert.deepEqual([...o.environments].sort(), ['prod', 'test']);
	assert.ok(at(o.createdAt) && at(o.lastModifiedAt), JSON.stringify(o));
	assert.ok(Array.isArray(o.properties.property));
	for (const k of ['createdBy', 'displayName', 'lastModifiedBy', 'type'])
		assert.equal(typeof o[k], 'string', k);
	assert.deepEqual((await g.must('/v1/organizations')).json, ['acme']);
});

test('environments', async () => {
	assert.deepEqual((await g.must('/environments')).json.sort(), ['prod', 'test']);
	for (const name of ['test', 'prod']) {
		const e = (await g.must(`/environments/${name}`)).json;
		assert.equal(e.name, name);
		assert.ok(at(e.createdAt) && Array.isArray(e.properties.property));
	}
});

for (const env of ['test', 'prod']) {
	test(`virtual hosts of ${env}`, async () => {
		assert.deepEqual((await g.must(`/environments/${env}/virtualhosts`)).json.sort(), ['default', 'secure']);
		for (const [name, port] of [['default', g.ports.http], ['secure', g.ports.https]]) {
			const v = (await g.must(`/environments/${env}/virtualhosts/${name}`)).json;
			assert.equal(v.name, name);
			assert.equal(v.port, String(port));
			assert.ok(v.hostAliases.includes(`acme-${env}.localhost`), JSON.stringify(v));
			assert.equal(v.hostAliases.includes('127.0.0.1'), env === 'test');
			assert.equal(v.hostAliases.includes('localhost'), env === 'test');
			if (name === 'secure')
				assert.equal(String(v.sSLInfo.enabled), 'true');
		}
	});
}
test('an unknown virtual host', async () => { expect(await g.mgmt('/environments/test/virtualhosts/none'), { status: 404 }); });

test('an environment of one\'s own, and a virtual host in it', async (t) => {
	const r = await g.mgmt('/environments', { body: { name: 'staging' } });
	expect(r, { status: 201 });
	assert.deepEqual((await g.must('/environments')).json.sort(), ['prod', 'staging', 'test']);
	expect(await g.mgmt('/environments', { body: { name: 'staging' } }), { status: 409 });
	await t.test('virtual host', async () => {
		const v = { name: 'default', port: String(g.ports.http), hostAliases: ['staging.example.com'] };
		expect(await g.mgmt('/environments/staging/virtualhosts', { body: v }), { status: 201 });
		await g.proxy('staged', {}, { env: 'staging' });
		expect(await g.call('/staged', { host: 'staging.example.com' }), { status: 200 });
		expect(await g.call('/staged'), { status: 404 });
		expect(await g.mgmt('/environments/staging/virtualhosts', { body: v }), { status: 409 });
	});
	await t.test('thousands of aliases are looked at in a moment', async () => {
		const from = Date.now(), hostAliases = Array.from({ length: 20000 }, (_, i) => `h${i}.example.com`);
		await g.must('/environments/staging/virtualhosts', { body: { name: 'many', port: '9999', hostAliases } });
		assert.ok(Date.now() - from < 5000 * slack, `${Date.now() - from} ms`);
	});
	await t.test('no environment takes the host name of another, whatever port it says', async () => {
		await g.must('/environments', { body: { name: 'aaa' } });      // it would be asked first
		for (const [name, port] of [['default', '1234'], ['default', String(g.ports.http)], ['mine', String(g.ports.http)], ['secure', '1234']])
			expect(await g.mgmt('/environments/aaa/virtualhosts', { body: { name, port, hostAliases: ['Acme-Test.localhost'] } }), { status: 409 }, `${name} ${port}`);
	});
});
