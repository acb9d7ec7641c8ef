// SPDX-License-Identifier: Apache-2.0
// The first document's endpoint: its policy and its flow condition, imported as a zip, deployed, called.
// Invariant: the XML is the document's own, unchanged but for one-space indentation.
// Source: "Understanding OAuth endpoints" (sample policy, sample endpoint, sample request).
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { basic, bundle, demo, expect, files, gateway, oauthError, root } from './gateway.mjs';

const g = await gateway();
const zip = bundle(files(join(root, 'tests/fixtures/apitest')));
const { name, revision } = expect(await g.import('apitest', zip), { status: 201 }).json;
assert.deepEqual([name, revision], ['apitest', '1']);
expect(await g.deploy('apitest', 1), { status: 200 });

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const auth = { Authorization: basic(demo.key, demo.secret) };
const grant = 'grant_type=client_credentials';

test('by HTTP Basic, grant in the body', async () => {
	const r = expect(await g.call('/apitest/token', { secure: true, body: grant, headers: { ...FORM, ...auth } }), { status: 200 });
	assert.equal(r.json.expires_in, '1799');
	assert.match(r.json.access_token, /^[A-Za-z0-9]{28}$/);
	expect(await g.call('/weather/json', { token: r.json.access_token }), { status: 200 });
});

const rows = [
	['wrong secret', { body: grant, headers: { ...FORM, Authorization: basic(demo.key, 'x') } }, 401, oauthError('invalid_client', 'Client credentials are invalid')],
	['grant in the query only', { path: '?' + grant, body: 'a=b', headers: { ...FORM, ...auth } }, 400, oauthError('invalid_request', 'Required param : grant_type')],
	['another grant', { body: 'grant_type=password', headers: { ...FORM, ...auth } }, 400, oauthError('invalid_request', 'Unsupported grant type : password')],
	['another verb', { method: 'GET', headers: auth }, 200, ''],
	['a longer path', { path: '/more', body: grant, headers: { ...FORM, ...auth } }, 200, ''],
	['the header as the document misspells it', { body: grant, headers: { ContentType: 'x-www-form-urlencoded', ...FORM, ...auth } }, 200, /access_token/],
];
for (const [what, { path = '', ...o }, status, body] of rows) {
	test(what, async () => { expect(await g.call(`/apitest/token${path}`, { secure: true, ...o }), { status, body }); });
}
