// SPDX-License-Identifier: Apache-2.0
// The table of requests that two readers could cut differently, for whoever stands behind the gateway.
// Invariant: a row is either refused, with this status, or sends exactly these bytes to the target.
// Source: RFC 9112 (2.2, 3.2, 5, 6, 7, 11.2), RFC 9110 (5.5, 7.2, 7.6.1); what is known of request smuggling.

// What a row hides behind its end, or in its body: a target that sees it was deceived.
const hidden = (base, host) => `GET ${base}/smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const sized = (n) => `Content-Length: ${n}\r\n`, CHUNKED = 'Transfer-Encoding: chunked\r\n';
const chunk = (s) => `${s.length.toString(16)}\r\n${s}\r\n`;
const LAST = '0\r\n\r\n';

// [what, fields, body, status or what the target is sent]
function lengths(x) {
	const in_chunk = chunk(x) + LAST;
	return [
		['both lengths, CL first', sized(5) + CHUNKED, LAST + x, 400],
		['both lengths, TE first', CHUNKED + sized(5), LAST + x, 400],
		['both lengths, the length is right', sized(x.length) + CHUNKED, in_chunk, 400],
		['both lengths, TE in odd case', `${sized(4)}tRANSFER-eNCODING: cHUNKED\r\n`, LAST + x, 400],
		['both lengths, length 0', sized(0) + CHUNKED, LAST + x, 400],
		['both lengths, Connection lists the first', `Connection: content-length\r\n${sized(5)}${CHUNKED}`, LAST + x, 400],
		['both lengths, Connection lists the second', `Connection: transfer-encoding\r\n${sized(5)}${CHUNKED}`, LAST + x, 400],
		['two lengths that differ', sized(5) + sized(0), `hello${x}`, 400],
		['two lengths that agree', sized(5) + sized(5), `hello${x}`, 400],
		['lengths in a list', sized('5, 0'), `hello${x}`, 400],
		['equal lengths in a list', sized('5,5'), `hello${x}`, 400],
		['a signed length', sized('+5'), `hello${x}`, 400],
		['a negative length', sized('-5'), `hello${x}`, 400],
		['a length with a point', sized('5.0'), `hello${x}`, 400],
		['a length with an exponent', sized('5e0'), `hello${x}`, 400],
		['a length in hex', sized('0x5'), `hello${x}`, 400],
		['a length in octal', sized('0o5'), `hello${x}`, 400],
		['a length with an underscore', sized('1_0'), `hello${x}`, 400],
		['a length with a space inside', sized('5 0'), `hello${x}`, 400],
		['a length with a tab inside', sized('5\t0'), `hello${x}`, 400],
		['an empty length', sized(''), `hello${x}`, 400],
		['a quoted length', sized('"5"'), `hello${x}`, 400],
		['a length with a semicolon', sized('5;0'), `hello${x}`, 400],
		['a length above 2^63', sized('9223372036854775808'), x, 400],
		['a length of 2^64 and five', sized('18446744073709551621'), `hello${x}`, 400],
		['a length of other digits', sized('\xd9\xa5'), `hello${x}`, 400],
		['a length behind a form feed', sized('\f5'), `hello${x}`, 400],
		['a length with leading zeros', sized('0005'), 'hello', { body: 'hello' }],
		['a length between tabs and spaces', 'Content-Length: \t 5 \t\r\n', 'hello', { body: 'hello' }],
		['a request within a body of its length', sized(x.length), x, { body: x }],
		['a field that is nearly Content-Length', `Content-Length-: 5\r\n${sized(0)}`, '', { fields: 'Content-Length-: 5\r\n', body: '', sized: true }],
		['a field that is nearly Content-Length, of another letter', `Content_Length: 99\r\n${sized(2)}`, 'ok', { fields: 'Content_Length: 99\r\n', body: 'ok' }],
		['Connection lists the only length', `Connection: content-length\r\n${sized(x.length)}`, x, { body: x }],
	];
}

function codings(x) {
	const te = (v, body = LAST + x, want = 400) => [`TE ${JSON.stringify(v)}`, `Transfer-Encoding:${v}\r\n`, body, want];
	return [
		te(' chunked, identity', undefined, [400, 501]), te(' identity, chunked', undefined, 501), te(' identity', undefined, 501), te(' gzip', undefined, 501), te(' xchunked', undefined, 501),
		te(' chunkedx', undefined, 501), te(' "chunked"', undefined, 501), te(' \'chunked\'', undefined, 501), te(' chunked, chunked'), te(' chunked;q=1', undefined, 501), te(' chunked foo', undefined, 501), te(' ,chunked'),
		te(' chunked,'), te(''), te(' \x0bchunked'), te(' chunked\x0b'), te(' \x00chunked'), te(' chunk\ted', undefined, 501), te(' \xa0chunked', undefined, 501), te('\n chunked'), te('\r\n chunked'),
		['TE twice', CHUNKED + CHUNKED, LAST + x, 400],
		['TE twice, the second unknown', `${CHUNKED}Transfer-Encoding: cow\r\n`, LAST + x, [400, 501]],
		['TE twice, the first unknown', `Transfer-Encoding: cow\r\n${CHUNKED}`, LAST + x, 501],
		['TE with a space before the colon', 'Transfer-Encoding : chunked\r\n', LAST + x, 400],
		['TE with a tab before the colon', 'Transfer-Encoding\t: chunked\r\n', LAST + x, 400],
		['TE behind a space', ' Transfer-Encoding: chunked\r\n', LAST + x, 400],
		['TE folded into the field before', `X: y\r\n Transfer-Encoding: chunked\r\n`, LAST + x, 400],
		['TE behind a bare CR', `X: y\rTransfer-Encoding: chunked\r\n`, LAST + x, 400],
		['TE behind a bare LF', `X: y\nTransfer-Encoding: chunked\r\n`, LAST + x, 400],
		['TE behind a NUL', 'X\0Transfer-Encoding: chunked\r\n', LAST + x, 400],
		['TE without a space, in capitals', 'TRANSFER-ENCODING:CHUNKED\r\n', chunk('hello') + LAST, { body: 'hello' }],
		['a field that is nearly TE', 'Transfer_Encoding: chunked\r\nContent-Length: 2\r\n', 'ok', { fields: 'Transfer_Encoding: chunked\r\n', body: 'ok' }],
		['Connection lists TE', `Connection: Transfer-Encoding\r\n${CHUNKED}`, chunk(x) + LAST, { body: x }],
		['a request within a chunk', CHUNKED, chunk(x) + LAST, { body: x }],
	];
}

// [what, body]: all refused, with the head already good
function chunks(x) {
	return [
		['a signed size', `+5\r\nhello\r\n${LAST}${x}`], ['a negative size', `-5\r\nhello\r\n${LAST}${x}`], ['0x in front', `0x5\r\nhello\r\n${LAST}${x}`], ['a size with an underscore', `1_0\r\nhello\r\n${LAST}${x}`],
		['a letter behind the size', `5g\r\nhello\r\n${LAST}${x}`], ['a space before the size', ` 5\r\nhello\r\n${LAST}${x}`], ['a space behind the size', `5 \r\nhello\r\n${LAST}${x}`], ['a tab behind the size', `5\t\r\nhello\r\n${LAST}${x}`],
		['no size', `\r\nhello\r\n${LAST}${x}`], ['only an extension', `;a\r\nhello\r\n${LAST}${x}`], ['a size of 17 digits', `00000000000000005\r\nhello\r\n${LAST}${x}`], ['a size of 2^64', `10000000000000000\r\n${x}`],
		['a size of 2^64 - 1', `ffffffffffffffff\r\n${x}`], ['a size of 2^32 and five', `10000000000000005\r\nhello\r\n${LAST}${x}`], ['a size line that ends in LF', `5\nhello\r\n${LAST}${x}`], ['a size line that ends in CR', `5\rhello\r\n${LAST}${x}`],
		['a size line that ends in CR CR LF', `5\r\r\nhello\r\n${LAST}${x}`], ['data that ends in LF', `5\r\nhello\n${LAST}${x}`], ['data that ends in CR', `5\r\nhello\r${LAST}${x}`], ['data longer than its size', `5\r\nhelloo\r\n${LAST}${x}`],
		['data with two bytes for its end', `5\r\nhelloXX${LAST}${x}`], ['an extension that ends in LF', `5;a=\nb\r\nhello\r\n${LAST}${x}`], ['an extension with a bare CR', `5;a\rb\r\nhello\r\n${LAST}${x}`], ['an extension with a NUL', `5;a\0b\r\nhello\r\n${LAST}${x}`],
		['an extension, quoted, with a line end', `5;a="\r\nhello\r\n"\r\n${LAST}${x}`], ['an extension, quoted, that does not end', `5;a="b\r\nhello\r\n${LAST}${x}`], ['a last chunk that ends in LF', `5\r\nhello\r\n0\n\r\n${x}`], ['an end in LF', `5\r\nhello\r\n0\r\n\n${x}`],
		['a last chunk of another digit', `5\r\nhello\r\n\xef\xbc\x90\r\n\r\n${x}`], ['a trailer with a space before the colon', `5\r\nhello\r\n0\r\nX : y\r\n\r\n${x}`], ['a folded trailer', `5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n${x}`],
		['a trailer that ends in LF', `5\r\nhello\r\n0\r\nX: y\n\r\n${x}`], ['a trailer with a NUL', `5\r\nhello\r\n0\r\nX: \0\r\n\r\n${x}`], ['a trailer without a colon', `5\r\nhello\r\n0\r\nX\r\n\r\n${x}`], ['a request for a trailer', `5\r\nhello\r\n0\r\n${x}`],
	].map(([what, body]) => [`chunks: ${what}`, CHUNKED, body, 400]).concat([
		['chunks: leading zeros and capitals', CHUNKED, '000A\r\n0123456789\r\n00\r\n\r\n', { body: '0123456789' }],
		['chunks: extensions', CHUNKED, '5;a;b=c ; d="e;\\"\\r"\r\nhello\r\n0;x\r\n\r\n', { body: 'hello' }],
		['chunks: a trailer that names a length', CHUNKED, `5\r\nhello\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: cow\r\nHost: evil\r\n\r\n`, { body: 'hello' }],
		['chunks: one byte each', CHUNKED, [...'hello'].map(chunk).join('') + LAST, { body: 'hello' }],
		['chunks: a last chunk within the data', CHUNKED, chunk(LAST) + LAST, { body: LAST }],
	]);
}

