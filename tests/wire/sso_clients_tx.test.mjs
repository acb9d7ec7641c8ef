// SPDX-License-Identifier: Apache-2.0
// /oauth/clients/tx, several clients at once, and /oauth/clients/restricted, which administer nothing.
// Invariant: a batch happens whole or not at all.
// Source: oauth2-service reference, 3.8.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';

const g = await gateway();
const admin = await g.ssoAdmin();
const call = (path, o) => g.ssoCall(`/oauth/clients${path}`, { token: admin, method: 'POST', ...o });
const app = (client_id, o) => ({ client_id, client_secret: 'first', authorized_grant_types: ['password', 'refresh_token'], scope: ['openid', 'scim.me'], ...o });
const plain = ({ client_secret, ...c }) => c;
const ids = async () => (await call('?count=500', { method: 'GET' })).json.resources.map((c) => c.client_id).filter((i) => !['edgecli', 'ssoadmin'].includes(i));
const works = async (id, secret) => (await g.login({}, { client: `${id}:${secret}` })).status === 200;

test('made, replaced, changed, deleted: several at once', async () => {
	const made = expect(await call('/tx', { body: [app('a'), app('b'), app('c')] }), { status: 201 }).json;
	assert.deepEqual(made.map((c) => [c.client_id, c.scope, c.client_secret]), ['a', 'b', 'c'].map((i) => [i, ['openid', 'scim.me'], undefined]));
	assert.deepEqual((await call('/a', { method: 'GET' })).json, made[0]);
	assert.ok(await works('b', 'first'));
	const put = expect(await call('/tx', { method: 'PUT', body: [plain(app('a', { name: 'A' })), plain(app('b', { scope: ['openid'] }))] }), { status: 200 }).json;
	assert.deepEqual(put.map((c) => [c.name, c.scope]), [['A', ['openid', 'scim.me']], [undefined, ['openid']]]);
	assert.ok(await works('a', 'first'));                                   // the secret stays
	const held = (await g.login({}, { client: 'b:first' })).json.access_token;
	const modified = expect(await call('/tx/modify', { body: [{ ...app('d'), action: 'add' }, { ...plain(app('a', { name: 'B' })), action: 'update' },
		{ ...app('b', { client_secret: 'second', name: 'C' }), action: 'update,secret' }, { client_id: 'c', action: 'delete' }] }), { status: 200 }).json;
	assert.deepEqual(modified.map((c) => [c.client_id, c.action, c.name, c.approvals_deleted]),
		[['d', 'add', undefined, undefined], ['a', 'update', 'B', undefined], ['b', 'update,secret', 'C', undefined], ['c', 'delete', undefined, true]]);
	assert.deepEqual(await ids(), ['a', 'b', 'd']);
	assert.deepEqual([await works('b', 'first'), await works('b', 'second'), await works('c', 'first'), await works('d', 'first')], [false, true, false, true]);
	expect(await g.mgmt('', { auth: `Bearer ${held}` }), { status: 401 });   // a new secret ends the tokens of the old one
	const secrets = [{ clientId: 'a', secret: 'second', oldSecret: 'first' }, { clientId: 'd', secret: 'second', changeMode: 'ADD' }];
	assert.deepEqual(expect(await call('/tx/secret', { body: secrets }), { status: 200 }).json.map((c) => c.client_id), ['a', 'd']);
	assert.deepEqual([await works('a', 'first'), await works('a', 'second'), await works('d', 'first'), await works('d', 'second')], [false, true, true, true]);
	const gone = expect(await call('/tx/delete', { body: ['a', 'b', 'd'].map((client_id) => ({ client_id })) }), { status: 200 }).json;
	assert.deepEqual(gone.map((c) => [c.client_id, c.approvals_deleted]), [['a', true], ['b', true], ['d', true]]);
	assert.deepEqual(await ids(), []);
});

