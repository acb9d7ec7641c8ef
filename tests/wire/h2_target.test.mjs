// SPDX-License-Identifier: Apache-2.0
// HTTP/2 to targets: where TLS finds it or a target server says so; many calls on one connection; targets that misbehave.
// Invariant: every exchange ends, with the fault that HTTP/1.1 would give, and only what is safe is sent twice.
// Source: RFC 9113 (5.1.2, 5.2, 6.8, 8.1, 8.7); reference 3.5 (the error table); docs/targets.md.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { expect, fault, fetchOne, folder, gateway, mark, proxy, sleep, until, wire } from './gateway.mjs';

const g = await gateway({ set: { workers: 1 } });
const H = `Host: acme-test.localhost:${g.ports.http}\r\n`;
const pem = join(folder(), 'h2');
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '9', '-subj', '/CN=localhost', '-keyout', `${pem}.key`, '-out', `${pem}.crt`], { stdio: 'ignore' });
const certificate = { key: readFileSync(`${pem}.key`), cert: readFileSync(`${pem}.crt`) };

const listen = (s) => new Promise((ok) => s.listen(0, '127.0.0.1', () => { s.unref(); ok(s.address().port); }));

// A proxy to one target server.
async function through(name, port, { protocol, secure = false, properties = {}, ...spec } = {}) {
	const sSLInfo = secure ? { enabled: 'true', ignoreValidationErrors: true } : undefined;
	await g.must('/environments/test/targetservers', { body: { name, host: '127.0.0.1', port, ...(protocol ? { protocol } : {}), ...(sSLInfo ? { sSLInfo } : {}) } });
	const all = Object.entries({ 'io.timeout.millis': 500, ...properties }).map(([k, v]) => `<Property name="${k}">${v}</Property>`).join('');
	const steps = spec.pre ? `<PreFlow name="PreFlow"><Response><Step><Name>${spec.pre.response}</Name></Step></Response></PreFlow>` : '';
	const xml = `<TargetEndpoint name="default">${steps}<HTTPTargetConnection><LoadBalancer><Server name="${name}"/><RetryEnabled>false</RetryEnabled></LoadBalancer><Properties>${all}</Properties></HTTPTargetConnection></TargetEndpoint>`;
	await g.put(name, proxy(name, { target: 'http://unused.invalid', policies: spec.policies, files: { 'apiproxy/targets/default.xml': xml } }));
}

// A target of Node's that tells what it saw.
async function real(secure) {
	const s = secure ? http2.createSecureServer({ ...certificate, allowHTTP1: true }) : http2.createServer();
	const t = { sessions: new Set(), seen: [], max: 0, open: 0 };
	s.on('session', (x) => { t.sessions.add(x); x.socket.unref(); x.on('error', () => {}); }).on('sessionError', () => {});
	s.on('request', (req, res) => {
		if (req.httpVersion === '1.1')
			return res.end('1.1');
		const { stream, headers } = req;
		t.seen.push(headers);
		t.max = Math.max(t.max, ++t.open);
		stream.on('close', () => t.open--).on('error', () => {});
		if (headers[':path'].startsWith('/wait'))
			return setTimeout(() => stream.destroyed || (stream.resume().respond({ ':status': 200 }), stream.end('waited')), 100);
		if (headers[':path'].startsWith('/big')) {
			stream.resume().respond({ ':status': 200, 'content-type': 'text/plain' });
			const piece = Buffer.alloc(65536, 'x');
			let left = 512;                                  // 32 MiB
			const more = () => { while (left-- > 0) if (!stream.write(piece)) return stream.once('drain', more); stream.end(); };
			t.sent = () => 512 - left;
			return more();
		}
		let n = 0, behind;
		stream.on('trailers', (h) => { behind = h; }).on('data', (c) => { n += c.length; }).on('end', () => {
			if (headers[':path'].startsWith('/trailers')) {
				res.addTrailers({ 'x-sum': 'abc', 'set-cookie': 'a=b' });
				return res.end('hello');
			}
			stream.respond({ ':status': 200, 'content-type': 'application/json', 'x-one': 'a, b' });
			stream.end(JSON.stringify({ headers, n, behind }));
		});
	});
	t.port = await listen(s);
	return t;
}