// [what, the whole head, status or what the target is sent]: nothing of a body
function heads(base, host) {
	const H = `Host: ${host}\r\n`, line = `GET ${base}/x HTTP/1.1\r\n`;
	const fields = (what, f, want = 400) => [what, `${line}${H}${f}\r\n`, want];
	const first = (what, l, want = 400) => [what, `${l}\r\n${H}\r\n`, want];
	const got = (extra = '', path = '/x') => ({ verb: 'GET', path, fields: extra });
	return [
		fields('a folded field', 'X: y\r\n z\r\n'), fields('a field folded by a tab', 'X: y\r\n\tz\r\n'), fields('an empty folded line', 'X: y\r\n \r\n'), [`the first field is folded`, `${line} X: y\r\n${H}\r\n`, 400],
		fields('a space before the colon', 'X : y\r\n'), fields('a tab before the colon', 'X\t: y\r\n'), fields('a space in the name', 'X Y: z\r\n'), fields('no name', ': y\r\n'), fields('no colon', 'X\r\n'),
		fields('a bare CR in a value', 'X: a\rb\r\n'), fields('a bare CR before the line end', 'X: a\r\r\n'), fields('a bare LF in a value', 'X: a\nY: b\r\n'), fields('a NUL in a value', 'X: a\0b\r\n'), fields('a NUL in a name', 'X\0: a\r\n'),
		fields('an ESC in a value', 'X: \x1b[m\r\n'), fields('a DEL in a value', 'X: \x7f\r\n'), fields('a vertical tab in a value', 'X: a\x0bb\r\n'), fields('obs-text in a name', 'X\xe9: a\r\n'), fields('a slash in a name', 'X/Y: a\r\n'), fields('braces in a name', 'X{Y}: a\r\n'),
		[`all lines end in LF`, `GET ${base}/x HTTP/1.1\nHost: ${host}\n\n`, 400], ['the head ends in LF LF', `${line}Host: ${host}\n\n`, 400], ['the head ends in CR LF LF', `${line}${H}\n`, 400], ['the head ends in CR CR LF', `${line}${H}\r\r\n`, 400],
		['Host twice', `${line}${H}${H}\r\n`, 400], ['Host twice, and another', `${line}${H}Host: evil\r\n\r\n`, 400], ['no Host', `${line}\r\n`, 400], ['an empty Host', `${line}Host:\r\n\r\n`, 400], ['two names in Host', `${line}Host: ${host}, evil\r\n\r\n`, 400],
		['a space in Host', `${line}Host: ${host} evil\r\n\r\n`, 400], ['user info in Host', `${line}Host: user@${host}\r\n\r\n`, 400], ['a path in Host', `${line}Host: ${host}/x\r\n\r\n`, 400], ['a port that is no number', `${line}Host: acme-test.localhost:x\r\n\r\n`, 400],
		['a port above 65535', `${line}Host: acme-test.localhost:65536\r\n\r\n`, 400], ['Host behind a space', `${line} Host: ${host}\r\n\r\n`, 400], ['Host with a space before the colon', `${line}Host : ${host}\r\n\r\n`, 400],
		first('two spaces before the path', `GET  ${base}/x HTTP/1.1`), first('two spaces behind the path', `GET ${base}/x  HTTP/1.1`), first('a tab for a space', `GET\t${base}/x HTTP/1.1`), first('a space behind the version', `GET ${base}/x HTTP/1.1 `),
		first('a space before the method', ` GET ${base}/x HTTP/1.1`), first('no version', `GET ${base}/x`), first('an odd version', `GET ${base}/x HTTP/1.1x`), first('version 1.01', `GET ${base}/x HTTP/1.01`), first('version 11', `GET ${base}/x HTTP/11`),
		first('version 2.0', `GET ${base}/x HTTP/2.0`, 505), first('version 0.9', `GET ${base}/x HTTP/0.9`, 505), first('a version in small letters', `GET ${base}/x http/1.1`), first('another protocol', `GET ${base}/x ICE/1.0`),
		first('a NUL in the path', `GET ${base}/x\0y HTTP/1.1`), first('a CR in the path', `GET ${base}/x\ry HTTP/1.1`), first('a DEL in the path', `GET ${base}/x\x7f HTTP/1.1`), first('bytes beyond ASCII in the path', `GET ${base}/\xc3\xa9 HTTP/1.1`), first('a fragment', `GET ${base}/x#y HTTP/1.1`),
		first('a backslash', `GET ${base}\\x HTTP/1.1`), first('half a percent sign', `GET ${base}/%2 HTTP/1.1`), first('a percent sign of other letters', `GET ${base}/%gg HTTP/1.1`), first('a relative path', `GET ${base.slice(1)} HTTP/1.1`),
		first('an asterisk with GET', 'GET * HTTP/1.1'), first('an absolute form of another scheme', `GET ftp://${host}${base}/x HTTP/1.1`), first('an absolute form without a host', `GET http:///${base}/x HTTP/1.1`), first('an absolute form with user info', `GET http://u:p@${host}${base}/x HTTP/1.1`),
		first('an absolute form with a bad port', `GET http://acme-test.localhost:http${base}/x HTTP/1.1`), first('a request line within the method', `GET${'%20'}${base} HTTP/1.1`), ['CONNECT', `CONNECT ${host} HTTP/1.1\r\n${H}\r\n`, 501], ['CONNECT to a path', `CONNECT ${base}/x HTTP/1.1\r\n${H}\r\n`, 501],
		fields('Expect asks for more', 'Expect: 200-ok\r\n', 417), ['an end of line in the path, encoded', `GET ${base}/x%0d%0aX:%20y HTTP/1.1\r\n${H}\r\n`, got('', '/x%0d%0aX:%20y')], ['dots in the path', `GET ${base}/a/../x HTTP/1.1\r\n${H}\r\n`, { status: 400 }],
		['an absolute form and a Host that differs', `GET http://${host}${base}/x HTTP/1.1\r\nHost: evil.example\r\n\r\n`, got()], ['an absolute form, https', `GET https://${host}${base}/x HTTP/1.1\r\n${H}\r\n`, got()], ['a long empty field', `${line}${H}X: ${' '.repeat(3000)}\r\n\r\n`, got('X: \r\n')],
		['empty lines in front', `\r\n\r\n${line}${H}\r\n`, got()], ['a bare LF in front', `\n${line}${H}\r\n`, 400], ['a query with a question mark', `GET ${base}/x?a?b=http://c HTTP/1.1\r\n${H}\r\n`, got('', '/x?a?b=http://c')], ['fields of the connection', `${line}${H}Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 9\r\nTE: trailers\r\nTrailer: X\r\nProxy-Connection: x\r\nUpgrade: cow\r\nX-End: 2\r\n\r\n`, got('X-End: 2\r\nConnection: TE\r\nTE: trailers\r\n')],
		['Connection lists Host', `${line}${H}Connection: Host\r\n\r\n`, got()], ['version 1.9', `GET ${base}/x HTTP/1.9\r\n${H}\r\n`, got()], ['obs-text in a value', `${line}${H}X: \xe9\xff\r\n\r\n`, got('X: \xe9\xff\r\n')], ['tabs in a value', `${line}${H}X:\t a\tb \t\r\n\r\n`, got('X: a\tb\r\n')],
		['a method of odd letters', `M!#$%&'*+-.^_\`|~9 ${base}/x HTTP/1.1\r\n${H}\r\n`, { verb: "M!#$%&'*+-.^_`|~9", path: '/x', fields: '', rare: true }], ['a TE in HTTP/1.0', `POST ${base}/x HTTP/1.0\r\n${H}${CHUNKED}\r\n${LAST}${hidden(base, host)}`, 400], ['a PRI that is no preface', `PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n`, [400, 505]],
		['a body with GET', `${line}${H}${sized(5)}\r\nhello`, { verb: 'GET', path: '/x', fields: '', body: 'hello' }], ['TE, and no end of the chunks\' data', `POST ${base}/x HTTP/1.1\r\n${H}${CHUNKED}\r\n5\r\nhello!!${hidden(base, host)}`, 400],
	];
}

