// SPDX-License-Identifier: Apache-2.0
// Generated requests through our scanner and through Node's parser: where they part, docs/why/strictness.md decides.
// Invariant: a kind of disagreement without a row there fails, and so does a request that the two cut differently.
// Source: RFC 9112; node tests/strict/differential.mjs HEAD_VERDICT [COUNT [SEED]].
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common');
const [driver, count = '20000', seedText = '1'] = process.argv.slice(2);
const wanted = +count, seed = +seedText, BATCH = 5000;

// ---- the generator: a grammar of requests, then mutations ---------------------------------------
let state = seed >>> 0 || 1;
const below = (n) => {                                        // xorshift32: a run is told by its seed
	state ^= state << 13; state >>>= 0;
	state ^= state >>> 17;
	state ^= state << 5; state >>>= 0;
	return state % n;
};
const one = (list) => list[below(list.length)], often = (percent) => below(100) < percent;

const verbs = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'PROPFIND', 'CONNECT', 'PRI', 'QUERY', 'FOO', 'get', 'GE T', 'G-T', 'GET\t', '', 'SOURCE', 'M-SEARCH', 'DESCRIBE'];
const targets = ['/', '/a', '/a/b?c=d', '/?', '/a?b?c', '/%20', '/', '/x', 'http://h/', 'http://h', 'http://h:80/a?b', 'HTTP://h/x', 'https://h/x', 'http://u@h/', 'http://[::1]/', '/%2', '/%zz', '*', 'ftp://h/', 'h:80', '//h/x', 'a', '/a#b', '/a b', '/a\\b', '/\x7f', '/\xe9', '/\x01', '', '/<>', '/"', '/{}|^`'];
const versions = ['1.1', '1.1', '1.1', '1.1', '1.1', '1.1', '1.0', '1.0', '0.9', '2.0', '1.2', '1.9', '3.0', '1.10', '11', '1.', '1.x', '1.1 ', ' 1.1'];
const names = ['X', 'Accept', 'Cookie', 'Content-Type', 'X-Y_z', 'Content-Length', 'Content-Length', 'Transfer-Encoding', 'Transfer-Encoding', 'Connection', 'Host', 'Upgrade', 'Expect', 'Trailer', 'TE', 'Keep-Alive', 'Proxy-Connection', 'content-length', 'transfer-encoding', 'X ', 'X\t', '', 'X(', 'X\xe9', 'Content-Length ', 'X/Y', '"X"', 'X\0'];
const values = {
	'content-length': ['0', '5', '5', '14', '15', '005', '+5', '-1', '5,5', '5, 5', '0x5', '', ' 5 ', '\t5', '5 5', '99', '18446744073709551616', '18446744073709551615', '9223372036854775807', '9223372036854775808', '4294967301', '5.', '5;', '\xa05', '\x0b5', '5\r', '٥'],
	'transfer-encoding': ['chunked', 'chunked', 'Chunked', 'CHUNKED', ' chunked ', 'gzip', 'identity', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'chunked,', ',chunked', 'xchunked', 'chunkedx', '"chunked"', 'chunked;a=b', '', '\tchunked', '\x0bchunked', 'chun ked', 'chunked\x00'],
	connection: ['close', 'keep-alive', 'Close', 'KEEP-ALIVE', 'close, keep-alive', 'keep-alive, close', 'upgrade', 'Upgrade, close', 'X', 'x, close', '', ',', 'close ,', 'content-length', 'transfer-encoding', 'clos', 'closed', '"close"', 'close;x'],
	host: ['h', 'h', 'h:80', 'localhost', '[::1]', '[::1]:8', '', 'h i', 'h,i', 'u@h', 'h:', 'h:x', 'h:99999', 'h/', '\xe9', 'a_b', '%41', '*'],
	upgrade: ['websocket', 'h2c', 'x', ''],
	expect: ['100-continue', '100-Continue', 'x', '', '100-continue, x'],
};
const others = ['', 'y', 'y', 'z', 'a b', 'a\tb', ' a ', '\ta\t', 'a, b', '"a"', 'a\0b', 'a\x01', 'a\x7f', 'a\xe9', 'a\rb', 'a\nb', 'a\r\n b', 'a\r\n\tb', 'x'.repeat(50), 'a\x1bb', ': a', 'GET / HTTP/1.1'];
const ends = ['\n', '\r', '\r\r\n', '\r\n ', '\n\r', '\0\r\n', '\r\n\r\n', ' \r\n'];
const tails = ['', 'hello', '5\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n', '5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n', '5\nhello\n0\n\n', ' 5\r\nhello\r\n0\r\n\r\n', '5 \r\nhello\r\n0\r\n\r\n', '0x5\r\nhello\r\n0\r\n\r\n', '+5\r\nhello\r\n0\r\n\r\n', '5\r\nhelloX\r\n0\r\n\r\n', '5\r\nhello\n0\r\n\r\n', '00000000000000000005\r\nhello\r\n0\r\n\r\n', 'A\r\n0123456789\r\n0\r\n\r\n', '5;\r\nhello\r\n0\r\n\r\n', '5;a="b\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\nX : y\r\n\r\n', '5\r\nhello\r\n0\r\nX\r\n\r\n', '5;a\rb\r\nhello\r\n0\r\n\r\n', '5\r\nhello\r\n0\r\n X: y\r\n\r\n', 'ffffffffffffffff\r\nhello', '10000000000000000\r\nhello', '0\r\n\r\n'];
const eol = () => often(1) ? one(ends) : '\r\n';
const colon = () => often(94) ? ': ' : one([':', ' : ', ':\t', '', '::', ' :', ':\r\n ', ';']);

