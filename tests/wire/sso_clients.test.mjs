// SPDX-License-Identifier: Apache-2.0
// /oauth/clients and the listing and revocation of tokens: what each answers, to whom, and what it ends.
// Invariant: nobody gets more than they have, and what is revoked is dead with the answer.
// Source: oauth2-service reference, 3.4, 3.8, 4.8.
import assert from 'node:assert/strict';
import { statSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';

const g = await gateway();
const admin = await g.ssoAdmin(), user = (await g.login()).json.access_token;
const call = (path, o) => g.ssoCall(path, { token: admin, ...o });
const bad = (error_description, error = 'invalid_client') => JSON.stringify({ error, error_description });
const CODE = { authorized_grant_types: ['authorization_code'], redirect_uri: ['https://app.example/cb'], allowpublic: true };
const MACHINE = { client_secret: 's', authorized_grant_types: ['client_credentials'], authorities: ['clients.read', 'clients.write', 'clients.secret'] };

test('the first start writes a secret down, once, for its owner alone', async () => {
	const own = await gateway({ env: { GATEHOUSE_SSO_ADMIN_SECRET: '' } });
	const file = join(own.dir, 'sso-admin-secret'), secret = readFileSync(file, 'utf8').trim();
	assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.match(secret, /^[0-9A-Za-z]{32}$/);
	await own.ssoAdmin('', `ssoadmin:${secret}`);
	await own.restart();
	assert.equal(readFileSync(file, 'utf8').trim(), secret);
	await own.ssoAdmin('clients.read', `ssoadmin:${secret}`);
	assert.ok(!own.proc.err.includes(secret));
	await own.stop();
});

test('a client from its making to its end', async () => {
	const made = expect(await call('/oauth/clients', { body: { client_id: 'app', client_secret: 'one', scope: ['openid'], name: 'App',
		authorized_grant_types: ['password', 'refresh_token'], autoapprove: true, access_token_validity: 60 } }), { status: 201 }).json;
	assert.deepEqual({ ...made, lastModified: 0 }, { client_id: 'app', name: 'App', scope: ['openid'], resource_ids: [],
		authorized_grant_types: ['password', 'refresh_token'], redirect_uri: [], autoapprove: true, authorities: [], allowpublic: false,
		allowedproviders: [], required_user_groups: [], access_token_validity: 60, refresh_token_validity: 0, lastModified: 0 });
	expect(await g.login({}, { client: 'app:one' }), { status: 200 });
	assert.deepEqual((await call('/oauth/clients/app')).json, made);
	const put = expect(await call('/oauth/clients/app', { method: 'PUT', body: { ...made, autoapprove: ['openid'], name: 'Other' } }), { status: 200 }).json;
	assert.deepEqual([put.autoapprove, put.name], [['openid'], 'Other']);
	expect(await g.login({}, { client: 'app:one' }), { status: 200 });   // the secret stays
	const list = (await call('/oauth/clients')).json;
	assert.deepEqual(list.resources.map((c) => c.client_id), ['app', 'edgecli', 'ssoadmin']);
	assert.deepEqual([list.startIndex, list.itemsPerPage, list.totalResults], [1, 3, 3]);
	assert.deepEqual((await call('/oauth/clients?startIndex=2&count=1')).json.resources.map((c) => c.client_id), ['edgecli']);
	const token = (await g.login({}, { client: 'app:one' })).json;
	expect(await g.mgmt('', { auth: `Bearer ${token.access_token}` }), { status: 200 });
	expect(await call('/oauth/clients/app', { method: 'DELETE' }), { status: 200, json: put });
	expect(await g.mgmt('', { auth: `Bearer ${token.access_token}` }), { status: 401 });
	expect(await g.login({}, { client: 'app:one' }), { status: 401 });
	for (const method of ['GET', 'DELETE'])
		expect(await call('/oauth/clients/app', { method }), { status: 404, body: bad('No client with requested id: app') });
	expect(await call('/oauth/clients/app', { method: 'PUT', body: CODE }), { status: 404 });
});

const refused = [
	['the id of another', { ...CODE, client_id: 'edgecli' }, 409, 'Client already exists: edgecli'],
	['no id', CODE, 400, /client_id/],
	['an id with a slash', { ...CODE, client_id: 'a/b' }, 400, /client_id/],
	['an id with a backslash', { ...CODE, client_id: 'a\\b' }, 400, /client_id/],
	['an id with a colon', { ...CODE, client_id: 'a:b' }, 400, /client_id/],
	['a long id', { ...CODE, client_id: 'a'.repeat(256) }, 400, /client_id/],
	['the reserved id', { ...CODE, client_id: 'uaa' }, 400, 'client_id uaa is reserved'],
	['no grant', { client_id: 'x', allowpublic: true }, 400, 'An authorized grant type must be provided'],
	['an unknown grant', { client_id: 'x', allowpublic: true, authorized_grant_types: ['magic'] }, 400, 'magic is not an allowed grant type'],
	['code without an address', { ...CODE, client_id: 'x', redirect_uri: [] }, 400, /at least one redirect URL/],
	...['cb', '/cb', 'https://', 'https://a/#b', 'https://a/,b', 'https://*.a/', 'https://a b/', 'javascript:alert(1)', 'DATA:text/html,x', ':x', '1a:b']
		.map((u) => [`the address ${u}`, { ...CODE, client_id: 'x', redirect_uri: [u] }, 400, `One of the redirect_uri is invalid: ${u}`]),
	['no secret and not public', { ...CODE, client_id: 'x', allowpublic: false }, 400, 'Client secret is required, or allowpublic'],
	['client_credentials without a secret', { client_id: 'x', allowpublic: true, authorized_grant_types: ['client_credentials'] }, 400,
		'Client secret is required for client_credentials grant type'],
	['an empty secret', { ...CODE, client_id: 'x', client_secret: '' }, 400, 'Client Secret must be 1 to 255 characters in length.'],
	['a long secret', { ...CODE, client_id: 'x', client_secret: 'x'.repeat(256) }, 400, /Client Secret/],
	['a number as secret', { ...CODE, client_id: 'x', client_secret: 7 }, 400, /Client Secret/],
	['an unknown key', { ...CODE, client_id: 'x', colour: 'red' }, 400, /colour/],
	['a scope with a space', { ...CODE, client_id: 'x', scope: ['a b'] }, 400, /words of visible characters/],
	['a lifetime below nothing', { ...CODE, client_id: 'x', access_token_validity: -1 }, 400, /access_token_validity/],
	['a list for a name', { ...CODE, client_id: 'x', name: [] }, 400, /name/],
];
for (const [what, body, status, text] of refused)
	test(`no client: ${what}`, async () => {
		const r = expect(await call('/oauth/clients', { body }), { status }).json;
		assert.equal(r.error, 'invalid_client');
		text instanceof RegExp ? assert.match(r.error_description, text) : assert.equal(r.error_description, text);
	});

const bodies = [
	['no JSON', '{"a":', 400], ['a word', '"x"', 400], ['an array', '[]', 400], ['the same key twice', '{"client_id":"x","client_id":"y"}', 400],
	['nothing', '', 400], ['deep', '['.repeat(5000), 400], ['too large', JSON.stringify({ client_id: 'x'.repeat(1100000) }), 413],
];
for (const [what, body, status] of bodies)
	test(`a body that is ${what}`, async () => { expect(await call('/oauth/clients', { method: 'POST', body }), { status }); });

test('a body of another type', async () => {
	expect(await call('/oauth/clients', { body: CODE, headers: { 'Content-Type': 'text/plain' } }), { status: 415 });
});

test('scopes: who may do what, and no more than they have', async () => {
	await call('/oauth/clients', { body: { ...MACHINE, client_id: 'keeper' } });
	const of = (scope) => g.ssoAdmin(scope, 'keeper:s');
	const [read, write, secret] = await Promise.all(['clients.read', 'clients.write', 'clients.secret'].map(of));
	const X = { ...CODE, client_id: 'kept' };
	const rows = [
		['/oauth/clients', undefined, 'GET', undefined, 401], ['/oauth/clients', 'x.y.z', 'GET', undefined, 401],
		['/oauth/clients', user, 'GET', undefined, 403], ['/oauth/clients', write, 'GET', undefined, 403],
		['/oauth/clients', read, 'POST', X, 403], ['/oauth/clients', write, 'POST', X, 201],
		['/oauth/clients/kept', read, 'GET', undefined, 200], ['/oauth/clients/kept', write, 'GET', undefined, 403],
		['/oauth/clients/kept', read, 'PUT', X, 403], ['/oauth/clients/kept', write, 'PUT', X, 200],
		['/oauth/clients/kept', write, 'PUT', { ...X, client_id: 'other' }, 400],
		['/oauth/clients/kept', write, 'PUT', { ...X, client_secret: 'new' }, 400],
		['/oauth/clients/kept', write, 'PUT', { ...X, authorities: ['uaa.admin'] }, 400],
		['/oauth/clients/kept', write, 'PUT', { ...X, authorities: ['clients.write'] }, 200],
		['/oauth/clients', write, 'POST', { ...MACHINE, client_id: 'y', authorities: ['scim.write'] }, 400],
		['/oauth/clients', write, 'POST', { ...CODE, client_id: 'y', authorized_grant_types: ['implicit', 'authorization_code'] }, 400],
		['/oauth/clients/kept/secret', write, 'PUT', { secret: 'x' }, 403], ['/oauth/clients/kept/secret', secret, 'PUT', { secret: 'x' }, 400],
		['/oauth/clients/ssoadmin/secret', secret, 'PUT', { secret: 'x', oldSecret: g.secret }, 400],
		['/oauth/clients/kept', read, 'DELETE', undefined, 403], ['/oauth/clients/kept', write, 'DELETE', undefined, 200],
		['/oauth/clients', write, 'PATCH', X, 405],
	];
	for (const [path, token, method, body, status] of rows)
		expect(await g.ssoCall(path, { token, method, body }), { status }, `${method} ${path} ${JSON.stringify(body)}`);
	expect(await g.ssoCall('/oauth/clients', { token: user }), { headers: { 'www-authenticate': /^Bearer realm="UAA\/oauth", error="insufficient_scope", error_description="[^"]+", scope="clients\.read clients\.admin"$/ } });
});

test('two secrets while one is replaced', async () => {
	await call('/oauth/clients', { body: { ...MACHINE, client_id: 'turning' } });
	let token = await g.ssoAdmin('clients.secret', 'turning:s');
	const put = (body, t = admin) => g.ssoCall('/oauth/clients/turning/secret', { token: t, method: 'PUT', body });
	const ok = (message) => ({ status: 200, body: JSON.stringify({ status: 'ok', message }) });
	const rows = [
		[{ changeMode: 'DELETE' }, { status: 400, body: bad('client has only one secret.') }, ['s']],
		[{ changeMode: 'ADD', secret: 't' }, ok('Secret is added'), ['s', 't']],
		[{ changeMode: 'ADD', secret: 'u' }, { status: 400, body: bad('client secret is either empty or client already has two secrets.') }, ['s', 't']],
		[{ changeMode: 'DELETE' }, ok('Secret is deleted'), ['t']],
		[{ changeMode: 'TURN', secret: 'u' }, { status: 400, body: bad('changeMode takes UPDATE, ADD or DELETE') }, ['t']],
		[{ secret: '' }, { status: 400 }, ['t']], [{}, { status: 400 }, ['t']], [{ secret: 'u', x: 1 }, { status: 400 }, ['t']],
		[{ secret: 'u' }, { status: 400, body: bad('Previous secret is required and must be valid') }, ['t'], true],
		[{ secret: 'u', oldSecret: 's' }, { status: 400, body: bad('Previous secret is required and must be valid') }, ['t'], true],
		[{ secret: 'u', oldSecret: 't' }, ok('secret updated'), ['u'], true],
	];
	for (const [body, want, fit, own] of rows) {
		expect(await put(body, own ? token : admin), want, JSON.stringify(body));
		for (const s of ['s', 't', 'u'])
			expect(await g.sso('/oauth/token', { client: `turning:${s}`, form: { grant_type: 'client_credentials' } }), { status: fit.includes(s) ? 200 : 401 });
	}
	expect(await put({ secret: 'v', oldSecret: 'u' }, token), { status: 401 });   // it went with the secret of before
	expect(await g.ssoCall('/oauth/clients/nobody/secret', { token: admin, method: 'PUT', body: { secret: 'x' } }), { status: 404 });
});

// ---- tokens ----
const me = async () => {
	const t = (await g.login()).json;
	return { ...t, id: JSON.parse(Buffer.from(t.access_token.split('.')[1], 'base64url')).user_id };
};
const works = async (t, yes) => expect(await g.mgmt('', { auth: `Bearer ${t.access_token}` }), { status: yes ? 200 : 401 });
const refreshes = async (t, status) =>
	expect(await g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: t.refresh_token } }), { status });

