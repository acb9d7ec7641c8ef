// SPDX-License-Identifier: Apache-2.0
// What operators ask of the process: health, metrics, an end that loses no request.
// Invariant: health needs no credentials and metrics do; the sums of /metrics are what was sent.
// Source: Prometheus text exposition format 0.0.4; RFC 9112 §9.6.
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { expect, fetchOne, gateway, load, origin, say, sleep, slack, until } from './gateway.mjs';

const target = await origin((one, res) => setTimeout(() => res.end('ok'), one.url.includes('slow') ? 300 : 0));
const NULL = { post: { response: ['s'] }, policies: { s: say('here') } };
const raw = (g, path, o = {}) => fetchOne({ port: g.ports.management, path, ...o });

// { name: { type, help }, value('name{labels}') }
function page(text) {
	const types = {}, values = {};
	for (const line of text.trimEnd().split('\n')) {
		const head = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
		if (head) {
			(types[head[2]] ??= {})[head[1]] = head[3];
			continue;
		}
		const [, name, labels, value] = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)+\})? (\S+)$/.exec(line) ?? assert.fail(line);
		assert.ok(types[name] ?? types[name.replace(/_(bucket|sum|count)$/, '')], `${name} has a type`);
		assert.ok(!((name + (labels ?? '')) in values), `${line} stands once`);
		values[name + (labels ?? '')] = Number(value);
	}
	return { types, values };
}

