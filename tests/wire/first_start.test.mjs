// SPDX-License-Identifier: Apache-2.0
// A first start that is killed anywhere is finished by the next one.
// Invariant: afterwards everything is there once: nothing is missing, nothing came twice.
// Source: the interface of the binary (`gatehouse serve --help`); src/main/bootstrap.h.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { basic, demo, expect, folder, gateway, launch, root, slack, sleep, until } from './gateway.mjs';

const ROUNDS = 12;
const listen = ['management', 'gateway.default', 'gateway.secure', 'mocktarget'].flatMap((k) => ['--set', `${k}.listen=127.0.0.1:0`]);
const dirs = folder(), library = join(dirs, 'slow_sync.so'), control = join(dirs, 'control');
execFileSync('cc', ['-shared', '-fPIC', '-O1', '-D_GNU_SOURCE', '-o', library, join(root, 'tests/soak/slow_sync.c'), '-ldl']);
writeFileSync(control, '15');              // each step takes its time, so that kills fall between them
const env = { GATEHOUSE_ADMIN_USER: 'admin@acme.example', LD_PRELOAD: library, SLOW_SYNC: control,
	...(slack > 1 ? { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` } : {}) };

// How long such a first start takes here; kills are spread over it.
async function duration() {
	const from = Date.now(), p = launch(['serve', '--data', folder(), '--demo', ...listen], { env });
	await until(() => p.out.includes('ready'), 60000);
	const ms = Date.now() - from;
	p.child.kill('SIGKILL');
	await p.ended;
	return ms;
}

async function whole(g) {
	assert.deepEqual((await g.must('/v1/organizations')).json, ['acme']);
	assert.deepEqual((await g.must('/environments')).json.sort(), ['prod', 'test']);
	for (const e of ['test', 'prod'])
		assert.deepEqual((await g.must(`/environments/${e}/virtualhosts`)).json.sort(), ['default', 'secure']);
	assert.deepEqual((await g.must('/apis')).json.sort(), ['helloworld', 'oauth', 'weatherapi']);
	for (const api of ['helloworld', 'oauth', 'weatherapi']) {
		assert.deepEqual((await g.must(`/apis/${api}/revisions`)).json, ['1']);
		assert.deepEqual((await g.must(`/apis/${api}/deployments`)).json.environment.map((e) => [e.name, e.revision.map((r) => r.state)]), [['test', ['deployed']]]);
	}
	assert.deepEqual((await g.must('/apiproducts')).json, [demo.product]);
	assert.deepEqual((await g.must('/developers')).json, [demo.developer]);
	const [id, ...more] = (await g.must('/apps')).json;
	assert.equal(more.length, 0);
	assert.equal((await g.must(`/apps/${id}`)).json.credentials.length, 1);
}

test('killed anywhere, finished by the next start', async (t) => {
	const ms = await duration();
	let begun = 0;
	for (let i = 0; i < ROUNDS; i++) {
		const after = ms * i / (ROUNDS - 3);
		await t.test(`after ${after.toFixed(0)} ms`, async () => {
			const dir = folder(), p = launch(['serve', '--data', dir, '--demo', ...listen], { env });
			await sleep(after);
			p.child.kill('SIGKILL');
			await p.ended;
			begun += !p.out.includes('ready') && existsSync(join(dir, 'gatehouse.db'));
			const g = await gateway({ dir, env: { GATEHOUSE_ADMIN_PASSWORD: undefined } });
			const file = join(dir, 'admin-password');
			assert.ok(existsSync(file));
			g.pass = readFileSync(file, 'utf8').trim();
			expect(await g.mgmt('/apps', { auth: basic(g.user, g.pass) }), { status: 200 });
			await whole(g);
			// The virtual hosts keep the port of the start that made them, and answer all the same.
			expect(await g.call('/weather/json', { token: await g.token() }), { status: 200 });
			assert.equal((await g.stop()).code, 0);
		});
	}
	assert.ok(begun >= ROUNDS / 2, `${begun} of ${ROUNDS} kills came in the middle (${ms} ms)`);
});
