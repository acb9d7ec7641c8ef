// SPDX-License-Identifier: Apache-2.0
// What is answered is on the disk: with slow syncs no answer is quick, with failing ones none is good.
// Invariant: the sync is the preloaded one (tests/soak/slow_sync.c), so a cached write cannot pass.
// Source: house rules (SQLite synchronous=FULL; a failed fdatasync fails the group and stops the server).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { bundle, demo, expect, folder, gateway, mark, proxy, root, slack, until } from './gateway.mjs';

const dir = folder(), library = join(dir, 'slow_sync.so'), control = join(dir, 'control');
execFileSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-o', library, join(root, 'tests/soak/slow_sync.c'), '-ldl']);
const how = (what) => writeFileSync(control, what);
how('');
const env = { LD_PRELOAD: library, SLOW_SYNC: control,
	...(slack > 1 ? { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` } : {}) };
const files = proxy('durable', { pre: { request: ['a'] }, policies: { a: mark('x', '1') } });
let n = 0;

const writes = [
	['a token', (g) => g.token(demo, { whole: true })],
	['a revocation', (g, token) => g.revoke(token)],
	['an import', (g) => g.import(`durable${n++}`, bundle(files))],
	['a deploy', (g, token, i) => g.deploy('durable', i % 2 + 1)],
	['a developer', (g) => g.mgmt('/developers', { body: { email: `d${n++}@example.com`, firstName: 'a', lastName: 'b', userName: 'c' } })],
	['a policy', (g) => g.mgmt('/apis/durable/revisions/3/policies', { body: mark('x', '1').replace('<AssignMessage', `<AssignMessage name="n${n++}"`), type: 'application/xml' })],
];
async function prepared() {
	const g = await gateway({ env });
	for (let i = 0; i < 3; i++)
		expect(await g.import('durable', bundle(files)), { status: 201 });
	expect(await g.deploy('durable', 1), { status: 200 });
	return g;
}

test('with a sync of 200 ms none is answered sooner', async (t) => {
	const g = await prepared();
	const tokens = await Promise.all([1, 2, 3].map(() => g.token()));
	how('200');
	for (const [what, write] of writes) {
		await t.test(what, async () => {
			for (let i = 1; i <= 3; i++) {
				const from = process.hrtime.bigint();
				const r = expect(await write(g, tokens[i - 1], i), { status: [200, 201, 204] });
				const ms = Number(process.hrtime.bigint() - from) / 1e6;
				assert.ok(ms >= 199, `${what} was answered ${r.status} after ${ms.toFixed(1)} ms`);
			}
		});
	}
	await t.test('many at once share a sync, and none is early', async () => {
		const from = Date.now();
		const all = await Promise.all(Array.from({ length: 100 }, async () => { expect(await g.token(demo, { whole: true }), { status: 200 }); return Date.now() - from; }));
		assert.ok(Math.min(...all) >= 199, `${Math.min(...all)} ms`);
		assert.ok(Math.max(...all) < 5000 * slack, `${Math.max(...all)} ms: they do not share`);
	});
	await t.test('what only reads is not held up', async () => {
		const from = Date.now();
		expect(await g.mgmt('/apps'), { status: 200 });
		expect(await g.call('/weather/json'), { status: 401 });
		assert.ok(Date.now() - from < 190 * slack, `${Date.now() - from} ms`);
	});
	how('');
	assert.equal((await g.stop()).code, 0);
});

for (const [i, [what, write]] of writes.entries()) {
	test(`with a sync that fails: ${what} is not answered with success`, async () => {
		how('');
		const g = await prepared(), token = await g.token();
		how('fail');
		let r;
		try {
			r = await write(g, token, 1);
		} catch (e) {
			assert.match(e.code ?? e.message, /ECONNRESET|ECONNREFUSED|EPIPE|hang up/);
		}
		assert.ok(!r || r.status >= 500, `${what}: ${r?.status} ${r?.text}`);
		await until(() => g.proc.code !== null || g.proc.signal !== null);
		assert.ok(g.proc.code > 0, `it goes on after a failed sync (exit ${g.proc.code ?? g.proc.signal})`);
		await g.stop();                               // it has ended by itself, and not with 0
		how('');
		if (i === 0) {
			await g.start();
			expect(await g.call('/weather/json', { token }), { status: 200 }, 'what was answered before is there');
			expect(await g.token(demo, { whole: true }), { status: 200 });
			await g.stop();
		}
	});
}
