// SPDX-License-Identifier: Apache-2.0
// GenerateJWT, VerifyJWT, DecodeJWT: every algorithm against Node's own crypto, every fault, key sets.
// Invariant: no token is taken that the configured key did not sign with a configured algorithm.
// Source: reference 4.6 (GenerateJWT, VerifyJWT, DecodeJWT); RFC 7515, 7519, 8725.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import test from 'node:test';
import { esc, expect, fault, gateway, origin, say, sleep } from './gateway.mjs';

const g = await gateway();
const b64 = (x) => Buffer.from(x).toString('base64url');
const json = (x) => b64(JSON.stringify(x));
const now = () => Math.floor(Date.now() / 1000);
const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const small = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 });
const ec = Object.fromEntries([['256', 'P-256'], ['384', 'P-384'], ['512', 'P-521']].map(([n, namedCurve]) =>
	[n, crypto.generateKeyPairSync('ec', { namedCurve })]));
const pem = (k) => k.export(k.type === 'public' ? { type: 'spki', format: 'pem' } : { type: 'pkcs8', format: 'pem' });
const secret = 'a secret of sixty-four bytes, no less: 0123456789012345678901234';
assert.equal(secret.length, 64);

const how = (alg) => ({ RS: { padding: crypto.constants.RSA_PKCS1_PADDING }, ES: { dsaEncoding: 'ieee-p1363' },
	PS: { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST } })[alg.slice(0, 2)];
const keyOf = (alg) => alg.startsWith('ES') ? ec[alg.slice(2)] : rsa;
function sign(header, claims, key) {
	const text = `${json(header)}.${typeof claims === 'string' ? b64(claims) : json(claims)}`, sha = `sha${header.alg.slice(2)}`;
	const signature = header.alg.startsWith('HS') ? crypto.createHmac(sha, key ?? secret).update(text).digest()
		: crypto.sign(sha, Buffer.from(text), { key: key ?? keyOf(header.alg).privateKey, ...how(header.alg) });
	return `${text}.${b64(signature)}`;
}
function check(token, alg) {
	const [header, claims, signature] = token.split('.'), text = `${header}.${claims}`, sha = `sha${alg.slice(2)}`;
	const bytes = Buffer.from(signature, 'base64url');
	assert.ok(alg.startsWith('HS') ? crypto.createHmac(sha, secret).update(text).digest().equals(bytes)
		: crypto.verify(sha, Buffer.from(text), { key: keyOf(alg).publicKey, ...how(alg) }, bytes), `signature of ${alg}`);
	return [header, claims].map((part) => Buffer.from(part, 'base64url').toString());
}

// Variables come in as headers of the call, so that one proxy serves a table.
const assign = (pairs) => '<AssignMessage><IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables>' + Object.entries(pairs)
	.map(([name, from]) => `<AssignVariable><Name>${name}</Name>${from.literal === undefined ? `<Ref>${from}</Ref>` : `<Value>${esc(from.literal)}</Value>`}</AssignVariable>`).join('') + '</AssignMessage>';
let n = 0;
async function proxy(policy, { show, vars = {} } = {}) {
	const name = `jwt${n++}`;
	await g.proxy(name, { pre: { request: ['vars', 'j'] }, post: { response: ['show'] }, policies: {
		vars: assign({ 'private.k': { literal: secret }, ...vars }), j: policy, show: say(show ?? 'ok') } });
	return (token, headers = {}, query = '') => g.call(`/${name}${query}`, { headers: { ...token && { Authorization: `Bearer ${token}` }, ...headers } });
}
const verify = (alg, more = '', key) => `<VerifyJWT><Algorithm>${alg}</Algorithm>${key ?? (alg.startsWith('HS') ? '<SecretKey><Value ref="private.k"/></SecretKey>'
	: `<PublicKey><Value>${pem(keyOf(alg.split(',')[0].trim()).publicKey)}</Value></PublicKey>`)}${more}</VerifyJWT>`;
