// SPDX-License-Identifier: Apache-2.0
// /mfa-providers: kept and shown; the active one names the account in the QR code and makes everybody set a code up.
// Invariant: while one is active, nothing opens with a password alone, save for machine users.
// Source: oauth2-service reference, 1.12 (5b), 3.9.
import assert from 'node:assert/strict';
import test from 'node:test';
import { basic, expect, gateway } from './gateway.mjs';
import { refusal } from './sso.mjs';
import { Visitor, totp } from './visitor.mjs';

const g = await gateway();
const admin = await g.ssoAdmin(), PASS = 'a good pass word';
const call = (path = '', o) => g.ssoCall(`/mfa-providers${path}`, { token: admin, ...o });
const TYPE = 'google-authenticator', one = (o) => ({ name: 'Phone app', type: TYPE, ...o });
const make = async (o) => expect(await call('', { body: one(o) }), { status: 201 }).json;
const set = async (p, o) => expect(await call(`/${p.id}`, { method: 'PUT', body: { ...p, ...o } }), { status: 200 }).json;
const user = async (name, o) => expect(await g.ssoCall('/Users', { token: admin, body: { userName: name, emails: [{ value: name }], password: PASS, ...o } }), { status: 201 }).json;
const secretOf = (text) => /aria-label="Key">([A-Z2-7]{32})</.exec(text)[1];

test('made, seen, changed, deleted', async () => {
	expect(await call(), { status: 200, json: [] });
	const p = await make({ config: { issuer: 'Acme & Söhne', providerDescription: 'Any app will do' } });
	assert.deepEqual(Object.keys(p), ['id', 'name', 'type', 'active', 'config', 'identityZoneId', 'created', 'last_modified']);
	assert.deepEqual([p.name, p.type, p.active, p.config, p.identityZoneId], ['Phone app', TYPE, false, { issuer: 'Acme & Söhne', providerDescription: 'Any app will do' }, 'uaa']);
	const other = await make({ name: 'another' });
	assert.deepEqual(other.config, { issuer: 'gatehouse' });
	expect(await call(`/${p.id}`), { status: 200, json: p });
	assert.deepEqual((await call()).json.map((x) => x.name), ['Phone app', 'another']);
	const now = await set(p, { name: 'renamed', config: { issuer: 'B' } });
	assert.deepEqual([now.id, now.name, now.config, now.created], [p.id, 'renamed', { issuer: 'B' }, p.created]);
	assert.ok((await set(p, { active: true })).active && (await set(other, { active: true })).active);
	assert.deepEqual((await call()).json.map((x) => [x.name, x.active]), [['Phone app', false], ['another', true]]);   // one at a time
	const IN_USE = 'MFA provider is currently active on zone: uaa. Please deactivate it or activate another MFA provider';
	expect(await call(`/${other.id}`, { method: 'DELETE' }), { status: 422, json: { error: 'invalid_mfa_provider', message: IN_USE, error_description: IN_USE } });
	await set(other, { active: false });
	expect(await call(`/${other.id}`, { method: 'DELETE' }), { status: 200 });
	expect(await call(`/${p.id}`, { method: 'DELETE' }), { status: 200 });
	expect(await call(), { status: 200, json: [] });
});

test('refused', async () => {
	const p = await make({ name: 'taken' });
	const own = (await g.login()).json.access_token, own_ = [own, 403, 'insufficient_scope'], no = [admin, 422, 'invalid_mfa_provider'];
	const rows = [
		['', 'GET', undefined, null, 401, 'unauthorized'], ['', 'GET', undefined, ...own_], ['', 'POST', one(), ...own_], [`/${p.id}`, 'DELETE', undefined, ...own_],
		['', 'POST', one({ name: undefined }), ...no], ['', 'POST', one({ type: undefined }), ...no], ['', 'POST', one({ type: 'sms' }), ...no],
		['', 'POST', one({ name: '' }), ...no], ['', 'POST', one({ name: ' a' }), ...no], ['', 'POST', one({ name: 'a/b' }), ...no], ['', 'POST', one({ name: 'x'.repeat(256) }), ...no],
		['', 'POST', one({ name: 7 }), ...no], ['', 'POST', one({ config: 'x' }), ...no], ['', 'POST', one({ config: { issuer: '' } }), ...no],
		['', 'POST', one({ config: { issuer: 'a:b' } }), ...no], ['', 'POST', one({ config: { issuer: 'x'.repeat(65) } }), ...no], ['', 'POST', one({ config: { issuer: 'a\nb' } }), ...no],
		['', 'POST', one({ config: { providerDescription: 'x'.repeat(256) } }), ...no], ['', 'POST', one({ active: 'perhaps' }), ...no], ['', 'POST', [one()], ...no],
		...['algorithm', 'digits', 'duration'].map((k) => ['', 'POST', one({ config: { [k]: 'SHA256' } }), ...no, new RegExp(k)]),   // what would have no effect
		['', 'POST', one({ name: 'taken' }), admin, 409, 'mfa_provider_already_exists', /An MFA provider with that name exists: taken/],
		['/nobody', 'GET', undefined, admin, 404, 'mfa_provider_not_found', /MFA provider nobody does not exist/], ['/nobody', 'PUT', one(), admin, 404, 'mfa_provider_not_found'],
		['/nobody', 'DELETE', undefined, admin, 404, 'mfa_provider_not_found'], [`/${p.id}`, 'PUT', one({ type: 'x' }), ...no], [`/${p.id}`, 'POST', one(), admin, 405, 'method_not_allowed'],
	];
	for (const [path, method, body, token, status, error, text] of rows) {
		const r = expect(await call(path, { method, body, token }), { status, ...(text ? { body: text } : {}) }, `${method} ${path} ${JSON.stringify(body)}`);
		assert.equal(r.json.error, error);
	}
	assert.equal((await call()).json.length, 1);
	expect(await call(`/${p.id}`, { method: 'DELETE' }), { status: 200 });
});

