// SPDX-License-Identifier: Apache-2.0
// HTTP/2 to HTTP/1.1: heads that would become another request, or two, when they are written anew.
// Invariant: the stream is reset or answered 400, and the target sees nothing; or it sees one request, byte for byte.
// Source: RFC 9113 (8.1.1, 8.2, 8.3, 10.3); the table of smuggling.test.mjs, one protocol on.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { gateway, slack, sleep } from './gateway.mjs';
import { withoutVia } from './payloads.mjs';

let seen = '';
const target = net.createServer((s) => s.unref().on('error', () => {}).on('data', (b) => { seen += b.toString('latin1'); s.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'); }));
await new Promise((ok) => target.listen(0, '127.0.0.1', ok));
target.unref();
const to = `127.0.0.1:${target.address().port}`, g = await gateway(), host = 'acme-test.localhost';
await g.proxy('h2', { target: `http://${to}` });

const frame = (type, flags, payload = '', stream = 1) => {
	const body = Buffer.from(payload, 'latin1'), head = Buffer.alloc(9);
	head.writeUIntBE(body.length, 0, 3);
	[head[3], head[4]] = [type, flags];
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, body]);
};
const field = (name, value) => `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`;
const usual = { ':method': 'GET', ':scheme': 'http', ':path': '/h2/a', ':authority': host };
// more: further fields, in pairs; over: pseudo-fields of another value, undefined: none.
const head = (more = [], over = {}) => Object.entries({ ...usual, ...over }).filter(([, v]) => v !== undefined).map(([k, v]) => field(k, v)).join('') + more.map(([k, v]) => field(k, v)).join('');
const one = (line, ...fields) => [line, `Host: ${to}`, ...fields, '', ''].join('\r\n');
const REFUSED = 'refused';

// what, the block of fields, what the target sees, DATA
const rows = [
	['nothing special', head(), one('GET /a HTTP/1.1')], ['a field', head([['x-a', 'b c']]), one('GET /a HTTP/1.1', 'x-a: b c')],
	...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map((n) => [n, head([[n, n === 'transfer-encoding' ? 'chunked' : 'close']]), REFUSED]),
	['te: gzip', head([['te', 'gzip']]), REFUSED], ['te: trailers', head([['te', 'trailers']]), one('GET /a HTTP/1.1', 'Connection: TE', 'TE: trailers')],
	['CR LF in a value', head([['x-a', 'b\r\nX-B: c']]), REFUSED], ['LF in a value', head([['x-a', 'b\nX-B: c']]), REFUSED], ['CR in a value', head([['x-a', 'b\rc']]), REFUSED], ['NUL in a value', head([['x-a', 'b\0c']]), REFUSED],
	['CR LF in a name', head([['x-a: b\r\nx-b', 'c']]), REFUSED], ['a colon in a name', head([['x-a:b', 'c']]), REFUSED], ['a space in a name', head([['x a', 'c']]), REFUSED], ['upper case in a name', head([['X-A', 'c']]), REFUSED], ['an empty name', head([['', 'c']]), REFUSED],
	['white space around a value', head([['x-a', ' b ']]), REFUSED, '', one('GET /a HTTP/1.1', 'x-a: b')],
	['CR LF in the method', head([], { ':method': 'GET /x HTTP/1.1\r\nHost: y\r\n\r\nGET' }), REFUSED], ['a space in the method', head([], { ':method': 'GET /x' }), REFUSED], ['CONNECT', head([], { ':method': 'CONNECT' }), REFUSED],
	['CR LF in the path', head([], { ':path': '/h2/a HTTP/1.1\r\nHost: y\r\n\r\nGET /b' }), REFUSED], ['a space in the path', head([], { ':path': '/h2/a b' }), REFUSED], ['# in the path', head([], { ':path': '/h2/a#b' }), REFUSED], ['a broken percent sign', head([], { ':path': '/h2/%zz' }), REFUSED],
	['an absolute path', head([], { ':path': 'http://evil/h2/a' }), REFUSED], ['no path', head([], { ':path': undefined }), REFUSED], ['an empty path', head([], { ':path': '' }), REFUSED], ['two paths', head([[':path', '/h2/b']]), REFUSED], ['a path behind a field', head([['x-a', 'b'], [':path', '/h2/b']], { ':path': undefined }), REFUSED],
	['a pseudo-field of an answer', head([[':status', '200']]), REFUSED], ['an unknown pseudo-field', head([[':x', 'y']]), REFUSED], ['an unknown scheme', head([], { ':scheme': 'gopher' }), REFUSED],
	['CR LF in :authority', head([], { ':authority': `${host}\r\nX-A: b` }), REFUSED], ['user information', head([], { ':authority': `a@${host}` }), REFUSED], ['Host and :authority differ', head([['host', 'evil']]), REFUSED], ['Host twice', head([['host', host], ['host', host]]), REFUSED],
	['Host beside :authority, the same', head([['host', host]]), one('GET /a HTTP/1.1')], ['Host alone', head([['host', host]], { ':authority': undefined }), one('GET /a HTTP/1.1')], ['neither', head([], { ':authority': undefined }), REFUSED],
	['a length and less DATA', head([['content-length', '9']], { ':method': 'POST' }), REFUSED, 'hello'], ['a length and more DATA', head([['content-length', '3']], { ':method': 'POST' }), REFUSED, 'helloGET /x HTTP/1.1\r\nHost: y\r\n\r\n'], ['two lengths', head([['content-length', '5'], ['content-length', '5']], { ':method': 'POST' }), REFUSED, 'hello'],
	['a length that is none', head([['content-length', '+5']], { ':method': 'POST' }), REFUSED, 'hello'], ['a length in a list', head([['content-length', '5, 5']], { ':method': 'POST' }), REFUSED, 'hello'], ['a length with nothing', head([['content-length', '5']], { ':method': 'POST' }), REFUSED],
	['a length and its DATA', head([['content-length', '5']], { ':method': 'POST' }), `${one('POST /a HTTP/1.1', 'Content-Length: 5')}hello`, 'hello'],
	['DATA that looks like a request', head([], { ':method': 'POST' }), `${one('POST /a HTTP/1.1', 'Content-Length: 32')}0\r\n\r\nGET /x HTTP/1.1\r\nHost: y\r\n\r`, '0\r\n\r\nGET /x HTTP/1.1\r\nHost: y\r\n\r'],
	['cookies', head([['cookie', 'a=b'], ['cookie', 'c=d']]), one('GET /a HTTP/1.1', 'cookie: a=b; c=d')], ['Expect: 100-continue', head([['expect', '100-continue']]), one('GET /a HTTP/1.1')], ['Expect: something', head([['expect', 'x']]), REFUSED],
	['TRACE-like method', head([], { ':method': 'M-SEARCH' }), one('M-SEARCH /a HTTP/1.1')], ['a query', head([], { ':path': '/h2/a?b=c%20d&e' }), one('GET /a?b=c%20d&e HTTP/1.1')],
];

async function ask(block, data) {
	const s = net.connect(g.ports.http, '127.0.0.1'), frames = [];
	let all = Buffer.alloc(0), over = false;
	s.on('error', () => { over = true; }).on('close', () => { over = true; }).on('data', (d) => {
		for (all = Buffer.concat([all, d]); all.length >= 9 && all.length >= 9 + all.readUIntBE(0, 3); all = all.subarray(9 + all.readUIntBE(0, 3)))
			frames.push({ type: all[3], stream: all.readUInt32BE(5), payload: all.subarray(9, 9 + all.readUIntBE(0, 3)) });
	});
	s.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, '', 0), frame(1, data === undefined ? 5 : 4, block), ...(data === undefined ? [] : [frame(0, 1, data)])]));
	const said = () => frames.find((f) => f.type === 3 || f.type === 7 || (f.type === 1 && f.stream === 1));
	for (let i = 0; i < 400 && !said() && !over; i++)
		await sleep(5);
	await sleep(10 * slack);
	s.destroy();
	const f = said();
	return !f || f.type !== 1 ? 'reset' : [...Array(8).keys()].map((i) => [200, 204, 206, 304, 400, 404, 500][i]).find((v, i) => f.payload.includes(0x88 + i)) ?? f.payload.toString('latin1');
}

test('the table is not short', () => assert.ok(rows.length >= 50, `${rows.length}`));
for (const [what, block, sends, data, trimmed] of rows) {
	test(`${what}: ${sends === REFUSED ? (trimmed ? 'refused or trimmed' : 'refused') : 'one request'}`, async () => {
		seen = '';
		const got = await ask(block, data);
		if (sends !== REFUSED)
			return assert.equal(withoutVia(seen), sends, `${got}`);
		if (trimmed && seen)
			return assert.equal(withoutVia(seen), trimmed);
		assert.equal(seen, '', 'the target sees nothing of it');
		assert.notEqual(got, 200);
	});
}
