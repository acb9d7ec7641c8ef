// SPDX-License-Identifier: Apache-2.0
// /oauth/clients/meta: where clients begin, and the first page that leads there.
// Invariant: a page leads to addresses of the web alone, and to none of a client that is gone.
// Source: oauth2-service reference, 3.8.
import assert from 'node:assert/strict';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';
import { client, refusal } from './sso.mjs';
import { Visitor } from './visitor.mjs';

const g = await gateway();
const admin = await g.ssoAdmin(), own = (await g.login()).json.access_token, URL = 'https://app.example/start?a=1&b=2';
const call = (path, o) => g.ssoCall(`/oauth/clients${path}`, { token: admin, ...o });
const put = (id, body, o) => call(`/${id}/meta`, { method: 'PUT', body, ...o });
const members = { client_secret: 's', authorized_grant_types: ['password'] };
await client(g, 'app', { ...members, name: 'The <App>' });
await client(g, 'plain', members);
const v = new Visitor(g);
await v.login();

test('put, seen, on the first page, gone with its client', async () => {
	const none = { status: 404, body: refusal('not_found', 'No metadata found for client app') };
	expect(await call('/app/meta'), none);
	expect(await call('/meta'), { status: 200, json: [] });
	const shown = { clientId: 'app', clientName: 'The <App>', showOnHomePage: true, appLaunchUrl: URL }, hidden = { clientId: 'plain', showOnHomePage: false, appLaunchUrl: 'http://x.example' };
	assert.deepEqual(expect(await put('app', { showOnHomePage: true, appLaunchUrl: URL }), { status: 200 }).json, shown);
	assert.deepEqual(expect(await put('plain', hidden), { status: 200 }).json, hidden);
	assert.deepEqual((await call('/meta')).json, [shown, hidden]);
	assert.deepEqual((await call('/meta', { token: own })).json, [shown]);
	assert.deepEqual((await call('/plain/meta', { token: own })).json, hidden);
	const page = (await v.get('/')).text;
	assert.ok(page.includes('<li><a href="https://app.example/start?a=1&amp;b=2">The &lt;App&gt;</a></li>') && !page.includes('x.example'), page);
	expect(await put('app', { showOnHomePage: false }), { status: 200 });
	assert.doesNotMatch((await v.get('/')).text, /Applications/);
	expect(await call('/app', { method: 'DELETE' }), { status: 200 });
	expect(await call('/app/meta'), none);
	await client(g, 'app', members);
	expect(await call('/app/meta'), none);                                     // a new one of the name has said nothing
});

test('refused', async () => {
	const M = { showOnHomePage: true, appLaunchUrl: URL };
	const rows = [
		['plain', M, 401, null], ['plain', M, 403, own], ['nobody', M, 404], ['plain', { showOnHomePage: true }, 400], ['plain', { ...M, clientId: 'app' }, 400], ['plain', { ...M, appIcon: 'AA==' }, 400],
		...['javascript:alert(1)', 'ftp://x', '//x.example', 'https://', 'https://x/"onclick', '/start', '', `https://x.example/${'\n'}`].map((appLaunchUrl) => ['plain', { ...M, appLaunchUrl }, 400]),
		['plain', { ...M, showOnHomePage: 'perhaps' }, 400], ['plain', [M], 400],
	];
	for (const [id, body, status, token = admin] of rows)
		expect(await put(id, body, { token }), { status }, `${id} ${JSON.stringify(body)}`);
	expect(await call('/meta', { token: null }), { status: 401 });
	expect(await call('/plain/meta', { token: null }), { status: 401 });
	assert.doesNotMatch((await v.get('/')).text, /Applications/);
});