function field() {
	const name = one(often(93) ? names.slice(0, 19) : names), list = values[name.toLowerCase()];
	return name + colon() + (list && often(90) ? one(often(50) ? list.slice(0, 5) : list) : one(often(60) ? others.slice(0, 9) : others)) + eol();
}
function head() {
	const start = `${one(often(94) ? verbs.slice(0, 11) : verbs)} ${one(often(90) ? targets.slice(0, 13) : targets)} HTTP/${one(often(95) ? versions.slice(0, 8) : versions)}${eol()}`;
	let text = (often(3) ? one(['\r\n', '\n', '\r', '\r\n\r\n', ' ', '\0']) : '') + start;
	const host = often(92) ? `Host: ${often(85) ? 'h' : one(values.host)}\r\n` : '', first = often(50);
	text += first ? host : '';
	for (let n = below(4); n > 0; n--)
		text += field();
	return `${text}${first ? '' : host}${eol()}${one(tails)}`;
}
const odd = [0, 9, 10, 11, 12, 13, 32, 35, 37, 44, 58, 59, 92, 127, 128, 160, 255];
function mutate(b) {
	const at = below(b.length), kind = below(6);
	if (kind < 2)
		b[at] = kind ? one(odd) : below(256);
	else if (kind === 2)
		return Buffer.concat([b.subarray(0, at), Buffer.from([one(odd)]), b.subarray(at)]);
	else if (kind === 3)
		return Buffer.concat([b.subarray(0, at), b.subarray(at + 1)]);
	else if (kind === 4)
		return Buffer.concat([b.subarray(0, at), b.subarray(below(b.length))]);
	else
		b[at] ^= 32;
	return b;
}
function request() {
	let b = Buffer.from(head(), 'latin1');
	for (let n = often(65) ? 0 : 1 + below(3); n > 0 && b.length; n--)
		b = mutate(b);
	return b.length ? b : request();
}

// ---- Node's opinion -----------------------------------------------------------------------------
const { kOnHeaders, kOnHeadersComplete, kOnBody, kOnMessageComplete } = HTTPParser, parser = new HTTPParser();
function node(bytes) {
	let m = null, fields = [];
	parser.initialize(HTTPParser.REQUEST, {}, 65536, 0);
	parser[kOnHeaders] = (list) => { fields.push(...list); };
	parser[kOnHeadersComplete] = (major, minor, list, verb, url, status, reason, upgrade, keep) => {
		if (!m)
			m = { verb: verbOf(verb), url, version: major * 10 + minor, keep, upgrade, fields: list ?? fields, body: 0, whole: false };
		return 0;
	};
	parser[kOnBody] = (b, from, n) => { if (!m.whole) m.body += n ?? b.length; };
	parser[kOnMessageComplete] = () => { m.whole = true; };
	const r = parser.execute(bytes);
	if (r instanceof Error && !m?.whole)
		return { bad: r.code };
	return m ?? { more: true };
}
const verbOf = (n) => methods[n];                             // QUERY has no name there yet

