// SPDX-License-Identifier: Apache-2.0
// /Groups and their members: what each answers, to whom, and which scopes a member gets.
// Invariant: a scope that hangs on a group is had by its members alone.
// Source: oauth2-service reference, 1.11, 3.6.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';

const g = await gateway();
const admin = await g.ssoAdmin();
const call = (path, o) => g.ssoCall(path, { token: admin, ...o });
const mine = JSON.parse(Buffer.from((await g.login()).json.access_token.split('.')[1], 'base64url')).user_id;
const make = async (displayName, o) => expect(await call('/Groups', { body: { displayName, ...o } }), { status: 201 }).json;
const limited = async (scope) => {
	expect(await call('/oauth/clients', { body: { client_id: scope, client_secret: 's', authorized_grant_types: ['client_credentials'], authorities: [scope] } }), { status: 201 });
	return g.ssoAdmin('', `${scope}:s`);
};

test('a group from making to deletion', async () => {
	const r = expect(await call('/Groups', { body: { displayName: 'ring.read', description: 'D', members: [{ value: mine }] } }), { status: 201, headers: { etag: '"0"' } }), u = r.json;
	assert.deepEqual(Object.keys(u), ['meta', 'id', 'displayName', 'description', 'zoneId', 'members', 'schemas']);
	assert.deepEqual([u.members, u.zoneId, u.meta.version], [[{ origin: 'usergrid', type: 'USER', value: mine }], 'uaa', 0]);
	assert.deepEqual((await call(`/Groups/${u.id}`)).json, u);
	const put = (match, body) => call(`/Groups/${u.id}`, { method: 'PUT', body, ...(match ? { headers: { 'If-Match': match } } : {}) });
	for (const [match, status] of [[undefined, 400], ['x', 400], ['1', 412], ['0', 200], ['"0"', 412], ['*', 200]])
		expect(await put(match, { ...u, description: 'E' }), { status }, match);
	await make('taken');
	expect(await put('*', { ...u, displayName: 'taken' }), { status: 409 });
	assert.deepEqual([(await call(`/Users/${mine}`)).json.groups], [[{ value: u.id, display: 'ring.read', type: 'DIRECT' }]]);
	expect(await call(`/Groups/${u.id}`, { method: 'DELETE' }), { status: 200 });
	for (const [method, body] of [['GET'], ['DELETE'], ['PUT', u]])
		expect(await call(`/Groups/${u.id}`, { method, body, headers: { 'If-Match': '*' } }), { status: 404, body: /scim_resource_not_found/ });
	assert.deepEqual((await call(`/Users/${mine}`)).json.groups, []);
});

test('no group', async () => {
	await make('there');
	const rows = [
		[{}, 400], [{ displayName: '' }, 400], [{ displayName: 'a b' }, 400], [{ displayName: 'x'.repeat(256) }, 400], [{ displayName: 7 }, 400], [[], 400],
		[{ displayName: 'x', colour: 1 }, 400], [{ displayName: 'there' }, 409], [{ displayName: 'x', members: [{ value: 'nobody' }] }, 404],
		[{ displayName: 'x', members: [{ value: mine, type: 'GROUP' }] }, 404], [{ displayName: 'x', members: [{ value: mine, type: 'THING' }] }, 400],
		[{ displayName: 'x', members: [{ value: mine, origin: 'ldap' }] }, 400], [{ displayName: 'x', members: [{}] }, 400],
		[{ displayName: 'x', members: [{ value: mine }, { value: mine }] }, 409],
	];
	for (const [body, status] of rows) {
		const r = expect(await call('/Groups', { body }), { status }, JSON.stringify(body)).json;
		assert.equal(r.message, r.error_description);
	}
});

