// SPDX-License-Identifier: Apache-2.0
// POST /oauth/token of the OAuth2 service: its answers to the byte, its refusals, lock-out, and what its
// tokens open.
// Invariant: a client, a user and a password that are wrong are one answer.
// Source: the service's document; oauth2-service reference, section 1.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import test from 'node:test';
import { basic, expect, gateway, sleep } from './gateway.mjs';

const g = await gateway({ set: { 'sso.lockout_period': 2 } });
const JSON_TYPE = 'application/json;charset=UTF-8';
const SCOPE = ['scim.me', 'openid', 'password.write', 'approvals.me', 'oauth.approvals'];
const CLAIMS = ['jti', 'sub', 'scope', 'client_id', 'cid', 'azp', 'grant_type', 'user_id', 'origin', 'user_name', 'email', 'auth_time', 'al',
	'rev_sig', 'iat', 'exp', 'iss', 'zid', 'aud'];
const REFRESH_CLAIMS = ['jti', 'sub', 'scope', 'iat', 'exp', 'cid', 'client_id', 'iss', 'zid', 'grant_type', 'user_name', 'origin', 'user_id',
	'al', 'rev_sig', 'aud'];
const part = (jwt, i) => Buffer.from(jwt.split('.')[i], 'base64url').toString();
const claims = (jwt) => JSON.parse(part(jwt, 1));
const refusal = (error, text) => JSON.stringify({ error, error_description: text });
const BAD = refusal('unauthorized', 'Bad credentials');

test("the document's answer: keys, claims and their order", async () => {
	const r = expect(await g.login(), { status: 200, headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', pragma: 'no-cache' } });
	assert.deepEqual(Object.keys(r.json), ['access_token', 'token_type', 'refresh_token', 'expires_in', 'scope', 'jti']);
	assert.equal(r.json.token_type, 'bearer');
	assert.equal(r.json.expires_in, 1799);
	assert.equal(r.json.scope, SCOPE.join(' '));
	assert.equal(r.text, JSON.stringify(r.json));               // compact
	const a = claims(r.json.access_token), f = claims(r.json.refresh_token);
	assert.equal(part(r.json.access_token, 0), '{"alg":"RS256"}');
	assert.equal(part(r.json.refresh_token, 0), '{"alg":"RS256"}');
	assert.equal(part(r.json.access_token, 1), JSON.stringify(a));
	assert.deepEqual(Object.keys(a), CLAIMS);
	assert.deepEqual(Object.keys(f), REFRESH_CLAIMS);
	assert.deepEqual(a.aud, ['edgecli', 'scim', 'openid', 'password', 'approvals', 'oauth']);
	assert.deepEqual(a.scope, SCOPE);
	assert.equal(a.exp - a.iat, 1800);
	assert.equal(f.exp - f.iat, 84600);
	assert.equal(f.jti.slice(-2), '-r');
	assert.deepEqual([a.client_id, a.cid, a.azp, a.grant_type, a.origin, a.user_name, a.email, a.zid, a.al, a.iss],
		['edgecli', 'edgecli', 'edgecli', 'password', 'usergrid', g.user, g.user, 'uaa', 2, `http://127.0.0.1:${g.ports.sso}/oauth/token`]);
	assert.equal(a.jti, r.json.jti);
	assert.match(a.rev_sig, /^[0-9a-f]{1,8}$/);
});

test('the signature, with the key of /token_key', async () => {
	const { access_token: jwt } = (await g.login()).json, key = (await g.sso('/token_key')).json;
	const [head, body, signature] = jwt.split('.');
	for (const k of [createPublicKey(key.value), createPublicKey({ key, format: 'jwk' })])
		assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), k, Buffer.from(signature, 'base64url')));
	assert.deepEqual(Object.keys(key), ['kty', 'e', 'use', 'kid', 'alg', 'value', 'n']);
	const keys = await g.sso('/token_keys');
	assert.ok(keys.json.keys.some((k) => k.kid === key.kid) && keys.json.keys.some((k) => k.alg === 'ES256'));
	expect(await g.sso('/token_keys', { headers: { 'If-None-Match': keys.headers.etag } }), { status: 304 });
});

