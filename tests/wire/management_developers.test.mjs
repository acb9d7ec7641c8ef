// SPDX-License-Identifier: Apache-2.0
// Developers: made, read, changed, switched off, deleted; their attributes.
// Invariant: what was sent comes back, in the same order.
// Source: reference 5.1, 5.3; clients reference 2.2 (codes and texts).
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, gateway } from './gateway.mjs';

const g = await gateway();
const ann = { email: 'ann@example.com', firstName: 'Ann', lastName: 'Ë ß', userName: 'ann', attributes: [{ name: 'z', value: '1' }, { name: 'a', value: '"<&' }] };
const KEYS = ['apps', 'attributes', 'companies', 'createdAt', 'createdBy', 'developerId', 'email', 'firstName', 'lastModifiedAt', 'lastModifiedBy', 'lastName', 'organizationName', 'status', 'userName'];

test('the life of a developer', async (t) => {
	const made = expect(await g.mgmt('/developers', { body: ann }), { status: 201 }).json;
	await t.test('what comes back', () => {
		assert.deepEqual(Object.keys(made).sort(), KEYS);
		const { createdAt, createdBy, lastModifiedAt, lastModifiedBy, developerId, ...rest } = made;
		assert.deepEqual(rest, { ...ann, apps: [], companies: [], organizationName: 'acme', status: 'active' });
		assert.match(developerId, /^[0-9a-f]{8}-/);
		assert.equal(createdBy, g.user);
		assert.ok(createdAt <= lastModifiedAt);
	});
	await t.test('read by address and by id', async () => {
		for (const id of [ann.email, 'ANN@example.com', made.developerId])
			assert.deepEqual((await g.must(`/developers/${id}`)).json, made, id);
	});
	await t.test('lists', async () => {
		assert.deepEqual((await g.must('/developers')).json, [demo.developer, ann.email].sort());
		assert.deepEqual((await g.must('/developers?expand=true')).json.developer.map((d) => d.email), [demo.developer, ann.email].sort());
		assert.deepEqual((await g.must(`/developers?count=1&startKey=${ann.email}`)).json, [ann.email]);
		assert.deepEqual((await g.must('/developers?count=1')).json, [demo.developer]);
	});
	await t.test('twice is a conflict', async () => {
		const r = expect(await g.mgmt('/developers', { body: ann }), { status: 409 });
		assert.equal(r.json.code, 'developer.service.DeveloperAlreadyExists');
	});
	await t.test('changed by PUT and by POST', async () => {
		for (const [method, firstName] of [['PUT', 'Anne'], ['POST', 'Anna']]) {
			const r = expect(await g.mgmt(`/developers/${ann.email}`, { method, body: { ...ann, firstName } }), { status: 200 });
			assert.deepEqual([r.json.firstName, r.json.developerId], [firstName, made.developerId]);
		}
	});
	await t.test('switched off and on', async () => {
		for (const [action, status] of [['inactive', 'inactive'], ['active', 'active']]) {
			expect(await g.mgmt(`/developers/${ann.email}?action=${action}`, { method: 'POST', type: 'application/octet-stream' }), { status: 204, body: '' });
			assert.equal((await g.must(`/developers/${ann.email}`)).json.status, status);
		}
		expect(await g.mgmt(`/developers/${ann.email}?action=asleep`, { method: 'POST' }), { status: 400 });
	});
	await t.test('attributes', async () => {
		const a = `/developers/${ann.email}/attributes`;
		assert.deepEqual((await g.must(a)).json, { attribute: ann.attributes });
		for (const [path, body] of [[a, '{"attribute":[]}'], [`${a}/z`, '{"name":"z","value":"2"}'], [`${a}/none`, '{"value":"3"}']])    // HEAD is safe, whatever it carries
			expect(await g.mgmt(path, { method: 'HEAD', body, type: 'application/json', headers: { 'Content-Length': body.length } }), { status: /none/.test(path) ? 404 : 200, body: '' });
		assert.deepEqual((await g.must(a)).json, { attribute: ann.attributes });
		assert.deepEqual((await g.must(`${a}/z`)).json, { name: 'z', value: '1' });
		expect(await g.mgmt(`${a}/z`, { body: { name: 'z', value: '2' } }), { status: 200, json: { name: 'z', value: '2' } });
		expect(await g.mgmt(a, { body: { attribute: [{ name: 'k', value: 'v' }] } }), { status: 200, json: { attribute: [{ name: 'k', value: 'v' }] } });
		expect(await g.mgmt(`${a}/k`, { method: 'DELETE' }), { status: 200, json: { name: 'k', value: 'v' } });
		expect(await g.mgmt(`${a}/k`), { status: 404 });
	});
	await t.test('deleted', async () => {
		const r = expect(await g.mgmt(`/developers/${ann.email}`, { method: 'DELETE' }), { status: 200 });
		assert.equal(r.json.email, ann.email);
		expect(await g.mgmt(`/developers/${ann.email}`), { status: 404 });
		expect(await g.mgmt(`/developers/${ann.email}`, { method: 'DELETE' }), { status: 404 });
	});
});

const bad = [
	['no email', { ...ann, email: undefined }, /email/], ['empty email', { ...ann, email: '' }, /email/], ['no first name', { ...ann, firstName: undefined }, /firstName/],
	['no last name', { ...ann, lastName: undefined }, /lastName/], ['no user name', { ...ann, userName: undefined }, /userName/], ['email of another type', { ...ann, email: 5 }, /email/],
	['attributes of another type', { ...ann, attributes: { a: 'b' } }, /attributes/], ['attribute without a name', { ...ann, attributes: [{ value: 'b' }] }, /name/],
	['19 attributes', { ...ann, attributes: Array.from({ length: 19 }, (_, i) => ({ name: `n${i}`, value: 'v' })) }, /18|attribute/],
];
for (const [what, body, message] of bad) {
	test(`refused: ${what}`, async () => {
		const r = expect(await g.mgmt('/developers', { body }), { status: 400 });
		assert.match(r.json.message, message);
	});
}
test('18 attributes are enough', async () => {
	const body = { ...ann, email: 'full@example.com', userName: 'full', attributes: Array.from({ length: 18 }, (_, i) => ({ name: `n${i}`, value: 'v' })) };
	expect(await g.mgmt('/developers', { body }), { status: 201 });
});

test('a list without count is whole', async () => {
	await Promise.all(Array.from({ length: 150 }, (_, i) => g.must('/developers', { body: { ...ann, email: `many${i}@example.com`, userName: `many${i}`, attributes: [] } })));
	assert.equal((await g.must('/developers')).json.filter((d) => d.startsWith('many')).length, 150);
});
