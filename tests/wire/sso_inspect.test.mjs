// SPDX-License-Identifier: Apache-2.0
// What is said of a token to those who may ask, and its end: /check_token, /introspect, /userinfo, /oauth/revoke.
// Invariant: a token that is dead, foreign or made up looks the same to who asks.
// Source: RFC 6750, 7009, 7662; oauth2-service reference, 3.1, 3.3.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';
import { client } from './sso.mjs';

const g = await gateway();
const GRANTS = ['password', 'refresh_token', 'client_credentials'];
const asks = await client(g, 'asks', { client_secret: 'asks-secret', authorized_grant_types: GRANTS, scope: ['openid'], authorities: ['uaa.resource'] });
const plain = await client(g, 'plain', { client_secret: 'plain-secret', authorized_grant_types: GRANTS, scope: ['openid', 'roles', 'scim.me'], authorities: ['uaa.none'] });
await client(g, 'public', { allowpublic: true, authorized_grant_types: ['authorization_code'], redirect_uri: ['https://app.example/cb'], authorities: ['uaa.resource'] });
const refusal = (error, text) => JSON.stringify({ error, error_description: text });
const BAD = refusal('unauthorized', 'Bad credentials');
const NO_SCOPE = refusal('insufficient_scope', 'Insufficient scope for this resource');
const claims = (jwt) => JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
const login = async (f, o) => expect(await g.login(f, o), { status: 200 }).json;
const bearer = (t) => ({ headers: { Authorization: `Bearer ${t}` } });
const introspect = (token, o = {}) => g.sso('/introspect', { form: { token }, client: asks, ...o });
const revoke = (token, o = {}) => g.sso('/oauth/revoke', { form: { token, ...o.fields }, ...o });

test('introspection and /check_token tell the claims, in their order', async () => {
	for (const fields of [{}, { token_format: 'opaque' }]) {
		const t = await login(fields), said = expect(await introspect(t.access_token), { status: 200 });
		const check = expect(await g.sso('/check_token', { form: { token: t.access_token, scopes: 'openid,scim.me' }, client: asks }), { status: 200 });
		assert.equal(said.text, `{"active":true,${check.text.slice(1)}`);
		assert.equal(said.json.user_name, g.user);
		assert.ok(Array.isArray(said.json.scope));
		if (!fields.token_format)
			assert.equal(check.text, JSON.stringify(claims(t.access_token)));
		expect(await introspect(t.refresh_token), { status: 200, body: '{"active":false}' });
	}
});

test('introspection by a client\'s own token', async () => {
	const own = (client) => login({ grant_type: 'client_credentials', username: undefined, password: undefined }, { client });
	const t = await login(), form = { token: t.access_token };
	const by = async (token) => g.sso('/introspect', { form, client: null, headers: { Authorization: `Bearer ${token}` } });
	assert.equal(expect(await by((await own(asks)).access_token), { status: 200 }).json.active, true);
	expect(await by((await own(plain)).access_token), { status: 403, body: NO_SCOPE });
	expect(await by(t.access_token), { status: 403, body: NO_SCOPE });
	expect(await by('x'), { status: 401 });
});

