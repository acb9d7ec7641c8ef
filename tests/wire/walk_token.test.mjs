// SPDX-License-Identifier: Apache-2.0
// The token of the walk: from the consumer key of the demonstration app to a token, both ways to send it.
// Invariant: exactly the documented keys, every value a string.
// Source: Apigee Edge, "default OAuth 2.0 configuration" (sample response); reference 1.3, 2.2, 2.3.
import assert from 'node:assert/strict';
import test from 'node:test';
import { basic, demo, expect, form, gateway } from './gateway.mjs';

const KEYS = ['issued_at', 'application_name', 'scope', 'status', 'api_product_list', 'expires_in', 'developer.email',
	'organization_id', 'token_type', 'client_id', 'access_token', 'organization_name', 'refresh_token_expires_in', 'refresh_count'];
const URL = '/oauth/client_credential/accesstoken?grant_type=client_credentials';
const both = { client_id: demo.key, client_secret: demo.secret };

const g = await gateway();
const [appId] = (await g.must('/apps')).json;

const ways = [
	['form fields', { form: both }],
	['HTTP Basic', { method: 'POST', headers: { Authorization: basic(demo.key, demo.secret) } }],
	['HTTP Basic, empty form', { form: {}, headers: { Authorization: basic(demo.key, demo.secret) } }],
	['HTTP Basic, scheme in lower case', { method: 'POST', headers: { Authorization: basic(demo.key, demo.secret).replace('B', 'b') } }],
	['form with charset', { body: form(both), headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' } }],
];
for (const [what, o] of ways) {
	test(`token by ${what}`, async () => {
		const before = Date.now();
		const r = expect(await g.call(URL, { secure: true, ...o }), { status: 200, headers: { 'content-type': /^application\/json(;|$)/ } });
		const t = r.json;
		assert.deepEqual(Object.keys(t).sort(), [...KEYS].sort());
		for (const k of KEYS)
			assert.equal(typeof t[k], 'string', k);
		const { access_token: token, issued_at: at, ...rest } = t;
		assert.match(token, /^[A-Za-z0-9]{28}$/);
		assert.ok(+at >= before - 1000 && +at <= Date.now() + 1000, `issued_at ${at}`);
		assert.deepEqual(rest, {
			application_name: appId, scope: '', status: 'approved', api_product_list: `[${demo.product}]`, expires_in: '3599',
			'developer.email': demo.developer, organization_id: '0', token_type: 'BearerToken', client_id: demo.key,
			organization_name: 'acme', refresh_token_expires_in: '0', refresh_count: '0',
		});
	});
}

test('every token is another one', async () => {
	const all = await Promise.all(Array.from({ length: 50 }, () => g.token()));
	assert.equal(new Set(all).size, 50);
});

// No flow matches: the null route answers an empty 200 (reference 2.2).
const nothing = [['GET', '/oauth/client_credential/accesstoken'], ['POST', '/oauth/client_credential/other'], ['GET', '/oauth/client_credential']];
for (const [method, path] of nothing) {
	test(`${method} ${path} is an empty 200`, async () => {
		expect(await g.call(path, { method, secure: true }), { status: 200, body: '' });
	});
}

test('the token endpoint is on the secure virtual host only', async () => {
	expect(await g.call(URL, { form: both }), { status: 404, json: { fault: {
		faultstring: 'Unable to identify proxy for host: default and url: /oauth/client_credential/accesstoken',
		detail: { errorcode: 'messaging.adaptors.http.flow.ApplicationNotFound' } } } });
});
