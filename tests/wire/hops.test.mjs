// SPDX-License-Identifier: Apache-2.0
// What a hop adds and sees to: X-Forwarded-*, Forwarded, Max-Forwards, the forms of a request's target; properties.
// Invariant: what the client claims never stands in the place of what the gateway saw.
// Source: RFC 7239; RFC 9110 (7.6.2, 9.3.7); RFC 9112 (3.2); Apigee, "Endpoint properties reference".
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import { bundle, expect, fault, gateway, mark, origin, proxy, sleep, wire } from './gateway.mjs';

const g = await gateway();
const HOST = `acme-test.localhost:${g.ports.http}`, H = `Host: ${HOST}\r\n`;
const o = await origin();
await g.proxy('says', { target: o.url, properties: { 'X-Forwarded-For': 'true' }, vhosts: ['default', 'secure'] });
await g.proxy('silent', { target: o.url });
await g.proxy('othername', { target: o.url, properties: { 'X-Forwarded-For': 'true' }, pre: { request: ['h'] }, policies: { h: mark('Host', 'x";by=evil, for=1') } });

const own = `for=127.0.0.1;host="${HOST}";proto=http`;
const rows = [
	['nothing said before', {}, { 'x-forwarded-for': '127.0.0.1', forwarded: own }],
	['hops before', { 'X-Forwarded-For': '1.2.3.4, 5.6.7.8', Forwarded: 'for=1.2.3.4, For="[2001:db8::1]:80";proto=https;;by=_x' }, { 'x-forwarded-for': '1.2.3.4, 5.6.7.8, 127.0.0.1', forwarded: `for=1.2.3.4, For="[2001:db8::1]:80";proto=https;;by=_x, ${own}` }],
	['two fields each', { 'X-Forwarded-For': ['1.1.1.1', '2.2.2.2'], Forwarded: ['for=1.1.1.1', 'for=2.2.2.2'] }, { 'x-forwarded-for': '1.1.1.1, 2.2.2.2, 127.0.0.1', forwarded: `for=1.1.1.1, for=2.2.2.2, ${own}` }],
	['claims of what only this hop knows', { 'X-Forwarded-Proto': ['https', 'https'], 'X-Forwarded-Host': 'evil', 'X-Forwarded-Port': '443' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }],
	['an open quote, to swallow what follows', { Forwarded: 'for="1.2.3.4' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }],
	['an open quote behind a backslash', { Forwarded: 'for="1.2.3.4\\"' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }],
	['quotes that are closed', { Forwarded: 'for="a\\"b,;"' }, { 'x-forwarded-for': '127.0.0.1', forwarded: `for="a\\"b,;", ${own}` }],
	['no pair', { Forwarded: 'x' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }], ['no value', { Forwarded: 'for=' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }],
	['a space within', { Forwarded: 'for=1 2' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }], ['an address without its quotes', { Forwarded: 'for=[::1]' }, { 'x-forwarded-for': '127.0.0.1', forwarded: own }],
];
for (const [what, headers, want] of rows) {
	test(what, async () => {
		const r = (await g.call('/says', { headers: { ...headers, Host: HOST } })).json.headers;
		const port = `${g.ports.http}`;
		assert.deepEqual(Object.fromEntries(Object.entries(r).filter(([k]) => /forwarded/.test(k))),
			{ ...want, 'x-forwarded-proto': 'http', 'x-forwarded-host': HOST, 'x-forwarded-port': port });
	});
}
test('over TLS', async () => {
	const r = (await g.call('/says', { secure: true })).json.headers;
	assert.equal(r['x-forwarded-proto'], 'https');
	assert.equal(r['x-forwarded-port'], `${g.ports.https}`);
	assert.match(r.forwarded, /;proto=https$/);
});
test('without the property nothing is said, and what the client says is its own', async () => {
	const r = (await g.call('/silent', { headers: { 'X-Forwarded-For': '1.2.3.4' } })).json.headers;
	assert.deepEqual(Object.entries(r).filter(([k]) => /forwarded/.test(k)), [['x-forwarded-for', '1.2.3.4']]);
});
test('a host that a policy made up is not passed off as the client\'s', async () => {
	const r = (await g.call('/othername')).json.headers;
	assert.equal(r['x-forwarded-host'], undefined);
	assert.equal(r.forwarded, 'for=127.0.0.1;proto=http');
});