const refused = (name, text) => ({ status: 401, body: fault(`steps.jwt.${name}`, text) });
const mismatch = (alg) => refused('AlgorithmMismatch', `Algorithm in header did not match any algorithm specified in Configuration: policy(j) algorithm(${alg})`);
const invalid = refused('InvalidToken', 'Invalid token: policy(j)');
const claim = (name) => refused('InvalidClaim', `Invalid Claim: policy(j) claim(${name})`);

const algs = ['HS', 'RS', 'PS', 'ES'].flatMap((f) => ['256', '384', '512'].map((b) => f + b));
for (const alg of algs) {
	test(`${alg}: made by us, checked by Node; made by Node, checked by us, at first sight and again`, async () => {
		const key = alg.startsWith('HS') ? '<SecretKey><Value ref="private.k"/><Id>one</Id></SecretKey>' : '<PrivateKey><Value ref="private.pem"/><Id>one</Id></PrivateKey>';
		const make = await proxy(`<GenerateJWT><Algorithm>${alg}</Algorithm>${key}<Subject>s</Subject><Issuer>https://i</Issuer><Audience>a, b</Audience><ExpiresIn>1h</ExpiresIn>` +
			'<AdditionalClaims><Claim name="show">And now/"</Claim></AdditionalClaims><OutputVariable>out</OutputVariable></GenerateJWT>',
			{ show: '{out}', vars: alg.startsWith('HS') ? {} : { 'private.pem': { literal: pem(keyOf(alg).privateKey) } } });
		const made = await make();
		expect(made, { status: 200 });
		const [header, claims] = check(made.text, alg), { iat } = JSON.parse(claims);
		assert.equal(header, `{"typ":"JWT","alg":"${alg}","kid":"one"}`);
		assert.equal(claims, `{"sub":"s","iss":"https://i","aud":["a","b"],"iat":${iat},"exp":${iat + 3600},"show":"And now/\\""}`);
		assert.ok(Math.abs(iat - now()) < 10);

		const call = await proxy(verify(alg));
		const good = sign({ alg }, { exp: now() + 60 });
		for (const token of [good, good, made.text, good])
			expect(await call(token), { status: 200, body: 'ok' });
		const [h, c, s] = good.split('.'), bytes = Buffer.from(s, 'base64url');
		bytes[bytes.length >> 1] ^= 1;
		for (const bad of [`${h}.${c}.${b64(bytes)}`, `${h}.${c}.`, `${h}.${json({ exp: now() + 9999 })}.${s}`, `${h}.${c}.${s.slice(0, -4)}`])
			expect(await call(bad), invalid, bad);
	});
}

