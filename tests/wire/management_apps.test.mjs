// SPDX-License-Identifier: Apache-2.0
// Developer apps and their keys: made, imported, given products, revoked, deleted.
// Invariant: a key pair that was made or imported works at the token endpoint at once.
// Source: reference 5.4; clients reference 2.1, 2.2 (codes and texts).
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, gateway } from './gateway.mjs';

const g = await gateway();
const A = `/developers/${demo.developer}/apps`;
const OCTETS = { method: 'POST', type: 'application/octet-stream' };

test('the life of an app', async (t) => {
	const sent = { name: 'one', apiProducts: [demo.product], callbackUrl: 'https://example.com/cb', keyExpiresIn: -1, attributes: [{ name: 'DisplayName', value: 'One' }], scopes: [] };
	const made = expect(await g.mgmt(A, { body: sent }), { status: 201 }).json;
	const [c] = made.credentials;
	await t.test('what comes back', async () => {
		assert.match(c.consumerKey, /^[A-Za-z0-9]{32}$/);
		assert.match(c.consumerSecret, /^[A-Za-z0-9]{16}$/);
		assert.deepEqual([c.status, c.expiresAt, c.apiProducts, c.scopes], ['approved', -1, [{ apiproduct: demo.product, status: 'approved' }], []]);
		assert.deepEqual([made.name, made.status, made.callbackUrl, made.appFamily, made.attributes], ['one', 'approved', sent.callbackUrl, 'default', sent.attributes]);
		assert.deepEqual((await g.must(`${A}/one`)).json, made);
		assert.deepEqual((await g.must(`/apps/${made.appId}`)).json, made);
		assert.match(await g.token({ key: c.consumerKey, secret: c.consumerSecret }), /^\w{28}$/);
	});
	await t.test('lists', async () => {
		assert.deepEqual((await g.must(A)).json.sort(), ['one', demo.app].sort());
		assert.deepEqual((await g.must(`${A}?expand=true`)).json.app.map((a) => a.name).sort(), ['one', demo.app].sort());
		assert.equal((await g.must('/apps')).json.length, 2);
		assert.deepEqual((await g.must(`/developers/${demo.developer}`)).json.apps.sort(), ['one', demo.app].sort());
	});
	await t.test('changed', async () => {
		const r = expect(await g.mgmt(`${A}/one`, { method: 'PUT', body: { ...sent, callbackUrl: 'https://example.com/2' } }), { status: 200 });
		assert.equal(r.json.callbackUrl, 'https://example.com/2');
		assert.equal(r.json.credentials[0].consumerKey, c.consumerKey, 'keys stay');
	});
	await t.test('attributes', async () => {
		assert.deepEqual((await g.must(`${A}/one/attributes`)).json, { attribute: sent.attributes });
		expect(await g.mgmt(`${A}/one/attributes/x`, { body: { name: 'x', value: 'y' } }), { status: [200, 201] });
		assert.deepEqual((await g.must(`${A}/one/attributes/x`)).json, { name: 'x', value: 'y' });
	});
	await t.test('a second key pair', async () => {
		const r = expect(await g.mgmt(`${A}/one`, { body: { name: 'one', apiProducts: [demo.product], keyExpiresIn: 86400000 } }), { status: [200, 201] });
		assert.equal(r.json.credentials.length, 2);
		const k = r.json.credentials.find((x) => x.consumerKey !== c.consumerKey);
		assert.ok(Math.abs(k.expiresAt - Date.now() - 86400000) < 60000, `${k.expiresAt}`);
	});
	await t.test('revoked and approved', async () => {
		for (const [action, status] of [['revoke', 'revoked'], ['approve', 'approved']]) {
			expect(await g.mgmt(`${A}/one?action=${action}`, OCTETS), { status: 204, body: '' });
			assert.equal((await g.must(`${A}/one`)).json.status, status);
		}
	});
	await t.test('deleted', async () => {
		assert.equal(expect(await g.mgmt(`${A}/one`, { method: 'DELETE' }), { status: 200 }).json.name, 'one');
		expect(await g.mgmt(`${A}/one`), { status: 404 });
		expect(await g.mgmt(`/apps/${made.appId}`), { status: 404 });
	});
});

