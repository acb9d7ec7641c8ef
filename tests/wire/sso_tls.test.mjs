// SPDX-License-Identifier: Apache-2.0
// The OAuth2 service over TLS: its certificate, HTTP/1.1 alone, and files that change.
// Invariant: files that cannot be used keep it from starting, with the name of what is wrong.
// Source: oauth2-service reference, section 0 (fact 1).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { folder, gateway, sleep } from './gateway.mjs';

const dir = folder(), at = (name) => join(dir, name);
for (const name of ['one', 'two'])
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', `/CN=${name}.example.com`, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)], { stdio: 'ignore' });
const use = (name) => ['pem', 'key'].forEach((kind) => copyFileSync(at(`${name}.${kind}`), at(`now.${kind}`)));
const set = { 'sso.tls.certificate': at('now.pem'), 'sso.tls.key': at('now.key') };
use('one');
const g = await gateway({ set, demo: false });
const greet = () => new Promise((ok, no) => {
	const s = tls.connect({ host: '127.0.0.1', port: g.ports.sso, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
		ok({ name: s.getPeerCertificate().subject.CN, protocol: s.alpnProtocol });
		s.destroy();
	}).on('error', no);
});

test('http/1.1 is all that it offers, and tokens say https', async () => {
	assert.deepEqual(await greet(), { name: 'one.example.com', protocol: 'http/1.1' });
	const { access_token: t } = (await g.login({}, { secure: true })).json;
	assert.equal(JSON.parse(Buffer.from(t.split('.')[1], 'base64url')).iss, `https://127.0.0.1:${g.ports.sso}/oauth/token`);
});

test('SIGHUP reads the files again; what is wrong changes nothing', async () => {
	writeFileSync(at('now.pem'), 'no certificate');
	g.proc.child.kill('SIGHUP');
	for (let i = 0; i < 100 && !g.proc.err.includes('reload_refused'); i++)
		await sleep(50);
	assert.equal((await greet()).name, 'one.example.com');
	use('two');
	g.proc.child.kill('SIGHUP');
	for (let i = 0; i < 100 && (await greet()).name !== 'two.example.com'; i++)
		await sleep(50);
	assert.equal((await greet()).name, 'two.example.com');
});

const wrong = [
	['a certificate without a key', { 'sso.tls.certificate': at('one.pem') }, /go together/],
	['a file that is not there', { ...set, 'sso.tls.certificate': at('none.pem') }, /none\.pem/],
	['a key of another certificate', { 'sso.tls.certificate': at('one.pem'), 'sso.tls.key': at('two.key') }, /one\.pem/],
];
for (const [what, bad, finding] of wrong)
	test(`refused: ${what}`, () => assert.rejects(gateway({ set: bad, demo: false }), (e) => finding.test(e.message)));
