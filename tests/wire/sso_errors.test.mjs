// SPDX-License-Identifier: Apache-2.0
// What the token endpoint refuses beside tests/wire/sso_token.test.mjs, to the byte; that every row of errors.def has a
// test; that a name which nobody has costs and says what a wrong password does.
// Invariant: a row of errors.def that no test names is on the list below, with its reason.
// Source: oauth2-service reference, 1.12; OWASP authentication.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { basic, expect, gateway, root, sleep, wire } from './gateway.mjs';
import { postgresServer } from './postgres.mjs';
import { BAD, LOCKED, SECRET, client as addClient, claims, passwordHashes, refusal, seed } from './sso.mjs';

const PASSWORD = 'errors-Passw0rd', USER = 'errors@example.com';
const JSON_TYPE = 'application/json;charset=UTF-8';
const client = (client_id, more) => ['client', 'secret', { client_id, authorized_grant_types: ['password', 'refresh_token'], scope: ['openid', 'scim.me'], ...more }];
const g = await gateway({ set: { 'sso.lockout_period': 2 } });
await seed(g, [
	...[USER, 'unverified@example.com', 'change@example.com', 'gone@example.com', 'mgmt@example.com', 'factor@example.com'].map((u) => `user ${u} ${PASSWORD}`),
	`totp factor@example.com ${SECRET}`, 'flag unverified@example.com unverified', 'flag change@example.com must_change',
	client('elsewhere', { allowedproviders: ['ldap'] }), client('grouped', { required_user_groups: ['some.group'] }), client('scopeless', { scope: ['some.scope'] }),
	client('brief', { access_token_validity: 1, refresh_token_validity: 1 }), client('other'),
	client('desk', { authorized_grant_types: ['client_credentials'], scope: [], authorities: ['oauth.login', 'clients.secret'] }),
]);
const login = (o = {}, c) => g.login({ username: USER, password: PASSWORD, ...o }, { timeout: 200000, ...(c && { client: `${c}:secret` }) });
const refresh = (refresh_token, c) => g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token }, ...(c && { client: `${c}:secret` }) });

