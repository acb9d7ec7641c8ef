// SPDX-License-Identifier: Apache-2.0
// Interim answers (1xx) and Expect: what a target says early reaches the client early, or is kept from it.
// Invariant: one final answer to a request, whatever came before it; no 1xx to HTTP/1.0, no 101 without a wish.
// Source: RFC 9110 (10.1.1, 15.2), RFC 8297; docs/targets.md.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import net from 'node:net';
import test from 'node:test';
import { gateway, sleep, until, wire } from './gateway.mjs';

const g = await gateway();
const HOST = `acme-test.localhost:${g.ports.http}`, H = `Host: ${HOST}\r\n`;
const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((m) => +m[1]);
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 9\r\n\r\n';

// A target of bytes, deployed as a proxy of its name; says: what is written to each head, numbers are pauses,
// null is the end.
let seen = '';
async function target(name, says, properties = {}) {
	const server = net.createServer((s) => {
		s.unref().on('error', () => {}).on('data', async (c) => {
			if (!/^[A-Z]+ \//.test(c))
				return;
			seen = c.toString();
			for (const one of says)
				typeof one === 'number' ? await sleep(one) : one ? s.write(one) : s.destroy();
		});
	});
	await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
	server.unref();
	await g.proxy(name, { target: { url: `http://127.0.0.1:${server.address().port}`, properties } });
}
const get = (name, o) => wire(g.ports.http, `GET /${name} HTTP/1.1\r\n${H}\r\n`, { idle: 700, ...o });

const rows = [
	['103 passes', '103', [HINT, OK], [103, 200]],
	['103 passes at once', '103slow', [HINT, 300, OK], [103, 200]],
	['102, 103 and others pass in their order', 'several', ['HTTP/1.1 102 Processing\r\n\r\n', HINT + HINT, 'HTTP/1.1 199 Odd\r\n\r\n', OK], [102, 103, 103, 199, 200]],
	['100 that nobody asked for is kept', '100', ['HTTP/1.1 100 Continue\r\n\r\n', OK], [200]],
	['101 that nobody asked for', '101', ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n', OK], [502]],
	['interim answers without end', 'endless', [HINT.repeat(100), OK], [...Array(64).fill(103), 502]],
	['an end behind an interim answer', 'gone', [`${HINT}HTTP/1.1 2`, 20, null], [103, 502]],
];
for (const [what, name, says, want] of rows) {
	await target(name, says);
	test(what, async () => {
		const r = await get(name);
		assert.deepEqual(statuses(r.text), want, r.text);
		assert.ok(!/x-hop|content-length: 9/i.test(r.text), r.text);
		if (want.includes(103))
			assert.match(r.text, /HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\n/);
	});
}

test('103 comes before the final answer does', async () => {
	const s = net.connect(g.ports.http, '127.0.0.1');
	let text = '', at = 0;
	s.on('data', (c) => { text += c; if (!at) at = Date.now(); });
	s.write(`GET /103slow HTTP/1.1\r\n${H}\r\n`);
	await until(() => text.endsWith('ok'));
	assert.ok(Date.now() - at > 150, `${Date.now() - at} ms before the end`);
	s.destroy();
});
test('not to HTTP/1.0', async () => {
	const r = await wire(g.ports.http, `GET /103 HTTP/1.0\r\n${H}\r\n`);
	assert.deepEqual(statuses(r.text), [200], r.text);
});
test('over HTTP/2', async () => {
	const c = http2.connect(`http://127.0.0.1:${g.ports.http}`), heads = [];
	const r = c.request({ ':path': '/several', ':authority': HOST });
	r.on('headers', (h) => heads.push(h[':status'])).on('response', (h) => heads.push(h[':status']));
	r.resume();
	await new Promise((ok, no) => r.on('end', ok).on('error', no));
	c.close();
	assert.deepEqual(heads, [102, 103, 103, 199, 200]);
});
test('pipelined requests: each has its own', async () => {
	const r = await wire(g.ports.http, `GET /103 HTTP/1.1\r\n${H}\r\nGET /103 HTTP/1.1\r\n${H}\r\n`);
	assert.deepEqual(statuses(r.text), [103, 200, 103, 200], r.text);
});
test('what the list of retained headers keeps back is not in an interim answer either', async () => {
	await target('kept', [HINT, OK], { 'response.retain.headers.enabled': 'false' });
	assert.deepEqual(statuses((await get('kept')).text), [200]);
});
test('a client that takes nothing holds the exchange for its time-out, not for ever, and costs one', async () => {
	await target('flood', [HINT.repeat(10), 20, OK]);
	const s = net.connect(g.ports.http, '127.0.0.1').pause();
	s.write(`GET /flood HTTP/1.1\r\n${H}\r\n`);
	await sleep(100);
	s.destroy();
	assert.deepEqual(statuses((await get('103')).text), [103, 200]);
});

const expecting = (name, value = '100-continue') => `POST /${name} HTTP/1.1\r\n${H}Content-Length: 5\r\nExpect: ${value}\r\n\r\n`;
const expectations = [
	['the gateway says 100; the target is sent the body without being asked', 'echoes', [300, OK], [expecting('echoes'), 200, 'hello'], [100, 200]],
	['a target that refuses before the body: its answer follows the 100', 'refuses', ['HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n'], [expecting('refuses')], [100, 413]],
	['a target that asks for it itself', 'asks', ['HTTP/1.1 100 Continue\r\n\r\n', 300, OK], [expecting('asks'), 100, 'hello'], [100, 200]],
	['103 beside 100', 'hints', [HINT, 300, OK], [expecting('hints'), 200, 'hello'], [100, 103, 200]],
	['another expectation', 'echoes', null, [expecting('echoes', '200-ok')], [417]],
	['in capitals', 'echoes', null, [expecting('echoes', '100-CONTINUE'), 200, 'hello'], [100, 200]],
	['no body to wait for', 'echoes', null, [`GET /echoes HTTP/1.1\r\n${H}Expect: 100-continue\r\n\r\n`], [200]],
	['of HTTP/1.0 it is ignored', 'echoes', null, [expecting('echoes').replace('HTTP/1.1', 'HTTP/1.0'), 100, 'hello'], [200]],
	['refused by the gateway: the body is never asked for', 'nowhere', null, [expecting('nowhere')], [404]],
];
for (const [what, name, says, bytes, want] of expectations) {
	if (says)
		await target(name, says);
	test(`Expect: ${what}`, async () => {
		seen = '';
		const r = await wire(g.ports.http, bytes, { idle: 800 });
		assert.deepEqual(statuses(r.text).sort(), want.slice().sort(), r.text);
		assert.equal(statuses(r.text).at(-1), want.at(-1), r.text);
		assert.ok(!/expect:/i.test(seen), seen);
	});
}
