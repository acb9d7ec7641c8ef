// SPDX-License-Identifier: Apache-2.0
// 64 clients present one thing at once that is good once: a passcode, a code of the second factor, a device code, a
// refresh token that rotates; on SQLite and on PostgreSQL.
// Invariant: one of them wins, whoever was told a token has one that works, and a copied refresh token ends its login.
// Source: RFC 6749 §10.5, RFC 9700 §4.14.2; oauth2-service reference, 1.4, 1.9, 2.5.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';
import { postgres } from './postgres.mjs';
import { BAD_CODE, SECRET, refusal, seed, settledHalfMinute, totp } from './sso.mjs';
import { Visitor, forms } from './visitor.mjs';

const N = 64, USER = 'racer@example.com', PASSWORD = 'racers-Passw0rd';
const agent = new http.Agent({ keepAlive: true, maxSockets: N });
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const device = { client_id: 'tv', authorized_grant_types: [DEVICE], scope: ['openid', 'scim.me'], allowpublic: true };
const rotating = { client_id: 'rotating', authorized_grant_types: ['password', 'refresh_token'], scope: ['openid', 'scim.me'], allowpublic: true };
const basics = { 'sso.lockout_failures': 0, 'sso.refresh_token_rotate': 'true' };

// N connections are there before the first of the calls is made.
async function atOnce(g, call) {
	await Promise.all(Array.from({ length: N }, () => g.sso('/healthz', { agent })));
	return Promise.all(Array.from({ length: N }, (_, i) => call(i)));
}
const token = (g, form, o) => g.sso('/oauth/token', { form, agent, timeout: 120000, ...o });
const refresh = (g, refresh_token, form = {}, o = {}) => token(g, { grant_type: 'refresh_token', refresh_token, ...form }, o);

function one(answers, status, body) {
	const won = answers.filter((r) => r.status === 200);
	assert.equal(won.length, 1, `${won.length} of ${N} won`);
	for (const r of answers)
		if (r !== won[0])
			expect(r, { status, body });
	return won[0].json;
}

for (const driver of ['sqlite', 'postgres']) {
	const g = await gateway({ set: { ...basics, ...(driver === 'postgres' ? { store: await postgres() } : {}) } });
	const passcodes = ['codeAAAAAA', 'codeBBBBBB', 'codeCCCCCC'];
	await seed(g, [`user ${USER} ${PASSWORD}`, `totp ${USER} ${SECRET}`, ...passcodes.map((c) => `passcode ${g.user} ${c}`), ['client', '-', rotating], ['client', '-', device]]);

	for (const passcode of passcodes) {
		test(`${driver}: one passcode (${passcode})`, async () => {
			const r = one(await atOnce(g, () => token(g, { grant_type: 'password', passcode, response_type: 'token' })), 401, refusal('unauthorized', 'Invalid passcode'));
			expect(await g.mgmt('', { auth: `Bearer ${r.access_token}` }), { status: 200 });
			expect(await token(g, { grant_type: 'password', passcode }), { status: 401 });
		});
	}

	test(`${driver}: one code of the second factor`, async () => {
		await settledHalfMinute(20000);
		const mfa_token = totp();
		one(await atOnce(g, () => token(g, { grant_type: 'password', username: USER, password: PASSWORD, mfa_token })), 401, BAD_CODE);
		expect(await g.login({ username: USER, password: PASSWORD, mfa_token }), { status: 401, body: BAD_CODE });
	});

	test(`${driver}: one device code`, async () => {
		const person = new Visitor(g), begin = { client_id: 'tv', scope: 'openid' };
		await person.login();
		const post = async (page, fields) => person.call('/device', { fields: { ...forms(page.text).find((f) => f.action === '/device').fields, ...fields } });
		for (let round = 0; round < 3; round++) {
			const d = expect(await g.sso('/oauth/device_authorization', { client: null, form: begin }), { status: 200 }).json;
			const page = await post(await person.get('/device'), { user_code: d.user_code });
			expect(await post(page, { user_oauth_approval: 'true', 'scope.0': 'openid' }), { status: 200, body: /The device is connected/ });
			const ask = () => token(g, { grant_type: DEVICE, client_id: 'tv', device_code: d.device_code }, { client: null });
			const r = one(await atOnce(g, ask), 400, refusal('invalid_grant', 'Invalid device code'));
			expect(await g.sso('/userinfo', { headers: { Authorization: `Bearer ${r.access_token}` } }), { status: 200 });
			expect(await ask(), { status: 400 });
		}
	});

	const GONE = /^\{"error":"invalid_token","error_description":"(The token expired, was revoked, or the token ID is incorrect\.|The token has been revoked: [^"]*)"\}$/;
	for (const [what, form, o] of [['a refresh token', {}, {}], ['an opaque one', { token_format: 'opaque' }, {}],
		['a public client\'s', { client_id: 'rotating' }, { client: null }]]) {
		test(`${driver}: ${what}; its copies end the login`, async () => {
			for (let round = 0; round < 5; round++) {
				const first = expect(await g.login({ ...form }, o), { status: 200 }).json;
				const other = expect(await g.login({ ...form }, o), { status: 200 }).json;
				const won = one(await atOnce(g, () => refresh(g, first.refresh_token, form, o)), 401, GONE);
				assert.notEqual(won.refresh_token, first.refresh_token);
				expect(await refresh(g, won.refresh_token, form, o), { status: 401, body: GONE }, 'what the winner got has ended');
				const again = expect(await refresh(g, other.refresh_token, form, o), { status: 200 }, 'another login of the same user has not').json;
				for (const [t, status] of [[first, 401], [won, 401], [other, 200], [again, 200]])
					expect(await g.mgmt('', { auth: `Bearer ${t.access_token}` }), { status });
			}
		});
	}

	test(`${driver}: one after the other: each is good once, a late copy ends what came of it`, async () => {
		const first = (await g.login()).json;
		const second = expect(await refresh(g, first.refresh_token), { status: 200 }).json, third = expect(await refresh(g, second.refresh_token), { status: 200 }).json;
		expect(await g.mgmt('', { auth: `Bearer ${second.access_token}` }), { status: 200 });
		expect(await refresh(g, first.refresh_token), { status: 401, body: GONE });
		expect(await refresh(g, third.refresh_token), { status: 401, body: GONE });
		for (const t of [first, second, third])
			expect(await g.mgmt('', { auth: `Bearer ${t.access_token}` }), { status: 401 });
	});

	test(`${driver}: a copy while the chain goes on`, async () => {
		for (let round = 0; round < 10; round++) {
			const first = (await g.login()).json;
			let last = expect(await refresh(g, first.refresh_token), { status: 200 }).json.refresh_token;
			const chain = (async () => {
				for (let r; (r = await refresh(g, last)).status === 200;)
					last = r.json.refresh_token;
			})();
			const copy = expect(await refresh(g, first.refresh_token), { status: 401 });
			assert.match(copy.text, GONE);
			expect(await refresh(g, last), { status: 401, body: GONE }, 'the newest, after the copy was answered');
			await chain;
			expect(await refresh(g, last), { status: 401, body: GONE });
		}
	});
}
