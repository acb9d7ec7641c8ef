// SPDX-License-Identifier: Apache-2.0
// What the process has for itself: at its start, after passwords, for each idle connection, for each proxy.
// Invariant: what was needed once goes back to the system; the bounds hold with a margin to what is promised.
// Source: house (12 MiB at the start, 1 KiB an idle connection).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { basic, gateway, say, slack, sleep, until } from './gateway.mjs';

const IDLE = 10000;
const skip = slack > 1 && 'a sanitizer has memory of its own';

// KiB: written (nobody can share it), and mapped from files by nobody else at the moment.
function own(g) {
	const sum = (key) => +new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(rollup)[1];
	const rollup = readFileSync(`/proc/${g.proc.pid}/smaps_rollup`, 'utf8');
	return { written: sum('Private_Dirty'), files: sum('Private_Clean') };
}

test('at the start, with the demo', { skip }, async () => {
	const g = await gateway();
	for (const what of ['first start', 'second start']) {
		const { written, files } = own(g);
		assert.ok(written < 7 * 1024, `${what}: ${written} KiB written`);
		assert.ok(files < 12 * 1024, `${what}: ${files} KiB of libraries and program`);
		await g.restart();
	}
	const before = own(g).written;
	const wrong = await Promise.all(Array.from({ length: 12 }, (_, i) => g.mgmt('/apis', { auth: basic(g.user, `wrong${i}`) })));
	assert.ok(wrong.every((r) => r.status === 401));
	await until(() => own(g).written - before < 2048, 5000);   // the 19 MiB that a password takes are kept for the next one for a tenth of a second
	await g.stop();
});

test('10,000 connections that were used once, and full load beside them', { skip }, async () => {
	const g = await gateway();
	await g.proxy('here', { post: { response: ['s'] }, policies: { s: say('here') } });
	const used = () => new Promise((ok, no) => {
		const s = net.connect(g.ports.http, '127.0.0.1').on('error', no).once('data', () => ok(s));
		s.write('GET /here HTTP/1.1\r\nHost: acme-test.localhost\r\n\r\n');
	});
	const warm = await Promise.all(Array.from({ length: 500 }, used)), held = [];
	const before = own(g).written;
	while (held.length < IDLE)
		held.push(...await Promise.all(Array.from({ length: 100 }, used)));
	const each = (own(g).written - before) / IDLE;
	assert.ok(each < 0.8, `${each} KiB each`);
	const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
	const seen = await Promise.all(Array.from({ length: 3000 }, () => g.call('/here', { agent }).then((r) => r.status)));
	assert.ok(seen.every((s) => s === 200));
	agent.destroy();
	let closed = 0;
	held.forEach((s) => s.once('close', () => closed++));
	await sleep(100);
	assert.equal(closed, 0, 'nobody was thrown out for it');
	[...warm, ...held].forEach((s) => s.destroy());
	await g.stop();
});