const forms = [
	['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${H}\r\n`, 200, false], ['OPTIONS * of HTTP/1.0', 'OPTIONS * HTTP/1.0\r\n\r\n', 200, false], ['GET *', `GET * HTTP/1.1\r\n${H}\r\n`, 400, false], ['OPTIONS *x', `OPTIONS *x HTTP/1.1\r\n${H}\r\n`, 400, false],
	['OPTIONS of a proxy', `OPTIONS /silent HTTP/1.1\r\n${H}\r\n`, 200, true], ['absolute-form wins over Host', `GET http://${HOST}/silent HTTP/1.1\r\nHost: evil.example\r\n\r\n`, 200, true],
	['absolute-form of another host', `GET http://evil.example/silent HTTP/1.1\r\n${H}\r\n`, 404, false], ['absolute-form, https', `GET https://${HOST}/silent HTTP/1.1\r\n${H}\r\n`, 200, true], ['absolute-form without a path', `OPTIONS http://${HOST} HTTP/1.1\r\n${H}\r\n`, 404, false],
	['CONNECT', `CONNECT ${HOST} HTTP/1.1\r\n${H}\r\n`, 501, false], ['CONNECT in absolute-form', `CONNECT http://${HOST}/silent HTTP/1.1\r\n${H}\r\n`, 501, false],
];
for (const [what, bytes, status, reaches] of forms) {
	test(what, async () => {
		const before = o.seen.length, r = await wire(g.ports.http, bytes);
		assert.equal(r.status, status, r.text);
		assert.equal(o.seen.length > before, reaches);
		if (reaches)
			assert.ok(o.seen.at(-1).headers.host.startsWith('127.0.0.1:'), 'the target\'s own name');
	});
}

const left = [
	['OPTIONS', '5', 200, '4'], ['OPTIONS', '1', 200, '0'], ['OPTIONS', '0', 200, null], ['TRACE', '2', 200, '1'], ['TRACE', '0', 405, null], ['GET', '0', 200, '0'], ['OPTIONS', 'x', 200, 'x'], ['OPTIONS', '-1', 200, '-1'], ['OPTIONS', '99999999999999999999', 200, '99999999999999999999'],
];
for (const [verb, value, status, want] of left) {
	test(`${verb}, Max-Forwards: ${value}`, async () => {
		const before = o.seen.length, r = await wire(g.ports.http, `${verb} /silent HTTP/1.1\r\n${H}Max-Forwards: ${value}\r\n\r\n`);
		assert.equal(r.status, status, r.text);
		assert.equal(o.seen.length - before, want === null ? 0 : 1);
		if (want === null)
			assert.match(r.text, /\r\nAllow: GET, /);
		else
			assert.equal(o.seen.at(-1).headers['max-forwards'], want);
	});
}

// ---- fields that say one thing ----
await g.proxy('repeats', { target: o.url, properties: { 'HTTPHeader.allowDuplicates': 'content-type, Expires', 'HTTPHeader.multiValued': 'Authorization' } });
for (const name of ['Content-Type', 'Authorization', 'Expires', 'Date', 'From', 'Referer', 'User-Agent', 'Last-Modified', 'Location', 'Max-Forwards']) {
	test(`${name} twice`, async () => {
		const text = (path) => `GET ${path} HTTP/1.1\r\n${H}${name}: a\r\nX: y\r\n${name.toLowerCase()}: a\r\nConnection: close\r\n\r\n`;
		const r = await wire(g.ports.http, text('/silent'));
		assert.equal(r.status, 400, r.text);
		assert.ok(r.text.endsWith(fault('protocol.http.DuplicateHeader', `Duplicate Header "${name.toLowerCase()}"`)), r.text);
		const allowed = ['Content-Type', 'Authorization', 'Expires'].includes(name);
		assert.equal((await wire(g.ports.http, text('/repeats'))).status, allowed ? 200 : 400);
	});
}
test('others may come as often as they like', async () => {
	assert.equal((await wire(g.ports.http, `GET /silent HTTP/1.1\r\n${H}${'Accept: a\r\nCookie: b\r\nX-Y: c\r\nEtag: d\r\n'.repeat(3)}Connection: close\r\n\r\n`)).status, 200);
});
test('a target that says one thing twice', async () => {
	const two = await origin((one, res) => res.writeHead(200, ['Content-Type', 'a/b', 'Content-Type', 'c/d', 'Set-Cookie', 'a', 'Set-Cookie', 'b']).end('x'));
	await g.proxy('two', { target: two.url });
	await g.proxy('twoallowed', { target: two.url, properties: { 'HTTPHeader.multiValued': 'Content-Type' } });
	expect(await g.call('/two'), { status: 502, body: fault('protocol.http.DuplicateHeader', 'Duplicate Header "Content-Type"') });
	assert.equal((await g.call('/twoallowed')).status, 200);
});

// ---- HTTP/1.0 to the target ----
test('supports.http11 false: HTTP/1.0, and the length is said', async () => {
	const heads = [];
	const server = net.createServer((s) => s.unref().on('error', () => {}).on('data', (c) => {
		heads.push(c.toString());
		if (/\r\n\r\n(hello)?$/.test(c))
			s.end('HTTP/1.0 200 OK\r\n\r\nold');
	})).listen(0, '127.0.0.1');
	await new Promise((ok) => server.once('listening', ok));
	server.unref();
	await g.proxy('old', { target: { url: `http://127.0.0.1:${server.address().port}`, properties: { 'supports.http11': 'false' } } });
	for (const [bytes, want] of [
		[`GET /old/a HTTP/1.1\r\n${H}\r\n`, /^GET \/a HTTP\/1\.0\r\nHost: /],
		[[`POST /old HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`, 50, '5\r\nhello\r\n', 50, '0\r\n\r\n'], /HTTP\/1\.0\r\n(?!.*chunked)[^]*Content-Length: 5\r\n\r\nhello$/],
		[`GET /old HTTP/1.1\r\n${H}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n`, /^(?![^]*Upgrade:)/],
	]) {
		heads.length = 0;
		const r = await wire(g.ports.http, bytes);
		assert.equal(r.status, 200, r.text);
		assert.match(heads.join(''), want);
	}
	const big = await wire(g.ports.http, [`POST /old HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`, ...Array(11).fill(`100000\r\n${'x'.repeat(1 << 20)}\r\n`)]);
	assert.equal(big.status, 413);
});

// ---- limits ----
test('payload limits: 10M without a word, and what the property says', async () => {
	const look = { pre: { request: ['q'], response: ['a'] }, policies: { q: mark('X-Q', '{substring(request.content,0,1)}'), a: mark('X-A', '{substring(response.content,0,1)}') } };
	const m = await origin((req, res, _) => { req.resume(); res.end(Buffer.alloc(+new URL(req.url, 'http://h').searchParams.get('n') << 20, 'x')); });
	await g.proxy('ten', { ...look, target: m.url });
	await g.proxy('twelve', { ...look, target: { url: m.url, properties: { 'response.payload.parse.limit': '12M' } }, properties: { 'request.payload.parse.limit': '12M' } });
	for (const [path, mib, up, down] of [['ten', 10, 200, 200], ['ten', 11, 413, 502], ['twelve', 11, 200, 200], ['twelve', 12, 200, 200], ['twelve', 13, 413, 502]]) {
		assert.equal((await wire(g.ports.http, [`POST /${path}?n=0 HTTP/1.1\r\n${H}Content-Length: ${mib << 20}\r\n\r\n`, Buffer.alloc(up === 200 ? mib << 20 : 1, 'x')])).status, up, `${path}, ${mib} MiB up`);
		assert.equal((await g.call(`/${path}?n=${mib}`)).status, down, `${path}, ${mib} MiB down`);
	}
});
const refused = [['compression.algorithm', 'br'], ['request.payload.parse.limit', '9M'], ['request.payload.parse.limit', '31M'], ['request.payload.parse.limit', '10'], ['request.payload.parse.limit', '99999999999999999999M'], ['X-Forwarded-For', 'yes'], ['request.streaming.enabled', 'maybe'], ['api.timeout', '0']];
for (const [name, value] of refused) {
	test(`refused: ${name} ${value}`, async () => {
		const r = await g.import('bad', bundle(proxy('bad', { properties: { [name]: value } })));
		assert.equal(r.status, 400, r.text);
		assert.ok(r.text.includes(name) && r.text.includes('default.xml'), r.text);
	});
}

// ---- times ----
test('keepalive.timeout.millis: an idle connection is closed then, and not before', async () => {
	const open = new Set();
	const t = await origin();
	t.server.on('connection', (s) => { open.add(s); s.on('close', () => open.delete(s)); });
	await g.proxy('kept', { target: { url: t.url, properties: { 'keepalive.timeout.millis': '600' } } });
	await g.call('/kept');
	await sleep(250);
	assert.equal(open.size, 1);
	await sleep(900);
	assert.equal(open.size, 0);
	assert.equal((await g.call('/kept')).status, 200);
});
test('connect.timeout.millis: a target that does not take the connection', async () => {
	const child = spawn(process.execPath, ['-e', 'const s = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))'], { stdio: ['ignore', 'pipe', 'inherit'] });
	const port = +(await once(child.stdout, 'data'))[0];
	child.kill('SIGSTOP'); // nobody accepts: what does not fit into the queue waits
	const fill = Array.from({ length: 8 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
	await sleep(100);
	await g.proxy('stuck', { target: { url: `http://127.0.0.1:${port}`, properties: { 'connect.timeout.millis': '300' } } });
	const at = Date.now();
	const r = await g.call('/stuck');
	fill.forEach((s) => s.destroy());
	child.kill('SIGKILL');
	expect(r, { status: 503, body: fault('messaging.adaptors.http.flow.ServiceUnavailable', 'The Service is temporarily unavailable') });
	assert.ok(Date.now() - at >= 290 && Date.now() - at < 2500, `${Date.now() - at} ms`);
});
test('io.timeout.millis: while the answer, or its next byte, is waited for', async () => {
	const t = await origin((req, res, _) => { req.resume(); if (req.url !== '/none') res.write('x'); if (req.url === '/slow') { let n = 6; const timer = setInterval(() => { res.write('y'); if (!--n) { clearInterval(timer); res.end(); } }, 150); } });
	await g.proxy('io', { target: { url: t.url, properties: { 'io.timeout.millis': '400' } } });
	expect(await g.call('/io/none'), { status: 504, body: fault('messaging.adaptors.http.flow.GatewayTimeout', 'Gateway Timeout') });
	expect(await g.call('/io/slow'), { status: 200, body: 'xyyyyyy' });
	await assert.rejects(g.call('/io/half'));
});