test('the life of a key', async (t) => {
	await g.must(A, { body: { name: 'keyed', apiProducts: [] } });
	const K = `${A}/keyed/keys`;
	await t.test('a given pair is imported', async () => {
		const r = expect(await g.mgmt(`${K}/create`, { body: { consumerKey: 'given-key_1', consumerSecret: 'given secret: é' } }), { status: 201 }).json;
		assert.deepEqual([r.consumerKey, r.consumerSecret, r.apiProducts, 'expiresAt' in r], ['given-key_1', 'given secret: é', [], false]);
		expect(await g.mgmt(`${K}/create`, { body: { consumerKey: 'given-key_1', consumerSecret: 'x' } }), { status: 409 });
		expect(await g.mgmt(`${A}/${demo.app}/keys/create`, { body: { consumerKey: 'given-key_1', consumerSecret: 'x' } }), { status: 409 });
	});
	await t.test('products are added to it', async () => {
		const r = expect(await g.mgmt(`${K}/given-key_1`, { body: { apiProducts: [demo.product], attributes: [{ name: 'a', value: 'b' }] } }), { status: 200 }).json;
		assert.deepEqual([r.apiProducts, r.attributes], [[{ apiproduct: demo.product, status: 'approved' }], [{ name: 'a', value: 'b' }]]);
		assert.deepEqual((await g.must(`${K}/given-key_1`)).json.apiProducts, r.apiProducts);
	});
	await t.test('it works', async () => {
		const token = await g.token({ key: 'given-key_1', secret: 'given secret: é' });
		expect(await g.call('/weather/json', { token }), { status: 200 });
	});
	await t.test('PUT sets attributes and scopes', async () => {
		expect(await g.mgmt(`${K}/given-key_1`, { method: 'PUT', body: { attributes: [{ name: 'c', value: 'd' }] } }), { status: 200 });
		assert.deepEqual((await g.must(`${K}/given-key_1`)).json.attributes, [{ name: 'c', value: 'd' }]);
	});
	await t.test('a product is taken off', async () => {
		expect(await g.mgmt(`${K}/given-key_1/apiproducts/${demo.product}`, { method: 'DELETE' }), { status: 200 });
		const r = expect(await g.mgmt(`${K}/given-key_1/apiproducts/${demo.product}`, { method: 'DELETE' }), { status: 500 });
		assert.match(r.json.message, /APIProduct is not associated with consumer key/);
	});
	await t.test('deleted', async () => {
		expect(await g.mgmt(`${K}/given-key_1`, { method: 'DELETE' }), { status: 200 });
		const r = expect(await g.mgmt(`${K}/given-key_1`), { status: 404 });
		assert.deepEqual([r.json.code, r.json.message], ['keymanagement.service.InvalidClientIdForGivenApp', 'Invalid consumer key for Given App']);
	});
});

const errors = [
	['twice', A, { name: demo.app, apiProducts: [] }, 409, `App with name ${demo.app} already exists`],
	['unknown product', A, { name: 'x', apiProducts: ['none'] }, [400, 404], /API Product \[none\] does not exist|Product with id \[none\] does not exist/],
	['no name', A, { apiProducts: [] }, 400, /name/], ['name of another type', A, { name: 7 }, 400, /name/], ['expiry of another type', A, { name: 'x', keyExpiresIn: 'soon' }, 400, /keyExpiresIn/],
	['products of another type', A, { name: 'x', apiProducts: demo.product }, 400, /apiProducts/], ['unknown developer', '/developers/none@example.com/apps', { name: 'x' }, 404, /DeveloperId none@example.com does not exist/],
	['a long key', `${A}/${demo.app}/keys/create`, { consumerKey: 'k'.repeat(3000), consumerSecret: 's' }, 400, /consumerKey/], ['no secret', `${A}/${demo.app}/keys/create`, { consumerKey: 'k' }, 400, /consumerSecret/],
	['no key', `${A}/${demo.app}/keys/create`, { consumerSecret: 'k' }, 400, /consumerKey/], ['unknown app', `${A}/none/keys/create`, { consumerKey: 'a', consumerSecret: 'b' }, 404, `App named none does not exist under ${demo.developer}`],
];
for (const [what, path, body, status, message] of errors) {
	test(`refused: ${what}`, async () => {
		const r = expect(await g.mgmt(path, { body }), { status });
		assert.ok(message instanceof RegExp ? message.test(r.json.message) : r.json.message === message, r.text);
	});
}

test('a product that is approved by hand', async () => {
	const a = await g.app('manual', { product: { approvalType: 'manual' } });
	const of = `/developers/${a.email}/apps/${a.app}/keys/${a.key}`;
	assert.deepEqual((await g.must(of)).json.apiProducts, [{ apiproduct: a.product, status: 'pending' }]);
	expect(await g.mgmt(`${of}/apiproducts/${a.product}?action=approve`, OCTETS), { status: 204 });
	assert.deepEqual((await g.must(of)).json.apiProducts, [{ apiproduct: a.product, status: 'approved' }]);
	expect(await g.call('/weather/json', { token: await g.token(a) }), { status: 200 });
});