const none = `${json({ alg: 'none' })}.${json({ exp: now() + 60 })}.`;
const confused = sign({ alg: 'HS256' }, { exp: now() + 60 }, pem(rsa.publicKey)); // the public key as a secret
const tokens = [
	['no token', undefined, refused('FailedToResolveVariable', 'Failed to Resolve Variable : policy(j) variable(request.header.authorization)')],
	['no JWT', 'foobar', invalid], ['two parts', 'e30.e30', invalid], ['four parts', 'e30.e30.e30.e30', invalid], ['padding', `${none}=`, invalid],
	['claims that are no object', sign({ alg: 'RS256' }, '[1]'), invalid], ['claims that are no JSON', sign({ alg: 'RS256' }, 'x'), invalid],
	['a name twice', sign({ alg: 'RS256' }, '{"a":1,"a":2}'), invalid],
	['none', none, mismatch('none')], ['key confusion', confused, mismatch('HS256')], ['another of the family', sign({ alg: 'RS512' }, {}), mismatch('RS512')],
	['no alg', `${json({ typ: 'JWT' })}.e30.c2ln`, refused('NoAlgorithmFoundInHeader', 'No Algorithm Found in Header: policy(j)')],
	['signed by another key', sign({ alg: 'RS256' }, { exp: now() + 60 }, other.privateKey), invalid],
	['expired', sign({ alg: 'RS256' }, { exp: now() - 1 }), refused('TokenExpired', 'Token Expired: policy(j)')],
	['not yet', sign({ alg: 'RS256' }, { nbf: now() + 60 }), refused('TokenNotYetValid', 'Token Not Yet Valid: policy(j)')],
	['issued in the future', sign({ alg: 'RS256' }, { iat: now() + 60 }), refused('TokenNotYetValid', 'Token Not Yet Valid: policy(j)')],
	['exp that is text', sign({ alg: 'RS256' }, { exp: `${now() + 60}` }), claim('exp')], ['exp that is vast', sign({ alg: 'RS256' }, '{"exp":1e300}'), claim('exp')],
	['crit that nobody knows', sign({ alg: 'RS256', crit: ['x'], x: 1 }, {}), refused('UnhandledCriticalHeader', 'Unhandled Critical Header: policy(j) header(x)')],
	['crit that is empty', sign({ alg: 'RS256', crit: [] }, {}), invalid],
	['unencoded payload', sign({ alg: 'RS256', crit: ['b64'], b64: false }, {}), refused('UnhandledCriticalHeader', 'Unhandled Critical Header: policy(j) header(b64)')],
	['a token of 16 KiB', sign({ alg: 'RS256' }, { exp: now() + 60, x: 'x'.repeat(8000) }), { status: 200, body: 'ok' }],
	['no claims', sign({ alg: 'RS256' }, {}), { status: 200, body: 'ok' }],
];
const plain = await proxy(verify('RS256'));
for (const [what, token, want] of tokens)
	test(`RS256: ${what}`, async () => expect(await plain(token), want, what));

