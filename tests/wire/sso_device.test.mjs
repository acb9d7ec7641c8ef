// SPDX-License-Identifier: Apache-2.0
// The device grant: its codes, the page for the short one, what a device is told while it waits, guesses.
// Invariant: a device gets tokens once, and only after somebody who was logged in has said so.
// Source: RFC 8628.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway, slack, sleep } from './gateway.mjs';
import { claims, client, refusal } from './sso.mjs';
import { Visitor, forms } from './visitor.mjs';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const g = await gateway();
const members = { scope: ['openid', 'email', 'scim.me'], redirect_uri: ['https://tv.example/cb'] };
await client(g, 'tv', { ...members, authorized_grant_types: [DEVICE, 'refresh_token', 'authorization_code'], allowpublic: true, name: 'The <TV>' });
const box = await client(g, 'box', { ...members, client_secret: 'box-secret', authorized_grant_types: [DEVICE, 'authorization_code'] });
await client(g, 'none', { ...members, authorized_grant_types: ['authorization_code'], allowpublic: true });

const begin = (fields = {}, o = { client: null }) => g.sso('/oauth/device_authorization', { form: { client_id: 'tv', scope: 'openid email', ...fields }, ...o });
const poll = (d, fields = {}, o = {}) => g.sso('/oauth/token', { client: null, form: { grant_type: DEVICE, client_id: 'tv', device_code: d.device_code, ...fields }, ...o });
const PENDING = { status: 400, body: refusal('authorization_pending', 'The user has not decided yet') };
const SLOW = { status: 400, body: refusal('slow_down', 'Too soon: wait five seconds longer from now on') };
const WRONG = { status: 400, body: refusal('invalid_grant', 'Invalid device code') };
const user = new Visitor(g);
await user.login();
const last = (page) => forms(page.text).find((f) => f.action === '/device');
const post = (fields, who = user) => who.call('/device', { fields });
const type = async (user_code, who = user) => post({ ...last(await who.get('/device')).fields, user_code }, who);
const decide = (page, value, scopes = ['openid', 'email']) =>
	post({ ...last(page).fields, user_oauth_approval: value, ...Object.fromEntries(scopes.map((s, i) => [`scope.${i}`, s])) });

test('a scope of 50,000 words is refused, in no time and in little memory', async () => {
	const before = g.memory().peak, from = Date.now();
	expect(await begin({ scope: Array.from({ length: 50000 }, (_, i) => i.toString(36)).join(' ') }), { status: 400, body: /invalid_scope/ });
	assert.ok(Date.now() - from < 3000 * slack);
	assert.ok(g.memory().peak - before < 64 * 1024 * slack);
});

