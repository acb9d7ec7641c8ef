// SPDX-License-Identifier: Apache-2.0
// /approvals: what a user let clients have, seen, changed and withdrawn.
// Invariant: everybody's are their own, and what is withdrawn opens nothing any more.
// Source: oauth2-service reference, 3.7.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';

const g = await gateway();
const admin = await g.ssoAdmin(), token = (await g.login()).json.access_token;
const me = JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).user_id;
const call = (path, o) => g.ssoCall(path, { token, ...o });
const LATE = '2099-01-01T00:00:00.000Z', one = (o) => ({ userId: me, clientId: 'app', scope: 'openid', status: 'APPROVED', expiresAt: LATE, ...o });
const show = (list) => list.map((a) => [a.userId, a.clientId, a.scope, a.status, a.expiresAt]);
for (const client_id of ['app', 'other'])
	expect(await g.ssoCall('/oauth/clients', { token: admin, body: { client_id, client_secret: 's', scope: ['openid', 'oauth.approvals'], authorized_grant_types: ['password', 'refresh_token'] } }), { status: 201 });

test('put, seen, replaced, withdrawn', async () => {
	assert.deepEqual((await call('/approvals')).json, []);
	const all = [one(), one({ scope: 'profile', status: 'DENIED', lastUpdatedAt: LATE }), one({ clientId: 'other' })];
	const put = expect(await call('/approvals', { method: 'PUT', body: all }), { status: 200 }).json;
	assert.deepEqual(Object.keys(put[0]), ['userId', 'clientId', 'scope', 'status', 'lastUpdatedAt', 'expiresAt']);
	assert.deepEqual(show((await call('/approvals')).json), show(all.map(({ lastUpdatedAt, ...a }) => a)));
	expect(await call('/approvals/app', { method: 'PUT', body: [one({ scope: 'email' })] }), { status: 200 });
	assert.deepEqual((await call('/approvals')).json.map((a) => `${a.clientId} ${a.scope}`), ['app email', 'other openid']);
	expect(await call('/approvals/app', { method: 'PUT', body: [one({ expiresAt: '2020-01-01T00:00:00Z' })] }), { status: 200, json: [] });
	const held = (await g.login({}, { client: 'other:s' })).json;
	expect(await call('/approvals?clientId=other', { method: 'DELETE' }),
		{ status: 200, json: { status: 'ok', message: `Approvals of user ${me} and client other revoked` } });
	assert.deepEqual((await call('/approvals')).json, []);
	expect(await g.ssoCall('/approvals', { token: held.access_token }), { status: 401 });
	expect(await g.sso('/oauth/token', { client: 'other:s', form: { grant_type: 'refresh_token', refresh_token: held.refresh_token } }), { status: 401 });
});

test('refused', async () => {
	const plain = (await g.login({ scope: 'openid' }, { client: 'app:s' })).json.access_token;
	const rows = [
		['/approvals', {}, 401, null], ['/approvals', {}, 403, plain], ['/approvals', {}, 403, admin], ['/approvals', { method: 'PUT', body: [] }, 403, admin],
		['/approvals', { method: 'PUT', body: [one({ userId: 'somebody' })] }, 403], ['/approvals', { method: 'PUT', body: [one({ clientId: 'nobody' })] }, 404],
		['/approvals', { method: 'PUT', body: {} }, 400], ['/approvals', { method: 'PUT', body: [one({ status: 'PERHAPS' })] }, 400],
		['/approvals', { method: 'PUT', body: [one({ expiresAt: 'soon' })] }, 400], ['/approvals', { method: 'PUT', body: [one({ colour: 1 })] }, 400],
		['/approvals', { method: 'PUT', body: [7] }, 400], ['/approvals', { method: 'PUT', body: Array(1001).fill(one()) }, 400],
		['/approvals/nobody', { method: 'PUT', body: [] }, 404], ['/approvals/other', { method: 'PUT', body: [one()] }, 400],
		['/approvals', { method: 'DELETE' }, 400], ['/approvals?clientId=nobody', { method: 'DELETE' }, 404], ['/approvals', { method: 'POST', body: [] }, 405],
	];
	for (const [path, o, status, t = token] of rows)
		expect(await g.ssoCall(path, { ...o, token: t }), { status }, `${o.method} ${path} ${JSON.stringify(o.body)?.slice(0, 200)}`);
	assert.deepEqual((await call('/approvals')).json, []);
});
