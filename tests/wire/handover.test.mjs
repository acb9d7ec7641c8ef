// SPDX-License-Identifier: Apache-2.0
// SIGUSR2: a new start of the binary takes over sockets, lock and store; nobody who calls notices.
// Invariant: no request fails by it, nothing that was answered is lost, and somebody serves whoever dies.
// Source: docs/why/handover.md; sd_notify(3).
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { expect, fetchOne, folder, gateway, origin, say, slack, sleep, until } from './gateway.mjs';
import { manager } from './manager.mjs';
import { everyKind, noneFailed } from './steady.mjs';

const QUOTA = '<Quota><Allow count="100000"/><Interval>1</Interval><TimeUnit>hour</TimeUnit></Quota>';
const counted = { post: { response: ['s'] }, pre: { request: ['q'] }, policies: { q: QUOTA, s: say('{ratelimit.q.used.count}') } };
const used = async (g) => +(await g.call('/counted')).text;
const here = { post: { response: ['s'] }, policies: { s: say('here') } };

test('ten in a row under load: no request fails, kept connections and new ones', async () => {
	const g = await gateway({ set: { drain_timeout: '5', workers: '2' } }), all = await everyKind(g), pids = [];
	for (let i = 0; i < 10; i++) {
		await g.handOver();
		pids.push(g.proc.pid);
		await sleep(100);
	}
	assert.equal(new Set(pids).size, 10);
	await noneFailed(all);
	await g.stop();
	assert.doesNotMatch(g.proc.err, /AddressSanitizer|LeakSanitizer|runtime error/);
});

test('both serve one store meanwhile', async (t) => {
	const slow = await origin((one, res) => setTimeout(() => res.end('late'), one.url === '/short' ? 1500 : 8000 * slack));
	const g = await gateway({ set: { drain_timeout: `${4 * slack}` } });
	await g.proxy('slow', { target: slow.url });
	await g.proxy('kept', { pre: { request: ['v'] }, post: { response: ['s'] }, policies: { v: '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>', s: say('first') } });
	const token = await g.token(await g.app("free")), kept = new http.Agent({ keepAlive: true, maxSockets: 1 }), other = new http.Agent({ keepAlive: true, maxSockets: 1 });
	for (const agent of [kept, other])
		expect(await g.call('/kept', { token, agent }), { status: 200, body: /first/ });
	await g.proxy('counted', counted);
	for (let i = 0; i < 5; i++) await used(g);
	const running = g.call('/slow/short'), held = g.call('/slow').catch((e) => e);
	g.proc.kill('SIGUSR2');
	await until(() => g.events('handover_started').length === 1 && /ready\n[^]*ready\n/.test(g.proc.out), 30000 * slack);
	await t.test('a change made with the one is seen by the other', async () => {
		const fresh = new http.Agent();
		await g.proxy('kept', { post: { response: ['s'] }, policies: { s: say('second') } });
		expect(await g.call('/kept', { agent: fresh }), { status: 200, body: /second/ });
		await sleep(1000);
		const r = await g.call('/kept', { agent: kept });                      // the one before: it follows, and says its last
		expect(r, { status: 200, body: /second/, headers: { connection: 'close' } });
	});
	await t.test('a running request is answered', async () => expect(await running, { status: 200, body: 'late' }));
	await t.test('it ends after drain_timeout, whatever still runs', async () => {
		await until(() => g.events('taken_over').length === 1, 20000 * slack);
		assert.notEqual((await held).status, 200);
		g.proc.pid = g.events('handed_over')[0].pid;
	});
	await t.test('quotas count on: nothing is lost, nothing twice', async () => {
		for (let i = 0; i < 3; i++) {
			await g.handOver();
			await used(g);
			await sleep(2200);                                             // written behind, and what both had is added up
		}
		assert.equal(await used(g), 5 + 3 + 1);
	});
	await g.stop();
});