test('codes, a page, tokens once', async () => {
	const r = expect(await begin(), { status: 200, headers: { 'cache-control': 'no-store' } }), d = r.json;
	assert.deepEqual(Object.keys(d), ['device_code', 'user_code', 'verification_uri', 'verification_uri_complete', 'expires_in', 'interval']);
	assert.match(d.user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
	assert.deepEqual([d.verification_uri, d.verification_uri_complete, d.expires_in, d.interval],
		[`http://127.0.0.1:${g.ports.sso}/device`, `http://127.0.0.1:${g.ports.sso}/device?user_code=${d.user_code}`, 600, 5]);
	expect(await poll(d), PENDING);
	expect(await poll(d), SLOW);
	const nobody = await new Visitor(g).get(`/device?user_code=${d.user_code}`);
	assert.equal(nobody.to, `/login?return_to=${encodeURIComponent(`/device?user_code=${d.user_code}`)}`);
	assert.ok((await user.get(`/device?user_code=${d.user_code}`)).text.includes(`value="${d.user_code}"`));
	const page = expect(await type(d.user_code.toLowerCase().replace('-', ' ')), { status: 200 });
	assert.ok(page.text.includes('The &lt;TV&gt;'));
	expect(await decide(page, 'true', ['openid']), { status: 200, body: /The device is connected/ });
	const all = await Promise.all(Array.from({ length: 16 }, () => poll(d))), won = all.filter((x) => x.status === 200);
	assert.equal(won.length, 1);
	for (const x of all)
		if (x !== won[0])
			expect(x, WRONG);
	const t = won[0].json, a = claims(t.access_token);
	assert.deepEqual([t.scope, a.grant_type, a.user_name, claims(t.id_token).azp], ['openid', DEVICE, g.user, 'tv']);
	expect(await poll(d), WRONG);
	expect(await decide(page, 'true'), { status: 400, body: /wrong, was used, or is too old/ });
	expect(await g.sso('/oauth/token', { client: null, form: { grant_type: 'refresh_token', client_id: 'tv', refresh_token: t.refresh_token } }), { status: 200 });
});

test('edgecli, for get_tokens that ask so', async () => {
	const d = expect(await begin({ client_id: 'edgecli', scope: '' }, {}), { status: 200 }).json;
	const page = expect(await type(d.user_code), { status: 200 });
	expect(await decide(page, 'true', ['openid', 'password.write']), { status: 200, body: /The device is connected/ });
	const t = expect(await poll(d, { client_id: 'edgecli' }, { client: undefined }), { status: 200 }).json;
	assert.deepEqual([t.scope, t.expires_in, claims(t.access_token).user_name], ['openid password.write', 1799, g.user]);
	expect(await g.mgmt('', { auth: `Bearer ${t.access_token}` }), { status: 200 });
});

test('refused, or nothing ticked', async () => {
	for (const [value, scopes] of [['false', ['openid']], ['true', []]]) {
		const d = (await begin()).json;
		expect(await decide(await type(d.user_code), value, scopes), { status: 200, body: /The device was refused/ });
		expect(await poll(d), { status: 400, body: refusal('access_denied', 'User denied access') });
	}
});

test('who slows down is served; who does not waits longer', async () => {
	const d = (await begin()).json;
	expect(await poll(d), PENDING);
	await sleep(5100);
	expect(await poll(d), PENDING);
	expect(await poll(d), SLOW);
	await sleep(5100);
	expect(await poll(d), SLOW);
});

const refused = [
	['an unknown client', () => begin({ client_id: 'nobody' }), 401, refusal('unauthorized', 'Bad credentials')],
	['no client', () => begin({ client_id: '' }), 401, /Bad credentials/],
	['a wrong secret', () => begin({ client_id: 'box' }, { client: 'box:x' }), 401, refusal('unauthorized', 'Bad credentials')],
	['a secret left out', () => begin({ client_id: 'box' }), 401, refusal('unauthorized', 'Bad credentials')],
	['a client without the grant', () => begin({ client_id: 'none' }), 400, refusal('unauthorized_client', 'The client may not use this grant')],
	['an unknown scope', () => begin({ scope: 'uaa.admin' }), 400, /^\{"error":"invalid_scope"/],
	['no device code', () => poll({ device_code: '' }), 400, refusal('invalid_request', 'A device code must be supplied.')],
	['a wrong device code', () => poll({ device_code: 'x' }), 400, WRONG.body],
	['another client', async () => poll((await begin()).json, { client_id: 'box' }, { client: box }), 400, WRONG.body],
];
for (const [what, call, status, body] of refused)
	test(`refused: ${what}`, async () => expect(await call(), { status, body }));

test('the page: no form of ours, no session', async () => {
	const d = (await begin()).json, page = await type(d.user_code);
	const bad = await post({ ...last(page).fields, 'X-Uaa-Csrf': 'x'.repeat(22), user_oauth_approval: 'true', 'scope.0': 'openid' });
	assert.notEqual(bad.status, 200);
	expect(await post({ ...last(page).fields, user_oauth_approval: 'true', 'scope.0': 'openid' }, new Visitor(g)), { status: [303, 401] });
	expect(await poll(d), PENDING);
});

test('guesses are stopped', async () => {
	for (let i = 0; i < 10; i++)
		expect(await type('BBBB-BBBB'), { status: 400 });
	const d = (await begin()).json;
	expect(await type(d.user_code), { status: 400, body: /Too many wrong codes/ });
});