for (const [name, secure, protocol] of [['clear', false, 'HTTP2'], ['alpn', true], ['grpc', true, 'GRPC_TARGET']]) {
	const t = await real(secure);
	await through(name, t.port, { secure, protocol, properties: { 'io.timeout.millis': 5000 } });
	test(`${name}: a request and its answer`, async () => {
		const r = expect(await g.call(`/${name}/a%20b?c=d`, { method: 'POST', body: 'hello', headers: { 'X-Mixed': 'Yes', Connection: 'close, X-Hop', 'X-Hop': '1', TE: 'trailers' } }), { status: 200, headers: { 'x-one': 'a, b' } });
		const { headers, n } = r.json;
		assert.equal(n, 5);
		assert.equal(headers[':path'], '/a%20b?c=d');
		assert.equal(headers[':scheme'], secure ? 'https' : 'http');
		assert.equal(headers[':authority'], `127.0.0.1:${t.port}`);
		assert.equal(headers['x-mixed'], 'Yes');
		assert.equal(headers['content-length'], '5');
		for (const gone of ['host', 'connection', 'x-hop', 'transfer-encoding'])
			assert.equal(headers[gone], undefined, gone);
	});
	test(`${name}: HEAD, 204, no body`, async () => {
		expect(await g.call(`/${name}/x`, { method: 'HEAD' }), { status: 200, body: '' });
		assert.equal((await g.call(`/${name}/x`)).json.headers['content-length'], undefined);
		assert.equal((await g.call(`/${name}/x`, { method: 'POST', body: '' })).json.headers['content-length'], '0');
	});
	test(`${name}: trailers both ways`, async () => {
		const r = await wire(g.ports.http, `POST /${name}/trailers HTTP/1.1\r\n${H}TE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nHost: evil\r\n\r\n`);
		assert.ok(r.text.endsWith('5\r\nhello\r\n0\r\nx-sum: abc\r\n\r\n'), r.text);
		assert.equal(t.seen.at(-1).te, 'trailers');
		const back = await wire(g.ports.http, `POST /${name} HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nHost: evil\r\n\r\n`);
		assert.match(back.text, /"n":3,"behind":\{"x-sum":"1"\}/);
	});
	test(`${name}: many at once on one connection`, async () => {
		const before = t.sessions.size;
		t.max = 0;
		const all = await Promise.all(Array.from({ length: 60 }, () => g.call(`/${name}/wait`)));
		all.forEach((r) => assert.equal(r.text, 'waited'));
		assert.ok(t.max > 30, `${t.max} at once`);
		assert.equal(t.sessions.size, before, 'no further connection');
		assert.equal(before, 1);
	});
	test(`${name}: a large upload and a large download`, async () => {
		const r = await g.call(`/${name}/x`, { method: 'PUT', body: Buffer.alloc(8 << 20, 'y') });
		assert.equal(r.json.n, 8 << 20);
		assert.equal((await g.call(`/${name}/big`)).bytes.length, 32 << 20);
	});
	test(`${name}: a client that does not read holds the target up, and no other stream`, async () => {
		const s = net.connect(g.ports.http, '127.0.0.1').pause();
		s.on('error', () => {}).write(`GET /${name}/big HTTP/1.1\r\n${H}\r\n`);
		await sleep(700);
		const sent = t.sent();
		assert.ok(sent < 300, `${sent} of 512 pieces are out`);
		await sleep(300);
		assert.equal(t.sent(), sent);
		expect(await g.call(`/${name}/x`), { status: 200 });
		s.destroy();
		await until(() => t.open === 0);
	});
}

test('a burst on a cold connection makes one, or few', async () => {
	const t = await real(true);
	await through('burst', t.port, { secure: true, protocol: 'HTTP2' });
	await Promise.all(Array.from({ length: 50 }, () => g.call('/burst/wait').then((r) => assert.equal(r.text, 'waited'))));
	assert.ok(t.sessions.size <= 2, `${t.sessions.size} connections`);
});