const accepted = [
	['mfa_token empty in the query', {}, { path: '/oauth/token?mfa_token=' }],
	['mfa_token that nobody asked for', { mfa_token: '424242' }],
	['the client in the form', { client_id: 'edgecli', client_secret: 'edgeclisecret' }, { client: null }],
	['the user in other letters', { username: ' Admin@ACME.example ' }],
	['a narrower scope', { scope: 'openid scim.me' }, {}, 'scim.me openid'],
];
for (const [what, fields, { path = '/oauth/token', ...o } = {}, scope = SCOPE.join(' ')] of accepted) {
	test(`accepted: ${what}`, async () => {
		const form = { grant_type: 'password', username: g.user, password: g.pass, ...fields };
		assert.equal(expect(await g.sso(path, { form, ...o }), { status: 200 }).json.scope, scope);
	});
}

const refused = [
	['a wrong secret', {}, { client: 'edgecli:x' }, 401, BAD],
	['an unknown client', {}, { client: 'nobody:edgeclisecret' }, 401, BAD],
	['Basic that is none', {}, { client: null, headers: { Authorization: 'Basic !' } }, 401, BAD],
	['no client', {}, { client: null }, 401, refusal('unauthorized', 'Full authentication is required to access this resource')],
	['an unknown user', { username: 'nobody@acme.example' }, {}, 401, BAD],
	['an empty password', { password: '' }, {}, 401, BAD],
	['no password', { password: undefined }, {}, 401, refusal('unauthorized', 'No password supplied')],
	['an empty passcode', { passcode: '' }, {}, 401, refusal('unauthorized', 'Passcode information is missing.')],
	['a wrong passcode', { passcode: 'abcdef' }, {}, 401, refusal('unauthorized', 'Invalid passcode')],
	['no grant_type', { grant_type: undefined }, {}, 400, refusal('invalid_request', 'Missing grant type')],
	['an unknown grant', { grant_type: 'x' }, {}, 400, refusal('unsupported_grant_type', 'Unsupported grant type')],
	['implicit', { grant_type: 'implicit' }, {}, 400, refusal('invalid_grant', 'Implicit grant type not supported from token endpoint')],
	['a grant that is not the client\'s', { grant_type: 'client_credentials' }, {}, 401, refusal('invalid_client', 'Unauthorized grant type')],
	['another client_id', { client_id: 'other' }, {}, 401, refusal('invalid_client', 'Given client ID does not match authenticated client')],
	['an unknown scope', { scope: 'uaa.admin' }, {}, 400,
		refusal('invalid_scope', 'uaa.admin is invalid. Please use a valid scope name in the request')],
	['no refresh token', { grant_type: 'refresh_token' }, {}, 400, refusal('invalid_request', 'refresh_token parameter not provided')],
	['a refresh token that is none', { grant_type: 'refresh_token', refresh_token: 'a.b.c' }, {}, 401,
		refusal('invalid_token', 'Could not verify token signature.')],
	['an opaque one that is none', { grant_type: 'refresh_token', refresh_token: 'abc-r' }, {}, 401,
		refusal('invalid_token', 'The token expired, was revoked, or the token ID is incorrect.')],
	['a parameter in the query', {}, { path: '/oauth/token?grant_type=password' }, 406,
		refusal('query_string_not_allowed', 'Parameters must be passed in the body of the request')],
	['a parameter twice', {}, { body: 'grant_type=password&grant_type=password' }, 400,
		refusal('invalid_request', 'The parameter grant_type is given more than once')],
	['another type', {}, { headers: { 'Content-Type': 'application/json' } }, 415,
		refusal('invalid_request', 'The body must be application/x-www-form-urlencoded')],
];
for (const [what, fields, { path = '/oauth/token', headers = {}, ...o }, status, body] of refused) {
	test(`refused: ${what}`, async () => {
		const form = JSON.parse(JSON.stringify({ grant_type: 'password', username: g.user, password: g.pass, ...fields }));
		expect(await g.sso(path, { form, headers, ...o }), { status, body, headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' } });
	});
}

test('refresh: the same token again, narrower, never wider; not an access token, not for an access token', async () => {
	const first = (await g.login()).json;
	const again = (f, o) => g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: first.refresh_token, ...f }, ...o });
	const r = expect(await again(), { status: 200 }).json;
	assert.equal(r.refresh_token, first.refresh_token);
	assert.notEqual(r.jti, first.jti);
	assert.equal(claims(r.access_token).auth_time, claims(first.access_token).auth_time);
	assert.equal(claims(r.access_token).grant_type, 'password');
	assert.equal((await again({ scope: 'openid' })).json.scope, 'openid');
	expect(await again({ scope: 'uaa.admin' }), { status: 400, body: refusal('invalid_scope', 'Unable to narrow the scope of the client authentication to [uaa.admin].') });
	expect(await again({ refresh_token: first.access_token }), { status: 401, body: refusal('invalid_token', 'Invalid refresh token.') });
	expect(await g.mgmt('', { auth: `Bearer ${first.refresh_token}` }), { status: 401 });
});

