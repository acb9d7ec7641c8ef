// SPDX-License-Identifier: Apache-2.0
// Calls to the protected API of the walk: the good one, and each refusal of VerifyAccessToken.
// Invariant: status, body and WWW-Authenticate are exact to the byte.
// Source: reference 1.5; default-proxy walk of "default OAuth 2.0 configuration".
import assert from 'node:assert/strict';
import test from 'node:test';
import { bearerRealm, expect, fault, gateway, origin, say, sleep } from './gateway.mjs';

const g = await gateway();
const o = await origin();
const VERIFY = '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>';
const STRIP = '<AssignMessage><Remove><Headers><Header name="Authorization"/></Headers></Remove></AssignMessage>';

const refused = (code, text, body = fault(code, text)) => ({
	status: 401, body, headers: { 'WWW-Authenticate': bearerRealm(code, text), 'content-type': /^application\/json/ },
});
const MISSING = refused('oauth.v2.InvalidAccessToken', 'Invalid access token');
const UNKNOWN = refused('keymanagement.service.invalid_access_token', 'Invalid Access Token');
const EXPIRED = refused('keymanagement.service.access_token_expired', 'Access Token expired');
const REVOKED = refused('keymanagement.service.access_token_not_approved', 'Access Token not approved');
const NO_PRODUCT = refused('keymanagement.service.InvalidAPICallAsNoApiProductMatchFound',
	'Invalid API call as no apiproduct match found');

test('a verified call reaches the target without its token', async () => {
	const token = await g.token();
	for (const secure of [false, true]) {
		const r = expect(await g.call('/weather/echo?x=1', { token, secure, headers: { 'X-Kept': 'yes' } }), { status: 200 });
		assert.match(r.text, /x-kept/i);
		assert.doesNotMatch(r.text, /authorization/i);
		assert.ok(!r.text.includes(token));
	}
});

const rows = [
	['no header', {}, MISSING],
	['empty header', { Authorization: '' }, MISSING],
	['HTTP Basic', { Authorization: 'Basic YTpi' }, MISSING],
	['no prefix', { Authorization: 'abcdefghijklmnopqrstuvwxyzAB' }, MISSING],
	['garbage', { Authorization: 'Bearer garbage' }, UNKNOWN],
	['28 characters of garbage', { Authorization: 'Bearer abcdefghijklmnopqrstuvwxyzAB' }, UNKNOWN],
	['2,000 characters', { Authorization: `Bearer ${'x'.repeat(2000)}` }, UNKNOWN],
	['token in the query is not looked at', {}, MISSING, '/weather/json?access_token=abc'],
];
for (const [what, headers, want, path = '/weather/json'] of rows) {
	test(`refused: ${what}`, async () => {
		expect(await g.call(path, { headers }), want, what);
	});
}

test('one character changed is unknown', async () => {
	const token = await g.token();
	for (const at of [0, 5, 13, 27]) {
		const other = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
		expect(await g.call('/weather/json', { token: other }), UNKNOWN, other);
	}
	expect(await g.call('/weather/json', { token }), { status: 200 });
});

test('expired', async () => {
	await g.proxy('short', { vhosts: ['secure'], pre: { request: ['gen'] }, policies: { gen: '<OAuthV2>' +
		'<Operation>GenerateAccessToken</Operation><ExpiresIn>1500</ExpiresIn><SupportedGrantTypes>' +
		'<GrantType>client_credentials</GrantType></SupportedGrantTypes><GenerateResponse enabled="true"/></OAuthV2>' } });
	const { key, secret } = await g.app('shorty');
	const r = await g.call('/short', { secure: true, form: { grant_type: 'client_credentials', client_id: key, client_secret: secret } });
	const token = expect(r, { status: 200 }).json.access_token;
	await g.proxy('mine', { target: o.url, pre: { request: ['v'] }, policies: { v: VERIFY } });
	expect(await g.call('/mine', { token }), { status: 200 });
	await sleep(1700);
	expect(await g.call('/mine', { token }), EXPIRED);
});

test('revoked', async () => {
	const token = await g.token();
	expect(await g.call('/weather/json', { token }), { status: 200 });
	expect(await g.revoke(token), { status: [200, 204] });
	expect(await g.call('/weather/json', { token }), REVOKED);
});