const wanted = [
	['Issuer', '<Issuer>i</Issuer>', { iss: 'i' }, { status: 200 }], ['Issuer differs', '<Issuer>i</Issuer>', { iss: 'x' }, refused('JwtIssuerMismatch', 'Issuer Mismatch: policy(j)')],
	['Issuer missing', '<Issuer>i</Issuer>', {}, claim('iss')], ['Issuer by ref', '<Issuer ref="request.header.i"/>', { iss: 'h' }, { status: 200 }],
	['Issuer unresolved', '<Issuer ref="nowhere"/>', { iss: 'h' }, refused('FailedToResolveVariable', 'Failed to Resolve Variable : policy(j) variable(nowhere)')],
	['Issuer unresolved, lenient', '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><Issuer ref="nowhere"/>', { iss: 'h' }, refused('JwtIssuerMismatch', 'Issuer Mismatch: policy(j)')],
	['Subject', '<Subject>s</Subject>', { sub: 's' }, { status: 200 }], ['Subject differs', '<Subject>s</Subject>', { sub: 'S' }, refused('JwtSubjectMismatch', 'Subject Mismatch: policy(j)')],
	['Audience', '<Audience>a</Audience>', { aud: 'a' }, { status: 200 }], ['Audience in an array', '<Audience>a</Audience>', { aud: ['x', 'a'] }, { status: 200 }],
	['one of two audiences', '<Audience>a, b</Audience>', { aud: ['b'] }, { status: 200 }],
	['Audience differs', '<Audience>a</Audience>', { aud: ['x', 'aa'] }, refused('JwtAudienceMismatch', 'Audience Mismatch: policy(j)')],
	['Audience missing', '<Audience>a</Audience>', {}, claim('aud')], ['Audience a number', '<Audience>1</Audience>', { aud: 1 }, claim('aud')], ['Audience by ref', '<Audience ref="request.header.i"/>', { aud: 'h' }, { status: 200 }],
	['Id', '<Id>7</Id>', { jti: '7' }, { status: 200 }], ['Id differs', '<Id>7</Id>', { jti: '8' }, claim('jti')], ['Id empty', '<Id/>', {}, { status: 200 }],
	['claims', '<AdditionalClaims><Claim name="a">x</Claim><Claim name="n" type="number">1.0</Claim><Claim name="b" type="boolean">true</Claim>' +
		'<Claim name="m" type="map">{"k":"{request.header.i}"}</Claim><Claim name="l" array="true">p,q</Claim></AdditionalClaims>', { a: 'x', n: 1, b: true, m: { k: 'h' }, l: ['p', 'q'] }, { status: 200 }],
	['a claim differs in type', '<AdditionalClaims><Claim name="n">1</Claim></AdditionalClaims>', { n: 1 }, claim('n')],
	['a claim missing', '<AdditionalClaims><Claim name="n">1</Claim></AdditionalClaims>', {}, claim('n')],
	['claims by ref', '<AdditionalClaims ref="c"/>', { z: [1, { y: null }] }, { status: 200 }], ['claims by ref differ', '<AdditionalClaims ref="c"/>', { z: [1] }, claim('z')],
	['TimeAllowance', '<TimeAllowance>120s</TimeAllowance>', { exp: now() - 60, nbf: now() + 60, iat: now() + 60 }, { status: 200 }],
	['IgnoreIssuedAt', '<IgnoreIssuedAt>true</IgnoreIssuedAt>', { iat: now() + 9999 }, { status: 200 }],
	['MaxLifespan', '<MaxLifespan>2m</MaxLifespan>', { nbf: now(), exp: now() + 120 }, { status: 200 }], ['MaxLifespan over', '<MaxLifespan>2m</MaxLifespan>', { nbf: now(), exp: now() + 180 }, claim('exp')],
	['MaxLifespan without exp', '<MaxLifespan>2m</MaxLifespan>', { iat: now() }, claim('exp')],
	['MaxLifespan by iat', '<MaxLifespan useIssueTime="true">2m</MaxLifespan>', { iat: now() - 300, nbf: now(), exp: now() + 60 }, claim('exp')],
];
for (const [what, more, claims, want] of wanted) {
	test(`HS256: ${what}`, async () => {
		const call = await proxy(verify('HS256', more), { vars: { c: { literal: '{"z":[1,{"y":null}]}' } } });
		const token = sign({ alg: 'HS256' }, claims);
		for (let i = 0; i < 2; i++) // as well when the signature is remembered
			expect(await call(token, { i: 'h' }), want, what);
	});
}

test('headers: AdditionalHeaders, KnownHeaders, IgnoreCriticalHeaders', async () => {
	const header = { alg: 'HS256', p: 'q', crit: ['p'] };
	const rows = [['<AdditionalHeaders><Claim name="p">q</Claim></AdditionalHeaders><KnownHeaders>x, p</KnownHeaders>', { status: 200 }],
		['<AdditionalHeaders><Claim name="p">r</Claim></AdditionalHeaders><IgnoreCriticalHeaders>true</IgnoreCriticalHeaders>', claim('p')],
		['<KnownHeaders>x</KnownHeaders>', refused('UnhandledCriticalHeader', 'Unhandled Critical Header: policy(j) header(p)')], ['<KnownHeaders ref="request.header.known"/>', { status: 200 }]];
	for (const [more, want] of rows)
		expect(await (await proxy(verify('HS256', more)))(sign(header, {}), { known: 'p' }), want, more);
});

test('a token that expires while it is remembered', async () => {
	const token = sign({ alg: 'RS256' }, { exp: now() + 2 });
	expect(await plain(token), { status: 200 });
	await sleep(2600);
	expect(await plain(token), refused('TokenExpired', 'Token Expired: policy(j)'));
});