test('a WebSocket goes to the same target in HTTP/1.1', async () => {
	const r = await wire(g.ports.http, `GET /alpn/ws HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
	assert.ok(r.text.endsWith('1.1'), r.text);
});

// ---- targets that misbehave, frame by frame ---------------------------------------------------
const flow = 'messaging.adaptors.http.flow';
const EOF = { status: 502, body: fault(`${flow}.UnexpectedEOFAtTarget`, 'Unexpected EOF at target') };
const BAD = { status: 502, body: fault(`${flow}.BadGateway`, 'Bad Gateway') };
const LATE = { status: 504, body: fault(`${flow}.GatewayTimeout`, 'Gateway Timeout') };
const BIG = { status: 502, body: /protocol\.http\.TooBigHeaders/ };
const CUT = { status: 200, cut: true };
const OK = { status: 200 };

const frame = (type, flags, stream, payload = '') => {
	const body = Buffer.from(payload, 'latin1'), head = Buffer.alloc(9);
	head.writeUIntBE(body.length, 0, 3);
	head[3] = type;
	head[4] = flags;
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, body]);
};
const u32 = (...v) => { const b = Buffer.alloc(4 * v.length); v.forEach((x, i) => b.writeUInt32BE(x, 4 * i)); return b.toString('latin1'); };
const field = (name, value) => `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`;
const head = (id, end = true, more = '') => frame(1, end ? 5 : 4, id, `\x88${more}`);
const reset = (id, code) => frame(3, 0, id, u32(code));
const goaway = (last, code = 0) => frame(7, 0, 0, u32(last, code));

// Reads frames; serve(socket, stream, nth) is called for every request that is whole.
async function raw(serve, hello = frame(4, 0, 0)) {
	const t = { open: 0, connections: 0, requests: 0 };
	const s = net.createServer((c) => {
		t.open++;
		t.connections++;
		let all = Buffer.alloc(0), at = 24;
		c.unref().on('error', () => {}).on('close', () => t.open--).write(hello);
		c.on('data', (d) => {
			all = Buffer.concat([all, d]);
			while (all.length >= at + 9) {
				const size = all.readUIntBE(at, 3), [type, flags] = [all[at + 3], all[at + 4]], id = all.readUInt32BE(at + 5);
				if (all.length < at + 9 + size)
					return;
				at += 9 + size;
				if (type === 4 && !(flags & 1))
					c.write(frame(4, 1, 0));
				if ((type === 0 || type === 1) && flags & 1)
					serve(c, id, ++t.requests);
			}
		});
	});
	t.port = await listen(s);
	return t;
}
const say = (...parts) => (c, id) => parts.forEach((p, i) => setTimeout(() => { const x = typeof p === 'function' ? p(id, c) : p; if (Buffer.isBuffer(x)) c.write(x); }, 40 * i));
const close = (id, c) => { c.end(); }, die = (id, c) => { c.resetAndDestroy(); };

const rows = [
	['closes without a word', say(close), EOF], ['resets the connection', say(die), EOF], ['stalls', () => {}, LATE],
	['resets the stream: INTERNAL_ERROR', say((id) => reset(id, 2)), EOF], ['resets the stream: CANCEL', say((id) => reset(id, 8)), EOF], ['resets the stream: PROTOCOL_ERROR', say((id) => reset(id, 1)), BAD],
	['closes in its head', say((id) => head(id).subarray(0, 5), close), EOF], ['stalls in its head', say((id) => head(id).subarray(0, 5)), LATE], ['a head without END_HEADERS, then stalls', say((id) => frame(1, 0, id, '\x88')), LATE],
	['speaks HTTP/1.1', say(Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')), BAD, Buffer.alloc(0)], ['speaks nothing known', say(Buffer.from('x'.repeat(100))), BAD, Buffer.alloc(0)],
	['no status', say((id) => frame(1, 5, id, field('a', 'b'))), BAD], ['a status of two digits', say((id) => frame(1, 5, id, `\x08\x0220`)), BAD], ['status 101', say((id) => frame(1, 4, id, `\x08\x03101`)), BAD],
	['a field in upper case', say((id) => head(id, true, field('Abc', 'd'))), BAD], ['Connection', say((id) => head(id, true, field('connection', 'close'))), BAD], ['Transfer-Encoding', say((id) => head(id, false, field('transfer-encoding', 'chunked'))), BAD],
	['CR LF in a value', say((id) => head(id, true, field('abc', 'd\r\ne: f'))), BAD], ['two lengths', say((id) => head(id, false, field('content-length', '1') + field('content-length', '2'))), BAD],
	['a request for an answer', say((id) => frame(1, 5, id, '\x82\x86\x84')), BAD], ['HPACK that is none', say((id) => frame(1, 5, id, '\xff\xff\xff\xff\xff\xff\xff')), BAD], ['DATA before the head', say((id) => frame(0, 0, id, 'hi')), BAD],
	['a frame that is too long', say((id) => frame(0, 0, id, 'x'.repeat(20000))), BAD], ['a push', say((id) => frame(5, 4, id, `${u32(2)}\x82\x86\x84`)), BAD], ['SETTINGS that are none', say(frame(4, 0, 0, 'xyz')), BAD], ['a stream of its own', say(frame(1, 5, 2, '\x88')), BAD],
	['a huge head', say((id) => Buffer.concat([frame(1, 0, id, '\x88'), ...Array.from({ length: 7 }, (_, i) => frame(9, i === 6 ? 4 : 0, id, Array.from({ length: 100 }, () => field('abc', 'x'.repeat(110))).join('')))])), BIG],
	['an HPACK bomb', say((id) => head(id, true, `\x40\x03abc\x7f\xb1\x1e${'x'.repeat(4016)}${'\xbe'.repeat(2000)}`)), BIG],
	['interim answers without end', (c, id) => { for (let i = 0; i < 200; i++) c.write(frame(1, 4, id, '\x08\x03103')); }, { status: 103, body: /BadGateway/ }],
	['GOAWAY with an error', say((id) => goaway(id, 2), close), EOF], ['half a body, then resets', say((id) => Buffer.concat([head(id, false), frame(0, 0, id, 'hello')]), (id) => reset(id, 2)), CUT], ['half a body, then closes', say((id) => Buffer.concat([head(id, false), frame(0, 0, id, 'hello')]), close), CUT],
	['half a body, then stalls', say((id) => Buffer.concat([head(id, false), frame(0, 0, id, 'hello')])), CUT], ['a body that is too short', say((id) => Buffer.concat([head(id, false, field('content-length', '9')), frame(0, 0, id, 'hello')]), (id) => frame(0, 1, id)), CUT],
	['a body that is too long', say((id) => Buffer.concat([head(id, false, field('content-length', '3')), frame(0, 0, id, 'hello')])), EOF],
	['more than its window', (c, id) => { c.write(head(id, false)); for (let i = 0; i < 100; i++) c.write(frame(0, 0, id, 'x'.repeat(16384))); }, { status: 200, cut: true }],
	['PING without end', (c) => { const t = setInterval(() => { if (c.destroyed) return clearInterval(t); for (let i = 0; i < 100; i++) c.write(frame(6, 0, 0, '12345678')); }, 1); }, { status: [502, 504] }],
	['interim answers, then an answer', say((id) => frame(1, 4, id, '\x08\x03103'), (id) => frame(1, 4, id, '\x08\x03100'), (id) => head(id)), { status: 103, body: /^HTTP\/1.1 103 [^]*HTTP\/1.1 200 / }],
	['an answer in small frames', say((id) => head(id, false), ...Array.from('hello', (c) => (id) => frame(0, 0, id, c)), (id) => frame(0, 1, id)), OK],
];
for (const [i, [what, serve, want, hello]] of rows.entries()) {
	test(`a target: ${what}`, async () => {
		const t = await raw(serve, hello);
		await through(`h2bad${i}`, t.port, { protocol: 'HTTP2' });
		const r = await wire(g.ports.http, `POST /h2bad${i} HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nhi`, { idle: 900, timeout: 6000 });
		assert.ok([want.status].flat().includes(r.status), `${r.how} ${r.text.slice(0, 500)}`);
		if (want.cut) {
			assert.notEqual(r.how, 'idle', `the client hears of it: ${r.text}`);
			assert.ok(!r.text.endsWith('0\r\n\r\n'), r.text.slice(0, 500));
		} else if (want.body?.test) {
			assert.match(r.text, want.body);
		} else if (want.body) {
			assert.ok(r.text.endsWith(want.body), r.text.slice(0, 500));
		}
		assert.ok(t.requests <= 1, 'a POST is sent once');
		expect(await g.mgmt(`/environments/test/apis/h2bad${i}/revisions/1/deployments`), { status: 200 });
	});
}

test('read by a policy: half a body is a fault', async () => {
	const t = await raw(say((id) => Buffer.concat([head(id, false), frame(0, 0, id, 'hello')]), (id) => reset(id, 2)));
	await through('h2read', t.port, { protocol: 'HTTP2', pre: { response: 'look' }, policies: { look: mark('X-Got', '{response.content}') } });
	const r = await wire(g.ports.http, `GET /h2read HTTP/1.1\r\n${H}\r\n`, { idle: 900 });
	assert.ok(r.text.endsWith(EOF.body), r.text);
});

// What happens to the second request on a kept connection, or to one that the target did not look at.
const again = [
	['dies on a kept connection: GET', 'GET', (c, id, n) => n === 2 ? c.destroy() : c.write(head(id)), 200, 3], ['dies on a kept connection: POST', 'POST', (c, id, n) => n === 2 ? c.destroy() : c.write(head(id)), 502, 2],
	['REFUSED_STREAM: POST', 'POST', (c, id, n) => c.write(n === 2 ? reset(id, 7) : head(id)), 200, 3], ['REFUSED_STREAM on and on', 'POST', (c, id, n) => c.write(n >= 2 ? reset(id, 7) : head(id)), 502, 3],
	['GOAWAY without it: POST', 'POST', (c, id, n) => c.write(n === 2 ? goaway(1) : head(id)), 200, 3], ['GOAWAY with it: POST', 'POST', (c, id, n) => { if (n === 2) c.write(goaway(id)); c.write(head(id)); }, 200, 2],
	['any other reset: GET', 'GET', (c, id, n) => c.write(n === 2 ? reset(id, 2) : head(id)), 200, 3], ['any other reset: POST', 'POST', (c, id, n) => c.write(n === 2 ? reset(id, 2) : head(id)), 502, 2],
];
for (const [i, [what, verb, serve, status, requests]] of again.entries()) {
	test(`sent again only where it is safe: ${what}`, async () => {
		const t = await raw(serve);
		await through(`h2again${i}`, t.port, { protocol: 'HTTP2' });
		assert.equal((await g.call(`/h2again${i}`)).status, 200);
		const r = await g.call(`/h2again${i}`, { method: verb, ...(verb === 'POST' ? { body: 'hi' } : {}) });
		assert.equal(r.status, status, r.text);
		assert.equal(t.requests, requests);
	});
}

test('a target that goes silent is not asked again on that connection', async () => {
	const t = await raw((c, id) => { if (t.connections > 1) c.write(head(id)); });
	await through('h2silent', t.port, { protocol: 'HTTP2' });
	assert.equal((await g.call('/h2silent')).status, 504);
	assert.equal((await g.call('/h2silent')).status, 200);
	assert.equal(t.connections, 2);
});

test('a target that allows one stream gets one at a time on each connection', async () => {
	const t = await raw((c, id) => setTimeout(() => c.write(head(id)), 50), frame(4, 0, 0, '\0\x03\0\0\0\x01'));
	await through('h2one', t.port, { protocol: 'HTTP2' });
	assert.equal((await g.call('/h2one')).status, 200);
	const all = await Promise.all(Array.from({ length: 8 }, () => g.call('/h2one')));
	all.forEach((r) => assert.equal(r.status, 200));
});

test('idle for long: closed', async () => {
	const t = await raw((c, id) => c.write(head(id)));
	await through('h2idle', t.port, { protocol: 'HTTP2', properties: { 'keepalive.timeout.millis': 300 } });
	assert.equal((await g.call('/h2idle')).status, 200);
	assert.equal(t.open, 1);
	await until(() => t.open === 0, 3000);
});

test('a target server that cannot do what its protocol says', async () => {
	const t = await real(true), plain = https.createServer(certificate);
	await through('h2not', await listen(plain), { secure: true, protocol: 'HTTP2' });
	expect(await g.call('/h2not'), { status: 503, body: /SslHandshakeFailed/ });
	for (const protocol of ['GRPC', 'EXTERNAL_CALLOUT', 'HTTP3'])
		expect(await g.mgmt('/environments/test/targetservers', { body: { name: 'x', host: 'h', port: t.port, protocol } }), { status: 400, body: /protocol/ });
});
