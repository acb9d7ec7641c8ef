// SPDX-License-Identifier: Apache-2.0
// What tests of the OAuth2 service share: a seeded store, codes of the second factor, JWTs looked into.
// Invariant: seed() goes through the program's own calls; on SQLite the server rests meanwhile.
// Source: tests/tools/sso_seed.c; RFC 4226, RFC 6238.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { dirname, join } from 'node:path';
import { binary, expect, sleep } from './gateway.mjs';

export const edgecli = 'edgecli:edgeclisecret';
export const refusal = (error, text) => JSON.stringify({ error, error_description: text });
export const BAD = refusal('unauthorized', 'Bad credentials');
export const BAD_CODE = refusal('unauthorized', 'Error: Invalid MFA code.');
export const LOCKED = refusal('unauthorized', 'Your account has been locked because of too many failed attempts to login.');
export const part = (jwt, i) => Buffer.from(jwt.split('.')[i], 'base64url').toString();
export const claims = (jwt) => JSON.parse(part(jwt, 1));
export const seeder = process.env.GATEHOUSE_SEED ?? join(process.env.GATEHOUSE_BUILD ?? dirname(binary), 'tests/tools/sso_seed');

// seed(g, ['user a@x pass', 'totp a@x SECRET', ['client', 'secret', { ... }], ...]), a row of tests/tools/sso_seed.c each.
export async function seed(g, lines) {
	const store = g.set.store ?? `sqlite:${g.dir}`, rests = !g.set.store;
	if (rests)
		assert.equal((await g.stop()).code, 0);
	const input = lines.map((l) => (Array.isArray(l) ? `${l[0]} ${l[1]} ${JSON.stringify(l[2])}` : l)).join('\n');
	const r = spawnSync(seeder, [store, join(g.dir, 'secret.key')], { input, encoding: 'utf8' });
	assert.equal(r.status, 0, r.stderr);
	if (rests)
		await g.start();
}

// A client made through the service's own administration; gives 'id:secret', or null without a secret.
export async function client(g, client_id, members) {
	expect(await g.ssoCall('/oauth/clients', { token: await g.ssoAdmin(), body: { client_id, ...members } }), { status: 201 });
	return members.client_secret === undefined ? null : `${client_id}:${members.client_secret}`;
}

// The code of a moment, by Node's crypto.
export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const base32 = (text) => {
	const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
	return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
};
export function totp(secret = SECRET, at = Date.now()) {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
	const h = createHmac('sha1', base32(secret)).update(counter).digest(), o = h.at(-1) & 15;
	return String((h.readUInt32BE(o) & 0x7fffffff) % 1000000).padStart(6, '0');
}
// Waits until a code is good for `ms` longer, so that no half minute ends in the middle of a test.
export async function settledHalfMinute(ms = 10000) {
	const left = 30000 - Date.now() % 30000;
	if (left < ms)
		await sleep(left + 50);
}

// Hashes since the start of the server, by its own count.
export async function passwordHashes(g) {
	return +/^gatehouse_password_hashes_total (\d+)$/m.exec((await g.mgmt('', { path: '/metrics' })).text)[1];
}