test('a remembered token is not good for another key', async () => {
	const call = await proxy(verify('RS256', '', '<PublicKey><Value ref="request.header.pem"/></PublicKey>'));
	const token = sign({ alg: 'RS256' }, { exp: now() + 60 }), one = (k) => pem(k).trim().replaceAll('\n', ' ');
	const key = await proxy(verify('RS256', '', '<PublicKey><JWKS ref="request.queryparam.set"/></PublicKey>'));
	const set = (k) => `?set=${encodeURIComponent(JSON.stringify({ keys: [{ ...k.export({ format: 'jwk' }), kid: 'k' }] }))}`;
	const withKid = sign({ alg: 'RS256', kid: 'k' }, { exp: now() + 60 });
	for (let i = 0; i < 2; i++) {
		expect(await key(withKid, {}, set(rsa.publicKey)), { status: 200 });
		expect(await key(withKid, {}, set(other.publicKey)), invalid);
	}
	expect(await call(token, { pem: one(rsa.publicKey) }), refused('KeyParsingFailed', 'Key Parsing Failed: policy(j)')); // a PEM has lines
	expect(await call(token), refused('FailedToResolveVariable', 'Failed to Resolve Variable : policy(j) variable(request.header.pem)'));
});

test('keys that do not fit', async () => {
	const rows = [
		['RS256', `<PublicKey><Value>${pem(ec['256'].publicKey)}</Value></PublicKey>`, sign({ alg: 'RS256' }, {}), refused('WrongKeyType', 'Wrong Key Type: policy(j) algorithm(RS256)')],
		['ES256', `<PublicKey><Value>${pem(ec['384'].publicKey)}</Value></PublicKey>`, sign({ alg: 'ES256' }, {}), refused('InvalidCurve', 'Invalid Curve: policy(j) algorithm(ES256)')],
		['RS256', `<PublicKey><Value>${pem(small.publicKey)}</Value></PublicKey>`, sign({ alg: 'RS256' }, {}, small.privateKey), refused('InsufficientKeyLength', 'Insufficient Key Length: policy(j) algorithm(RS256)')],
		['HS512', '<SecretKey encoding="hex"><Value ref="private.short"/></SecretKey>', sign({ alg: 'HS512' }, {}), refused('InsufficientKeyLength', 'Insufficient Key Length: policy(j) algorithm(HS512)')],
		['HS256', '<SecretKey encoding="hex"><Value ref="private.k"/></SecretKey>', sign({ alg: 'HS256' }, {}), refused('KeyParsingFailed', 'Key Parsing Failed: policy(j)')],
		['HS256', '<SecretKey><Value ref="private.nothing"/></SecretKey>', sign({ alg: 'HS256' }, {}), refused('FailedToResolveVariable', 'Failed to Resolve Variable : policy(j) variable(private.nothing)')],
	];
	for (const [alg, key, token, want] of rows)
		expect(await (await proxy(verify(alg, '', key), { vars: { 'private.short': { literal: '00ff'.repeat(10) } } }))(token), want, key);
});

test('encodings of a secret', async () => {
	for (const [encoding, text] of [['hex', Buffer.from(secret).toString('hex')], ['base16', Buffer.from(secret).toString('hex')], ['base64', Buffer.from(secret).toString('base64')], ['base64url', b64(secret)]]) {
		const call = await proxy(verify('HS256', '', `<SecretKey encoding="${encoding}"><Value ref="private.e"/></SecretKey>`), { vars: { 'private.e': { literal: text } } });
		expect(await call(sign({ alg: 'HS256' }, {})), { status: 200 }, encoding);
	}
});

test('several algorithms of one key', async () => {
	const call = await proxy(verify('RS256, PS256'));
	for (const alg of ['RS256', 'PS256'])
		expect(await call(sign({ alg }, {})), { status: 200 });
	expect(await call(sign({ alg: 'RS384' }, {})), refused('AlgorithmInTokenNotPresentInConfiguration', 'Algorithm in header did not match any algorithm specified in Configuration: policy(j) algorithm(RS384)'));
});

// ---- key sets ----

