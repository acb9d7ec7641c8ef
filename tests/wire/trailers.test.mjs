// SPDX-License-Identifier: Apache-2.0
// Fields behind a chunked body, both ways.
// Invariant: they pass where the receiver takes them, and none that belongs into a head gets there.
// Source: RFC 9110 (6.5, 10.1.4), RFC 9112 (7.1.2).
import assert from 'node:assert/strict';
import test from 'node:test';
import { gateway, mark, origin, wire } from './gateway.mjs';

const g = await gateway();
const H = `Host: acme-test.localhost:${g.ports.http}\r\n`;
let got;
const o = await origin((req, res, _) => {
	let body = '';
	req.on('data', (c) => { body += c; }).on('end', () => {
		got = { body, trailers: req.trailers, te: req.headers.te };
		res.writeHead(200, { Trailer: 'X-Sum', ...(req.url === '/small' ? {} : { 'X-Slow': '1' }) });
		res.write('hello');
		const end = () => { res.addTrailers({ 'X-Sum': 'abc', 'X-Two': 'two words', 'Set-Cookie': 'a=b', 'Content-Type': 'evil/x' }); res.end(); };
		req.url === '/small' ? end() : setTimeout(end, 30);
	});
});
await g.proxy('tr', { target: o.url });
await g.proxy('trread', { target: o.url, pre: { request: ['look'], response: ['seen'] }, policies: { look: mark('X-A', '{request.content}'), seen: mark('X-B', '{response.content}') } });

for (const path of ['/tr/small', '/tr/slow']) {
	test(`${path}: an answer's trailers for who asks for them`, async () => {
		const r = await wire(g.ports.http, `GET ${path} HTTP/1.1\r\n${H}Connection: TE\r\nTE: deflate;q=0.5, trailers\r\n\r\n`);
		assert.ok(r.text.endsWith('5\r\nhello\r\n0\r\nX-Sum: abc\r\nX-Two: two words\r\n\r\n'), r.text);
		assert.equal(got.te, 'trailers');
	});
	test(`${path}: and not for who does not`, async () => {
		const r = await wire(g.ports.http, `GET ${path} HTTP/1.1\r\n${H}\r\n`);
		assert.ok(r.text.endsWith('5\r\nhello\r\n0\r\n\r\n'), r.text);
		assert.equal(got.te, undefined);
	});
}
test('HTTP/1.0 gets the body alone', async () => {
	const r = await wire(g.ports.http, `GET /tr/slow HTTP/1.0\r\n${H}TE: trailers\r\n\r\n`);
	assert.ok(r.text.endsWith('\r\n\r\nhello'), r.text);
});

const head = (path) => `POST ${path} HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n`;
const TAIL = '0\r\nX-Sum: \t1 2 \r\nContent-Length: 5\r\nHost: evil\r\nAuthorization: x\r\nTransfer-Encoding: chunked\r\nx-other:y\r\n\r\n';
const rows = [
	['at once', [`${head('/tr')}3\r\nabc\r\n${TAIL}`]], ['in two', [`${head('/tr')}3\r\nabc\r\n`, 60, TAIL]], ['in the middle of a field', [`${head('/tr')}3\r\nabc\r\n${TAIL.slice(0, 9)}`, 60, TAIL.slice(9)]],
	['without a body', [`${head('/tr')}${TAIL}`], ''],
];
for (const [what, bytes, body = 'abc'] of rows) {
	test(`a request's trailers: ${what}`, async () => {
		const r = await wire(g.ports.http, bytes);
		assert.equal(r.status, 200, r.text);
		assert.deepEqual(got, { body, trailers: { 'x-sum': '1 2', 'x-other': 'y' }, te: undefined });
	});
}
test('a body that a policy has read goes on without them', async () => {
	const r = await wire(g.ports.http, `${head('/trread').replace(H, `${H}TE: trailers\r\n`)}3\r\nabc\r\n${TAIL}`);
	assert.equal(r.status, 200, r.text);
	assert.deepEqual([got.body, got.trailers], ['abc', {}]);
	assert.ok(r.text.endsWith('\r\n\r\nhello'), r.text);
});
test('a trailer section without end is refused', async () => {
	const r = await wire(g.ports.http, [head('/tr'), 30, `0\r\nX: ${'x'.repeat(9000)}`]);
	assert.equal(r.status, 400, r.text);
});
