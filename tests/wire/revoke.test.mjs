// SPDX-License-Identifier: Apache-2.0
// Revocation: a token, a key, an app, a developer, a product of a key, stopped by one management call.
// Invariant: the very next call after the answer sees it.
// Source: "default OAuth 2.0 configuration" (why client credentials); reference 1.5, 5.4, 5.9.
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, fault, gateway, origin } from './gateway.mjs';

const g = await gateway();
const o = await origin();
const KEY = '<VerifyAPIKey><APIKey ref="request.queryparam.apikey"/></VerifyAPIKey>';
const REVOKED = { status: 401, body: fault('keymanagement.service.access_token_not_approved', 'Access Token not approved') };
const POST = { method: 'POST', type: 'application/octet-stream' };
await g.proxy('bykey', { target: o.url, pre: { request: ['k'] }, policies: { k: KEY } });
await g.proxy('bytoken', { target: o.url, pre: { request: ['v'] }, policies: { v: '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>' } });

const withToken = (token) => g.call('/bytoken', { token });
const withKey = (key) => g.call(`/bykey?apikey=${key}`);

test('one token revoked: the next call is refused, the key still gets another', async () => {
	const first = await g.token(), other = await g.token();
	expect(await g.call('/weather/json', { token: first }), { status: 200 });
	expect(await g.revoke(first), { status: [200, 204] });
	expect(await g.call('/weather/json', { token: first }), REVOKED);
	expect(await g.call('/weather/json', { token: other }), { status: 200 });
	expect(await g.call('/weather/json', { token: await g.token() }), { status: 200 });
});

test('approve brings a revoked token back', async () => {
	const token = await g.token();
	await g.revoke(token);
	expect(await g.call('/weather/json', { token }), REVOKED);
	expect(await g.mgmt(`/oauth2/accesstokens/${token}?action=approve`, POST), { status: [200, 204] });
	expect(await g.call('/weather/json', { token }), { status: 200 });
});

test('GET of a token tells its state', async () => {
	const token = await g.token();
	const one = (await g.must(`/oauth2/accesstokens/${token}`)).json;
	assert.equal(one.client_id, demo.key);
	assert.equal(one.status, 'approved');
	await g.revoke(token);
	assert.equal((await g.must(`/oauth2/accesstokens/${token}`)).json.status, 'revoked');
});

for (const [what, path, o2, status] of [
	['GET', '', {}, 404], ['revoke', '?action=revoke', POST, 404], ['approve', '?action=approve', POST, 404], ['unknown action', '?action=burn', POST, [400, 404]],
]) {
	test(`an unknown token: ${what}`, async () => {
		const r = expect(await g.mgmt(`/oauth2/accesstokens/nonsense${path}`, o2), { status });
		assert.deepEqual(Object.keys(r.json).sort(), ['code', 'contexts', 'message']);
	});
}

test('a hundred times: the call after the answer never passes', async () => {
	for (let i = 0; i < 100; i++) {
		const token = await g.token();
		expect(await g.call('/weather/json', { token }), { status: 200 }, `round ${i}`);
		await g.revoke(token);
		expect(await g.call('/weather/json', { token }), REVOKED, `round ${i}`);
	}
});

// what is stopped, by which calls; then how it comes back
const app = (a) => `/developers/${a.email}/apps/${a.app}`;
const stops = [
	['key', (a) => `${app(a)}/keys/${a.key}?action=revoke`, (a) => `${app(a)}/keys/${a.key}?action=approve`],
	['app', (a) => `${app(a)}?action=revoke`, (a) => `${app(a)}?action=approve`],
	['developer', (a) => `/developers/${a.email}?action=inactive`, (a) => `/developers/${a.email}?action=active`],
	['product of the key', (a) => `${app(a)}/keys/${a.key}/apiproducts/${a.product}?action=revoke`,
		(a) => `${app(a)}/keys/${a.key}/apiproducts/${a.product}?action=approve`],
];
for (const [what, stop, back] of stops) {
	test(`${what} revoked: its tokens and its key stop at once, and come back`, async () => {
		const a = await g.app(what.replaceAll(' ', '-'));
		const token = await g.token(a);
		expect(await withToken(token), { status: 200 });
		expect(await withKey(a.key), { status: 200 });
		expect(await g.mgmt(stop(a), POST), { status: 204, body: '' });
		expect(await withToken(token), { status: 401 });
		expect(await withKey(a.key), { status: 401 });
		if (what !== 'product of the key')
			expect(await g.token(a, { whole: true }), { status: 401, body: /^\{"ErrorCode" : "invalid_client", / });
		expect(await g.mgmt(back(a), POST), { status: 204 });
		expect(await withToken(token), { status: 200 });
		expect(await withKey(a.key), { status: 200 });
	});
}

for (const [what, path] of [['key', (a) => `${app(a)}/keys/${a.key}`], ['app', app], ['developer', (a) => `/developers/${a.email}`]]) {
	test(`${what} deleted: its tokens and its key are gone`, async () => {
		const a = await g.app(`gone-${what}`), token = await g.token(a);
		expect(await withToken(token), { status: 200 });
		expect(await g.mgmt(path(a), { method: 'DELETE' }), { status: 200 });
		expect(await withToken(token), { status: 401 });
		expect(await withKey(a.key), { status: 401, body: fault('oauth.v2.InvalidApiKey', 'Invalid ApiKey') });
		expect(await g.token(a, { whole: true }), { status: 401 });
	});
}

// InvalidateToken and ValidateToken: the same by policy
test('InvalidateToken and ValidateToken in a proxy', async () => {
	const op = (name) => `<OAuthV2><Operation>${name}</Operation><Tokens><Token type="accesstoken" cascade="true">request.queryparam.t</Token></Tokens></OAuthV2>`;
	await g.proxy('logout', { flows: [
		{ name: 'out', when: 'proxy.pathsuffix MatchesPath "/out"', request: ['inv'] },
		{ name: 'in', when: 'proxy.pathsuffix MatchesPath "/in"', request: ['val'] },
	], policies: { inv: op('InvalidateToken'), val: op('ValidateToken') } });
	const token = await g.token();
	expect(await g.call(`/logout/out?t=${token}`), { status: 200 });
	expect(await g.call('/weather/json', { token }), REVOKED);
	expect(await g.call(`/logout/in?t=${token}`), { status: 200 });
	expect(await g.call('/weather/json', { token }), { status: 200 });
});
