// SPDX-License-Identifier: Apache-2.0
// Many at once and for long: limits, leaks, idle clients, and a management plane that delays nobody.
// Invariant: over the limit is a 503 at once; memory does not grow with the number of requests.
// Source: house rules (max_exchanges, memory per lifetime, a loop of its own for management).
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { bundle, demo, expect, gateway, load, origin, proxy, say, slack, sleep, until } from './gateway.mjs';

const g = await gateway({ set: { max_exchanges: '64' } });
const slow = await origin((one, res) => setTimeout(() => res.end('ok'), 1200));
const fast = await origin((one, res) => res.end('ok'));
await g.proxy('slow', { target: slow.url });
await g.proxy('fast', { target: fast.url, pre: { request: ['v'] }, policies: { v: '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>' } });
await g.proxy('null', { post: { response: ['s'] }, policies: { s: say('{request.queryparam.a} {createUuid()}') } });

test('more than max_exchanges: 503 at once, the rest is served', async () => {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
	const from = Date.now();
	const all = await Promise.all(Array.from({ length: 150 }, () => g.call('/slow', { agent }).then((r) => [r.status, Date.now() - from, r.headers['retry-after']])));
	const [good, refused] = [all.filter(([s]) => s === 200), all.filter(([s]) => s === 503)];
	assert.equal(good.length + refused.length, 150);
	assert.ok(good.length >= 32 && good.length <= 64, `${good.length} served`);
	assert.ok(refused.every(([, ms, again]) => ms < 1100 * slack && again === '1'), 'a refusal waits for nobody, and says when to come again');
	expect(await g.call('/slow', { agent }), { status: 200 });
	agent.destroy();
});

test('3,000 management calls at one instant wait their turn', async () => {
	expect(await g.mgmt('/apis'), { status: 200 });
	const agent = new http.Agent({ maxSockets: Infinity }), said = {};
	await Promise.all(Array.from({ length: 3000 }, () => g.mgmt('/apis', { agent }).then((r) => { said[r.status] = (said[r.status] ?? 0) + 1; })));
	assert.deepEqual(said, { 200: 3000 });
	agent.destroy();
});

const kinds = [
	['null routes', () => g.call('/null?a=b')], ['verified and proxied', (token) => g.call('/fast', { token })], ['refused', () => g.call('/fast', { token: 'x' })], ['no proxy', () => g.call('/none')],
	['tokens', () => g.token(demo, { whole: true })], ['management', () => g.mgmt('/apis')], ['imports', (t, i) => g.import(`leak${i % 4}`, bundle(proxy('leak', { target: fast.url })))],
	['overrides', (t, i) => g.deploy('fast', 1)],
];
test('no leak', async (t) => {
	const token = await g.token(await g.app('leaky'));
	for (const [what, call] of kinds) {
		await t.test(what, async () => {
			const n = what === 'imports' || what === 'overrides' ? 150 : 2000, run = async () => {
				let i = 0;
				await Promise.all(Array.from({ length: 8 }, async () => { while (i++ < n) assert.ok((await call(token, i)).status < 500); }));
			};
			await run();
			const warm = g.memory().now;
			await run();
			const grown = g.memory().now - warm;
			assert.ok(grown < 3072 * slack * slack, `${n} more of them grew it by ${grown} KiB`);
		});
	}
});

test('1,000 idle connections hold little', async () => {
	const before = g.memory().now;
	const idle = await Promise.all(Array.from({ length: 1000 }, () => new Promise((ok, no) => { const s = net.connect(g.ports.http, '127.0.0.1', () => ok(s)).on('error', no); })));
	await sleep(300);
	const each = (g.memory().now - before) / 1000;
	assert.ok(each < 4 * slack, `${each} KiB each`);
	expect(await g.call('/null'), { status: 200 });
	const half = idle.map((s) => s.write('GET /null HTTP/1.1\r\nHo'));     // and a thousand that send half a head
	assert.equal(half.length, 1000);
	await sleep(300);
	expect(await g.call('/null'), { status: 200 });
	idle.forEach((s) => s.destroy());
});

test('clients that vanish leave nothing behind', async () => {
	for (let round = 0; round < 3; round++) {
		const gone = Array.from({ length: 60 }, () => { const s = net.connect(g.ports.http, '127.0.0.1').on('error', () => {}); s.write('GET /slow HTTP/1.1\r\nHost: acme-test.localhost\r\n\r\n'); return s; });
		await sleep(200);
		gone.forEach((s) => s.resetAndDestroy?.() ?? s.destroy());
		await sleep(300);
		expect(await g.call('/slow'), { status: 200 }, `round ${round}`);
	}
});

test('an import of 8 MiB and a long list delay no proxied request', async () => {
	const token = await g.token(await g.app('calm'));
	const big = bundle(proxy('big', { files: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`apiproxy/resources/jsc/${i}.js`, { data: Buffer.from(Array.from({ length: 200000 }, (_x, k) => 32 + (k * 7919 * (i + 1)) % 90)), store: true }])) }));
	await g.call('/fast', { token });
	const times = [];
	const calls = load(async () => { const from = process.hrtime.bigint(); const r = await g.call('/fast', { token }); times.push(Number(process.hrtime.bigint() - from) / 1e6); return r.status === 200 || r.text; }, 1);
	await until(() => times.length > 20);
	for (let i = 0; i < 3; i++)
		expect(await g.import('big', big), { status: 201 });
	for (let i = 0; i < 10; i++)
		await g.mgmt('/apps', { auth: `Basic ${Buffer.from(`x${i}:y`).toString('base64')}` });
	const { bad } = await calls.stop();
	assert.deepEqual(bad, []);
	times.sort((a, b) => a - b);
	assert.ok(times[Math.floor(times.length * 0.95)] < 60 * slack, `95 of 100 within ${times[Math.floor(times.length * 0.95)].toFixed(1)} ms of ${times.length}`);
});
