// SPDX-License-Identifier: Apache-2.0
// HTTP/2 through the product: ALPN and prior knowledge, the same proxies as over HTTP/1.1, floods beside traffic.
// Invariant: what reaches a target is an ordinary HTTP/1.1 request, whatever frames it came in.
// Source: RFC 9113; docs/why/http2.md.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { gateway, origin, proxy, sleep, until, wire } from './gateway.mjs';

let target, gw;
const open = [];

before(async () => {
	target = await origin((req, res, one) => {
		if (one.url.startsWith('/big')) {
			res.writeHead(200, { 'Content-Type': 'application/octet-stream' });
			const piece = Buffer.alloc(65536, 'x');
			let left = 64;                          // 4 MiB
			const more = () => {
				while (left-- > 0)
					if (!res.write(piece))
						return res.once('drain', more);
				res.end();
			};
			return more();
		}
		if (one.url.startsWith('/slow')) {
			req.resume();
			return setTimeout(() => res.end('late'), 400);
		}
		if (one.url.startsWith('/never')) {
			req.resume();
			return res.on('close', () => { one.closed = true; });
		}
		let n = 0;
		req.on('data', (c) => { n += c.length; }).on('end', () => {
			res.setHeader('Content-Type', 'application/json');
			res.setHeader('Connection', 'close');
			res.setHeader('X-Mixed-Case', 'Yes');
			res.end(JSON.stringify({ method: one.method, url: one.url, headers: one.headers, version: req.httpVersion, n }));
		});
		req.on('error', () => { one.broken = true; });
	});
	gw = await gateway();
	await gw.put('two', proxy('two', { target: target.url, vhosts: ['default', 'secure'] }));
});
after(async () => {
	for (const c of open)
		c.destroy();
	await gw.stop();
	await target.close();
});

const host = 'acme-test.localhost';

function session(secure) {
	const c = secure
		? http2.connect(`https://127.0.0.1:${gw.ports.https}`, { rejectUnauthorized: false, servername: host })
		: http2.connect(`http://127.0.0.1:${gw.ports.http}`);
	open.push(c);
	c.on('error', () => {});
	return c;
}

function ask(c, headers, body) {
	return new Promise((ok, no) => {
		const r = c.request({ ':authority': host, ...headers }, { endStream: body === undefined });
		const out = { chunks: [] };
		r.on('response', (h) => { out.headers = h; out.status = h[':status']; });
		r.on('data', (d) => out.chunks.push(d));
		r.on('error', no);
		r.on('close', () => out.status ? ok({ ...out, bytes: Buffer.concat(out.chunks), get json() { return JSON.parse(this.bytes); } })
			: no(new Error(`no answer, ${r.rstCode}`)));
		if (body !== undefined)
			r.end(body);
	});
}

for (const secure of [true, false])
	test(`a request goes through ${secure ? 'by ALPN' : 'by prior knowledge'}`, async () => {
		const c = session(secure);
		const one = await ask(c, { ':path': '/two/a?b=c', 'x-one': '1', te: 'trailers', cookie: ['a=b', 'c=d'] });
		assert.equal(one.status, 200);
		assert.equal(one.headers['x-mixed-case'], 'Yes');
		assert.equal(one.headers.connection, undefined);
		assert.equal(one.json.url, '/a?b=c');
		assert.equal(one.json.version, '1.1');
		assert.equal(one.json.headers['x-one'], '1');
		assert.equal(one.json.headers.cookie, 'a=b; c=d');
		assert.equal(one.json.headers.te, 'trailers');
		assert.equal(one.json.headers.host, `127.0.0.1:${target.port}`);
		const body = Buffer.alloc(1 << 20, 'y');
		const sent = await ask(c, { ':path': '/two/post', ':method': 'POST' }, body);
		assert.equal(sent.json.n, body.length);
		const sized = await ask(c, { ':path': '/two/post', ':method': 'POST', 'content-length': '5' }, 'hello');
		assert.equal(sized.json.headers['content-length'], '5');
		assert.equal((await ask(c, { ':path': '/two/big' })).bytes.length, 4 << 20);
		assert.equal((await ask(c, { ':path': '/nowhere' })).status, 404);
		const head = await ask(c, { ':path': '/two/a', ':method': 'HEAD' });
		assert.equal(head.status, 200);
		assert.equal(head.bytes.length, 0);
		c.close();
	});

test('many streams at once', async () => {
	const c = session(true);
	const all = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(c, { ':path': i % 10 ? `/two/${i}` : '/two/big' })));
	all.forEach((one, i) => i % 10 ? assert.equal(one.json.url, `/${i}`) : assert.equal(one.bytes.length, 4 << 20));
	c.close();
});

