// SPDX-License-Identifier: Apache-2.0
// GenerateJWT and VerifyJWT against the library `jose`, unmodified: it reads what we make and makes what we read.
// Invariant: one library's token is the other's, for every algorithm, by PEM and by key set.
// Source: https://github.com/panva/jose, as Debian has it (node-jose).
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { esc, expect, gateway, origin, say } from './gateway.mjs';

const jose = createRequire('/usr/share/nodejs/')('/usr/share/nodejs/jose'); // tools/deps test installs it
const g = await gateway();
const assign = (name, value) => `<AssignMessage><AssignVariable><Name>${name}</Name><Value>${esc(value)}</Value></AssignVariable></AssignMessage>`;
let sets = { keys: [] };
const server = await origin((one, res) => res.end(JSON.stringify(sets)));
let n = 0;

async function pair(alg) {
	if (alg.startsWith('HS')) {
		const key = Buffer.from('0123456789abcdef'.repeat(4));
		return { sign: key, check: key, value: key.toString(), verify: '<SecretKey><Value ref="private.k"/></SecretKey>', make: '<SecretKey><Id>kid</Id><Value ref="private.k"/></SecretKey>' };
	}
	const { privateKey, publicKey } = await jose.generateKeyPair(alg);
	sets.keys.push({ ...await jose.exportJWK(publicKey), kid: alg, alg });
	return { sign: privateKey, check: publicKey, value: await jose.exportPKCS8(privateKey), pem: await jose.exportSPKI(publicKey),
		verify: `<PublicKey><JWKS uri="${server.url}/${alg}"/></PublicKey>`, make: `<PrivateKey><Value ref="private.k"/><Id>${alg}</Id></PrivateKey>` };
}

for (const alg of ['HS', 'RS', 'PS', 'ES'].flatMap((f) => ['256', '384', '512'].map((b) => f + b))) {
	test(`${alg}: jose reads what we make, and makes what we read`, async () => {
		const k = await pair(alg), name = `i${n++}`;
		await g.proxy(`${name}-make`, { pre: { request: ['k', 'j'] }, post: { response: ['show'] }, policies: { k: assign('private.k', k.value), show: say('{out}'),
			j: `<GenerateJWT><Algorithm>${alg}</Algorithm>${k.make}<Subject>s</Subject><Issuer>i</Issuer><Audience>a,b</Audience><ExpiresIn>5m</ExpiresIn><Id/><OutputVariable>out</OutputVariable></GenerateJWT>` } });
		const { text } = await g.call(`/${name}-make`);
		const { payload, protectedHeader } = await jose.jwtVerify(text, k.check, { issuer: 'i', audience: 'b', subject: 's', algorithms: [alg], typ: 'JWT', maxTokenAge: '1m' });
		assert.equal(payload.exp - payload.iat, 300);
		assert.equal(protectedHeader.alg, alg);

		const theirs = () => new jose.SignJWT({ n: 1 }).setProtectedHeader({ alg, kid: alg }).setIssuer('i').setAudience(['x', 'a']).setExpirationTime('5m').setIssuedAt().setNotBefore('0s').sign(k.sign);
		for (const [how, key] of [['configured', k.verify], ...k.pem ? [['PEM', `<PublicKey><Value>${k.pem}</Value></PublicKey>`]] : []]) {
			await g.proxy(`${name}-${how}`, { pre: { request: ['k', 'j'] }, post: { response: ['show'] }, policies: { k: assign('private.k', k.value), show: say('{jwt.j.claim.n}'),
				j: `<VerifyJWT><Algorithm>${alg}</Algorithm>${key}<Issuer>i</Issuer><Audience>a</Audience></VerifyJWT>` } });
			const token = await theirs();
			for (const t of [token, token, text])
				expect(await g.call(`/${name}-${how}`, { headers: { Authorization: `Bearer ${t}` } }), { status: 200, body: t === text ? '' : '1' }, how);
		}
	});
}