const jwk = (k, more) => ({ ...k.publicKey.export({ format: 'jwk' }), use: 'sig', ...more });
const inline = JSON.stringify({ keys: [jwk(other, { kid: 'o' }), jwk(rsa, { kid: 'r', alg: 'RS256' }), jwk(ec['256'], { kid: 'e' }), { kty: 'OKP', kid: 'x' }] });
const noMatch = refused('NoMatchingPublicKey', 'No Matching Public Key: policy(j)');
const kid = (id, alg = 'RS256', key) => sign({ alg, kid: id }, { exp: now() + 60 }, key);
test('JWKS in the bundle, and by a variable', async () => {
	for (const set of [`<JWKS>${esc(inline)}</JWKS>`, '<JWKS ref="set"/>']) {
		const call = await proxy(verify('RS256', '', `<PublicKey>${set}</PublicKey>`), { vars: { set: { literal: inline } } });
		expect(await call(kid('r')), { status: 200 });
		expect(await call(kid('r')), { status: 200 });
		expect(await call(kid('o')), invalid);
		expect(await call(kid('o', 'RS256', other.privateKey)), { status: 200 });
		expect(await call(kid('e')), noMatch);
		expect(await call(kid('nobody')), noMatch);
		expect(await call(sign({ alg: 'RS256' }, {})), refused('KeyIdMissing', 'Key Id Missing: policy(j)'));
	}
});

test('JWKS from afar: fetched once, by URL and by a variable with it', async () => {
	const server = await origin((one, res) => res.end(inline));
	for (const attr of [`uri="${server.url}/keys?a=1"`, 'uriRef="request.header.at"']) {
		const call = await proxy(verify('RS256', '', `<PublicKey><JWKS ${attr}/></PublicKey>`)), before = server.seen.length;
		const at = { at: `${server.url}/by/variable` };
		expect(await call(kid('r'), at), { status: 200 });
		for (const r of await Promise.all(Array.from({ length: 20 }, () => call(kid('r'), at))))
			expect(r, { status: 200 });
		assert.equal(server.seen.length, before + 1);
	}
	assert.deepEqual(server.seen.map((s) => `${s.method} ${s.url}`), ['GET /keys?a=1', 'GET /by/variable']);
});

test('JWKS from afar that fails: bounded in time, and not asked at each call', async () => {
	let answer = (res) => res.writeHead(500).end();
	const server = await origin((one, res) => answer(res));
	const rows = [['500', (res) => res.writeHead(500).end(inline)], ['no JSON', (res) => res.end('<html>')], ['no set', (res) => res.end('{}')], ['reset', (res) => res.destroy()]];
	for (const [what, fn] of rows) {
		const call = await proxy(verify('RS256', '', `<PublicKey><JWKS uri="${server.url}/${what.replace(' ', '')}"/></PublicKey>`)), before = server.seen.length;
		answer = fn;
		expect(await call(kid('r')), noMatch, what);
		for (let i = 0; i < 5; i++)
			expect(await call(kid('r')), noMatch, what);
		assert.ok(server.seen.length - before <= 2, what); // a reset is asked again once
	}
	const stalls = await proxy(verify('RS256', '', `<PublicKey><JWKS uri="${server.url}/stalls"/></PublicKey>`)), from = Date.now();
	answer = () => {};
	expect(await stalls(kid('r')), noMatch);
	assert.ok(Date.now() - from < 9000, `${Date.now() - from} ms`);
	answer = (res) => res.end(inline);
	await sleep(5200);
	expect(await stalls(kid('r')), { status: 200 });
});

// ---- variables ----

