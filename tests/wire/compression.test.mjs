// SPDX-License-Identifier: Apache-2.0
// Content codings: read by policies, put on and taken off by compression.algorithm, hostile ones refused.
// Invariant: what a receiver decodes by Content-Encoding is what the sender meant, and no bomb is held in memory.
// Source: RFC 9110 (8.4, 12.5.3); Apigee, "Endpoint properties reference", "Runtime error catalog".
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import test from 'node:test';
import zlib from 'node:zlib';
import { expect, fault, gateway, mark, origin, slack, sleep } from './gateway.mjs';

const g = await gateway();
const codecs = { gzip: [zlib.gzipSync, zlib.gunzipSync], deflate: [zlib.deflateSync, zlib.inflateSync], '': [(b) => b, (b) => b] };
const code = (bytes, codings) => codings.split(', ').reduce((b, c) => codecs[c][0](b), Buffer.from(bytes));
const decode = (bytes, codings = '') => codings.split(', ').reverse().reduce((b, c) => codecs[c][1](b), bytes);
const TEXT = JSON.stringify({ words: Array.from({ length: 4000 }, (_, i) => `word ${i % 97}`) });

// The target notes what it is sent, and answers with X-Body in the codings of X-Coding.
let seen;
const o = await origin(async (req, res, _) => {
	const chunks = [];
	try {
		for await (const c of req)
			chunks.push(c);
	} catch {
		return;
	}
	const raw = Buffer.concat(chunks), q = new URL(req.url, 'http://h').searchParams;
	seen = { headers: req.headers, raw };
	const codings = q.get('coding') ?? '', body = q.get('body') === 'text' ? TEXT : q.get('body') ?? 'small';
	const bytes = q.get('raw') ? Buffer.from(q.get('raw'), 'latin1') : code(body, codings);
	const head = { ...(codings ? { 'Content-Encoding': codings } : {}), ...(q.get('head') ? JSON.parse(q.get('head')) : {}) };
	res.writeHead(+(q.get('status') ?? 200), { ...head, ...(q.get('chunked') ? {} : { 'Content-Length': bytes.length }) });
	if (q.get('chunked') && bytes.length > 100) {
		res.write(bytes.subarray(0, 50));
		await sleep(20);
		return res.end(bytes.subarray(50));
	}
	res.end(bytes);
});
const reads = { pre: { request: ['q'], response: ['a'] }, policies: { q: mark('X-Read', '{request.content}'), a: mark('X-Read', '{response.content}') } };
await g.proxy('asis', { target: o.url });
await g.proxy('reads', { ...reads, target: o.url });
for (const algorithm of ['gzip', 'deflate', 'none']) {
	await g.proxy(`out${algorithm}`, { target: o.url, properties: { 'compression.algorithm': algorithm } });
	await g.proxy(`to${algorithm}`, { target: { url: o.url, properties: { 'compression.algorithm': algorithm } } });
}
const q = (o) => `?${new URLSearchParams(o)}`;
// fetchOne of the tests decodes nothing: bytes are what came.
const answer = (res) => decode(res.bytes, res.headers['content-encoding'] ?? '').toString();

for (const coding of ['', 'gzip', 'deflate', 'gzip, deflate', 'gzip, gzip']) {
	for (const chunked of ['', '1']) {
		test(`as it is: ${coding || 'none'}${chunked && ', chunked'}`, async () => {
			const r = await g.call(`/asis${q({ coding, chunked, body: 'text' })}`, { headers: coding ? { 'Content-Encoding': coding } : {}, body: code(TEXT, coding) });
			assert.equal(answer(r), TEXT);
			assert.equal(r.headers['content-encoding'], coding || undefined);
			assert.deepEqual(seen.raw, code(TEXT, coding));
			assert.equal(seen.headers['content-encoding'], coding || undefined);
		});
		test(`read by policies: ${coding || 'none'}${chunked && ', chunked'}`, async () => {
			const r = await g.call(`/reads${q({ coding, chunked, body: 'a short answer' })}`, { headers: coding ? { 'Content-Encoding': coding } : {}, body: code('a short question', coding) });
			expect(r, { status: 200, body: 'a short answer', headers: { 'X-Read': 'a short answer', 'Content-Encoding': null } });
			assert.equal(seen.headers['x-read'], 'a short question');
			assert.equal(seen.raw.toString(), 'a short question');
			assert.equal(seen.headers['content-encoding'], undefined);
		});
	}
}