test('health and readiness', async () => {
	const g = await gateway();
	const rows = [['/healthz', 'GET', 200, 'ok\n'], ['/readyz', 'GET', 200, 'ready\n'], ['/healthz', 'HEAD', 200, ''],
		['/readyz', 'POST', 405, /not allowed/], ['/metrics', 'GET', 401, /Unauthorized/], ['/healthz/x', 'GET', 404, /no resource/]];
	for (const [path, method, status, body] of rows)
		expect(await raw(g, path, { method }), { status, body }, `${method} ${path}`);
	await g.stop();
	const open = await gateway({ set: { 'metrics.public': 'true' } });
	expect(await raw(open, '/metrics'), { status: 200, headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' } });
	await open.stop();
});

test('metrics add up', async () => {
	const g = await gateway({ set: { workers: '2' } });
	const look = async () => page(expect(await g.mgmt('/metrics', { path: '/metrics' }), { status: 200 }).text).values;
	await g.proxy('null', NULL);
	await g.proxy('far', { target: target.url });
	await g.proxy('guarded', { target: target.url, pre: { request: ['v'] }, policies: { v: '<OAuthV2><Operation>VerifyAccessToken</Operation></OAuthV2>' } });
	const token = await g.token();
	const before = await look();
	const calls = [['/null', 30, 200], ['/far/slow', 3, 200], ['/none', 5, 404]];
	for (const [path, n, status] of calls)
		for (let i = 0; i < n; i++)
			expect(await g.call(path), { status });
	for (let i = 0; i < 4; i++)
		expect(await g.call('/guarded', { token: 'nonsense' }), { status: 401 });
	await g.token(undefined, { whole: true });
	const after = await look(), grew = (k) => (after[k] ?? 0) - (before[k] ?? 0);
	const labels = (proxy) => `organization="acme",environment="test",proxy="${proxy}"`;
	const rows = {
		'gatehouse_requests_total{class="2xx"}': 34, 'gatehouse_requests_total{class="4xx"}': 9,
		'gatehouse_requests_without_proxy_total': 5, 'gatehouse_faults_total': 9,
		[`gatehouse_proxy_requests_total{${labels('null')},class="2xx"}`]: 30,
		[`gatehouse_proxy_requests_total{${labels('guarded')},class="4xx"}`]: 4,
		[`gatehouse_proxy_faults_total{${labels('guarded')}}`]: 4,
		'gatehouse_tokens_issued_total': 1, 'gatehouse_tokens_verified_total{result="refused"}': 4,
		'gatehouse_request_duration_seconds_count': 43, 'gatehouse_target_duration_seconds_count': 3,
		'gatehouse_target_duration_seconds_bucket{le="+Inf"}': 3, 'gatehouse_target_duration_seconds_bucket{le="0.128"}': 0,
	};
	for (const [k, n] of Object.entries(rows))
		assert.equal(grew(k), n, k);
	assert.ok(token && after.gatehouse_connections >= 1 && after.gatehouse_fibers >= 1);
	for (const k of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_open_fds', 'process_start_time_seconds'])
		assert.ok(after[k] > 0, k);
	assert.equal(after.gatehouse_store_reachable, 1);
	assert.ok('gatehouse_store_queue' in after);
	await g.stop();
});

test('all revisions of a proxy are one line', async () => {
	const g = await gateway();
	await g.proxy('odd', NULL);
	for (let i = 0; i < 3; i++) {
		expect(await g.undeploy('odd', 1), { status: 200 });
		expect(await g.deploy('odd', 1), { status: 200 });
		expect(await g.call('/odd'), { status: 200 });
	}
	const { values } = page((await g.mgmt('/metrics', { path: '/metrics' })).text);
	assert.equal(values['gatehouse_proxy_requests_total{organization="acme",environment="test",proxy="odd",class="2xx"}'], 3, 'one line for all revisions');
	await g.stop();
});

// A client that keeps its connection until it is told that the answer was the last.
function client(g, seen) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const one = async () => {
		try {
			const r = await g.call('/far', { agent });
			seen[r.status === 200 ? 'ok' : 'bad']++;
			return r.headers.connection !== 'close';
		} catch (e) {
			seen.errors.push(e.message);
			return false;
		}
	};
	return { agent, one, run: async () => { while (await one()); } };
}

test('a drain loses no request of those who heed Connection: close', async () => {
	const g = await gateway({ set: { drain_timeout: '20' } });
	await g.proxy('far', { target: target.url });
	const seen = { ok: 0, bad: 0, errors: [] };
	const busy = Array.from({ length: 16 }, () => client(g, seen)), idle = client(g, seen);
	await idle.one();
	const all = Promise.all(busy.map((c) => c.run()));
	await until(() => seen.ok > 200);
	expect(await raw(g, '/readyz'), { status: 200 });
	const ended = g.stop();
	let r;
	for (const late = Date.now() + 2000 * slack; (r = await raw(g, '/readyz')).status === 200 && Date.now() < late;)
		await sleep(5);
	expect(r, { status: 503, body: 'draining\n' }, 'a new connection');
	expect(await raw(g, '/healthz'), { status: 200 });
	await all;
	assert.equal(await idle.one(), false, 'the idle connection gets one more answer, its last');
	await Promise.race([ended, sleep(5000)]);
	assert.deepEqual({ code: g.proc.code, bad: seen.bad, errors: seen.errors }, { code: 0, bad: 0, errors: [] });
});

test('an idle connection is closed at drain_timeout', async () => {
	const g = await gateway({ set: { drain_timeout: '1' } });
	const agent = new http.Agent({ keepAlive: true });
	expect(await g.call('/none', { agent }), { status: 404 });
	const from = Date.now();
	await g.stop();
	assert.equal(g.proc.code, 0);
	assert.ok(Date.now() - from > 900 && Date.now() - from < 4000 * slack, `${Date.now() - from} ms`);
	agent.destroy();
});

test('an access log that cannot be written is told of once, and its lines are counted', async () => {
	const g = await gateway({ set: { access_log: '/dev/full', 'metrics.public': 'true', workers: '2' } });
	for (let i = 0; i < 6; i++) {
		expect(await g.call('/none', { headers: { Connection: 'close' } }), { status: 404 });
		await sleep(500);
	}
	await until(() => g.events('access_log_failed').length > 0);
	assert.equal(g.events('access_log_failed').length, 1);
	const { text } = await fetchOne({ port: g.ports.management, path: '/metrics' });
	assert.ok(+/gatehouse_access_log_dropped_total (\d+)/.exec(text)[1] >= 3, text);
	await g.stop();
});

test('redeploys every 100 ms under load: no request fails', async () => {
	const g = await gateway();
	const files = (body) => ({ target: target.url, post: { response: ['s'] }, policies: { s: say(body) } });
	await g.proxy('far', files('one'));
	await g.proxy('far', files('two'));
	const went = (r) => (r.status === 200 && ['one', 'two'].includes(r.text)) || `${r.status} ${r.text}`;
	const kept = load(async () => went(await g.call('/far')), 4);
	const fresh = load(async () => went(await g.call('/far', { headers: { Connection: 'close' } })), 2);
	for (let i = 0; i < 50; i++) {
		const from = Date.now();
		expect(await g.deploy('far', 1 + i % 2), { status: 200 });
		await sleep(Math.max(0, 100 - (Date.now() - from)));
	}
	for (const l of [kept, fresh]) {
		const { ok, bad } = await l.stop();
		assert.deepEqual(bad, []);
		assert.ok(ok > 50, `${ok} went well`);
	}
	await g.stop();
});
