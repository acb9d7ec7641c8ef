// SPDX-License-Identifier: Apache-2.0
// WebSocket through a proxy: the request's flows run, both sides agree with 101, then bytes pass both ways.
// Invariant: no other protocol gets through, and nobody is switched who did not ask.
// Source: RFC 9110 (7.8), RFC 6455 (1.3, 4); docs/why/bodies.md.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import test from 'node:test';
import { gateway, mark, origin, sleep, until, wire } from './gateway.mjs';

const g = await gateway();
const H = `Host: acme-test.localhost:${g.ports.http}\r\n`;
const accept = (key) => createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ask = (path, more = '') => `GET ${path} HTTP/1.1\r\n${H}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${more}\r\n`;

// Echoes bytes; a frame is bytes to a gateway.
const o = await origin();
const sockets = [];
o.server.on('upgrade', (req, s, head) => {
	sockets.push(s);
	s.on('error', () => {});
	s.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept(req.headers['sec-websocket-key'])}\r\nX-Seen: ${req.headers['x-added']}\r\n\r\n`);
	if (head.length)
		s.write(head);
	s.pipe(s);
});
await g.proxy('ws', { target: o.url, pre: { request: ['add'], response: ['back', 'look'] },
	policies: { add: mark('X-Added', 'by-flow'), back: mark('X-Back', '{response.status.code}'), look: mark('X-Length', '[{response.content}]') } });
await g.proxy('idle', { target: { url: o.url, properties: { 'io.timeout.millis': 400 } } });

function open(path = '/ws', more) {
	const s = net.connect({ port: g.ports.http, host: '127.0.0.1', allowHalfOpen: true });
	const c = { s, text: '', n: 0, closed: false };
	s.on('data', (d) => { c.n += d.length; if (c.text.length < 10000) c.text += d.toString('latin1'); })
		.on('end', () => { c.closed = true; }).on('close', () => { c.closed = true; }).on('error', () => {});
	s.write(ask(path, more));
	return c;
}

test('the handshake passes, flows run on both messages, bytes are echoed', async () => {
	const c = open();
	await until(() => c.text.includes('\r\n\r\n'));
	const [head] = c.text.split('\r\n\r\n');
	assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
	for (const line of [`Sec-WebSocket-Accept: ${accept(KEY)}`, 'Connection: Upgrade', 'Upgrade: websocket', 'X-Seen: by-flow', 'X-Back: 101', 'X-Length: []'])
		assert.ok(head.split('\r\n').includes(line), `${line}\n${head}`);
	assert.ok(!/content-length|transfer-encoding/i.test(head), head);
	for (const word of ['\x81\x05hello', '\x82\x01\x00', 'GET / HTTP/1.1\r\n\r\n']) {
		const before = c.text.length;
		c.s.write(word, 'latin1');
		await until(() => c.text.slice(before) === word);
	}
	c.s.end();
	await until(() => c.closed);
});

test('8 MiB there and back, and both sides speak unasked', async () => {
	const c = open();
	await until(() => c.text.includes('\r\n\r\n'));
	const before = c.n, block = Buffer.alloc(1 << 20, 'w');
	for (let i = 0; i < 8; i++)
		c.s.write(block);
	await until(() => c.n - before === 8 << 20);
	sockets.at(-1).write('unasked');
	await until(() => c.n - before === (8 << 20) + 7);
	c.s.end();
	await until(() => c.closed);
});

test('who closes is heard on the other side', async (t) => {
	await t.test('the target', async () => {
		const c = open();
		await until(() => c.text.includes('\r\n\r\n'));
		sockets.at(-1).end('bye');
		await until(() => c.closed);
		assert.ok(c.text.endsWith('bye'));
		c.s.destroy();
	});
	await t.test('the client, by a reset', async () => {
		const c = open();
		await until(() => c.text.includes('\r\n\r\n'));
		const s = sockets.at(-1);
		c.s.resetAndDestroy();
		await until(() => s.destroyed);
	});
});

test('idle: both sides are closed after io.timeout.millis, and not while one of them speaks', async () => {
	const c = open('/idle');
	await until(() => c.text.includes('\r\n\r\n'));
	for (let i = 0; i < 8; i++) {
		await sleep(100);
		sockets.at(-1).write('.');
	}
	for (let i = 0; i < 8; i++) {
		await sleep(100);
		sockets.at(-1).unpipe().resume();
		c.s.write('.');
	}
	assert.equal(c.closed, false);
	await sleep(900);
	assert.equal(c.closed, true);
	c.s.destroy();
});

const not = [
	['h2c is not passed on', `GET /plain HTTP/1.1\r\n${H}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`],
	['another protocol neither', `GET /plain HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: telnet\r\n\r\n`],
	['Connection does not list it', `GET /plain HTTP/1.1\r\n${H}Upgrade: websocket\r\n\r\n`],
	['HTTP/1.0', `GET /plain HTTP/1.0\r\n${H}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
	['POST', `POST /plain HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi`],
];
test('what is no WebSocket is an ordinary request', async (t) => {
	const p = await origin();
	await g.proxy('plain', { target: p.url });
	for (const [what, bytes] of not) {
		await t.test(what, async () => {
			const r = await wire(g.ports.http, bytes);
			assert.equal(r.status, 200, r.text);
			assert.ok(!('upgrade' in p.seen.at(-1).headers) && !('http2-settings' in p.seen.at(-1).headers));
		});
	}
	await t.test('a target that does not agree answers as ever, and the connection goes on', async () => {
		p.server.on('upgrade', (req, s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno'));
		const r = await wire(g.ports.http, ask('/plain') + `GET /plain HTTP/1.1\r\n${H}\r\n`);
		assert.equal(r.text.match(/HTTP\/1\.1 200/g).length, 2, r.text);
	});
	await t.test('a null route: an ordinary answer', async () => {
		await g.proxy('null', {});
		assert.equal((await wire(g.ports.http, ask('/null'))).status, 200);
	});
});

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const odd = [
	['101 that nobody asked for', SWITCH, `GET /odd0 HTTP/1.1\r\n${H}\r\n`],
	['101 to another protocol', SWITCH.replace('websocket', 'h2c')], ['101 without Upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
];
for (const [i, [what, said, bytes]] of odd.entries()) {
	test(`${what}: 502`, async () => {
		const server = net.createServer((s) => s.on('error', () => {}).once('data', () => s.write(said)));
		await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
		server.unref();
		await g.proxy(`odd${i}`, { target: `http://127.0.0.1:${server.address().port}` });
		const r = await wire(g.ports.http, bytes ?? ask(`/odd${i}`));
		assert.equal(r.status, 502, r.text);
		assert.match(r.text, /messaging.adaptors.http.flow.BadGateway/);
	});
}