for (const algorithm of ['gzip', 'deflate', 'none']) {
	const want = algorithm === 'none' ? undefined : algorithm;
	for (const coding of ['', 'gzip', 'deflate', 'deflate, gzip']) {
		for (const body of ['', 'small', TEXT]) {
			test(`to the target ${algorithm}, from ${coding || 'none'}, ${body.length} bytes`, async () => {
				for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
					const r = await g.call(`/to${algorithm}`, { method: 'POST', headers: { ...headers, ...(coding ? { 'Content-Encoding': coding } : {}) }, body: code(body, coding) });
					assert.equal(r.status, 200, r.text);
					assert.equal(decode(seen.raw, seen.raw.length ? seen.headers['content-encoding'] : '').toString(), body);
					if (body)
						assert.equal(seen.headers['content-encoding'], want);
				}
			});
		}
		for (const chunked of ['', '1']) {
			test(`to the client ${algorithm}, from ${coding || 'none'}${chunked && ', chunked'}`, async () => {
				const r = await g.call(`/out${algorithm}${q({ coding, chunked, body: 'text', head: '{"ETag":"\\"abc\\"","Content-MD5":"x"}' })}`, { headers: { 'Accept-Encoding': 'gzip, deflate' } });
				assert.equal(answer(r), TEXT);
				assert.equal(r.headers['content-encoding'], want);
				assert.equal(r.headers.vary, want && 'Accept-Encoding');
				const changed = (coding || undefined) !== want;
				assert.equal(r.headers.etag, changed ? 'W/"abc"' : '"abc"');
				assert.equal(r.headers['content-md5'], changed ? undefined : 'x');
			});
		}
	}
}

const accepts = [
	[undefined, undefined], ['', undefined], ['gzip', 'gzip'], ['GZIP;q=0.1', 'gzip'], ['gzip;q=0', undefined], ['*', 'gzip'], ['*;q=0', undefined], ['gzip;q=0, *', undefined], ['br, gzip', 'gzip'], ['br', undefined], ['gzip; q=1', 'gzip'], ['gzip;q=x', undefined],
];
for (const [accept, want] of accepts) {
	test(`the client accepts ${accept}`, async () => {
		for (const coding of ['', 'gzip']) {
			const r = await g.call(`/outgzip${q({ coding, body: 'text' })}`, { headers: accept === undefined ? {} : { 'Accept-Encoding': accept } });
			assert.equal(r.headers['content-encoding'], want);
			assert.equal(answer(r), TEXT);
			assert.equal(r.headers.vary, 'Accept-Encoding');
		}
	});
}
const left = [
	['a part (206)', { status: '206', head: '{"Content-Range":"bytes 0-4/9"}' }], ['no-transform', { head: '{"Cache-Control":"max-age=1, no-transform"}' }], ['a coding that is not known', { head: '{"Content-Encoding":"br"}' }], ['no content (204)', { status: '204', body: '' }],
];
for (const [what, o] of left) {
	test(`left as it is: ${what}`, async () => {
		const r = await g.call(`/outgzip${q({ body: 'text', ...o })}`, { headers: { 'Accept-Encoding': 'gzip' } });
		assert.equal(r.text, o.body ?? TEXT);
		assert.equal(r.headers['content-encoding'], o.head?.includes('br') ? 'br' : undefined);
	});
}
test('faults are answers, too; HEAD has no body to change', async () => {
	const r = await g.call(`/outgzip${q({ status: '500', body: 'text' })}`, { headers: { 'Accept-Encoding': 'gzip' } });
	assert.equal(r.status, 500);
	assert.equal(r.headers['content-encoding'], 'gzip');
	assert.equal(answer(r), TEXT);
	const h = await g.call(`/outgzip${q({ body: 'text' })}`, { method: 'HEAD', headers: { 'Accept-Encoding': 'gzip' } });
	assert.equal(h.status, 200);
});
test('over HTTP/2', async () => {
	const c = http2.connect(`http://127.0.0.1:${g.ports.http}`);
	const r = c.request({ ':path': `/outgzip${q({ body: 'text', chunked: '1' })}`, ':authority': `acme-test.localhost:${g.ports.http}`, 'accept-encoding': 'gzip' });
	const chunks = [];
	r.on('data', (b) => chunks.push(b));
	const [head] = await once(r, 'response');
	await once(r, 'end');
	c.close();
	assert.equal(head['content-encoding'], 'gzip');
	assert.equal(zlib.gunzipSync(Buffer.concat(chunks)).toString(), TEXT);
});

