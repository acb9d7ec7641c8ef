// SPDX-License-Identifier: Apache-2.0
// HealthMonitor: servers are asked on their own, go out of rotation when they fail, and come back.
// Invariant: no call of a client is needed for either; without MaxFailures nobody is asked.
// Source: reference 3.3 (HealthMonitor).
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { expect, freePorts, gateway, origin, sleep } from './gateway.mjs';

const g = await gateway();
const at = '/environments/test/targetservers';
// A target that can be made sick: only its /health says so.
async function target(name) {
	const t = { name, health: { status: 200, headers: {} }, checks: [] };
	t.origin = await origin((one, res) => {
		if (!one.url.startsWith('/health'))
			return res.end(name);
		t.checks.push(one);
		res.writeHead(t.health.status, t.health.headers);
		res.end();
	});
	await g.must(at, { body: { name, host: '127.0.0.1', port: t.origin.port } });
	return t;
}
let n = 0;
async function balanced(servers, monitor, { failures = 1 } = {}) {
	const name = `hm${n++}`;
	await g.proxy(name, { target: 'http://unused.invalid', files: { 'apiproxy/targets/default.xml': '<TargetEndpoint name="default"><HTTPTargetConnection>' +
		`<LoadBalancer>${servers.map((s) => `<Server name="${s}"/>`).join('')}<RetryEnabled>false</RetryEnabled><MaxFailures>${failures}</MaxFailures></LoadBalancer>` +
		`<HealthMonitor><IsEnabled>true</IsEnabled><IntervalInSec>1</IntervalInSec>${monitor}</HealthMonitor></HTTPTargetConnection></TargetEndpoint>` } });
	const call = () => g.call(`/${name}`);
	call.seen = async (times = 4) => {
		let got = '';
		for (let i = 0; i < times; i++) {
			const r = await call();
			got += r.status === 200 ? r.text : r.status;
		}
		return [...got].sort().join('');
	};
	return call;
}
async function until(call, want) {
	const late = Date.now() + 15000;
	let got;
	while ((got = await call.seen()) !== want)
		assert.ok(Date.now() < late, `${got}, not ${want}`), await sleep(100);
}

const http1 = '<HTTPMonitor><Request><ConnectTimeoutInSec>2</ConnectTimeoutInSec><SocketReadTimeoutInSec>2</SocketReadTimeoutInSec>' +
	'<Verb>GET</Verb><Path>/health?deep=1</Path><Header name="X-From">monitor</Header><IncludeHealthCheckIdHeader>true</IncludeHealthCheckIdHeader></Request>' +
	'<SuccessResponse><ResponseCode>200</ResponseCode><ResponseCode>204</ResponseCode><Header name="X-State">well</Header></SuccessResponse></HTTPMonitor>';

test('HTTP: out and back without a client', async () => {
	const a = await target('a'), b = await target('b');
	a.health = b.health = { status: 200, headers: { 'X-State': 'well' } };
	const call = await balanced(['a', 'b'], http1);
	assert.equal(await call.seen(), 'aabb');
	b.health = { status: 500, headers: { 'X-State': 'well' } };
	await until(call, 'aaaa');
	b.health = { status: 204, headers: { 'X-State': 'well' } };
	await until(call, 'aabb');
	b.health = { status: 200, headers: { 'X-State': 'ill' } };
	await until(call, 'aaaa');
	const [one] = b.checks;
	assert.deepEqual([one.method, one.url, one.headers['x-from'], one.headers.host], ['GET', '/health?deep=1', 'monitor', `127.0.0.1:${b.origin.port}`]);
	assert.match(one.headers['x-apigee-healthcheck-id'], /^acme\/test\/[^/]+\/\d{13}$/);
	const per = b.checks.length / ((Date.now() - b.checks[0].at) / 1000);
	assert.ok(per < 2, `${per} checks a second`);
});

test('HTTP: another port', async () => {
	const c = await target('c'), health = await origin((one, res) => { res.writeHead(503); res.end(); });
	const call = await balanced(['c'], `<HTTPMonitor><Request><Port>${health.port}</Port><Path>/h</Path></Request></HTTPMonitor>`);
	for (const late = Date.now() + 15000; (await call()).status !== 503;)
		assert.ok(Date.now() < late), await sleep(100);
	expect(await call(), { status: 503, body: /NoActiveTargets/ });
	assert.equal(health.seen[0].url, '/h');
	assert.equal(c.checks.length, 0);
});

test('TCP: a server that listens again', async () => {
	const d = await target('d');
	const [port] = await freePorts(1);
	await g.must(at, { body: { name: 'late', host: '127.0.0.1', port } });
	const call = await balanced(['d', 'late'], '<TCPMonitor><ConnectTimeoutInSec>2</ConnectTimeoutInSec></TCPMonitor>');
	await until(call, 'dddd');
	const late = http.createServer((q, s) => s.end('l'));
	await new Promise((ok) => late.listen(port, '127.0.0.1', ok));
	late.unref();
	late.on('connection', (s) => s.unref());
	await until(call, 'ddll');
});

test('without MaxFailures nobody is asked; after an undeploy neither', async () => {
	const e = await target('e'), f = await target('f');
	const free = await balanced(['e'], '<HTTPMonitor><Request><Path>/health</Path></Request></HTTPMonitor>', { failures: 0 });
	assert.equal(await free.seen(1), 'e');
	await balanced(['f'], '<HTTPMonitor><Request><Path>/health</Path></Request></HTTPMonitor>');
	while (!f.checks.length)
		await sleep(50);
	assert.equal(e.checks.length, 0);
	expect(await g.undeploy(`hm${n - 1}`, 1), { status: 200 });
	await sleep(300);
	const before = f.checks.length;
	await sleep(2500);
	assert.equal(f.checks.length, before);
});

test('a silent server is waited for once, however short the interval', async () => {
	let open = 0, most = 0;
	const mute = net.createServer((s) => {
		most = Math.max(most, ++open);
		s.on('error', () => {}).on('close', () => open--).resume();
	});
	await new Promise((ok) => mute.listen(0, '127.0.0.1', ok));
	mute.unref();
	const h = await target('h');
	await g.must(`${at}/h`, { method: 'PUT', body: { host: '127.0.0.1', port: h.origin.port } });
	const call = await balanced(['h'], `<HTTPMonitor><Request><Port>${mute.address().port}</Port><SocketReadTimeoutInSec>3</SocketReadTimeoutInSec></Request></HTTPMonitor>`);
	for (const late = Date.now() + 15000; (await call()).status !== 503;)
		assert.ok(Date.now() < late), await sleep(100);
	assert.equal(most, 1);
	mute.close();
});