test('HTTP/1.1 is still spoken where it is asked for', async () => {
	const s = tls.connect({ port: gw.ports.https, host: '127.0.0.1', servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
	await new Promise((ok, no) => s.on('secureConnect', ok).on('error', no));
	assert.equal(s.alpnProtocol, 'http/1.1');
	s.destroy();
});

// RFC 9113, 9.2.2: no session key that a stolen certificate gives away, no CBC.
for (const [cipher, want] of [['ECDHE-ECDSA-AES128-GCM-SHA256', 'h2'], ['ECDHE-ECDSA-AES128-SHA256', 'http/1.1'], ['ECDHE-ECDSA-AES256-SHA', 'http/1.1']])
	test(`TLS 1.2 with ${cipher}: ${want}`, async () => {
		const s = tls.connect({ port: gw.ports.https, host: '127.0.0.1', servername: host, rejectUnauthorized: false, maxVersion: 'TLSv1.2', ciphers: cipher, ALPNProtocols: ['h2', 'http/1.1'] });
		await new Promise((ok, no) => s.on('secureConnect', ok).on('error', no));
		assert.equal(s.alpnProtocol, want);
		s.destroy();
	});

test('switched off: HTTP/1.1 alone', async () => {
	const off = await gateway({ set: { 'gateway.http2': 'false' } });
	const s = tls.connect({ port: off.ports.https, host: '127.0.0.1', servername: host, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
	await new Promise((ok, no) => s.on('secureConnect', ok).on('error', no));
	assert.equal(s.alpnProtocol, 'http/1.1');
	s.destroy();
	const r = await wire(off.ports.http, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
	assert.equal(r.status, 400, r.text);
	await off.stop();
});

test('a reset reaches the target', async () => {
	const c = session(false);
	const r = c.request({ ':authority': host, ':path': '/two/never' });
	r.on('error', () => {});
	const found = () => target.seen.find((one) => one.url === '/never');
	for (let i = 0; i < 100 && !found(); i++)
		await sleep(20);
	r.close(http2.constants.NGHTTP2_CANCEL);
	for (let i = 0; i < 100 && !found().closed; i++)
		await sleep(20);
	assert.ok(found().closed);
	assert.equal((await ask(c, { ':path': '/two/x' })).status, 200);
	c.close();
});

// ---- raw frames ------------------------------------------------------------------------------
const frame = (type, flags, stream, payload = '') => {
	const body = Buffer.from(payload, 'latin1'), head = Buffer.alloc(9);
	head.writeUIntBE(body.length, 0, 3);
	head[3] = type;
	head[4] = flags;
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, body]);
};
const hello = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);
const get = (stream, path) => frame(1, 5, stream, `\x82\x86\x41${String.fromCharCode(host.length)}${host}\x04${String.fromCharCode(path.length)}${path}`);
const reset = (stream) => frame(3, 0, stream, '\0\0\0\x08');

const floods = {
	'rapid reset': (i) => Buffer.concat([get(2 * i + 1, '/two/never'), reset(2 * i + 1)]),
	PING: () => frame(6, 0, 0, '12345678'),
	SETTINGS: () => frame(4, 0, 0),
	'empty DATA': (i) => i === 0 ? frame(1, 4, 1, get(1, '/two/never').subarray(9).toString('latin1')) : frame(0, 0, 1),
	CONTINUATION: (i) => i === 0 ? frame(1, 1, 1, '\x82') : frame(9, 0, 1, '\0\x01x\x01y'),
	'tiny windows': (i) => i === 0 ? Buffer.concat([frame(4, 0, 0, '\0\x04\0\0\0\0'), get(1, '/two/big')]) : frame(8, 0, 1, '\0\0\0\x01'),
};

// Sends until the connection ends; the number of frames, or -1 when it goes on after the time.
async function flood(make, ms, { port = gw.ports.http, localAddress } = {}) {
	const s = net.connect({ port, host: '127.0.0.1', localAddress });
	let over = false, i = 0;
	s.on('error', () => { over = true; }).on('close', () => { over = true; }).on('end', () => { over = true; }).resume();
	s.write(hello);
	for (const late = Date.now() + ms; !over && Date.now() < late;) {
		for (let k = 0; k < 100; k++)
			s.write(make(i++));
		await sleep(1);
	}
	s.destroy();
	return over ? i : -1;
}

for (const [name, make] of Object.entries(floods))
	test(`a flood of ${name} ends, and others are served meanwhile`, async () => {
		const c = session(false);
		let asking = true, n = 0;
		const traffic = (async () => {
			while (asking) {
				assert.equal((await ask(c, { ':path': '/two/x' })).status, 200);
				n++;
			}
		})();
		const all = await Promise.all([flood(make, 20000), flood(make, 20000)]);
		asking = false;
		await traffic;
		c.close();
		assert.ok(all.every((frames) => frames >= 0), `frames until the end: ${all}`);
		assert.ok(n > 0);
	});

test('an address that flooded is kept out for as long as the operator says, and no other', async () => {
	const g = await gateway({ set: { 'gateway.flood_ban': '2', workers: '2' } });
	const asks = (localAddress) => new Promise((ok) => {
		const s = net.connect({ port: g.ports.http, host: '127.0.0.1', localAddress });
		s.on('error', () => ok(0)).on('close', () => ok(0)).once('data', (d) => { s.destroy(); ok(+String(d).slice(9, 12)); });
		s.write(`GET /nowhere HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
	});
	assert.equal(await asks('127.0.0.2'), 404);
	assert.ok(await flood(floods.PING, 20000, { port: g.ports.http, localAddress: '127.0.0.2' }) >= 0);
	await until(() => g.events('address_banned').length === 1);
	assert.deepEqual([await asks('127.0.0.2'), await asks('127.0.0.1')], [0, 404]);
	await sleep(2000);
	assert.equal(await asks('127.0.0.2'), 404);
	await g.stop();
});

test('a drain lets what runs end, and says goodbye', async () => {
	const c = session(true);
	let goaway = false;
	c.on('goaway', () => { goaway = true; });
	await ask(c, { ':path': '/two/x' });
	const slow = ask(c, { ':path': '/two/slow' });
	await sleep(100);
	const stopped = gw.stop();
	assert.equal((await slow).bytes.toString(), 'late');
	await stopped;
	assert.ok(goaway);
});