const AT = { request: [400, fault('messaging.adaptors.http.flow.DecompressionFailureAtRequest', 'Decompression failure at request')], response: [502, fault('messaging.adaptors.http.flow.DecompressionFailureAtResponse', 'Decompression failure at response')] };
const whole = zlib.gzipSync(TEXT);
const broken = [
	['no gzip at all', 'gzip', Buffer.from('hello')], ['cut short', 'gzip', whole.subarray(0, -5)], ['one byte', 'gzip', whole.subarray(0, 1)], ['bytes behind it', 'gzip', Buffer.concat([whole, Buffer.from('x')])], ['a wrong sum', 'gzip', Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8, 1)])],
	['gzip for deflate', 'deflate', whole], ['raw deflate', 'deflate', zlib.deflateRawSync(TEXT)], ['zlib, twice', 'deflate', Buffer.concat([zlib.deflateSync('a'), zlib.deflateSync('b')])], ['coded once of twice', 'gzip, gzip', whole],
];
for (const [what, coding, bytes] of broken) {
	for (const path of ['/reads', '/tonone']) {
		test(`broken request, ${path}: ${what}`, async () => {
			const r = await g.call(path, { headers: { 'Content-Encoding': coding }, body: bytes });
			expect(r, { status: AT.request[0], body: AT.request[1] });
		});
	}
	for (const path of ['/reads', '/outnone']) {
		test(`broken answer, ${path}: ${what}`, async () => {
			const r = await g.call(`${path}${q({ coding, raw: bytes.toString('latin1') })}`);
			expect(r, { status: AT.response[0], body: AT.response[1] });
		});
	}
}
test('two members of gzip are one body', async () => {
	const r = await g.call('/tonone', { headers: { 'Content-Encoding': 'gzip' }, body: Buffer.concat([zlib.gzipSync('one'), zlib.gzipSync(''), zlib.gzipSync('two')]) });
	assert.equal(r.status, 200, r.text);
	assert.equal(seen.raw.toString(), 'onetwo');
});
test('a coding that is not known cannot be read, and is passed on', async () => {
	const headers = { 'Content-Encoding': 'br' };
	expect(await g.call('/reads', { headers, body: 'x' }), { status: 415, body: fault('protocol.http.UnsupportedEncoding', 'Unsupported Encoding "br"') });
	expect(await g.call('/reads', { headers: { 'Content-Encoding': 'gzip, gzip, gzip, gzip, gzip' }, body: 'x' }), { status: 415 });
	expect(await g.call('/tonone', { headers, body: 'x' }), { status: 200 });
	assert.equal(seen.headers['content-encoding'], 'br');
});