const dead = [
	['made up', async () => 'a.b.c'],
	['opaque and made up', async () => 'abc'],
	['another signature', async () => (await login()).access_token.replace(/.{8}$/, 'AAAAAAAA')],
	['revoked', async () => { const t = await login(); expect(await revoke(t.access_token), { status: 200, body: '' }); return t.access_token; }],
];
for (const [what, make] of dead) {
	test(`no token: ${what}`, async () => {
		const token = await make();
		expect(await introspect(token), { status: 200, body: '{"active":false}' });
		expect(await g.sso('/check_token', { form: { token }, client: asks }), { status: 400, body: refusal('invalid_token', 'The token was revoked, or is none of this service') });
		expect(await g.sso('/userinfo', bearer(token)), { status: 401, headers: { 'www-authenticate': /^Bearer realm="UAA\/oauth", error="invalid_token", error_description="/ } });
		expect(await revoke(token), { status: 200, body: '' });   // RFC 7009 §2.2: whoever it belongs to
	});
}

const refused = [
	['/introspect', 'no client', { client: null }, 401, refusal('unauthorized', 'Full authentication is required to access this resource')],
	['/introspect', 'a wrong secret', { client: 'asks:x' }, 401, BAD],
	['/introspect', 'an unknown client', { client: 'nobody:x' }, 401, BAD],
	['/introspect', 'no authority', { client: plain }, 403, NO_SCOPE],
	['/introspect', 'a public client', { client: null, form: { token: 'x', client_id: 'public' } }, 403, NO_SCOPE],
	['/introspect', 'no token', { client: asks, form: {} , body: '' }, 400, refusal('invalid_request', 'Token parameter must be set')],
	['/check_token', 'a wrong secret', { client: 'asks:x' }, 401, BAD],
	['/check_token', 'an unknown client', { client: 'nobody:x' }, 401, BAD],
	['/check_token', 'no authority', { client: plain }, 403, NO_SCOPE],
	['/check_token', 'no token', { client: asks, form: {}, body: '' }, 400, refusal('invalid_token', 'Token parameter must be set')],
	['/oauth/revoke', 'a wrong secret', { client: 'asks:x' }, 401, BAD],
	['/oauth/revoke', 'an unknown client', { client: 'nobody:x' }, 401, BAD],
	['/oauth/revoke', 'no client', { client: null }, 401, refusal('unauthorized', 'Full authentication is required to access this resource')],
	['/oauth/revoke', 'no token', { form: {}, body: '' }, 400, refusal('invalid_request', 'Token parameter must be set')],
];
for (const [path, what, o, status, body] of refused)
	test(`${path} refused: ${what}`, async () => expect(await g.sso(path, { form: { token: 'x' }, ...o, method: 'POST' }), { status, body }));

test('/check_token: scopes that the token has not', async () => {
	const { access_token: token } = await login();
	expect(await g.sso('/check_token', { form: { token, scopes: 'openid,a,b' }, client: asks }),
		{ status: 400, body: refusal('invalid_scope', 'Some requested scopes are missing: a,b') });
});

test('/userinfo', async () => {
	const t = await login(), sub = claims(t.access_token).sub;
	const said = expect(await g.sso('/userinfo', bearer(t.access_token)), { status: 200, headers: { 'cache-control': 'no-store' } }).json;
	assert.deepEqual([said.user_id, said.sub, said.user_name, said.email, said.email_verified], [sub, sub, g.user, g.user, true]);
	assert.ok(!('roles' in said));
	assert.deepEqual(expect(await g.sso('/userinfo', { form: { access_token: t.access_token }, client: null }), { status: 200 }).json, said);
	assert.deepEqual((await g.sso('/userinfo', { method: 'POST', ...bearer(t.access_token) })).json, said);
	const all = await login({}, { client: plain });
	assert.deepEqual((await g.sso('/userinfo', bearer(all.access_token))).json.roles, []);
	const two = { form: { access_token: t.access_token }, client: null, ...bearer(t.access_token) };
	two.headers['Content-Type'] = 'application/x-www-form-urlencoded';
	expect(await g.sso('/userinfo', two), { status: 400, headers: { 'www-authenticate': /error="invalid_request"/ } });
	expect(await g.sso(`/userinfo?access_token=${t.access_token}`), { status: 401, headers: { 'www-authenticate': 'Bearer realm="UAA/oauth"' } });
	const narrow = await login({ scope: 'scim.me' });
	expect(await g.sso('/userinfo', bearer(narrow.access_token)), { status: 403, body: NO_SCOPE, headers: { 'www-authenticate': /error="insufficient_scope".*scope="openid"/ } });
	expect(await g.sso('/userinfo', bearer(t.refresh_token)), { status: 401 });
});

test('revocation: an access token alone; with a refresh token all of its login; another login lives on', async () => {
	const other = await login(), first = await login({}, { client: plain });
	const again = async (t) => g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: t }, client: plain });
	expect(await revoke(first.access_token, { client: plain }), { status: 200, body: '' });
	expect(await g.mgmt('', { auth: `Bearer ${first.access_token}` }), { status: 401 });
	const second = expect(await again(first.refresh_token), { status: 200 }).json;
	expect(await g.mgmt('', { auth: `Bearer ${second.access_token}` }), { status: 200 });
	expect(await revoke(first.refresh_token, { client: plain, fields: { token_type_hint: 'access_token' } }), { status: 200, body: '' });
	expect(await again(first.refresh_token), { status: 401 });
	expect(await g.mgmt('', { auth: `Bearer ${second.access_token}` }), { status: 401 });
	expect(await g.mgmt('', { auth: `Bearer ${other.access_token}` }), { status: 200 });
	const opaque = await login({ token_format: 'opaque' }, { client: plain });
	expect(await revoke(opaque.refresh_token, { client: plain }), { status: 200 });
	expect(await introspect(opaque.access_token), { body: '{"active":false}' });
});

test('revocation: not another client\'s', async () => {
	const t = await login();
	for (const token of [t.access_token, t.refresh_token])
		expect(await revoke(token, { client: plain }), { status: 400, body: refusal('invalid_grant', 'The token was issued to another client') });
	expect(await g.mgmt('', { auth: `Bearer ${t.access_token}` }), { status: 200 });
});