// ---- the comparison -----------------------------------------------------------------------------
// The name of the disagreement, or nothing.
function differ(us, them) {
	if (us.bad || them.bad || us.more || them.more) {
		if ((us.bad || us.more) && (them.bad || them.more)) // neither takes it; who says so first does not matter
			return null;
		if (us.bad)
			return `refused: ${us.bad}`;
		return us.more ? 'waits, Node accepts' : `accepted, Node ${them.bad ?? 'waits'}`;
	}
	if (them.verb !== undefined && us.verb !== them.verb)
		return 'read differently: method';
	const path = them.url.replace(/^https?:\/\/[^/?]*/i, ''), ours = us.path + (us.query === undefined ? '' : `?${us.query}`);
	if (ours !== (path.startsWith('/') || path === '*' ? path : `/${path}`))
		return 'read differently: target';
	if (us.body !== them.body || !!us.whole !== them.whole)
		return them.upgrade ? 'read differently: the body of an upgrade' : 'read differently: body';
	if (us.version !== them.version)
		return 'read differently: version';
	if (!!us.keep !== them.keep)
		return them.upgrade ? 'read differently: keep-alive of an upgrade' : 'read differently: keep-alive';
	return fields(us, them);
}
// What Connection lists is not compared: we leave it out, Node does not.
function fields(us, them) {
	const listed = them.fields.filter((v, i) => i % 2 && /^connection$/i.test(them.fields[i - 1])).flatMap((v) => v.split(',')).map((v) => v.trim().toLowerCase());
	const never = ['connection', 'content-length', 'transfer-encoding'], absolute = /^http/i.test(them.url);
	const text = (list) => {
		const kept = [];
		for (let i = 0; i < list.length; i += 2) {
			const name = list[i].toLowerCase();
			if (never.includes(name) || (!listed.includes(name) && !(absolute && name === 'host')))
				kept.push(name, list[i + 1]);
		}
		return JSON.stringify(kept);
	};
	return text(us.fields) === text(them.fields) ? null : 'read differently: fields';
}

// ---- the run ------------------------------------------------------------------------------------
const child = spawn(driver, { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const kinds = new Map();
let accepted = 0, refused = 0;
for (let done = 0; done < wanted;) {
	const batch = Array.from({ length: Math.min(BATCH, wanted - done) }, request);
	const out = batch.flatMap((b) => [Buffer.from([b.length & 255, b.length >> 8]), b]);
	child.stdin.write(Buffer.concat([...out, Buffer.alloc(2)]));
	for (const bytes of batch) {
		const { value, done: over } = await answers.next();
		if (over)
			throw new Error('the scanner ended');
		const us = JSON.parse(value), them = node(bytes), kind = differ(us, them);
		accepted += us.verb !== undefined;
		refused += us.bad !== undefined;
		if (kind) {
			const k = kinds.get(kind) ?? { n: 0, example: bytes, us, them };
			if (bytes.length < k.example.length)
				Object.assign(k, { example: bytes, us, them });
			k.n++;
			kinds.set(kind, k);
		}
	}
	done += batch.length;
}
child.stdin.end();

const decided = readFileSync(fileURLToPath(new URL('../../docs/why/strictness.md', import.meta.url)), 'utf8');
const known = new Set([...decided.matchAll(/^\| `([^`]+)` \|/gm)].map((m) => m[1]));
let unknown = 0;
console.log(`${wanted} requests, seed ${seed}: ${accepted} accepted here, ${refused} refused; ${kinds.size} kinds of disagreement`);
for (const [kind, k] of [...kinds].sort((a, b) => b[1].n - a[1].n)) {
	const bad = !known.has(kind);
	unknown += bad;
	console.log(`${bad ? 'UNDECIDED ' : ''}${kind}: ${k.n}, e.g. ${JSON.stringify(k.example.toString('latin1'))}`);
	if (bad)
		console.log(`  here: ${JSON.stringify(k.us)}\n  Node: ${JSON.stringify(k.them)}`);
}
process.exitCode = unknown ? 1 : 0;
