// SPDX-License-Identifier: Apache-2.0
// API products: made, read, changed, deleted; what is refused.
// Invariant: quota values are strings, lists keep their order.
// Source: reference 5.5; clients reference 2.1 (createProduct).
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, gateway } from './gateway.mjs';

const g = await gateway();
const full = { name: 'gold', displayName: 'Gold product', description: 'd', approvalType: 'auto', apiResources: ['/', '/**'], environments: ['test'], proxies: ['weatherapi'], scopes: ['write', 'read'],
	quota: '10', quotaInterval: '1', quotaTimeUnit: 'minute', attributes: [{ name: 'access', value: 'public' }, { name: 'a', value: 'b' }] };

test('the life of a product', async (t) => {
	const made = expect(await g.mgmt('/apiproducts', { body: full }), { status: 201 }).json;
	const { createdAt, createdBy, lastModifiedAt, lastModifiedBy, ...rest } = made;
	assert.deepEqual(rest, full);
	assert.ok(createdAt && lastModifiedAt && createdBy === g.user && lastModifiedBy === g.user);
	await t.test('read', async () => {
		assert.deepEqual((await g.must('/apiproducts/gold')).json, made);
		assert.deepEqual((await g.must('/apiproducts')).json, [demo.product, 'gold'].sort());
		assert.deepEqual((await g.must('/apiproducts?expand=true')).json.apiProduct.map((p) => p.name), [demo.product, 'gold'].sort());
		assert.deepEqual((await g.must('/apiproducts?count=1&startKey=gold')).json, ['gold']);
	});
	await t.test('twice is a conflict', async () => { expect(await g.mgmt('/apiproducts', { body: full }), { status: 409 }); });
	await t.test('changed', async () => {
		for (const [method, displayName] of [['PUT', 'x'], ['POST', 'y']])
			assert.equal(expect(await g.mgmt('/apiproducts/gold', { method, body: { ...full, displayName } }), { status: 200 }).json.displayName, displayName);
	});
	await t.test('attributes', async () => {
		assert.deepEqual((await g.must('/apiproducts/gold/attributes')).json, { attribute: full.attributes });
		expect(await g.mgmt('/apiproducts/gold/attributes/a', { body: { name: 'a', value: 'c' } }), { status: 200 });
		assert.deepEqual((await g.must('/apiproducts/gold/attributes/a')).json, { name: 'a', value: 'c' });
		expect(await g.mgmt('/apiproducts/gold/attributes/a', { method: 'DELETE' }), { status: 200, json: { name: 'a', value: 'c' } });
	});
	await t.test('deleted', async () => {
		assert.equal(expect(await g.mgmt('/apiproducts/gold', { method: 'DELETE' }), { status: 200 }).json.name, 'gold');
		const r = expect(await g.mgmt('/apiproducts/gold'), { status: 404 });
		assert.equal(r.json.code, 'keymanagement.service.apiproduct_doesnot_exist');
	});
});

test('the keys and apps of a product', async () => {
	const list = (entity, more = '') => g.mgmt(`/apiproducts/${encodeURIComponent(demo.product)}?query=list&entity=${entity}${more}`);
	const keys = expect(await list('keys'), { status: 200 }).json, apps = expect(await list('apps'), { status: 200 }).json;
	assert.ok(keys.length > 0 && apps.length > 0);
	for (const [entity, more, status, json] of [['keys', `&startKey=${keys.at(-1)}`, 200, [keys.at(-1)]], ['apps', '&count=1', 200, apps.slice(0, 1)],
		['keys', `&startKey=${keys.at(-1)}~`, 200, []], ['apps', '&count=x', 400], ['owners', '', 400]])
		expect(await list(entity, more), { status, ...(json && { json }) }, `${entity}${more}`);
});

test('the least', async () => {
	const r = expect(await g.mgmt('/apiproducts', { body: { name: 'least', displayName: 'l', approvalType: 'auto' } }), { status: 201 }).json;
	assert.deepEqual([r.apiResources, r.environments, r.proxies, r.scopes, r.attributes], [[], [], [], [], []]);
});

const bad = [
	['no name', { ...full, name: undefined }, /name/i, 'keymanagement.service.apiproduct_name_invalid'], ['no display name', { ...full, name: 'p1', displayName: '' }, /displayname|display name/i, 'keymanagement.service.apiproduct_invalid_displayname'],
	['approval type', { ...full, name: 'p2', approvalType: 'maybe' }, /approvalType/], ['quota', { ...full, name: 'p3', quota: 'many' }, /quota/], ['no quota', { ...full, name: 'p8', quota: '' }, /quota/],
	['a negative interval', { ...full, name: 'p9', quotaInterval: '-1' }, /quotaInterval/], ['time unit', { ...full, name: 'p4', quotaTimeUnit: 'fortnight' }, /quotaTimeUnit/],
	['unknown environment', { ...full, name: 'p5', environments: ['none'] }, /none/], ['proxies of another type', { ...full, name: 'p6', proxies: 'weatherapi' }, /proxies/], ['scopes of another type', { ...full, name: 'p7', scopes: [1] }, /scopes/],
];
for (const [what, body, message, code] of bad) {
	test(`refused: ${what}`, async () => {
		const r = expect(await g.mgmt('/apiproducts', { body }), { status: 400 });
		assert.match(r.json.message, message);
		if (code)
			assert.equal(r.json.code, code);
	});
}

test('every unit of a quota', async () => {
	for (const quotaTimeUnit of ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'])
		expect(await g.mgmt('/apiproducts', { body: { ...full, name: `per ${quotaTimeUnit}`, quotaTimeUnit } }), { status: 201 });
});

test('a change is seen by the very next call', async () => {
	const a = await g.app('changer', { product: { name: 'changing', proxies: [], apiResources: ['/json'] } });
	const token = await g.token(a);
	expect(await g.call('/weather/json', { token }), { status: 200 });
	const p = (await g.must('/apiproducts/changing')).json;
	for (let i = 0; i < 20; i++) {
		await g.must('/apiproducts/changing', { method: 'PUT', body: { ...p, apiResources: [i % 2 ? '/json' : '/xml'] } });
		expect(await g.call('/weather/json', { token }), { status: i % 2 ? 200 : 401 }, `round ${i}`);
	}
});