const refused = [
	['an account that is not verified', () => login({ username: 'unverified@example.com' }), 403, refusal('access_denied', 'Account not verified')],
	['the same, with a wrong password', () => login({ username: 'unverified@example.com', password: 'x' }), 401, BAD],
	['a password that must be changed', () => login({ username: 'change@example.com' }), 401, refusal('unauthorized', 'password change required')],
	['the same, with a wrong one', () => login({ username: 'change@example.com', password: 'x' }), 401, BAD],
	['a client for people from elsewhere', () => login({}, 'elsewhere'), 401, refusal('unauthorized_client', "Client is not authorized for specified user's identity provider.")],
	['a client for a group', () => login({}, 'grouped'), 400, refusal('invalid_scope', "User does not meet the client's required group criteria.")],
	['no scope that the person may have', () => login({}, 'scopeless'), 400,
		refusal('invalid_scope', '[some.scope] is invalid. This user is not allowed any of the requested scopes')],
	['a refresh token that has expired', async () => {
		const { refresh_token } = (await login({}, 'brief')).json;
		await sleep(2100);
		return refresh(refresh_token, 'brief');
	}, 401, /^\{"error":"invalid_token","error_description":"Invalid refresh token expired at \w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}"\}$/],
	["another client's refresh token", async () => refresh((await login()).json.refresh_token, 'other'), 400, refusal('invalid_grant', 'Wrong client for this refresh token: edgecli')],
	['a refresh token that was revoked', async () => {
		const t = (await login()).json, { jti } = claims(t.refresh_token);
		expect(await g.sso(`/oauth/token/revoke/${jti}`, { method: 'DELETE', headers: { Authorization: `Bearer ${t.access_token}` } }), { status: 200 });
		return refresh(t.refresh_token);
	}, 401, /^\{"error":"invalid_token","error_description":"The token has been revoked: [0-9a-f-]{36}-r"\}$/],
	['a token that is none', () => g.sso('/oauth/token/list', { headers: { Authorization: 'Bearer x' } }), 401,
		refusal('invalid_token', 'The token expired, was revoked, or is none of this service')],
	['a token without the scope', async () => g.sso('/oauth/clients', { headers: { Authorization: `Bearer ${(await login()).json.access_token}` } }), 403,
		refusal('insufficient_scope', 'Insufficient scope for this resource')],
	['a token in two ways', async () => {
		const { access_token } = (await login()).json;
		return g.sso('/userinfo', { form: { access_token }, client: null, headers: { Authorization: `Bearer ${access_token}` } });
	}, 400, refusal('invalid_request', 'The token is given in more than one way')],
	['a form where JSON belongs', async () => g.sso('/oauth/clients', { form: { a: 'b' }, client: null, headers: { Authorization: `Bearer ${await g.ssoAdmin()}` } }), 415,
		refusal('invalid_request', 'The body must be application/json')],
	['JSON that is none', async () => g.sso('/oauth/clients', { body: '{', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${await g.ssoAdmin()}` } }), 400,
		/^\{"error":"invalid_request","error_description":"The body is not the JSON that belongs here: [^"]+"\}$/],
	['an expired token, asked about', async () => {
		const { access_token } = (await login({}, 'brief')).json;
		await sleep(2100);
		return g.sso('/check_token', { form: { token: access_token }, client: `ssoadmin:${g.secret}` });
	}, 400, refusal('invalid_token', 'Token has expired')],
	['a change code for nobody', async () => g.sso('/password_resets', { method: 'POST', body: 'nobody-here@example.com', headers: { Authorization: `Bearer ${await g.ssoAdmin('', 'desk:secret')}` } }),
		404, refusal('not_found', 'There is no such user')],
	["another client's secret", async () => g.ssoCall('/oauth/clients/other/secret', { method: 'PUT', token: await g.ssoAdmin('', 'desk:secret'), body: { oldSecret: 'secret', secret: 'new' } }), 400,
		refusal('invalid_client', "Bad request. Not permitted to change another client's secret")],
	['a verb that is not of the place', () => g.sso('/oauth/token', { method: 'DELETE' }), 405, refusal('method_not_allowed', "Request method 'DELETE' not supported")],
	['a place that is not there', () => g.sso('/no/such/place'), 404, refusal('not_found', 'There is nothing at /no/such/place')],
];
for (const [what, call, status, body] of refused)
	test(`refused: ${what}`, async () => { expect(await call(), { status, body, headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store' } }); });

test('refused: a body that is too large', async () => {
	const r = await wire(g.ports.sso, `POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${1 << 21}\r\n\r\ngrant_type=`);
	assert.equal(r.status, 413);
	assert.ok(r.text.endsWith(refusal('invalid_request', 'The body is too large')), r.text);
});

test('refused: a body that ends early', async () => {
	const r = await wire(g.ports.sso, 'POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\ngrant_type=', { end: true });
	assert.ok(!r.status || r.text.endsWith(refusal('invalid_request', 'The body did not arrive whole')), r.text);
});

test('a wrong name runs as many hashes as a wrong password, and says the same; a locked one runs none', async () => {
	const cost = async (call, want) => {
		const before = await passwordHashes(g);
		expect(await call(), { status: 401, body: want });
		return await passwordHashes(g) - before;
	};
	await passwordHashes(g);                                              // the credentials of this question are remembered from now on
	const names = [USER, 'nobody-here@example.com', 'unverified@example.com', 'not a name at all', 'x'.repeat(300)];
	for (const username of names)
		assert.equal(await cost(() => login({ username, password: 'wrong' }), BAD), 1, username);
	for (const username of [USER, 'nobody-here@example.com']) {
		for (let i = 0; i < 4; i++)
			assert.equal(await cost(() => login({ username, password: 'wrong' }), BAD), 1);
		assert.equal(await cost(() => login({ username, password: PASSWORD }), LOCKED), 0);
	}
	await sleep(2100);
	expect(await login(), { status: 200 });
});

test('the same by HTTP Basic of the management API; a pair that was good is remembered', async () => {
	const cost = async (user, pass, status) => {
		const before = await passwordHashes(g);
		const r = expect(await g.mgmt('', { auth: basic(user, pass) }), { status });
		return { hashes: await passwordHashes(g) - before, text: r.text, headers: { ...r.headers, date: '' } };
	};
	const wrong = await cost('mgmt@example.com', 'wrong', 401);
	assert.equal(wrong.hashes, 1);
	for (const name of ['nobody-mgmt@example.com', 'not a name at all', 'x'.repeat(300), ''])
		assert.deepEqual(await cost(name, 'wrong', 401), wrong, name);
	assert.deepEqual(await cost('factor@example.com', 'wrong', 401), wrong, 'who has a second factor');
	assert.deepEqual([(await cost(g.user, g.pass, 200)).hashes, (await cost(g.user, g.pass, 200)).hashes], [0, 0]);
	assert.equal((await cost(g.user, 'wrong', 401)).hashes, 1);
});

test('more logins at once than the queue holds: 503 with Retry-After, and then it goes on', async () => {
	const all = await Promise.all(Array.from({ length: 330 }, (_, i) => login({ username: `crowd${i}@example.com` })));
	const busy = all.filter((r) => r.status === 503);
	assert.ok(busy.length > 0 && busy.length < 100, `${busy.length} of ${all.length} were sent away`);
	for (const r of all)
		expect(r, r.status === 503 ? { headers: { 'retry-after': '1' }, body: refusal('temporarily_unavailable', 'Too many logins at once. Try again soon.') } : { status: 401, body: BAD });
	expect(await login(), { status: 200 });
});

test('the store is away: 503 with Retry-After', async () => {
	const db = await postgresServer(), far = await gateway({ set: { store: db.url } });
	expect(await far.login(), { status: 200 });
	await db.stop();
	expect(await far.login(), { status: 503, headers: { 'retry-after': '1' }, body: refusal('temporarily_unavailable', 'The service cannot reach its store. Try again soon.') });
	await far.kill9();
});

test('a device that comes too late; more users than are sorted', async () => {
	const db = await postgresServer(), far = await gateway({ set: { store: db.url } }), grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
	await addClient(far, 'tv', { scope: ['openid'], authorized_grant_types: [grant_type], allowpublic: true });
	const { device_code } = expect(await far.sso('/oauth/device_authorization', { client: null, form: { client_id: 'tv' } }), { status: 200 }).json;
	const poll = () => far.sso('/oauth/token', { client: null, form: { grant_type, client_id: 'tv', device_code } });
	expect(await poll(), { status: 400, body: /authorization_pending/ });
	db.sql("UPDATE one_time_code SET doc = regexp_replace(doc, '\"ends_at\":\\d+', '\"ends_at\":1') WHERE purpose = 'device'");
	expect(await poll(), { status: 400, body: refusal('expired_token', 'The device code has expired') });

	db.sql("INSERT INTO user_account (zone, origin, name, id, email, first_name, last_name, active, created_at_ms, last_modified_at_ms) SELECT zone, origin, 'many' || n, id || n, '', '', '', 1, 0, 0 FROM user_account, generate_series(1, 20001) n");
	const users = async (query) => far.ssoCall(`/Users?${query}`, { token: await far.ssoAdmin() });
	expect(await users('sortBy=userName'), { status: 400, body: /"Too many to look through; narrow the filter"/ });
	expect(await users('sortBy=userName&filter=userName+eq+%22many7%22'), { status: 200, body: /"totalResults":1,/ });
	await far.stop();
});

// Rows whose text no test names: those that tests know by their code, and others, with the reason.
const BY_CODE = ['CODE_MISSING', 'CODE_WRONG', 'REDIRECT_MISMATCH', 'CODE_CLIENT', 'VERIFIER_WRONG', 'VERIFIER_MISSING', 'VERIFIER_NEEDLESS', 'VERIFIER_SHAPE',
	'REQUEST_OBJECT', 'REQUEST_URI', 'REQUEST_GONE', 'CHALLENGE_SHAPE', 'PROMPT', 'MAX_AGE', 'LOGIN_REQUIRED', 'INTERACTION', 'CHANGE_CODE',
	'SCIM_INVALID', 'SCIM_FILTER', 'SCIM_SORT', 'SCIM_IF_MATCH', 'SCIM_USER_EXISTS', 'SCIM_SELF', 'SCIM_GROUP_EXISTS', 'SCIM_MEMBER_EXISTS',
	'SCIM_MEMBER_UNKNOWN', 'PASSWORD_POLICY', 'PASSWORD_INVALID', 'NEW_PASSWORD', 'CLIENT_INVALID'];
const UNREACHED = {
	USER_GONE: 'the end of a user takes the tokens along: REFRESH_UNKNOWN is said first',
	SCIM_VERSION: 'known by its status, 412', UNEXPECTED: 'nothing that a test could do leads there',
};
test('every row of errors.def is named by a test, or on a list', () => {
	const def = readFileSync(join(root, 'src/sso/errors.def'), 'utf8'), dir = join(root, 'tests/wire');
	const texts = readdirSync(dir).filter((f) => /^sso.*\.mjs$/.test(f)).map((f) => readFileSync(join(dir, f), 'utf8').replaceAll("\\'", "'").replaceAll('\\.', '.')).join('\n');
	const rows = [...def.matchAll(/^ERROR\((\w+), \d+, "(\w+)",\s*"([^"]*)"\)/gm)];
	const named = (name, code, text) => BY_CODE.includes(name) ? texts.includes(code) : name in UNREACHED || text.split('%.*s').every((part) => texts.includes(part));
	assert.ok(rows.length > 50 && rows.length === [...def.matchAll(/^ERROR\(/gm)].length);
	assert.deepEqual(rows.filter(([, ...row]) => !named(...row)).map(([, name]) => name), []);
	for (const name of [...BY_CODE, ...Object.keys(UNREACHED)])
		assert.ok(rows.some(([, n]) => n === name), `${name} is no row any more`);
});
