// SPDX-License-Identifier: Apache-2.0
// The audit: a record for every change, none for what only reads or was refused.
// Invariant: no record holds a secret, a token or a key.
// Source: reference 5.9 (audits); house rules (masked segments, no query).
import assert from 'node:assert/strict';
import test from 'node:test';
import { demo, expect, gateway } from './gateway.mjs';

const g = await gateway();
const records = async (from) => (await g.must(`/v1/audits/organizations/acme?expand=true&startTime=${from}&endTime=${Date.now() + 1000}`)).json.auditRecord;
const dev = { email: 'audited@example.com', firstName: 'a', lastName: 'b', userName: 'c' };

const changes = [
	['CREATE', '/developers', { body: dev }, /\/developers/], ['UPDATE', `/developers/${dev.email}`, { method: 'PUT', body: { ...dev, firstName: 'z' } }, /\/developers\/audited@example\.com|%40/],
	['UPDATE', `/developers/${dev.email}?action=inactive`, { method: 'POST' }, /\/developers\//], ['CREATE', '/apis', { body: { name: 'audited' } }, /\/apis/],
	['DELETE', '/apis/audited', { method: 'DELETE' }, /\/apis\/audited/], ['DELETE', `/developers/${dev.email}`, { method: 'DELETE' }, /\/developers\//],
];
for (const [operation, path, o, uri] of changes) {
	test(`${operation} ${path}`, async () => {
		const from = Date.now();
		await g.must(path, o);
		const all = await records(from - 1);
		const r = all.find((x) => x.operation === operation && uri.test(x.requestUri));
		assert.ok(r, JSON.stringify(all));
		assert.equal(r.user, g.user);
		assert.ok(r.timeStamp >= from - 1 && r.timeStamp <= Date.now() + 1, `${r.timeStamp}`);
	});
}

test('what reads or fails leaves nothing', async () => {
	await new Promise((ok) => setTimeout(ok, 20));
	const from = Date.now();
	await g.must('/apis');
	await g.mgmt('/developers', { body: { email: 'x' } });
	await g.mgmt('/developers', { body: dev, auth: null });
	assert.deepEqual((await records(from)).filter((r) => r.operation === 'CREATE'), []);
});

test('a list has an end', async () => {
	assert.equal((await g.must('/v1/audits/organizations/acme?rows=2')).json.auditRecord.length, 2);
	for (const [query, message] of [['rows=10001', /rows/], ['rows=-1', /rows/], ['rows=many', /rows/], ['startTime=x', /startTime/], ['endTime=99999999999999999999', /endTime/]])
		expect(await g.mgmt(`/v1/audits/organizations/acme?${query}`), { status: 400, body: message }, query);
	expect(await g.mgmt('/v1/audits/organizations/acme?rows=10000'), { status: 200 });
});

test('no secret in it', async () => {
	const token = await g.token();
	expect(await g.revoke(token), { status: [200, 204] });
	await g.must(`/developers/${demo.developer}/apps/${demo.app}/keys/create`, { body: { consumerKey: 'audit-key-1', consumerSecret: 'audit-secret-1' } });
	await g.must(`/developers/${demo.developer}/apps/${demo.app}/keys/audit-key-1?action=revoke`, { method: 'POST' });
	const text = JSON.stringify(await records(0));
	for (const secret of [token, 'audit-key-1', 'audit-secret-1', g.pass, demo.secret])
		assert.ok(!text.includes(secret), secret);
	assert.match(text, /oauth2\/accesstokens/);
});