test('variables of a good token, of one that expired, and of DecodeJWT', async () => {
	const names = ['valid', 'header.algorithm', 'header.type', 'header.kid', 'header.x', 'claim.subject', 'claim.issuer', 'claim.audience', 'claim.expiry', 'claim.issuedat', 'claim.notbefore',
		'claim.n', 'claim.m', 'claim.b', 'decoded.claim.exp', 'decoded.claim.aud', 'decoded.header.alg', 'is_expired', 'payload-claim-names', 'payload-json', 'header-json', 'expiry_formatted'];
	const show = names.map((name) => `{jwt.j.${name}}`).join('|');
	const claims = { sub: 's', iss: 'i', aud: ['a', 'b'], exp: 4102444800, iat: 1600000000, nbf: 1600000001, n: 1.5, m: { k: [1] }, b: false };
	const token = sign({ alg: 'HS256', typ: 'JWT', kid: 'k', x: 'y' }, claims);
	const rest = `HS256|JWT|k|y|s|i|["a","b"]|4102444800000|1600000000000|1600000001000|1.5|{"k":[1]}|false|4102444800|["a","b"]|HS256|false|[sub, iss, aud, exp, iat, nbf, n, m, b]|` +
		`${JSON.stringify(claims)}|{"alg":"HS256","typ":"JWT","kid":"k","x":"y"}|2100-01-01T00:00:00.000+0000`;
	expect(await (await proxy(verify('HS256'), { show }))(token), { status: 200, body: `true|${rest}` });
	expect(await (await proxy('<DecodeJWT/>', { show }))(token), { status: 200, body: `|${rest}` });
	const late = await proxy(verify('HS256').replace('<VerifyJWT', '<VerifyJWT continueOnError="true"'),
		{ show: '{jwt.j.valid}|{jwt.j.is_expired}|{jwt.j.seconds_remaining}|{jwt.j.time_remaining_formatted}|{JWT.failed}|{jwt.j.error}|{jwt.j.claim.sub}' });
	expect(await late(sign({ alg: 'HS256' }, { sub: 's', exp: now() - 3725 })), { status: 200, body: /^false\|true\|-372[5-9]\|-01:02:0[5-9]\.\d{3}\|true\|Token Expired: policy\(j\)\|s$/ });
});

test('DecodeJWT: a broken signature is no matter, broken JSON is', async () => {
	const call = await proxy('<DecodeJWT><Source>request.queryparam.t</Source></DecodeJWT>', { show: '{jwt.j.decoded.claim.a}' });
	const at = (t) => call(undefined, {}, `?t=${t}`);
	expect(await at(`${json({ alg: 'RS256' })}.${json({ a: 1 })}.c2ln`), { status: 200, body: '1' });
	expect(await at(`${json({ alg: 'none' })}.${json({ a: 2 })}.`), { status: 200, body: '2' });
	for (const bad of ['x', 'e30.e30', `${json({})}.${b64('{')}.`, `e30.${json([1])}.`])
		expect(await at(bad), refused('FailedToDecode', 'Failed to Decode Token: policy(j)'), bad);
	expect(await call(), refused('FailedToResolveVariable', 'Failed to Resolve Variable : policy(j) variable(request.queryparam.t)'));
});

// ---- making ----