test('a list of one\'s own tokens, and of others\' with the scope', async () => {
	const t = await me(), opaque = (await g.login({ token_format: 'opaque' })).json;
	const own = (await g.ssoCall('/oauth/token/list', { token: t.access_token })).json;
	assert.deepEqual(Object.keys(own[0]), ['tokenId', 'clientId', 'userId', 'format', 'responseType', 'issuedAt', 'expiresAt', 'scope', 'value', 'zoneId']);
	assert.ok(own.every((x) => x.userId === t.id && x.value === null && x.zoneId === 'uaa'));
	assert.ok(own.some((x) => x.format === 'JWT' && x.responseType === 'REFRESH_TOKEN') && own.some((x) => x.format === 'OPAQUE' && x.responseType === 'ACCESS_TOKEN'));
	assert.ok(!JSON.stringify(own).includes(opaque.access_token));          // what opens something is in no list
	const sorted = (l) => l.map((x) => x.tokenId).sort();
	assert.deepEqual(sorted((await call(`/oauth/token/list/user/${t.id}`)).json), sorted(own));
	assert.deepEqual(sorted((await g.ssoCall('/oauth/token/list/client/edgecli', { token: t.access_token })).json), sorted(own));
	assert.deepEqual((await call('/oauth/token/list/client/nobody')).json, []);
	expect(await g.ssoCall('/oauth/token/list/user/someone', { token: t.access_token }), { status: 403 });
	expect(await g.ssoCall('/oauth/token/list'), { status: 401 });
});