test('members come and go, through groups too, and with them scopes', async () => {
	const inner = await make('deep.inner'), outer = await make('deep.outer', { members: [{ value: inner.id, type: 'GROUP' }] }), at = `/Groups/${inner.id}/members`;
	expect(await call('/oauth/clients', { body: { client_id: 'deep', client_secret: 's', scope: ['openid', 'deep.inner', 'deep.outer'], authorized_grant_types: ['password'] } }), { status: 201 });
	const scope = async () => (await g.login({}, { client: 'deep:s' })).json.scope;
	const member = { origin: 'usergrid', type: 'USER', value: mine };
	assert.equal(await scope(), 'openid');
	expect(await call(at, { body: member }), { status: 201, json: member });
	expect(await call(at, { body: { value: mine } }), { status: 409, body: /scim_resource_already_exists/ });
	assert.equal(await scope(), 'openid deep.inner deep.outer');
	assert.deepEqual((await call(`/Users/${mine}`)).json.groups.map((x) => [x.display, x.type]), [['deep.inner', 'DIRECT'], ['deep.outer', 'INDIRECT']]);
	expect(await call(at), { status: 200, json: [member] });
	expect(await call(`${at}/${mine}`), { status: 200, json: member });
	expect(await call(`${at}?returnEntities=true`), { status: 400 });
	for (const [path, o, status] of [[at, { body: { value: 'nobody' } }, 404], [at, { body: {} }, 400], ['/Groups/nothing/members', { body: member }, 404],
		['/Groups/nothing/members', {}, 404], [`${at}/nobody`, {}, 404], [`${at}/nobody`, { method: 'DELETE' }, 404]])
		expect(await call(path, o), { status }, path);
	expect(await call(`${at}/${mine}`, { method: 'DELETE' }), { status: 200, json: member });
	assert.equal(await scope(), 'openid');
	expect(await call(`/Groups/${inner.id}`, { method: 'DELETE' }), { status: 200 });
	assert.deepEqual((await call(`/Groups/${outer.id}`)).json.members, []);
});

test('scopes', async () => {
	const [read, write, update] = await Promise.all(['scim.read', 'scim.write', 'groups.update'].map(limited)), user = (await g.login()).json.access_token;
	const group = await make('scoped'), at = `/Groups/${group.id}`, member = { value: mine };
	const rows = [
		[undefined, 'GET', '/Groups', 401], [user, 'GET', '/Groups', 403], [write, 'GET', '/Groups', 403], [read, 'GET', '/Groups', 200],
		[read, 'POST', '/Groups', 403, group], [update, 'POST', '/Groups', 403, group], [update, 'GET', at, 403], [read, 'PUT', at, 403, group],
		[update, 'PUT', at, 200, group], [write, 'PUT', at, 200, group], [read, 'POST', `${at}/members`, 403, member], [update, 'POST', `${at}/members`, 201, member],
		[update, 'GET', `${at}/members`, 403], [read, 'DELETE', `${at}/members/${mine}`, 403], [write, 'DELETE', `${at}/members/${mine}`, 200],
		[user, 'POST', `${at}/members`, 403, member], [update, 'DELETE', at, 403], [read, 'DELETE', at, 403], [write, 'DELETE', at, 200],
	];
	for (const [token, method, path, status, body] of rows)
		expect(await g.ssoCall(path, { token, method, body, headers: { 'If-Match': '*' } }), { status }, `${method} ${path}`);
});

test('no groups of elsewhere: nobody comes from there', async () => {
	const mapping = { groupId: 'x', externalGroup: 'cn=x', origin: 'ldap' };
	for (const [method, path, status, body] of [['GET', '', 404], ['POST', '', 405, mapping], ['DELETE', '/groupId/x/externalGroup/y/origin/ldap', 404]])
		expect(await call(`/Groups/External${path}`, { method, body }), { status }, `${method} ${path}`);
});

test('lists', async () => {
	for (const n of ['list.b', 'list.a', 'list.c'])
		await make(n, { description: n.toUpperCase() });
	const names = async (query) => expect(await call(`/Groups?${query}`), { status: 200 }).json.resources.map((x) => x.displayName);
	const F = `filter=${encodeURIComponent('displayName sw "list."')}`;
	assert.deepEqual(await names(F), ['list.a', 'list.b', 'list.c']);
	assert.deepEqual(await names(`${F}&sortBy=displayName&sortOrder=descending&count=2`), ['list.c', 'list.b']);
	assert.deepEqual(await names(`filter=${encodeURIComponent('description eq "list.a" or displayName eq "LIST.B"')}`), ['list.a', 'list.b']);
	assert.deepEqual((await call(`/Groups?${F}&count=1&attributes=displayName`)).json,
		{ resources: [{ displayName: 'list.a' }], startIndex: 1, itemsPerPage: 1, totalResults: 3, schemas: ['urn:scim:schemas:core:1.0'] });
	for (const q of ['filter=userName%20pr', 'sortBy=members', 'filter=)'])
		expect(await call(`/Groups?${q}`), { status: 400 });
});