test('nothing active: who wants a second factor has one, issued by gatehouse', async () => {
	await user('free@acme.example');
	const v = new Visitor(g);
	assert.equal((await v.login({ username: 'free@acme.example', password: PASS })).to, '/');
	assert.doesNotMatch((await v.get('/login/mfa/register')).text, /Everybody here has one/);
});

test('one is active: a login stops until a code is set up, and then goes on', async () => {
	const u = await user('due@acme.example'), machine = await user('machine@acme.example', { machine: true });
	expect(await g.mgmt('', { auth: basic(u.userName, PASS) }), { status: 403 });      // known, and without a role
	expect(await g.mgmt('', { auth: basic(machine.userName, PASS) }), { status: 403 });
	const p = await make({ active: true, config: { issuer: 'Acme Login', providerDescription: 'Ask the <desk>' } });
	const login = (o) => g.login({ username: u.userName, password: PASS, ...o });
	const REGISTER = refusal('invalid_request', 'User must register a multi-factor authentication token');
	for (const o of [{}, { mfa_token: '123456' }])
		expect(await login(o), { status: 400, body: REGISTER });
	expect(await login({ password: 'wrong' }), { status: 401 });
	expect(await g.mgmt('', { auth: basic(u.userName, PASS) }), { status: 401 });      // also when remembered
	expect(await g.mgmt('', { auth: basic(machine.userName, PASS) }), { status: 403 });
	expect(await g.login({ username: machine.userName, password: PASS }), { status: 200 });

	const v = new Visitor(g), w = new Visitor(g);
	assert.equal((await w.login({ username: u.userName, password: PASS })).to, '/login/mfa/register');
	const slow = await w.get('/login/mfa/register');
	assert.equal((await v.login({ username: u.userName, password: PASS, at: '/login?return_to=/passcode' })).to, '/login/mfa/register');
	assert.equal((await v.get('/')).to, '/login?return_to=%2F');                       // it opens nothing
	const page = await v.get('/login/mfa/register'), secret = secretOf(page.text);
	assert.match(page.text, /Everybody here has one[\s\S]*Ask the &lt;desk&gt;/);
	assert.notEqual(secretOf(slow.text), secret);                                      // another browser was offered another
	assert.equal((await v.submit(page, { code: '000000' })).status, 422);
	assert.equal((await v.submit(page, { code: totp(secret), 'X-Uaa-Csrf': 'x' })).to, '/login?error=invalid_login_request');
	assert.equal((await v.submit(page, { code: totp(secret) })).to, '/passcode');
	assert.equal((await v.get('/passcode')).status, 200);
	assert.equal((await w.submit(slow, { code: totp(secretOf(slow.text)) })).to, '/login');   // that was slower
	expect(await login(), { status: 401, body: refusal('unauthorized', 'Error: Invalid MFA code.') });
	expect(await login({ mfa_token: totp(secret, 1) }), { status: 200 });
	await set(p, { active: false });
	expect(await login(), { status: 401, body: refusal('unauthorized', 'Error: Invalid MFA code.') });   // their own wish stays
});

test('a password that must be changed comes before the second factor', async () => {
	const u = await user('both@acme.example'), v = new Visitor(g);
	const [p] = (await call()).json;
	await set(p, { active: true });
	expect(await g.ssoCall(`/Users/${u.id}/status`, { token: admin, method: 'PATCH', body: { passwordChangeRequired: true } }), { status: 200 });
	expect(await g.login({ username: u.userName, password: PASS }), { status: 401, body: refusal('unauthorized', 'password change required') });
	assert.equal((await v.login({ username: u.userName, password: PASS })).to, '/force_password_change');
	const fields = { new_password: 'another pass word', confirm_password: 'another pass word' };
	assert.equal((await v.submit(await v.get('/force_password_change'), fields)).to, '/login/mfa/register');
	const page = await v.get('/login/mfa/register');
	assert.equal((await v.submit(page, { code: totp(secretOf(page.text)) })).to, '/');
	assert.equal((await v.get('/')).status, 200);
});