const ends = [
	['by its id', (t) => ['DELETE', `/oauth/token/revoke/${t.jti}`, t.access_token], true],
	['the refresh token', (t) => ['DELETE', `/oauth/token/revoke/${JSON.parse(Buffer.from(t.refresh_token.split('.')[1], 'base64url')).jti}`, t.access_token], false],
	['the user by herself', (t) => ['GET', `/oauth/token/revoke/user/${t.id}`, t.access_token], true],
	['the user by an administrator', (t) => ['GET', `/oauth/token/revoke/user/${t.id}`, admin], true],
	['the pair by herself', (t) => ['GET', `/oauth/token/revoke/user/${t.id}/client/edgecli`, t.access_token], true],
	['the client', () => ['GET', '/oauth/token/revoke/client/edgecli', admin], true],
];
for (const [what, how, access] of ends)
	test(`revoked: ${what}`, async () => {
		const t = await me(), [method, path, token] = how(t);
		await works(t, true);
		expect(await g.ssoCall(path, { token, method }), { status: 200, body: '' });
		await works(t, !access);
		await refreshes(t, what === 'by its id' ? 200 : 401);
		await works(await me(), true);                        // the next is alive at once
	});

// RFC 9110 §9.2.1: HEAD is safe.  A browser that looks ahead asks for nothing either.
const ahead = [['HEAD', {}], ['GET', { 'Sec-Purpose': 'prefetch;prerender' }], ['GET', { Purpose: 'prefetch' }], ['GET', { 'X-Moz': 'prefetch' }], ['GET', { 'X-Purpose': 'preview' }]];
test('who only looks changes nothing', async () => {
	const t = await me(), { id } = (await call('/Users', { body: { userName: 'looked@at.example', password: 'first-Passw0rd', name: {}, emails: [{ value: 'looked@at.example' }], verified: false } })).json;
	for (const path of [`/oauth/token/revoke/user/${t.id}`, `/oauth/token/revoke/user/${t.id}/client/edgecli`, '/oauth/token/revoke/client/edgecli', `/Users/${id}/verify`])
		for (const [method, headers] of ahead)
			expect(await call(path, { method, headers }), { status: 405, headers: { allow: 'GET' } }, `${method} ${path}`);
	await works(t, true);
	assert.equal((await call(`/Users/${id}`)).json.verified, false);
	for (const [method, headers] of ahead)                        // what is safe is answered
		expect(await call('/oauth/token/list', { method, headers }), { status: 200 });
	expect(await call('/oauth/token/list', { method: 'PUT' }), { status: 405, headers: { allow: 'GET, HEAD' } });
});