test('refused: nothing of it happened', async () => {
	expect(await call('/tx', { body: [app('one'), app('two', { client_secret: 'first' })] }), { status: 201 });
	const own = (await g.login()).json.access_token, reader = { ...app('reader'), authorized_grant_types: ['client_credentials'], authorities: ['clients.write'] };
	expect(await call('', { body: reader }), { status: 201 });
	const writer = await g.ssoAdmin('', 'reader:first');
	const N = app('new'), del = (client_id) => ({ client_id, action: 'delete' }), secret = (clientId, o) => ({ clientId, secret: 'x', ...o });
	const rows = [
		['/tx', [N], 403, 'POST', own], ['/tx', [N], 403, 'POST', writer], ['/tx', [N], 401, 'POST', null], ['/tx/delete', [{ client_id: 'one' }], 403, 'POST', writer],
		['/tx', [], 400], ['/tx', N, 400], ['/tx', [7], 400], ['/tx', [N, app('one')], 409], ['/tx', [N, N], 409], ['/tx', [N, app('x', { authorized_grant_types: ['magic'] })], 400],
		['/tx', [N, app('x/y')], 400], ['/tx', [N, app('uaa')], 400], ['/tx', [N, app('tx')], 400], ['/tx', [N, app('meta')], 400], ['/tx', [N, app('restricted')], 400],
		['/tx', [N, app('x', { colour: 1 })], 400], ['/tx', [N, { ...app('x'), action: 'add' }], 400], ['/tx', Array.from({ length: 501 }, (_, i) => app(`n${i}`)), 400],
		['/tx', [plain(app('one', { name: 'changed' })), plain(app('nobody'))], 404, 'PUT'], ['/tx', [plain(app('one', { name: 'changed' })), app('two')], 400, 'PUT'],
		['/tx/delete', [{ client_id: 'one' }, { client_id: 'nobody' }], 404], ['/tx/delete', [{ client_id: 'one' }, { client_id: 'one' }], 404], ['/tx/delete', [{}], 400],
		['/tx/modify', [{ ...N, action: 'add' }, del('nobody')], 404], ['/tx/modify', [del('one'), { ...N, action: 'burn' }], 400], ['/tx/modify', [del('one'), N], 400],
		['/tx/modify', [del('one'), { ...plain(app('two')), action: 'secret' }], 400], ['/tx/modify', [del('one'), { ...plain(app('one')), action: 'update' }], 404],
		['/tx/modify', [del('one'), { ...app('two'), action: 'update' }], 400],
		['/tx/secret', [secret('one'), secret('nobody')], 404], ['/tx/secret', [secret('one'), secret('two', { changeMode: 'DELETE' })], 400], ['/tx/secret', [secret('one'), { secret: 'x' }], 400],
		['/tx/secret', [secret('one'), secret('two', { secret: '' })], 400], ['/tx/secret', [secret('one'), secret('two', { oldSecret: 'wrong' })], 400],
		['/tx/secret', [secret('one'), secret('two', { changeMode: 'TURN' })], 400], ['/tx/modify', [del('one')], 405, 'PATCH'],
	];
	for (const [path, body, status, method = 'POST', token = admin] of rows)
		expect(await call(path, { method, body, token }), { status }, `${method} ${path} ${JSON.stringify(body).slice(0, 200)}`);
	assert.deepEqual(await ids(), ['one', 'reader', 'two']);
	assert.deepEqual([(await call('/one', { method: 'GET' })).json.name, await works('one', 'first'), await works('two', 'first')], [undefined, true, true]);
});

test('restricted clients administer nothing', async () => {
	const web = (client_id, o) => ({ ...app(client_id), authorized_grant_types: ['authorization_code'], redirect_uri: ['https://app.example/'], ...o });
	expect(await call('/restricted', { body: web('site', { scope: ['openid', 'oauth.approvals', 'scim.me', 'my.scope'], authorities: ['my.authority'] }) }), { status: 201 });
	expect(await call('/restricted/site', { method: 'PUT', body: plain(web('site', { name: 'Site' })) }), { status: 200 });
	const limited = (word) => JSON.stringify({ error: 'invalid_client', error_description: `${word} is a restricted scope.` });
	for (const word of ['uaa.admin', 'uaa.resource', 'zones.uaa.admin', 'clients.admin', 'clients.read', 'scim.read', 'scim.write', 'scim.create', 'tokens.list', 'tokens.revoke', 'oauth.login', 'password.write', 'scim.*', '*'])
		for (const key of ['scope', 'authorities']) {
			expect(await call('/restricted', { body: web('bad', { [key]: ['openid', word] }) }), { status: 400, body: limited(word) });
			expect(await call('/restricted/site', { method: 'PUT', body: plain(web('site', { [key]: [word] })) }), { status: 400, body: limited(word) });
		}
	expect(await call('/restricted/ssoadmin', { method: 'PUT', body: plain(web('ssoadmin')) }), { status: 400, body: limited('uaa.admin') });   // nor one that has more
	expect(await call('/restricted/nobody', { method: 'PUT', body: plain(web('nobody')) }), { status: 404 });
	expect(await call('/restricted', { body: web('x'), token: (await g.login()).json.access_token }), { status: 403 });
	assert.equal((await call('/site', { method: 'GET' })).json.name, 'Site');
});
