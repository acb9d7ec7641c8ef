// SPDX-License-Identifier: Apache-2.0
// Targets that misbehave: a row is what the target does with a connection, and what the client gets.
// Invariant: every exchange ends, a cut answer never looks whole, and only what may be sent twice is.
// Source: RFC 9110 (9.2.2), RFC 9112 (6.3, 7.1, 8, 9.3.1); reference 3.5 (the error table).
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { fault, gateway, mark, sleep, until, wire } from './gateway.mjs';

const g = await gateway({ set: { workers: 1 } });              // one pool, so that the next request finds what is kept
const H = `Host: acme-test.localhost:${g.ports.http}\r\n`;
const flow = 'messaging.adaptors.http.flow';
const EOF = { status: 502, body: fault(`${flow}.UnexpectedEOFAtTarget`, 'Unexpected EOF at target') };
const BAD = { status: 502, body: fault(`${flow}.BadGateway`, 'Bad Gateway') };
const LATE = { status: 504, body: fault(`${flow}.GatewayTimeout`, 'Gateway Timeout') };
const CUT = { status: 200, cut: true };                       // the head is out: the connection breaks off
const OK = 'HTTP/1.1 200 OK\r\n';

// serve(socket, head, nth): called for every request head that comes; open counts connections that live.
async function target(serve) {
	const t = { open: 0, connections: 0, heads: [] };
	const server = net.createServer((s) => {
		t.open++;
		t.connections++;
		let text = '';
		s.unref().on('error', () => {}).on('close', () => t.open--).on('data', (c) => {
			text += c.toString('latin1');
			for (let end; (end = text.indexOf('\r\n\r\n')) >= 0;) {
				const head = text.slice(0, end + 4), more = +(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
				if (text.length < end + 4 + more)
					return;
				text = text.slice(end + 4 + more);
				t.heads.push(head);
				serve(s, head, t.heads.length);
			}
		});
	});
	await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
	server.unref();
	t.url = `http://127.0.0.1:${server.address().port}`;
	return t;
}
const says = (...parts) => (s) => parts.forEach((p, i) => setTimeout(() => (typeof p === 'function' ? p(s) : s.write(p)), 40 * i));
const end = (s) => s.end(), reset = (s) => s.resetAndDestroy();

const rows = [
	['closes without a word', says(end), EOF], ['resets', says(reset), EOF],
	['stalls', () => {}, LATE], ['stalls in its head', says(`${OK}Content-`), LATE],
	['closes in its status line', says('HTTP/1.1 2', end), EOF], ['closes in its head', says(`${OK}Content-Le`, end), EOF], ['resets in its head', says(`${OK}Content-Le`, reset), EOF],
	['only 100 Continue, then closes', says('HTTP/1.1 100 Continue\r\n\r\n', end), EOF],
	['no HTTP', says('SSH-2.0-OpenSSH_9.2\r\n'), BAD], ['HTTP/3.7', says('HTTP/3.7 200 OK\r\n\r\n'), BAD], ['a status of two digits', says('HTTP/1.1 20 OK\r\n\r\n'), BAD], ['HTTP/2 to HTTP/1.1', says(Buffer.from('00001204000000000000030000006400040010000000060000', 'hex')), BAD],
	['both lengths', says(`${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`), BAD], ['two lengths', says(`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!`), BAD],
	['a length that is none', says(`${OK}Content-Length: 2x\r\n\r\nhi`), BAD], ['an unknown coding', says(`${OK}Transfer-Encoding: squeezed\r\n\r\nhi`), BAD],
	['a folded field', says(`${OK}A: b\r\n c\r\nContent-Length: 0\r\n\r\n`), BAD], ['a bare LF', says(`${OK}A: b\nContent-Length: 0\r\n\r\n`), BAD], ['a NUL in a field', says(`${OK}A: b\0c\r\nContent-Length: 0\r\n\r\n`), BAD],
	['a huge header', says(`${OK}A: ${'x'.repeat(200000)}\r\n\r\n`), { status: 502, body: /protocol\.http\.TooBigHeaders/ }], ['10,000 headers', says(`${OK}${'A: b\r\n'.repeat(10000)}\r\n`), { status: 502, body: /protocol\.http\.TooBigHeaders/ }],
	['a head without end', (s) => { const t = setInterval(() => s.destroyed ? clearInterval(t) : s.write(`A: ${'x'.repeat(8000)}\r\n`), 2); s.write(OK); }, { status: 502, body: /protocol\.http\.TooBigHeaders/ }],
	['interim answers without end', (s) => { for (let i = 0; i < 200; i++) s.write('HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n'); }, BAD],
	['half a body, then closes', says(`${OK}Content-Length: 10\r\n\r\nhello`, end), CUT], ['half a body, then resets', says(`${OK}Content-Length: 10\r\n\r\nhello`, reset), CUT], ['half a body, then stalls', says(`${OK}Content-Length: 10\r\n\r\nhello`), CUT],
	['a chunk too few, then closes', says(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, end), CUT], ['no last line, then closes', says(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`, end), CUT],
	['bad chunks later', says(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, 'zz\r\n'), CUT], ['a chunk that is too long', says(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, '2\r\nabc\r\n'), CUT],
	['bad chunks at once', says(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`), BAD], ['a chunk of 2^64', says(`${OK}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n`), { status: [200, 502] }],
];
for (const [i, [what, serve, want]] of rows.entries()) {
	test(what, async () => {
		const t = await target(serve);
		await g.proxy(`bad${i}`, { target: { url: t.url, properties: { 'io.timeout.millis': 500 } } });
		const began = Date.now();
		const r = await wire(g.ports.http, `POST /bad${i} HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nhi`, { idle: 900, timeout: 6000 });
		r.text = r.text.replace(/(HTTP\/1\.1 103 [^]*?\r\n\r\n)+/, ''); // tests/wire/interim.test.mjs looks at these
		r.status = +r.text.slice(9, 12);
		assert.ok([want.status].flat().includes(r.status), r.text.slice(0, 500));
		if (want.cut) {
			assert.notEqual(r.how, 'idle', 'the client hears of it');
			assert.ok(!r.text.endsWith('0\r\n\r\n'), r.text);
		} else if (want.body?.test) {
			assert.match(r.text, want.body);
		} else if (want.body) {
			assert.ok(r.text.endsWith(want.body), r.text.slice(0, 500));
		}
		assert.ok(Date.now() - began < 6000);
		assert.equal(t.heads.length, 1, 'a POST is sent once');
		await until(() => t.open === 0, 3000);
	});
}

// A policy that reads the content comes before the first byte to the client: then a fault is the answer.
const read = [
	['half a body, then closes', says(`${OK}Content-Length: 10\r\n\r\nhello`, end), EOF], ['half a body, then stalls', says(`${OK}Content-Length: 10\r\n\r\nhello`), LATE],
	['bad chunks later', says(`${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, 'zz\r\n'), EOF],
	['more than 10 MiB', says(`${OK}Content-Length: ${11 << 20}\r\n\r\nx`), { status: 502, body: fault('protocol.http.TooBigBody', 'Body buffer overflow') }],
];
for (const [i, [what, serve, want]] of read.entries()) {
	test(`read by a policy: ${what}`, async () => {
		const t = await target(serve);
		await g.proxy(`read${i}`, { target: { url: t.url, properties: { 'io.timeout.millis': 500 } }, pre: { response: ['look'] }, policies: { look: mark('X-Got', '{response.content}') } });
		const r = await wire(g.ports.http, `GET /read${i} HTTP/1.1\r\n${H}\r\n`, { idle: 900, timeout: 6000 });
		assert.equal(r.status, want.status, r.text);
		assert.ok(r.text.endsWith(want.body), r.text);
		await until(() => t.open === 0, 3000);
	});
}

// On a kept connection the target takes the second request and dies: it may have acted on it.
const OK0 = `${OK}Content-Length: 0\r\n\r\n`;
const again = [
	['GET', '', 200], ['HEAD', '', 200], ['PUT', 'Content-Length: 2\r\n', 200], ['DELETE', '', 200], ['OPTIONS', '', 200],
	['POST', 'Content-Length: 2\r\n', 502], ['PATCH', 'Content-Length: 2\r\n', 502], ['PUT', 'Transfer-Encoding: chunked\r\n', 502],
];
for (const how of [end, reset]) {
	for (const [i, [verb, fields, status]] of again.entries()) {
		test(`dies on a kept connection (${how === end ? 'closes' : 'resets'}): ${verb} ${fields.trim()}: ${status}`, async () => {
			const t = await target((s, head, nth) => nth === 2 ? how(s) : s.write(OK0));
			const name = `again${how === end ? 'e' : 'r'}${i}`;
			await g.proxy(name, { target: t.url });
			assert.equal((await wire(g.ports.http, `GET /${name} HTTP/1.1\r\n${H}Connection: close\r\n\r\n`)).status, 200);
			const head = `${verb} /${name} HTTP/1.1\r\n${H}Connection: close\r\n${fields}\r\n`;
			const r = await wire(g.ports.http, /chunked/.test(fields) ? [head, 30, '2\r\nhi\r\n0\r\n\r\n'] : head + (fields ? 'hi' : ''), { timeout: 5000 });
			assert.equal(r.status, status, r.text);
			assert.equal(t.heads.length, status === 200 ? 3 : 2, 'sent again only where it is safe');
			if (status !== 200)
				assert.ok(r.text.endsWith(EOF.body), r.text);
		});
	}
}

test('once is all: a target that dies every time', async () => {
	const t = await target((s, head, nth) => nth === 1 ? s.write(OK0) : s.end());
	await g.proxy('everytime', { target: t.url });
	assert.equal((await wire(g.ports.http, `GET /everytime HTTP/1.1\r\n${H}\r\n`)).status, 200);
	assert.equal((await wire(g.ports.http, `GET /everytime HTTP/1.1\r\n${H}\r\n`)).status, 502);
	assert.equal(t.heads.length, 3);
});

test('a client that reads slowly gets all of it; one that goes away takes its connection to the target with it', async () => {
	const t = await target((s) => { s.write(`${OK}Content-Length: ${32 << 20}\r\n\r\n`); s.write(Buffer.alloc(32 << 20)); });
	await g.proxy('slowread', { target: t.url });
	const s = net.connect(g.ports.http, '127.0.0.1');
	let n = 0;
	s.on('data', (c) => { n += c.length; if (n < (32 << 20)) { s.pause(); setTimeout(() => s.resume(), 5); } });
	s.write(`GET /slowread HTTP/1.1\r\n${H}\r\n`);
	await until(() => n > 32 << 20, 30000);
	s.destroy();
	const gone = net.connect(g.ports.http, '127.0.0.1').pause();
	gone.write(`GET /slowread HTTP/1.1\r\n${H}\r\n`);
	await sleep(300);
	gone.destroy();
	await until(() => t.open <= 1);
});
