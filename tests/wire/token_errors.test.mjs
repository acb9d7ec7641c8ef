// SPDX-License-Identifier: Apache-2.0
// What the token endpoint refuses, with a generated response (a response, no fault) and without (a fault).
// Invariant: spaces around the colons included; a generated error runs no FaultRule.
// Source: reference 1.6 and decisions 2, 5, 8, 11 of section 7.
import test from 'node:test';
import { basic, demo, expect, fault, gateway, mark, oauthError } from './gateway.mjs';

const g = await gateway();
const ok = { client_id: demo.key, client_secret: demo.secret };
const wrong = { client_id: demo.key, client_secret: 'wrong' };
const stranger = { client_id: 'nobody', client_secret: 'x' };
const T = '/oauth/client_credential/accesstoken', CC = '?grant_type=client_credentials';
const REFRESH = '/oauth/client_credential/refresh_accesstoken?grant_type=refresh_token';
const request = (text) => oauthError('invalid_request', text), client = (text) => oauthError('invalid_client', text);

// the default proxy: the grant is a query parameter, the response is generated
const enabled = [
	['missing grant', T, ok, 400, request('Required param : grant_type')],
	['grant in the form is not looked at', T, { ...ok, grant_type: 'client_credentials' }, 400, request('Required param : grant_type')],
	['empty grant', `${T}?grant_type=`, ok, 400, request('Required param : grant_type')],
	['unsupported grant', `${T}?grant_type=client_credentials1`, ok, 400, request('Unsupported grant type : client_credentials1')],
	['grant not configured', `${T}?grant_type=password`, ok, 400, request('Unsupported grant type : password')],
	['wrong secret', T + CC, wrong, 401, client('Client credentials are invalid')],
	['no secret', T + CC, { client_id: demo.key }, 401, /^\{"ErrorCode" : "invalid_client", "Error" :"Client [^"]+"\}$/],
	['unknown client', T + CC, stranger, 401, client('ClientId is Invalid')],
	['no client', T + CC, {}, 401, /^\{"ErrorCode" : "invalid_client", "Error" :"(Client identifier is required|Client Credentials required)"\}$/],
	['refresh: unknown token', REFRESH, { ...ok, refresh_token: 'nonsense' }, 400, request('Invalid Refresh Token')],
	['refresh: no token', REFRESH, ok, 400, /^\{"ErrorCode" : "invalid_request", "Error" :"[^"]+"\}$/],
	['refresh: wrong secret', REFRESH, { ...wrong, refresh_token: 'x' }, 401, client('Client credentials are invalid')],
];
for (const [what, path, form, status, body] of enabled) {
	test(`generated: ${what}`, async () => {
		expect(await g.call(path, { secure: true, form }), { status, body });
	});
}

const basics = [
	['wrong secret', basic(demo.key, 'wrong'), 'Client credentials are invalid'],
	['unknown client', basic('nobody', 'x'), 'ClientId is Invalid'],
];
for (const [what, Authorization, text] of basics) {
	test(`generated, by HTTP Basic: ${what}`, async () => {
		expect(await g.call(T + CC, { secure: true, method: 'POST', headers: { Authorization } }), { status: 401, body: client(text) });
	});
}

const policy = (more) => `<OAuthV2><Operation>GenerateAccessToken</Operation><SupportedGrantTypes><GrantType>client_credentials` +
	`</GrantType></SupportedGrantTypes>${more}</OAuthV2>`;
const RULED = mark('x-ruled', '{fault.name}');
const SEEN = mark('x-failed', '{oauthV2.failed}');
const spec = (more) => ({ pre: { request: ['gen'] }, post: { response: ['seen'] }, policies: { gen: policy(more), ruled: RULED, seen: SEEN },
	faultRules: [{ name: 'any', steps: ['ruled'] }] });

test('with GenerateResponse an error is a response: no FaultRule, the response flow runs', async () => {
	await g.proxy('on', spec('<GenerateResponse enabled="true"/>'));
	const r = await g.call('/on', { form: { ...wrong, grant_type: 'client_credentials' } });
	expect(r, { status: 401, body: client('Client credentials are invalid'), headers: { 'x-ruled': null, 'x-failed': 'true' } });
	expect(await g.call('/on', { form: { ...ok, grant_type: 'client_credentials' } }), { status: 200, headers: { 'x-failed': /^(false)?$/ } });
});

const disabled = [
	['unknown client', stranger, 'client_credentials', 500, fault('oauth.v2.InvalidClientIdentifier', 'Invalid client identifier'), 'InvalidClientIdentifier'],
	['wrong secret', wrong, 'client_credentials', 500, /^\{"fault":\{"faultstring":"[^"]+","detail":\{"errorcode":"[a-z0-9.]*[A-Za-z_]+"\}\}\}$/, /./],
	['missing grant', ok, undefined, 400, /^\{"fault":\{"faultstring":"Required param : grant_type","detail":\{"errorcode":"[^"]+"\}\}\}$/, /./],
	['unsupported grant', ok, 'nonsense', 500, /"faultstring":"Unsupported grant type : (\{0\}|nonsense)".*"oauth\.v2\.UnSupportedGrantType"/, /.*/],
];
for (const [how, element] of [['enabled="false"', '<GenerateResponse enabled="false"/>'], ['absent', '']]) {
	test(`GenerateResponse ${how}: a fault`, async (t) => {
		const name = `off${element.length}`;
		await g.proxy(name, spec(element));
		for (const [what, who, grant_type, status, body, rule] of disabled) {
			await t.test(what, async () => {
				const r = await g.call(`/${name}`, { form: { ...who, ...(grant_type ? { grant_type } : {}) } });
				expect(r, { status, body, headers: { 'x-ruled': rule } });
			});
		}
		await t.test('success leaves the body alone', async () => {
			expect(await g.call(`/${name}`, { form: { ...ok, grant_type: 'client_credentials' } }), { status: 200, body: /^(?!.*access_token)/s });
		});
	});
}

test('refresh without a generated response', async () => {
	await g.proxy('norefresh', { pre: { request: ['r'] }, policies: { r: '<OAuthV2><Operation>RefreshAccessToken</Operation></OAuthV2>' } });
	expect(await g.call('/norefresh', { form: { ...ok, grant_type: 'refresh_token', refresh_token: 'nonsense' } }),
		{ status: 400, body: fault('keymanagement.service.invalid_refresh_token', 'Invalid Refresh Token') });
});

test('not form-encoded is a missing grant', async () => {
	const r = await g.call('/on', { body: 'grant_type=client_credentials', headers: { 'Content-Type': 'text/plain', Authorization: basic(demo.key, demo.secret) } });
	expect(r, { status: 400, body: request('Required param : grant_type') });
});

test('RFCCompliantRequestResponse', async (t) => {
	await g.proxy('rfc', { pre: { request: ['gen'] },
		policies: { gen: policy('<RFCCompliantRequestResponse>true</RFCCompliantRequestResponse><ExpiresIn>600000</ExpiresIn><GenerateResponse/>') } });
	await t.test('success', async () => {
		const { token_type, expires_in } = expect(await g.call('/rfc', { form: { ...ok, grant_type: 'client_credentials' } }), { status: 200 }).json;
		expect({ status: 200, headers: {}, text: '', json: { token_type, expires_in } }, { json: { token_type: 'Bearer', expires_in: 599 } });
	});
	for (const [what, fields, status, json] of [
		['missing grant', ok, 400, { error: 'invalid_request', error_description: 'Required param : grant_type' }],
		['wrong secret', { ...wrong, grant_type: 'client_credentials' }, 401, { error: 'invalid_client', error_description: 'Client credentials are invalid' }],
		['unknown client', { ...stranger, grant_type: 'client_credentials' }, 401, { error: 'invalid_client', error_description: 'ClientId is Invalid' }],
	])
		await t.test(what, async () => { expect(await g.call('/rfc', { form: fields }), { status, json }); });
});

const lifetimes = [['3600000', '3599'], ['600000', '599'], ['1800000', '1799'], [undefined, '1799']];
test('expires_in is whole seconds left', async (t) => {
	for (const [i, [ms, want]] of lifetimes.entries()) {
		await t.test(`${ms}`, async () => {
			await g.proxy(`life${i}`, { pre: { request: ['gen'] }, policies: { gen: policy(`${ms ? `<ExpiresIn>${ms}</ExpiresIn>` : ''}<GenerateResponse/>`) } });
			const r = expect(await g.call(`/life${i}`, { form: { ...ok, grant_type: 'client_credentials' } }), { status: 200 });
			expect({ status: 200, headers: {}, text: r.json.expires_in }, { body: want });
		});
	}
});
