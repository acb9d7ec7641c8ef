// SPDX-License-Identifier: Apache-2.0
// private_key_jwt: clients that sign who they are, by Node's crypto.
// Invariant: an assertion that is wrong in any way is answered like a wrong secret, and a good one is good once.
// Source: RFC 7523 §3, RFC 8725; oauth2-service reference, 1.3, 3.8.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import test from 'node:test';
import { expect, gateway } from './gateway.mjs';
import { BAD, claims, client, refusal } from './sso.mjs';

const g = await gateway();
const admin = await g.ssoAdmin(), issuer = `http://127.0.0.1:${g.ports.sso}/oauth/token`, TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }), ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }), other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (pair, o) => ({ ...pair.publicKey.export({ format: 'jwk' }), ...o });
const keys = [jwk(rsa, { kid: 'r' }), jwk(ec, { kid: 'e', use: 'sig', alg: 'ES256' })];
const members = { authorized_grant_types: ['client_credentials', 'password', 'refresh_token'], authorities: ['uaa.resource'], scope: ['openid'] };
await client(g, 'signs', { ...members, jwks: { keys } });
await client(g, 'has-none', { ...members, client_secret: 'secret' });

const b64 = (v) => Buffer.from(typeof v === 'string' ? v : JSON.stringify(v)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const good = () => ({ iss: 'signs', sub: 'signs', aud: issuer, exp: now() + 60, iat: now(), jti: randomUUID() });
function jwt(payload = {}, { alg = 'RS256', kid = 'r', key = rsa.privateKey, header = {} } = {}) {
	const text = `${b64({ alg, kid, ...header })}.${b64({ ...good(), ...payload })}`;
	const s = alg === 'none' ? Buffer.alloc(0) : alg === 'HS256' ? createHmac('sha256', rsa.publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest()
		: sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363', ...(alg[0] === 'P' ? { padding: 6, saltLength: 32 } : {}) });
	return `${text}.${s.toString('base64url')}`;
}
const ask = (client_assertion, fields = {}, o = {}) => g.sso(o.path ?? '/oauth/token', { client: null, ...o,
	form: { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion, ...fields } });

const accepted = [
	['RS256', jwt()], ['PS256', jwt({}, { alg: 'PS256' })], ['ES256', jwt({}, { alg: 'ES256', kid: 'e', key: ec.privateKey })], ['no kid', jwt({}, { kid: undefined })],
	['several audiences', jwt({ aud: ['https://other.example', issuer] })], ['a clock that is ahead', jwt({ iat: now() + 10, nbf: now() + 10 })], ['no iat', jwt({ iat: undefined })],
	['client_id beside it', jwt(), { client_id: 'signs' }],
];
for (const [what, text, fields] of accepted)
	test(`good: ${what}; once`, async () => {
		assert.equal(claims(expect(await ask(text, fields), { status: 200 }).json.access_token).client_id, 'signs');
		expect(await ask(text, fields), { status: 401, body: BAD });
	});

const foreign = { alg: 'RS256', kid: 'r', key: other.privateKey };
const refused = [
	['another key', jwt({}, foreign)], ['another kid', jwt({}, { kid: 'x' })], ["another key's kid", jwt({}, { kid: 'e' })], ['none', jwt({}, { alg: 'none' })],
	['the public key as a secret', jwt({}, { alg: 'HS256' })], ['a critical header', jwt({}, { header: { crit: ['b64'], b64: false } })], ['an algorithm that the key does not serve', jwt({}, { alg: 'ES256', kid: 'r' })],
	['no exp', jwt({ exp: undefined })], ['over', jwt({ exp: now() - 1 })], ['too far ahead', jwt({ exp: now() + 3700 })], ['an exp that is a text', jwt({ exp: String(now() + 60) })], ['a huge exp', jwt({ exp: 1e300 })],
	['not yet', jwt({ nbf: now() + 300 })], ['from the future', jwt({ iat: now() + 300 })], ['for another', jwt({ aud: 'https://other.example' })], ['for nobody', jwt({ aud: undefined })], ['for a number', jwt({ aud: [7] })],
	['no jti', jwt({ jti: undefined })], ['an empty jti', jwt({ jti: '' })], ['a long jti', jwt({ jti: 'x'.repeat(256) })], ['iss of another', jwt({ iss: 'edgecli' })], ['no iss', jwt({ iss: undefined })],
	['an unknown client', jwt({ iss: 'nobody', sub: 'nobody' })], ['a client without keys', jwt({ iss: 'has-none', sub: 'has-none' })], ['a sub that is a number', jwt({ sub: 7, iss: 7 })], ['no JWT', 'x'], ['two parts', 'a.b'],
	['claims that are a list', `${b64({ alg: 'RS256', kid: 'r' })}.${b64('[]')}.${b64('x')}`], ['deep claims', `${b64({ alg: 'RS256' })}.${b64('['.repeat(5000))}.${b64('x')}`], ['too long', jwt({ x: 'x'.repeat(70000) })],
];
for (const [what, text] of refused)
	test(`refused: ${what}`, async () => { expect(await ask(text), { status: 401, body: BAD }); });

test('one way at a time, of the type that there is', async () => {
	const two = refusal('invalid_request', 'The client says who it is in more than one way');
	expect(await ask(jwt(), { client_secret: 'x' }), { status: 400, body: two });
	expect(await ask(jwt(), {}, { client: 'has-none:secret' }), { status: 400, body: two });
	expect(await ask(jwt(), { client_assertion_type: 'magic' }), { status: 400, body: refusal('invalid_request', 'Unsupported client_assertion_type: magic') });
	expect(await ask(jwt(), { client_id: 'has-none' }), { status: 401, body: BAD });
	expect(await g.sso('/oauth/token', { client: null, form: { grant_type: 'client_credentials', client_id: 'signs' } }), { status: 401, body: BAD });   // it is no public client
});

test('wherever a client says who it is', async () => {
	const login = await ask(jwt(), { grant_type: 'password', username: g.user, password: g.pass }), t = expect(login, { status: 200 }).json;
	assert.equal(expect(await ask(jwt(), { grant_type: 'refresh_token', refresh_token: t.refresh_token }), { status: 200 }).json.refresh_token, t.refresh_token);
	for (const path of ['/introspect', '/check_token', '/oauth/revoke'])
		expect(await ask(jwt(), { token: t.access_token }, { path }), { status: 200 }, path);
	const d = (await g.sso('/.well-known/openid-configuration')).json;
	for (const at of ['token', 'introspection', 'revocation']) {
		assert.ok(d[`${at}_endpoint_auth_methods_supported`].includes('private_key_jwt'));
		assert.deepEqual(d[`${at}_endpoint_auth_signing_alg_values_supported`], ['RS', 'PS', 'ES'].flatMap((f) => [256, 384, 512].map((n) => f + n)));
	}
});

test('64 times the same at once: one is good', async () => {
	const text = jwt(), all = await Promise.all(Array.from({ length: 64 }, () => ask(text)));
	assert.deepEqual([all.filter((r) => r.status === 200).length, all.filter((r) => r.text === BAD).length], [1, 63]);
});

test('keys are registered, shown, replaced', async () => {
	const call = (path, o) => g.ssoCall(`/oauth/clients${path}`, { token: admin, ...o }), body = { client_id: 'k', ...members };
	assert.deepEqual(expect(await call('/signs'), { status: 200 }).json.jwks, { keys });
	const secret = { kty: 'oct', k: b64('x'.repeat(32)), kid: 's' }, RULE = 'jwks takes {"keys":[...]}, 1 to 10 public RSA or EC keys', PRIVATE = 'jwks takes public keys: one has a private part, or is a secret';
	const rows = [
		[{ keys: [] }, RULE], [{}, RULE], ['x', RULE], [{ keys: Array(11).fill(keys[0]) }, RULE], [{ keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA' }] }, RULE], [7], [[]],
		[{ keys: [{ ...rsa.privateKey.export({ format: 'jwk' }) }] }, PRIVATE], [{ keys: [secret] }, PRIVATE], [undefined, 'Client secret is required for client_credentials grant type'],
	];
	for (const [jwks, text] of rows)
		expect(await call('', { body: { ...body, jwks } }), { status: 400, ...(text ? { body: refusal('invalid_client', text) } : {}) }, JSON.stringify(jwks));
	expect(await call('', { body: { ...body, jwks: { keys }, jwks_uri: 'https://keys.example' } }), { status: 400, body: /jwks_uri/ });   // nothing is fetched
	expect(await call('', { body: { ...body, jwks: JSON.stringify({ keys: [jwk(other)] }) } }), { status: 201 });                     // a text, as some write it
	const as_k = (key) => ask(jwt({ iss: 'k', sub: 'k' }, { key, kid: undefined }));
	expect(await as_k(other.privateKey), { status: 200 });
	expect(await call('/k', { method: 'PUT', body: { ...body, jwks: { keys } } }), { status: 200 });
	expect(await as_k(other.privateKey), { status: 401, body: BAD });
	expect(await as_k(rsa.privateKey), { status: 200 });
	expect(await call('/k', { method: 'PUT', body }), { status: 400 });                                                             // it would have nothing left
});
