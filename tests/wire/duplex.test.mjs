// SPDX-License-Identifier: Apache-2.0
// Both bodies of an exchange at once: answers that begin before the request's end, and who waits for whom.
// Invariant: a side that does not read slows the other down; it costs no memory and no CPU, and cuts nothing short.
// Source: RFC 9112 (7.1, 9.5), RFC 9110 (10.1.1); docs/why/bodies.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import test from 'node:test';
import { gateway, mark, origin, proxy, slack, sleep, until } from './gateway.mjs';

const MIB = 1 << 20, SIZE = +(process.env.GATEHOUSE_SOAK_MIB ?? 64);
// What was freed, a sanitizer keeps for a while, 256 MiB of it unless told otherwise: that would count as grown.
const g = await gateway({ env: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=8` } });
const HOST = `acme-test.localhost:${g.ports.http}`;

// A target of bytes: fn(socket) has the connection, the head not yet read.
async function raw(fn) {
	const server = net.createServer({ allowHalfOpen: true }, (s) => { s.unref(); s.on('error', () => {}); fn(s); });
	await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
	server.unref();
	return `http://127.0.0.1:${server.address().port}`;
}
const begin = (path, headers = {}, method = 'POST') => {
	const req = http.request({ host: '127.0.0.1', port: g.ports.http, path, method, agent: false, headers: { Host: HOST, ...headers } });
	const answer = new Promise((ok, no) => req.on('response', ok).on('error', no));
	answer.catch(() => {});
	return { req, answer };
};
const cpu = () => {                                           // ticks of 10 ms that the process has used
	const f = readFileSync(`/proc/${g.proc.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return +f[11] + +f[12];
};
const piece = Buffer.alloc(MIB, 'm');
async function feed(req, mib) {
	for (let i = 0; i < mib; i++)
		if (!req.write(piece))
			await new Promise((ok) => req.once('drain', ok));
	req.end();
}
const length = async (res) => {
	let n = 0;
	for await (const c of res)
		n += c.length;
	return n;
};

const mirror = await origin((req, res, _) => req.pipe(res));
await g.proxy('mirror', { target: mirror.url, vhosts: ['default', 'secure'] });
await g.proxy('mirrorread', { target: mirror.url, pre: { response: ['look'] }, policies: { look: mark('x-length', '{response.header.transfer-encoding}') } });

test('an answer that begins early streams while the request still comes', async () => {
	const { req, answer } = begin('/mirror');
	req.write('one');
	const res = await answer, seen = [];
	res.on('data', (c) => seen.push(c.toString()));
	for (const word of ['two', 'three', 'four']) {
		await sleep(50);
		req.write(word);
		await until(() => seen.join('').endsWith(word));
	}
	req.end();
	await new Promise((ok) => res.on('end', ok));
	assert.equal(seen.join(''), 'onetwothreefour');
});

for (const path of ['/mirror', '/mirrorread']) {
	for (const headers of [{}, { 'Content-Length': SIZE * MIB }]) {
		test(`${path}, ${SIZE} MiB, ${headers['Content-Length'] ? 'by length' : 'chunked'}: whole, at constant memory`, async (t) => {
			const before = g.memoryFromHere(), { req, answer } = begin(path, headers);
			const fed = feed(req, SIZE);
			assert.equal(await length(await answer), SIZE * MIB);
			await fed;
			const grown = g.memory().peak - before;
			t.diagnostic(`${SIZE} MiB each way at once: memory grew by ${grown} KiB, to ${g.memory().peak} KiB`);
			assert.ok(grown < 8 * 1024 * slack, `grew by ${grown} KiB`);
		});
	}
}

// The same with HTTP/2 before the gateway, and before and behind it.
const mirror2 = http2.createServer({ settings: { initialWindowSize: MIB } }, (req, res) => req.pipe(res));
await new Promise((ok) => mirror2.listen(0, '127.0.0.1', ok));
mirror2.unref().on('session', (s) => s.socket.unref());
await g.must('/environments/test/targetservers', { body: { name: 'mirror2', host: '127.0.0.1', port: mirror2.address().port, protocol: 'HTTP2' } });
const to2 = '<TargetEndpoint name="default"><HTTPTargetConnection><LoadBalancer><Server name="mirror2"/></LoadBalancer></HTTPTargetConnection></TargetEndpoint>';
await g.put('mirror2', proxy('mirror2', { target: 'http://unused.invalid', vhosts: ['default', 'secure'], files: { 'apiproxy/targets/default.xml': to2 } }));
for (const path of ['/mirror', '/mirror2'])
	for (const secure of [false, true])
		test(`HTTP/2, ${secure ? 'TLS, ' : ''}${path}, ${SIZE} MiB: whole, at constant memory`, async (t) => {
			const before = g.memoryFromHere();
			const c = secure ? http2.connect(`https://127.0.0.1:${g.ports.https}`, { rejectUnauthorized: false, servername: 'acme-test.localhost' }) : http2.connect(`http://127.0.0.1:${g.ports.http}`);
			const req = c.request({ ':authority': 'acme-test.localhost', ':path': path, ':method': 'POST' });
			const fed = feed(req, SIZE);
			assert.equal(await length(req), SIZE * MIB);
			await fed;
			c.close();
			const grown = g.memory().peak - before;
			t.diagnostic(`${SIZE} MiB each way at once: memory grew by ${grown} KiB, to ${g.memory().peak} KiB`);
			assert.ok(grown < 8 * 1024 * slack, `grew by ${grown} KiB`);
		});

test('both ends send at once while neither reads for a second', async (t) => {
	let got = 0, ended = false;
	const N = 8 * MIB;
	const url = await raw((s) => {
		s.pause();
		s.write(`HTTP/1.1 200 OK\r\nContent-Length: ${N + 1}\r\n\r\n`);
		for (let i = 0; i < N / MIB; i++)
			s.write(piece);
		setTimeout(() => s.on('data', (c) => {
			got += c.length;
			if (got > N && !ended)
				ended = s.write('!') || true;
		}).resume(), 1000);
	});
	await g.proxy('bothsend', { target: url });
	const s = net.connect(g.ports.http, '127.0.0.1').pause();
	s.write(`POST /bothsend HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${N}\r\n\r\n`);
	for (let i = 0; i < N / MIB; i++)
		s.write(piece);
	await sleep(1000);
	let back = 0;
	s.on('data', (c) => { back += c.length; }).resume();
	await until(() => got > N, 20000);
	await until(() => back > N + 1);
	t.diagnostic(`${got} bytes up, ${back} down, all that was sent`);
	s.destroy();
});

test('who sends more than its target takes costs no CPU while it waits', async (t) => {
	const held = [];
	const silent = await raw((s) => { s.pause(); held.push(s); });
	const early = await raw((s) => {
		s.once('data', () => { s.pause(); held.push(s); s.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n'); });
	});
	await g.proxy('silent', { target: silent });
	await g.proxy('early', { target: early });
	for (const path of ['/silent', '/early']) {
		await t.test(path, async () => {
			const clients = Array.from({ length: 10 }, () => {
				const { req } = begin(path);
				req.on('error', () => {});
				feed(req, 16);
				return req;
			});
			await sleep(500);
			const before = cpu();
			await sleep(2000);
			const ticks = cpu() - before;
			t.diagnostic(`${path}: ${ticks * 10} ms of CPU in 2 s`);
			assert.ok(ticks <= 4 * slack, `${ticks * 10} ms of CPU in 2 s`);
			clients.forEach((c) => c.destroy());
		});
	}
	held.forEach((s) => s.destroy());
});

test('an answer that is whole before the request is: passed on, and the rest is not waited for', async () => {
	const url = await raw((s) => s.once('data', () => s.write('HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno')));
	await g.proxy('refuses', { target: url });
	const { req, answer } = begin('/refuses', { 'Content-Length': 100 * MIB });
	req.write('start');
	const res = await answer;
	assert.equal(res.statusCode, 413);
	assert.equal(await length(res), 2);
	req.destroy();
});

test('a request that breaks off beside its answer: neither ends as if it were whole', async () => {
	const seen = [];
	const url = await raw((s) => s.once('data', () => {
		s.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
		s.on('data', (c) => seen.push(c)).on('close', () => seen.push('closed')).on('end', () => s.destroy());
	}));
	await g.proxy('breaks', { target: url });
	const s = net.connect(g.ports.http, '127.0.0.1');
	let back = '', closed = false;
	s.on('data', (c) => { back += c; }).on('close', () => { closed = true; }).on('error', () => {});
	s.write(`POST /breaks HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
	await until(() => back.includes('hello'));
	s.write('zz\r\n');
	await until(() => closed && seen.at(-1) === 'closed');
	assert.ok(!back.includes('\r\n0\r\n'), back);
	assert.ok(!seen.join('').includes('0\r\n\r\n'), 'the target saw no end');
});

test('Server-Sent Events and other drops flow at once', async (t) => {
	const p = await origin((one, res) => {
		res.writeHead(200, { 'Content-Type': 'text/event-stream' });
		let n = 0;
		const timer = setInterval(() => {
			res.write(`data: ${Date.now()}\n\n`);
			if (++n === 10) { clearInterval(timer); res.end(); }
		}, 50);
	});
	await g.proxy('events', { target: p.url });
	const { req, answer } = begin('/events', {}, 'GET');
	req.end();
	const late = [];
	for await (const c of await answer) {
		for (const [, at] of c.toString().matchAll(/data: (\d+)\n\n/g))
			late.push(Date.now() - at);
	}
	t.diagnostic(`10 events, 50 ms apart, came late by ${late.join(', ')} ms`);
	assert.equal(late.length, 10);
	assert.ok(Math.max(...late) < 250, `${late} ms`);            // collected, the first would be 450 late
});
