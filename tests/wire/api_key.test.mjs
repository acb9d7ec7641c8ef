// SPDX-License-Identifier: Apache-2.0
// VerifyAPIKey: what it takes, what it refuses, what it leaves; and the step up from key to token.
// Invariant: every refusal is a 401 with the exact code and text.
// Source: reference 4.2 (VerifyAPIKey), order of the checks included.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundle, demo, expect, fault, gateway, origin, proxy, say } from './gateway.mjs';

const g = await gateway();
const o = await origin();
const KEY = '<VerifyAPIKey><APIKey ref="request.queryparam.apikey"/></VerifyAPIKey>';
const POST = { method: 'POST', type: 'application/octet-stream' };
const refused = (code, text) => ({ status: 401, body: fault(code, text), headers: { 'content-type': /^application\/json/ } });
const UNRESOLVED = refused('steps.oauth.v2.FailedToResolveAPIKey', 'Failed to resolve API Key variable request.queryparam.apikey');
const INVALID = refused('oauth.v2.InvalidApiKey', 'Invalid ApiKey');
const RESOURCE = refused('oauth.v2.InvalidApiKeyForGivenResource', 'Invalid ApiKey for given resource');
const code = (c) => ({ status: 401, body: new RegExp(`"errorcode":"${c.replaceAll('.', '\\.')}"\\}\\}\\}$`) });

await g.proxy('keyed', { target: o.url, pre: { request: ['k'] }, policies: { k: KEY } });
const path = (a) => `/developers/${a.email}/apps/${a.app}`;
let n = 0;

const rows = [
	['no key', '/keyed', UNRESOLVED], ['empty key', '/keyed?apikey=', { status: 401 }], ['unknown key', '/keyed?apikey=nonsense', INVALID],
	['2,000 characters', `/keyed?apikey=${'x'.repeat(2000)}`, INVALID], ['quote', "/keyed?apikey=%27%20or%201=1--", INVALID],
	['key of the demo: its product is for another proxy', `/keyed?apikey=${demo.key}`, RESOURCE],
];
for (const [what, url, want] of rows)
	test(what, async () => { expect(await g.call(url), want); });

// made with this product, then changed by this call
const apps = [
	['good', {}, null, { status: 200 }],
	['other proxy', { proxies: ['helloworld'] }, null, RESOURCE],
	['other environment', { environments: ['prod'] }, null, RESOURCE],
	['other path', { apiResources: ['/other'] }, null, RESOURCE],
	['right path', { apiResources: ['/x/**'] }, null, { status: 200 }],
	['key revoked', {}, (a) => [`${path(a)}/keys/${a.key}?action=revoke`, POST], INVALID],
	['app revoked', {}, (a) => [`${path(a)}?action=revoke`, POST], code('keymanagement.service.invalid_client-app_not_approved')],
	['developer inactive', {}, (a) => [`/developers/${a.email}?action=inactive`, POST], code('keymanagement.service.DeveloperStatusNotActive')],
	['product revoked', {}, (a) => [`${path(a)}/keys/${a.key}/apiproducts/${a.product}?action=revoke`, POST], RESOURCE],
	['product removed', {}, (a) => [`${path(a)}/keys/${a.key}/apiproducts/${a.product}`, { method: 'DELETE' }], RESOURCE],
	['manual product is pending', { approvalType: 'manual' }, null, RESOURCE],
];
for (const [what, product, change, want] of apps) {
	test(what, async () => {
		const a = await g.app(`k${n++}`, { product });
		if (change)
			await g.must(...change(a));
		expect(await g.call(`/keyed/x/y?apikey=${a.key}`), want);
	});
}

test('key expired', async () => {
	const a = await g.app('brief');
	const r = await g.must(path(a), { body: { name: a.app, apiProducts: [a.product], keyExpiresIn: 300 } });
	const { consumerKey } = r.json.credentials.find((c) => c.consumerKey !== a.key);
	expect(await g.call(`/keyed?apikey=${consumerKey}`), { status: 200 });
	await new Promise((ok) => setTimeout(ok, 500));
	expect(await g.call(`/keyed?apikey=${consumerKey}`), code('keymanagement.service.consumer_key_expired'));
});

test('a key in a header, as a literal, and the variables it leaves', async () => {
	const a = await g.app('shown', { product: { quota: '7', quotaInterval: '2', quotaTimeUnit: 'hour', attributes: [{ name: 'tier', value: 'gold' }] } });
	const NAMES = ['client_id', 'developer.app.name', 'developer.email', 'developer.status', 'app.name', 'app.id', 'app.status', 'apiproduct.name',
		'apiproduct.tier', 'apiproduct.developer.quota.limit', 'apiproduct.developer.quota.interval', 'apiproduct.developer.quota.timeunit', 'failed'];
	await g.proxy('shows', { flows: [{ name: 'l', when: 'proxy.pathsuffix = "/literal"', request: ['k2'] }, { name: 'h', request: ['k'] }],
		post: { response: ['show'] }, policies: {
			k: KEY.replace('queryparam.apikey', 'header.x-api-key'),
			k2: `<VerifyAPIKey><APIKey>${a.key}</APIKey></VerifyAPIKey>`,
			show: say(`${NAMES.map((v) => `{verifyapikey.k.${v}}`).join('|')}`),
		} });
	const want = [a.key, a.app, a.email, 'active', a.app, a.appId, 'approved', a.product, 'gold', '7', '2', 'hour', 'false'];
	const r = expect(await g.call('/shows', { headers: { 'X-API-Key': a.key } }), { status: 200 });
	assert.deepEqual(r.text.split('|').map((v, i) => i === 12 && v === '' ? 'false' : v), want);
	expect(await g.call('/shows/literal'), { status: 200 });
	expect(await g.call('/shows', { headers: { 'X-API-Key': 'no' } }), INVALID);
});

test('faults in conditions', async () => {
	await g.proxy('ruled', { pre: { request: ['k'] }, policies: { k: KEY,
		am: say('{fault.name} {oauthV2.k.failed} {oauthV2.k.fault.name}', '<StatusCode>418</StatusCode>') },
	faultRules: [{ name: 'r', when: 'fault.name = "InvalidApiKey"', steps: ['am'] }] });
	expect(await g.call('/ruled?apikey=x'), { status: 418, body: /^InvalidApiKey true (oauth\.v2\.)?InvalidApiKey$/ });
	expect(await g.call('/ruled'), UNRESOLVED);
});

test('step up: the same key and secret, first as API key, then for a token', async () => {
	const a = await g.app('stepper');
	await g.proxy('step', { target: o.url, pre: { request: ['k'] }, policies: { k: KEY } });
	expect(await g.call(`/step?apikey=${a.key}`), { status: 200 });
	await g.proxy('step', { target: o.url, pre: { request: ['v'] }, policies: { v: '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>' } });
	expect(await g.call(`/step?apikey=${a.key}`), { status: 401, body: fault('oauth.v2.InvalidAccessToken', 'Invalid access token') });
	expect(await g.call('/step', { token: await g.token(a) }), { status: 200 });
});

test('neither a reference nor a value is refused', async () => {
	const r = await g.import('empty', bundle(proxy('empty', { pre: { request: ['k'] }, policies: { k: '<VerifyAPIKey><APIKey/></VerifyAPIKey>' } })), { validate: true });
	expect(r, { status: 400, body: /policies\/k\.xml/ });
});
