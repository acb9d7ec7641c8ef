// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 as bytes: framing both ways, limits, refusals, streaming at bounded memory.
// Invariant: what is framed badly never reaches a target, and nothing after it on that connection does.
// Source: RFC 9112 (2.2, 3, 3.2, 5, 6, 9), RFC 9110 (7.6.1, 9.3.2, 10.1.1); reference 3.5 (limits).
import assert from 'node:assert/strict';
import http from 'node:http';
import test from 'node:test';
import { expect, fault, gateway, mark, origin, slack, sleep, wire } from './gateway.mjs';

const g = await gateway();
const o = await origin();
await g.proxy('raw', { target: o.url });
await g.proxy('buffered', { target: o.url, pre: { request: ['look'] }, policies: { look: mark('x-first', '{substring(request.content,0,1)}') } });
await g.proxy('null', {});
const H = `Host: acme-test.localhost:${g.ports.http}\r\n`;
const send = (bytes, opts) => wire(g.ports.http, bytes, opts);
const statuses = (text) => [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((m) => +m[1]);

test('keep-alive: one connection, many requests, in order', async () => {
	const r = await send(Array.from({ length: 5 }, (_, i) => `GET /raw/${i} HTTP/1.1\r\n${H}\r\n`).join(''));
	assert.deepEqual(statuses(r.text), [200, 200, 200, 200, 200]);
	assert.deepEqual([...r.text.matchAll(/"url":"\/(\d)"/g)].map((m) => m[1]), ['0', '1', '2', '3', '4']);
	assert.equal(r.how, 'idle', 'and the connection is still open');
});

const closing = [
	['Connection: close', `GET /null HTTP/1.1\r\n${H}Connection: close\r\n\r\n`, 'closed'], ['Connection: Close, in a list', `GET /null HTTP/1.1\r\n${H}Connection: foo, Close\r\n\r\n`, 'closed'],
	['HTTP/1.0', `GET /null HTTP/1.0\r\n${H}\r\n`, 'closed'], ['HTTP/1.0 keep-alive', `GET /null HTTP/1.0\r\n${H}Connection: keep-alive\r\n\r\n`, 'idle'], ['HTTP/1.1', `GET /null HTTP/1.1\r\n${H}\r\n`, 'idle'],
];
for (const [what, bytes, how] of closing) {
	test(`${what}: ${how}`, async () => {
		const r = await send(bytes);
		assert.deepEqual([r.status, r.how], [200, how], r.text);
	});
}

test('a request in single bytes', async () => {
	const bytes = `POST /raw/slow HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n`;
	const r = await send([...bytes].flatMap((c, i) => i % 8 ? [c] : [c, 1]), { idle: 800 });
	assert.equal(r.status, 200);
	assert.match(r.text, /"body":"abcde"/);
});

const bodies = [
	['Content-Length', `Content-Length: 5\r\n\r\nhello`], ['chunked', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'], ['Chunked, in capitals', 'Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
	['chunks of one', `Transfer-Encoding: chunked\r\n\r\n${[...'hello'].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`], ['leading zeros', 'Transfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n'],
	['the same length twice', 'Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello', [200, 400]],
];
for (const [what, rest, status = [200]] of bodies) {
	test(`request body: ${what}`, async () => {
		const r = await send(`POST /raw HTTP/1.1\r\n${H}${rest}GET /null HTTP/1.1\r\n${H}\r\n`);
		assert.ok(status.includes(r.status), r.text);
		if (r.status === 200) {
			assert.match(r.text, /"body":"hello"/);
			assert.deepEqual(statuses(r.text), [200, 200], 'the next request begins where the body ends');
		}
	});
}

test('response bodies', async (t) => {
	const p = await origin((one, res) => {
		if (one.url === '/chunked') { res.write('a'.repeat(70000)); res.end('end'); } else if (one.url === '/length') { res.setHeader('Content-Length', 3); res.end('abc'); }
		else if (one.url === '/empty') res.end(); else if (one.url === '/close') { res.useChunkedEncodingByDefault = false; res.setHeader('Connection', 'close'); res.write('until '); res.end('the end'); }
		else if (one.url === '/204') res.writeHead(204).end(); else res.writeHead(304, { ETag: '"x"' }).end();
	});
	await g.proxy('answers', { target: p.url });
	const rows = [['/chunked', 200, 70003], ['/length', 200, 3], ['/empty', 200, 0], ['/close', 200, 13], ['/204', 204, 0], ['/304', 304, 0]];
	for (const [path, status, length] of rows) {
		await t.test(path, async () => {
			const r = expect(await g.call(`/answers${path}`), { status });
			assert.equal(r.bytes.length, length);
			if (status !== 200)
				assert.ok(!('transfer-encoding' in r.headers), 'no body, no framing');
		});
		await t.test(`HEAD ${path}`, async () => {
			const r = expect(await g.call(`/answers${path}`, { method: 'HEAD' }), { status, body: '' });
			if (path === '/length')
				assert.equal(r.headers['content-length'], '3');
		});
	}
	await t.test('for HTTP/1.0 a chunked body is not chunked', async () => {
		const r = await send(`GET /answers/chunked HTTP/1.0\r\n${H}\r\n`);
		assert.equal(r.how, 'closed');
		assert.ok(!/transfer-encoding/i.test(r.text.split('\r\n\r\n')[0]));
		assert.equal(r.text.split('\r\n\r\n')[1].length, 70003);
	});
	await t.test('HEAD, then GET on one connection', async () => {
		const r = await send(`HEAD /answers/length HTTP/1.1\r\n${H}\r\nGET /answers/length HTTP/1.1\r\n${H}\r\n`);
		assert.deepEqual(statuses(r.text), [200, 200]);
		assert.ok(r.text.endsWith('\r\n\r\nabc'));
	});
});

test('Expect: 100-continue', async (t) => {
	const head = `POST /raw HTTP/1.1\r\n${H}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`;
	await t.test('the body is asked for', async () => {
		const r = await send([head, 400, 'hello'], { idle: 900 });
		assert.deepEqual(statuses(r.text), [100, 200], r.text);
		assert.match(r.text, /"body":"hello"/);
	});
	await t.test('a client that does not wait', async () => {
		const r = await send(`${head}hello`);
		assert.equal(statuses(r.text).at(-1), 200);
		assert.match(r.text, /"body":"hello"/);
	});
	await t.test('node\'s own client', async () => {
		const { ports } = g;
		const body = await new Promise((ok, no) => {
			const req = http.request({ host: '127.0.0.1', port: ports.http, path: '/raw', method: 'POST', headers: { Host: 'acme-test.localhost', Expect: '100-continue', 'Content-Length': 5 } }, (res) => {
				let s = '';
				res.on('data', (c) => { s += c; }).on('end', () => ok(s));
			}).on('continue', () => req.end('hello')).on('error', no);
			req.flushHeaders();
		});
		assert.match(body, /"body":"hello"/);
	});
});

const limits = [
	['a long request line', `GET /raw/${'x'.repeat(8000)} HTTP/1.1\r\n${H}\r\n`, 414, fault('protocol.http.TooBigLine', 'request line size exceeding 7,168')],
	['a request line of 7,000', `GET /raw/${'x'.repeat(6900)} HTTP/1.1\r\n${H}\r\n`, 200], ['an endless request line', `GET /${'x'.repeat(300000)}`, 414],
	['one large header', `GET /raw HTTP/1.1\r\n${H}X: ${'x'.repeat(100000)}\r\n\r\n`, 431], ['many headers', `GET /raw HTTP/1.1\r\n${H}${'X: y\r\n'.repeat(5000)}\r\n`, 431],
	['a header without end', `GET /raw HTTP/1.1\r\n${H}X: ${'x'.repeat(300000)}`, 431], ['50 headers', `GET /raw HTTP/1.1\r\n${H}${Array.from({ length: 50 }, (_, i) => `X-${i}: ${i}\r\n`).join('')}\r\n`, 200],
];
for (const [what, bytes, status, body] of limits) {
	test(`${what}: ${status}`, async () => {
		const r = await send(bytes, { idle: 700 });
		assert.equal(r.status, status, r.text.slice(0, 300));
		if (body)
			assert.ok(r.text.endsWith(body), r.text);
		if (status !== 200)
			assert.equal(r.how, 'closed');
	});
}

test('a buffered body over 10 MiB: 413', async () => {
	const want = { status: 413, body: fault('protocol.http.TooBigBody', 'Body buffer overflow') };
	expect(await g.call('/buffered', { body: Buffer.alloc(9 << 20, 'x') }), { status: 200 });
	// the server may answer and hang up while the client still writes: then the client sees only that
	const r11 = await g.call('/buffered', { body: Buffer.alloc(11 << 20, 'x') }).catch((e) => e.code);
	if (typeof r11 === 'string')
		assert.match(r11, /EPIPE|ECONNRESET/);
	else
		expect(r11, want);
	const r = await send(`POST /buffered HTTP/1.1\r\n${H}Content-Length: 99999999999\r\n\r\nx`);
	assert.equal(r.status, 413, r.text);
	assert.ok(r.text.endsWith(want.body));
});

// RFC 9112: each is refused, and the connection with it
const chunked = `POST /raw HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`;
const bad = [
	['both lengths', `POST /raw HTTP/1.1\r\n${H}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`], ['two lengths', `POST /raw HTTP/1.1\r\n${H}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
	['lengths in a list', `POST /raw HTTP/1.1\r\n${H}Content-Length: 5, 6\r\n\r\nhello`], ['negative length', `POST /raw HTTP/1.1\r\n${H}Content-Length: -5\r\n\r\n`], ['signed length', `POST /raw HTTP/1.1\r\n${H}Content-Length: +5\r\n\r\nhello`],
	['length in hex', `POST /raw HTTP/1.1\r\n${H}Content-Length: 0x5\r\n\r\nhello`], ['length of 2^64', `POST /raw HTTP/1.1\r\n${H}Content-Length: 18446744073709551617\r\n\r\n`, [400, 413]], ['empty length', `POST /raw HTTP/1.1\r\n${H}Content-Length:\r\n\r\n`],
	['no host', 'GET /raw HTTP/1.1\r\n\r\n'], ['two hosts', `GET /raw HTTP/1.1\r\n${H}${H}\r\n`], ['odd host', 'GET /raw HTTP/1.1\r\nHost: a b\r\n\r\n'], ['space before the colon', `GET /raw HTTP/1.1\r\n${H}X : y\r\n\r\n`],
	['folded header', `GET /raw HTTP/1.1\r\n${H}X: y\r\n z\r\n\r\n`], ['bare LF', `GET /raw HTTP/1.1\n${H}\r\n`], ['bare LF in the head', `GET /raw HTTP/1.1\r\nHost: acme-test.localhost\nX: y\r\n\r\n`], ['bare CR', `GET /raw HTTP/1.1\r\n${H}X: a\rb\r\n\r\n`],
	['NUL', `GET /raw HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`], ['no colon', `GET /raw HTTP/1.1\r\n${H}X\r\n\r\n`], ['empty name', `GET /raw HTTP/1.1\r\n${H}: x\r\n\r\n`], ['name with a space', `GET /raw HTTP/1.1\r\n${H}X Y: z\r\n\r\n`],
	['two spaces', `GET  /raw HTTP/1.1\r\n${H}\r\n`], ['no version', `GET /raw\r\n${H}\r\n`], ['version 1.x', `GET /raw HTTP/1.x\r\n${H}\r\n`], ['version 2.0', `GET /raw HTTP/2.0\r\n${H}\r\n`, [400, 505]], ['lower-case version', `GET /raw http/1.1\r\n${H}\r\n`],
	['method with a tab', `GE\tT /raw HTTP/1.1\r\n${H}\r\n`], ['no path', `GET HTTP/1.1\r\n${H}\r\n`], ['relative path', `GET raw HTTP/1.1\r\n${H}\r\n`], ['control in the path', `GET /ra\x01w HTTP/1.1\r\n${H}\r\n`], ['bad escape', `GET /raw/%zz HTTP/1.1\r\n${H}\r\n`, [200, 400]],
	['TE not last chunked', `POST /raw HTTP/1.1\r\n${H}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, [400, 501]], ['TE chunked twice', `POST /raw HTTP/1.1\r\n${H}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, [400, 501]], ['TE unknown', `POST /raw HTTP/1.1\r\n${H}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, [400, 501]],
	['TE in 1.0', `POST /raw HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`], ['chunk size with a letter', `${chunked}5g\r\nhello\r\n0\r\n\r\n`], ['chunk size empty', `${chunked}\r\nhello\r\n0\r\n\r\n`], ['chunk size negative', `${chunked}-1\r\n\r\n`],
	['chunk size of 2^64', `${chunked}10000000000000001\r\nx\r\n`], ['chunk with 0x', `${chunked}0x5\r\nhello\r\n0\r\n\r\n`], ['chunk without its CRLF', `${chunked}5\r\nhelloX\r\n0\r\n\r\n`], ['chunk size ends in LF', `${chunked}5\nhello\r\n0\r\n\r\n`], ['a chunk extension without end', `${chunked}5;${'x'.repeat(100000)}`],
	['TLS on the plain port', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), [400]], ['a preface that breaks off', 'PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n', [400, 505]],
];
for (const [what, bytes, status = [400]] of bad) {
	test(`bad framing: ${what}`, async () => {
		const before = o.seen.filter((s) => s.url === '/smuggled').length;
		const r = await send(Buffer.concat([Buffer.from(bytes), Buffer.from(`GET /raw/smuggled HTTP/1.1\r\n${H}\r\n`)]), { idle: 700, timeout: 4000 });
		if (r.status === 200)
			return assert.ok(status.includes(200));
		assert.ok(status.includes(r.status), `${r.status}\n${r.text.slice(0, 300)}`);
		assert.equal(statuses(r.text).length, 1, 'one answer');
		assert.equal(r.how, 'closed');
		assert.equal(o.seen.filter((s) => s.url === '/smuggled').length, before, 'nothing behind it is served');
	});
}
for (const [what, bytes, status = [400]] of bad.slice(0, 20)) {
	test(`management, bad framing: ${what}`, async () => {
		const r = await wire(g.ports.management, Buffer.from(bytes), { idle: 700, timeout: 4000 });
		assert.ok(status.includes(r.status), `${r.status} ${r.text.slice(0, 200)}`);
	});
}

const tolerated = [
	['an empty line before', `\r\nGET /raw HTTP/1.1\r\n${H}\r\n`], ['absolute form', `GET http://acme-test.localhost:${g.ports.http}/raw HTTP/1.1\r\n${H}\r\n`], ['spaces round a value', `GET /raw HTTP/1.1\r\n${H}X-S: \t v \t\r\n\r\n`],
	['header names in any case', `GET /raw HTTP/1.1\r\nhOsT: acme-test.localhost\r\n\r\n`], ['an uncommon method', `PROPFIND /raw HTTP/1.1\r\n${H}\r\n`], ['obs-text in a value', Buffer.from(`GET /raw HTTP/1.1\r\n${H}X-S: \xe9\r\n\r\n`, 'latin1')],
];
for (const [what, bytes, status = [200]] of tolerated) {
	test(`tolerated: ${what}`, async () => {
		const r = await send(bytes);
		assert.ok(status.includes(r.status), r.text.slice(0, 300));
	});
}

test('what goes to the target', async () => {
	const r = await send(`POST /raw/x?y HTTP/1.1\r\n${H}Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Connection: x\r\nX-End: 2\r\nX-End: 3\r\nContent-Length: 2\r\n\r\nhi`);
	const one = o.seen.at(-1);
	assert.equal(r.status, 200);
	assert.equal(one.headers.host, `127.0.0.1:${o.port}`);
	assert.equal(one.headers.te, 'trailers', 'said anew, for we pass them');
	for (const k of ['x-hop', 'keep-alive', 'proxy-connection'])
		assert.equal(one.headers[k], undefined, k);
	assert.equal(one.headers['x-end'], '2, 3');
	assert.equal(one.body, 'hi');
});

test('what comes from the target: hop-by-hop headers stay behind, the rest in its order', async () => {
	const p = await origin((one, res) => res.writeHead(200, ['Connection', 'close, X-Hop', 'X-Hop', '1', 'Set-Cookie', 'a=1', 'X-B', '2', 'Set-Cookie', 'b=2', 'Proxy-Authenticate', 'Basic']).end('x'));
	await g.proxy('hops', { target: p.url });
	const r = expect(await g.call('/hops'), { status: 200, headers: { 'x-hop': null } });
	assert.deepEqual(r.raw.filter((_, i) => i % 2 && r.raw[i - 1] === 'Set-Cookie'), ['a=1', 'b=2']);
	expect(await g.call('/hops'), { status: 200 });
});

test('target connections are kept', async () => {
	let connections = 0;
	const p = await origin();
	p.server.on('connection', () => connections++);
	await g.proxy('pooled', { target: p.url });
	for (let i = 0; i < 30; i++)
		expect(await g.call('/pooled'), { status: 200 });
	assert.ok(connections <= 4, `${connections} connections`);
});

test('a kept target connection that went away is replaced', async () => {
	const p = await origin();
	await g.proxy('renewed', { target: p.url });
	for (let i = 0; i < 5; i++) {
		expect(await g.call('/renewed'), { status: 200 });
		p.server.closeAllConnections();
		await sleep(50);
		expect(await g.call('/renewed'), { status: 200 }, `round ${i}`);
	}
});

// ---- streaming: sizes in MiB, growth in KiB
const MIB = 1 << 20, SIZE = +(process.env.GATEHOUSE_SOAK_MIB ?? 100);
async function pump({ up, readSlowly, path }) {
	return new Promise((ok, no) => {
		const req = http.request({ host: '127.0.0.1', port: g.ports.http, path, method: up ? 'PUT' : 'GET', agent: false,
			headers: { Host: 'acme-test.localhost', ...(up === 'chunked' ? {} : up ? { 'Content-Length': SIZE * MIB } : {}) } }, async (res) => {
			let n = 0;
			for await (const c of res) {
				n += c.length;
				if (readSlowly && n % (8 * MIB) < c.length)
					await sleep(20);
			}
			ok({ status: res.statusCode, length: n, echo: res.headers['x-got'] });
		}).on('error', no);
		const piece = Buffer.alloc(MIB, 'z');
		let left = up ? SIZE : 0;
		const more = () => {
			while (left > 0) {
				left--;
				if (!req.write(piece))
					return req.once('drain', more);
			}
			req.end();
		};
		more();
	});
}
const sink = await origin((req, res, one) => {
	let n = 0;
	if (req.method === 'GET') {
		const piece = Buffer.alloc(MIB, 'y');
		const more = () => {
			while (n < SIZE) {
				n++;
				if (!res.write(piece))
					return res.once('drain', more);
			}
			res.end();
		};
		return more();
	}
	req.on('data', (c) => { n += c.length; if (one.url === '/slow' && n % (8 * MIB) < c.length) { req.pause(); setTimeout(() => req.resume(), 20); } }).on('end', () => res.setHeader('X-Got', n).end());
});
const streams = [
	['up, with a length', { up: 'length', path: '/sink' }], ['up, chunked', { up: 'chunked', path: '/sink' }], ['up, a slow target', { up: 'length', path: '/sink/slow' }], ['down', { path: '/sink' }], ['down, a slow client', { path: '/sink', readSlowly: true }],
];
test(`${SIZE} MiB through at bounded memory`, async (t) => {
	await g.proxy('sink', { target: sink.url });
	for (const [what, how] of streams) {
		await t.test(what, async (t) => {
			const before = g.memoryFromHere();
			const r = await pump(how);
			assert.equal(r.status, 200);
			assert.equal(how.up ? +r.echo : r.length, SIZE * MIB);
			const grown = g.memory().peak - before;
			t.diagnostic(`${SIZE} MiB: memory grew by ${grown} KiB, to ${g.memory().peak} KiB`);
			assert.ok(grown < 16 * 1024 * slack, `grew by ${grown} KiB`);
		});
	}
});

test('an answer before the body is read does not wait for it', async () => {
	const r = await send([`POST /nowhere HTTP/1.1\r\n${H}Content-Length: 1000000\r\n\r\nstart`], { idle: 1000 });
	assert.equal(r.status, 404);
});

test('TLS: the same over the secure virtual host', async () => {
	await g.proxy('tls', { target: o.url, vhosts: ['secure'] });
	const r = await wire(g.ports.https, `POST /tls/a HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nhiGET /tls/b HTTP/1.1\r\n${H}\r\n`, { secure: true });
	assert.deepEqual(statuses(r.text), [200, 200]);
	const plain = await wire(g.ports.https, `GET /tls HTTP/1.1\r\n${H}\r\n`);
	assert.ok(plain.status === 400 || plain.how === 'closed' || plain.how === 'ECONNRESET', plain.text);
});

test('five hundred clients at once', async () => {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 500 });
	const all = await Promise.all(Array.from({ length: 500 }, (_, i) => g.call(`/raw/${i}`, { agent })));
	assert.ok(all.every((r, i) => r.status === 200 && r.json.url === `/${i}`));
	agent.destroy();
});