test('a callout that sends the request on, sends its bytes as they came', async () => {
	const c = `<ServiceCallout><Request variable="request" clearPayload="false"/><Response>r</Response><HTTPTargetConnection><URL>${o.url}</URL></HTTPTargetConnection></ServiceCallout>`;
	await g.proxy('callsout', { pre: { request: ['c'] }, policies: { c, a: mark('X-Read', '{r.content}') }, post: { response: ['a'] }, target: o.url });
	for (const [coding, bytes] of [['br', Buffer.from('x')], ['gzip', Buffer.concat([whole, Buffer.alloc(20000)])]]) {
		const r = await g.call(`/callsout${q({ coding: 'gzip', body: 'of the callout' })}`, { headers: { 'Content-Encoding': coding }, body: bytes });
		assert.equal(r.status, 200, r.text);
		assert.deepEqual(seen.raw, bytes);
		assert.equal(seen.headers['content-encoding'], coding);
	}
});
test('a bomb: read, it ends at 10 MiB; passed on decoded, it is never held', async () => {
	const bomb = zlib.gzipSync(Buffer.alloc(200 << 20)), before = g.memoryFromHere();
	expect(await g.call('/reads', { headers: { 'Content-Encoding': 'gzip' }, body: bomb }), { status: 413, body: fault('protocol.http.TooBigBody', 'Body buffer overflow') });
	assert.ok(g.memory().peak - before < (40 << 10) * slack, `${g.memory().peak - before} KiB`);
	let n = 0;
	const sink = await origin((req, res, _) => req.on('data', (c) => { n += c.length; }).on('end', () => res.end()));
	await g.proxy('sink', { target: { url: sink.url, properties: { 'compression.algorithm': 'none' } } });
	const at = g.memoryFromHere();
	expect(await g.call('/sink', { headers: { 'Content-Encoding': 'gzip' }, body: bomb }), { status: 200 });
	assert.equal(n, 200 << 20);
	assert.ok(g.memory().peak - at < (8 << 10) * slack, `${g.memory().peak - at} KiB`);
	const again = zlib.gzipSync(bomb); // 200 MiB in a few hundred bytes, all at hand
	expect(await g.call('/tonone', { headers: { 'Content-Encoding': 'gzip, gzip' }, body: again }), { status: 413 });
});
test('an exchange of nothing, coded over and over, keeps nobody waiting', async () => {
	const nothing = Buffer.concat(Array(200000).fill(zlib.gzipSync('')));
	const slow = g.call('/tonone', { headers: { 'Content-Encoding': 'gzip' }, body: nothing });
	for (let i = 0; i < 20; i++) {
		const t = Date.now();
		await g.call('/asis');
		assert.ok(Date.now() - t < 200 * slack, `${Date.now() - t} ms`);
	}
	expect(await slow, { status: 200 });
	assert.equal(seen.raw.length, 0);
});

test('events that are compressed flow at once', async () => {
	const s = await origin((one, res) => {
		res.writeHead(200, { 'Content-Type': 'text/event-stream' });
		let n = 0;
		const timer = setInterval(() => {
			res.write(`data: ${Date.now()}\n\n`);
			if (++n === 10) { clearInterval(timer); res.end(); }
		}, 50);
	});
	await g.proxy('events', { target: s.url, properties: { 'compression.algorithm': 'gzip' } });
	const late = [];
	const req = http.get({ host: '127.0.0.1', port: g.ports.http, path: '/events', headers: { Host: 'acme-test.localhost', 'Accept-Encoding': 'gzip' } });
	const [res] = await once(req, 'response');
	assert.equal(res.headers['content-encoding'], 'gzip');
	for await (const c of res.pipe(zlib.createGunzip()))
		for (const [, at] of c.toString().matchAll(/data: (\d+)\n\n/g))
			late.push(Date.now() - at);
	assert.equal(late.length, 10);
	assert.ok(Math.max(...late) < 250 * slack, `${late} ms`);
});
test('64 MiB through a coder each way, at constant memory', async () => {
	const m = await origin((req, res, _) => { res.writeHead(200, { 'Content-Encoding': req.headers['content-encoding'] }); req.pipe(res); });
	await g.proxy('mirror', { target: { url: m.url, properties: { 'compression.algorithm': 'gzip' } }, properties: { 'compression.algorithm': 'none' } });
	const before = g.memoryFromHere(), piece = Buffer.alloc(1 << 20, 'some text that repeats. '), N = 64;
	const req = http.request({ host: '127.0.0.1', port: g.ports.http, path: '/mirror', method: 'POST', headers: { Host: 'acme-test.localhost' } });
	const response = once(req, 'response');
	let n = 0;
	(async () => {
		for (let i = 0; i < N; i++)
			if (!req.write(piece))
				await once(req, 'drain');
		req.end();
	})();
	const [res] = await response;
	for await (const c of res)
		n += c.length;
	assert.equal(res.headers['content-encoding'], undefined);
	assert.equal(n, N << 20);
	assert.ok(g.memory().peak - before < (8 << 10) * slack, `${g.memory().peak - before} KiB`);
});
