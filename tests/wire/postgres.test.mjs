// SPDX-License-Identifier: Apache-2.0
// The walk on PostgreSQL: token, call, revocation, restart; two servers on one database.
// Invariant: the same answers as on SQLite; what one server changes, the other knows within a second.
// Source: house rules (store: two drivers, one SQL text); tests/store/run starts the database.
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { basic, demo, expect, folder, gateway, launch, proxy, say, sleep } from './gateway.mjs';
import { postgres } from './postgres.mjs';

const store = await postgres();
const g = await gateway({ set: { store } });
const ok = async (s, token, status) => expect(await s.call('/weather/json', { token }), { status });

test('the walk', async () => {
	const token = await g.token();
	await ok(g, token, 200);
	expect(await g.revoke(token), { status: [200, 204] });
	await ok(g, token, 401);
	expect(await g.token({ key: demo.key, secret: 'wrong' }, { whole: true }), { status: 401 });
});

test('lists sort by bytes, as on SQLite', async () => {
	const names = ['b', 'A', 'a', 'B', '_', 'ä', 'Z'];
	for (const name of names)
		await g.must('/apiproducts', { body: { name, displayName: name, approvalType: 'auto' } });
	assert.deepEqual((await g.must('/apiproducts')).json, [demo.product, ...names].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y))));
});

test('conflicts and races', async () => {
	const body = { email: 'same@example.com', firstName: 'a', lastName: 'b', userName: 'c' };
	const all = await Promise.all(Array.from({ length: 10 }, () => g.mgmt('/developers', { body })));
	assert.deepEqual(all.map((r) => r.status).sort(), [201, ...Array(9).fill(409)]);
	const deploys = await Promise.all(Array.from({ length: 5 }, (_, i) => g.proxy(`pg${i}`, { post: { response: ['s'] }, policies: { s: say(`${i}`) } })));
	assert.deepEqual(deploys, Array(5).fill('1'));
	expect(await g.call('/pg3'), { status: 200, body: '3' });
});

test('a restart keeps all', async () => {
	const token = await g.token();
	await g.restart();
	await ok(g, token, 200);
	expect(await g.call('/pg4'), { status: 200, body: '4' });
});

test('a second server on the same database', async () => {
	const dir = folder();
	copyFileSync(join(g.dir, 'secret.key'), join(dir, 'secret.key'));
	const other = await gateway({ set: { store }, dir });
	const token = await g.token(demo);
	await ok(other, token, 200);
	await g.revoke(token);
	await sleep(1200);
	await ok(other, token, 401);
	await g.put('later', proxy('later', { post: { response: ['s'] }, policies: { s: say('here') } }));
	await sleep(1200);
	expect(await other.call('/later'), { status: 200, body: 'here' });
	expect(await other.mgmt('/apis', { auth: basic(g.user, g.pass) }), { status: 200 });
	assert.equal((await other.stop()).code, 0);
});

test('two first starts at the same moment make one organization', async () => {
	const empty = await postgres(), dirs = [folder(), folder()];
	dirs.forEach((d) => copyFileSync(join(g.dir, 'secret.key'), join(d, 'secret.key')));
	const both = await Promise.all(dirs.map((dir) => gateway({ set: { store: empty }, dir, pass: 'one-Passw0rd' })));
	for (const s of both) {
		assert.deepEqual((await s.must('/apis')).json.sort(), ['helloworld', 'oauth', 'weatherapi']);
		assert.deepEqual((await s.must('/apis/oauth/revisions')).json, ['1']);
		await ok(s, await both[0].token(), 200);
	}
	const pems = await Promise.all(both.map((s) => new Promise((done, no) => {
		const c = tls.connect({ port: s.ports.https, host: '127.0.0.1', servername: 'acme-test.localhost', rejectUnauthorized: false }, () => { done(c.getPeerCertificate().fingerprint256); c.destroy(); }).on('error', no);
	})));
	assert.equal(pems[0], pems[1]);
	for (const s of both)
		assert.equal((await s.stop()).code, 0, s.proc.err);
});

test('asynchronous commit is refused', async () => {
	const p = launch(['serve', '--data', folder(), '--set', `store=${store}?options=-c%20synchronous_commit%3Doff`]);
	setTimeout(() => p.child.kill('SIGKILL'), 15000).unref();
	await p.ended;
	assert.ok(p.code > 0, p.err);
	assert.match(p.err, /synchronous_commit/);
});

test('a database that is not there', async () => {
	const p = launch(['serve', '--data', folder(), '--set', 'store=postgres://nobody@127.0.0.1:1/none']);
	setTimeout(() => p.child.kill('SIGKILL'), 15000).unref();
	await p.ended;
	assert.ok(p.code > 0, p.err);
	assert.equal(p.err.trimEnd().split('\n').length, 1, p.err);
	assert.ok(!p.out.includes('ready'));
});

test('it ends in order', async () => { assert.equal((await g.stop()).code, 0); });