test('a successor that does not start leaves everything as it is', async () => {
	const dir = folder(), file = join(dir, 'gatehouse.conf');
	writeFileSync(file, '');
	const g = await gateway({ args: ['--config', file] });
	await g.proxy('here', here);
	writeFileSync(file, 'nonsense = 1\n');
	g.proc.kill('SIGUSR2');
	await until(() => g.events('handover_failed').length === 1, 20000 * slack);
	assert.equal(g.events('handover_failed')[0].exit_status, 1);
	assert.match(g.proc.err, /gatehouse\.conf:1/);
	expect(await g.call('/here'), { status: 200 });
	writeFileSync(file, '');
	await g.handOver();
	expect(await g.call('/here'), { status: 200 });
	await g.stop();
});

test('the service manager hears last who it is now', async () => {
	const m = await manager(folder()), g = await gateway({ env: { NOTIFY_SOCKET: m.path }, set: { drain_timeout: '1' } });
	const heard = async (n, what) => { await until(() => m.told().length === n); assert.match(m.told().at(-1), what); };
	await heard(1, /^READY=1/);
	for (let i = 0; i < 2; i++) {
		await g.handOver();
		await heard(3 + 2 * i, /^READY=1;STATUS=Serving/);             // by the new one, who is listened to now
		assert.match(m.told().at(-2), new RegExp(`^MAINPID=${g.proc.pid};`));
	}
	g.proc.kill('SIGHUP');
	await until(() => m.told().length === 7);                              // RELOADING and READY, by the new one
	await g.stop();
	await heard(8, /^STOPPING=1/);
	m.stop();
});

// Kills the one or the other a little later each time, while changes are made.  Once the hand-over is done there is
// one server again, whose death is an ordinary one.
const alive = (pid) => { try { return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')); } catch { return false; } };
const served = (g) => fetchOne({ port: g.ports.http, path: '/here', headers: { Host: 'acme-test.localhost' }, agent: new http.Agent(), timeout: 1000 }).then((r) => r.status === 200, () => false);

async function killOne(g, which, afterMs) {
	const before = g.proc.pid, known = g.events('handover_started').length;
	g.proc.kill('SIGUSR2');
	await until(() => g.events('handover_started').length > known, 20000 * slack);
	const next = g.events('handover_started').at(-1).pid, done = () => g.events('handed_over').some((e) => e.pid === next);
	const [victim, other] = which === 'successor' ? [next, before] : [before, next];
	await sleep(afterMs);
	const early = !done();
	if (early)
		process.kill(victim, 'SIGKILL');
	await until(() => !alive(victim) || (done() && !alive(before)), 20000 * slack);
	g.proc.pid = done() ? next : other;
	if (!alive(g.proc.pid)) {                                              // it was done in the same moment
		assert.ok(done() && victim === next);
		await g.proc.ended;
		await g.start();
	}
	return early;
}

for (const which of ['server before', 'successor'])
	test(`kill -9 of the ${which} at any moment`, async () => {
		const g = await gateway({ set: { drain_timeout: '1' } }), answered = [], rounds = slack > 1 ? 6 : 12;
		await g.proxy('here', here);
		let on = true, i = 0, early = 0;
		const writer = (async () => {
			while (on) {
				const email = `d${i++}@example.com`;
				const r = await g.mgmt('/developers', { body: { email, firstName: 'a', lastName: 'b', userName: email }, agent: new http.Agent(), timeout: 3000 }).catch(() => null);
				if (r?.status === 201) answered.push(email);
				await sleep(1);
			}
		})();
		for (let n = 0; n < rounds; n++) {
			early += await killOne(g, which, n * 8 * slack);
			const late = Date.now() + 10000 * slack;
			while (!await served(g))
				assert.ok(Date.now() < late, `round ${n}: nobody serves\n${g.proc.err.slice(-2000)}`);
			const so_far = answered.length;
			await until(() => answered.length > so_far, 10000 * slack);
		}
		on = false;
		await writer;
		const there = new Set((await g.must('/developers')).json);
		assert.deepEqual(answered.filter((e) => !there.has(e)), []);
		assert.ok(early >= 3 && answered.length > rounds, `${early} killed, ${answered.length} answered`);
		await g.stop();
	});