test('an opaque token ends by its text', async () => {
	const t = (await g.login({ token_format: 'opaque' })).json;
	expect(await g.ssoCall(`/oauth/token/revoke/${t.access_token}`, { token: t.access_token, method: 'DELETE' }), { status: 200 });
	await works(t, false);
	await refreshes(t, 200);
});

test('strangers revoke nothing', async () => {
	const t = await me(), weak = await g.ssoAdmin('tokens.list'), unknown = bad('Resource not found', 'invalid_token');
	const refresh = JSON.parse(Buffer.from(t.refresh_token.split('.')[1], 'base64url')).jti;
	const rows = [
		['GET', `/oauth/token/revoke/user/${t.id}`, weak, 403], ['GET', '/oauth/token/revoke/client/edgecli', t.access_token, 403],
		['GET', `/oauth/token/revoke/user/${t.id}/client/ssoadmin`, t.access_token, 403], ['DELETE', `/oauth/token/revoke/${refresh}`, weak, 403],
		['GET', '/oauth/token/revoke/user/nobody', admin, 404, unknown], ['GET', '/oauth/token/revoke/client/nobody', admin, 404, unknown],
		['GET', `/oauth/token/revoke/user/${t.id}/client/nobody`, admin, 404, unknown], ['DELETE', '/oauth/token/revoke/nothing', admin, 404, unknown],
		['GET', `/oauth/token/revoke/user/${t.id}`, undefined, 401],
	];
	for (const [method, path, token, status, body] of rows)
		expect(await g.ssoCall(path, { token, method }), { status, ...(body ? { body } : {}) }, path);
	await works(t, true);
});