const generate = (more, key = '<SecretKey><Value ref="private.k"/></SecretKey>', alg = 'HS256') => `<GenerateJWT><Algorithm>${alg}</Algorithm>${key}${more}</GenerateJWT>`;
const made = [
	['nothing', '', '{"iat":N}'], ['Id made', '<Id/>', /^\{"iat":N,"jti":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\}$/], ['Id given', '<Id>7</Id>', '{"iat":N,"jti":"7"}'],
	['one audience', '<Audience>a</Audience>', '{"aud":"a","iat":N}'], ['by reference', '<Subject ref="request.header.i"/><Issuer ref="nowhere">i</Issuer>', '{"sub":"h","iss":"i","iat":N}'],
	['times', '<ExpiresIn ref="request.header.e"/><NotBefore>2017-08-14T11:00:21.269-0700</NotBefore>', (c) => c.exp === c.iat + 600 && c.nbf === 1502733621],
	['a date with a name', '<NotBefore>Mon, 14 Aug 2017 11:00:21 GMT</NotBefore>', '{"iat":N,"nbf":1502708421}'],
	['types', '<AdditionalClaims><Claim name="n" type="number">-1.5e3</Claim><Claim name="b" type="boolean">false</Claim><Claim name="m" type="map">{"a":{"b":"{request.header.i}"}}</Claim>' +
		'<Claim name="l" array="true">x, y</Claim><Claim name="j" array="true" type="number">[1,2]</Claim></AdditionalClaims>', '{"iat":N,"n":-1500.0,"b":false,"m":{"a":{"b":"h"}},"l":["x","y"],"j":[1,2]}'],
	['claims by reference', '<AdditionalClaims ref="c"><Claim name="z">1</Claim></AdditionalClaims>', '{"iat":N,"y":{"a":[]},"z":"1"}'],
	['lenient', '<IgnoreUnresolvedVariables>true</IgnoreUnresolvedVariables><Subject ref="nowhere"/>', '{"sub":"","iat":N}'],
];
for (const [what, more, want] of made) {
	test(`GenerateJWT: ${what}`, async () => {
		const r = await (await proxy(generate(more), { show: '{jwt.j.generated_jwt}', vars: { c: { literal: '{"y":{"a":[]}}' } } }))(undefined, { i: 'h', e: '10m' });
		expect(r, { status: 200 });
		const [, claims] = check(r.text, 'HS256'), body = JSON.parse(claims), text = claims.replace(`"iat":${body.iat}`, '"iat":N');
		if (typeof want === 'function')
			assert.ok(want(body), claims);
		else
			want instanceof RegExp ? assert.match(text, want) : assert.equal(text, want);
	});
}

test('GenerateJWT: headers', async () => {
	const r = await (await proxy(generate('<AdditionalHeaders><Claim name="p">q</Claim></AdditionalHeaders><CriticalHeaders>p</CriticalHeaders>'), { show: '{jwt.j.generated_jwt}' }))();
	assert.equal(check(r.text, 'HS256')[0], '{"typ":"JWT","alg":"HS256","p":"q","crit":["p"]}');
});

test('GenerateJWT: an encrypted private key', async () => {
	const locked = rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' });
	for (const [password, want] of [['open', { status: 200 }], ['shut', refused('KeyParsingFailed', 'Key Parsing Failed: policy(j)')]]) {
		const call = await proxy(generate('', '<PrivateKey><Value ref="private.pem"/><Password ref="private.pass"/></PrivateKey>', 'RS256'),
			{ show: '{jwt.j.generated_jwt}', vars: { 'private.pem': { literal: locked }, 'private.pass': { literal: password } } });
		const r = await call();
		expect(r, want, password);
		if (r.status === 200)
			check(r.text, 'RS256');
	}
});

test('GenerateJWT: what keeps it from a token', async () => {
	const rows = [['<Subject ref="nowhere"/>', refused('FailedToResolveVariable', 'Failed to Resolve Variable : policy(j) variable(nowhere)')],
		['<ExpiresIn ref="request.header.i"/>', refused('GenerationFailed', 'Generation Failed: policy(j) claim(exp)')],
		['<AdditionalClaims><Claim name="n" type="number">x</Claim></AdditionalClaims>', refused('GenerationFailed', 'Generation Failed: policy(j) claim(n)')],
		['<AdditionalClaims ref="request.header.i"/>', refused('InvalidJsonFormat', 'Invalid JSON Format: policy(j) in(request.header.i)')]];
	for (const [more, want] of rows)
		expect(await (await proxy(generate(more)))(undefined, { i: 'h' }), want, more);
	const key = (k) => proxy(generate('', '<PrivateKey><Value ref="private.pem"/></PrivateKey>', 'RS256'), { vars: { 'private.pem': { literal: k } } });
	expect(await (await key(pem(rsa.publicKey)))(), refused('KeyParsingFailed', 'Key Parsing Failed: policy(j)'));
	expect(await (await key(pem(ec['256'].privateKey)))(), refused('WrongKeyType', 'Wrong Key Type: policy(j) algorithm(RS256)'));
	expect(await (await key(pem(small.privateKey)))(), refused('InsufficientKeyLength', 'Insufficient Key Length: policy(j) algorithm(RS256)'));
});