// [{ what, bytes, status: [refusals] } or { what, bytes, sends(target): the forwarded bytes }];
// rare: a target may refuse what is sent, since it knows no such method.
export function payloads(base, host) {
	const x = hidden(base, host);
	const posts = [...lengths(x), ...codings(x), ...chunks(x)].map(([what, fields, body, want]) =>
		[what, `POST ${base}/x HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n${body}`, typeof want === 'object' && !Array.isArray(want) ? { verb: 'POST', path: '/x', fields: '', ...want } : want]);
	return [...posts, ...heads(base, host)].map(([what, text, want]) => {
		const one = { what, bytes: Buffer.from(text, 'latin1') };
		if (want.status) // a request that was understood, and is refused all the same
			return { ...one, status: [want.status], stays: true };
		if (typeof want === 'number' || Array.isArray(want))
			return { ...one, status: [want].flat() };
		const length = want.body === undefined ? '' : sized(want.body.length);
		return { ...one, rare: want.rare, sends: (target) => `${want.verb} ${want.path} HTTP/1.1\r\nHost: ${target}\r\n${want.fields}${length}\r\n${want.body ?? ''}` };
	});
}

// The bytes without what the gateway says of the client, which is the same in every row.
export const withoutVia = (text) => {
	const end = text.indexOf('\r\n\r\n');
	return text.slice(0, end).replace(/\r\n(?:X-Forwarded-[A-Za-z]+|Forwarded|Via):[^\r\n]*/gi, '') + text.slice(end);
};