// product fields, path, expected; every proxy, environment and path not named is covered
const products = [
	['wrong proxy', { proxies: ['helloworld'] }, '/guarded/a', NO_PRODUCT],
	['wrong environment', { environments: ['prod'] }, '/guarded/a', NO_PRODUCT],
	['right ones', { proxies: ['guarded'], environments: ['test'], apiResources: ['/a'] }, '/guarded/a', { status: 200 }],
	['nothing named', {}, '/guarded/b/c', { status: 200 }],
	['a lone slash is everything', { apiResources: ['/'] }, '/guarded/b/c', { status: 200 }],
	['wrong path', { apiResources: ['/a'] }, '/guarded/b', 'b'],
	['one segment is not two', { apiResources: ['/*'] }, '/guarded/b/c', 'b/c'],
	['one segment', { apiResources: ['/*'] }, '/guarded/b', { status: 200 }],
	['star in the middle', { apiResources: ['/x/*/z'] }, '/guarded/x/y/z', { status: 200 }],
	['star in the middle, too long', { apiResources: ['/x/*/z'] }, '/guarded/x/y/y/z', 'x/y/y/z'],
	['the rest', { apiResources: ['/a/**'] }, '/guarded/a/b/c/d', { status: 200 }],
	['the rest of another', { apiResources: ['/a/**'] }, '/guarded/b/a', 'b/a'],
];
test('products', async (t) => {
	await g.proxy('guarded', { target: o.url, pre: { request: ['v', 's'] }, policies: { v: VERIFY, s: STRIP } });
	for (const [i, [what, product, path, want]] of products.entries()) {
		await t.test(what, async () => {
			const token = await g.token(await g.app(`p${i}`, { product }));
			const text = `APIResource /${want} does not exist`;
			expect(await g.call(path, { token }), typeof want === 'object' ? want
				: refused('keymanagement.service.apiresource_doesnot_exist', text), what);
		});
	}
});

test('a token of test is no token of prod', async () => {
	await g.proxy('inprod', { target: o.url, pre: { request: ['v'] }, policies: { v: VERIFY } }, { env: 'prod' });
	const token = await g.token();                 // its product covers weatherapi only
	expect(await g.call('/inprod', { env: 'prod', token }), NO_PRODUCT);
});

// <Scope>: one of those listed suffices (settled by a live test).
const scopes = [
	['read write', ['read'], 200], ['write', ['read'], 403], ['write', [], 403], ['read', ['read', 'write'], 200], ['a b', ['b', 'c'], 200],
];
test('scopes', async (t) => {
	for (const [i, [wanted, held, status]] of scopes.entries()) {
		await t.test(`${wanted} of [${held}]`, async () => {
			await g.proxy(`scoped${i}`, { target: o.url, pre: { request: ['vs'] },
				policies: { vs: VERIFY.replace('</OAuthV2>', `<Scope>${wanted}</Scope></OAuthV2>`) } });
			const token = await g.token(await g.app(`s${i}`, { product: { scopes: held } }));
			expect(await g.call(`/scoped${i}`, { token }), status === 200 ? { status } : { status,
				body: fault('steps.oauth.v2.InsufficientScope', 'Required scope(s): VerifyAccessToken.vs.scopeSet') });
		});
	}
});

test('another header, another prefix, and the variables it leaves', async () => {
	const NAMES = ['organization_name', 'developer.app.name', 'client_id', 'grant_type', 'token_type', 'access_token', 'status',
		'scope', 'apiproduct.name', 'app.name', 'app.id', 'app.status', 'developer.email', 'developer.firstName', 'developer.status'];
	await g.proxy('named', { flows: [{ name: 'x', when: 'proxy.pathsuffix MatchesPath "/x"', request: ['x'] }, { name: 'p', request: ['p'] }],
		post: { response: ['show'] }, policies: {
			x: '<OAuthV2><Operation>VerifyAccessToken</Operation><AccessToken>request.header.x-token</AccessToken></OAuthV2>',
			p: '<OAuthV2><Operation>VerifyAccessToken</Operation><AccessTokenPrefix>Token</AccessTokenPrefix></OAuthV2>',
			show: say(`${NAMES.map((n) => `{${n}}`).join('|')}`),
		} });
	const app = await g.app('variables'), token = await g.token(app);
	const values = ['acme', app.app, app.key, 'client_credentials', 'BearerToken', token, 'approved', '', app.product, app.app, app.appId,
		'approved', app.email, 'F', 'active'].join('|');
	expect(await g.call('/named/x', { headers: { 'X-Token': token } }), { status: 200, body: values });
	expect(await g.call('/named', { headers: { Authorization: `Token ${token}` } }), { status: 200, body: values });
	expect(await g.call('/named', { token }), { status: 401 });
});