test('opaque tokens: presented, never kept as they are', async () => {
	const r = expect(await g.login({ token_format: 'opaque' }), { status: 200 }).json;
	assert.equal(r.access_token, r.jti);
	assert.match(r.refresh_token, /^[0-9a-f-]{36}-r$/);
	expect(await g.mgmt('', { auth: `Bearer ${r.access_token}` }), { status: 200 });
	expect(await g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: r.refresh_token } }), { status: 200 });
});

test('the management API takes the token as it takes the password', async () => {
	const { access_token: t } = (await g.login()).json;
	expect(await g.mgmt('/apis', { auth: `Bearer ${t}` }), { status: 200 });
	expect(await g.mgmt('/developers', { auth: `Bearer ${t}`, body: { email: 'b@x', userName: 'b', firstName: 'B', lastName: 'X' } }), { status: 201 });
	const other = t.at(-9) === 'A' ? 'B' : 'A';
	for (const bad of [`${t}x`, t.slice(0, -9) + other + t.slice(-8), 'x', ''])
		expect(await g.mgmt('/apis', { auth: `Bearer ${bad}` }), { status: 401 });
});

test('five wrong passwords lock an account for a while, whether it is there or not', async () => {
	for (const username of [g.user, 'nobody-at-all@acme.example']) {
		for (let i = 0; i < 5; i++)
			expect(await g.login({ username, password: 'wrong' }), { status: 401, body: BAD });
		expect(await g.login({ username }), { status: 401,
			body: refusal('unauthorized', 'Your account has been locked because of too many failed attempts to login.') });
	}
	expect(await g.mgmt('', { auth: basic(g.user, g.pass) }), { status: 401 });
	await sleep(2100);
	expect(await g.login(), { status: 200 });
	expect(await g.mgmt('', { auth: basic(g.user, g.pass) }), { status: 200 });
});

test('what get_token looks for', async () => {
	const login = await g.sso('/login', { headers: { Accept: 'application/json' } }), version = await g.sso('/version');
	assert.match(login.text, /"prompts":\{"username":\["text","Email"\],"password":\["password","Password"\]\},"timestamp":"[^"]*"\}$/);
	assert.match(version.text, /"cliVersion":"2\.3\.0"/);
	expect(await g.sso('/healthz'), { status: 200, body: 'ok\n' });
	expect(await g.sso('/oauth/token', { method: 'DELETE' }), { status: 405, headers: { allow: 'POST' } });
	expect(await g.sso('/nothing'), { status: 404 });
});
