// SPDX-License-Identifier: Apache-2.0
// TLS sessions, at both ends: openssl s_client takes its own up again at the gateway, and the gateway its at a target.
// Invariant: a session outlives a reload and serves every loop; a target is asked for a full handshake once.
// Source: RFC 8446 §2.2, RFC 5077; openssl-s_client(1).
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { certificate, keystore } from './certificates.mjs';
import { expect, folder, gateway, targetEndpoint, until } from './gateway.mjs';

const dir = folder();

// One request on a connection of its own; the words of s_client about the session.
function sClient(g, ...more) {
	const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${g.ports.https}`, '-servername', 'acme-test.localhost', '-ign_eof', ...more],
		{ stdio: ['pipe', 'pipe', 'ignore'] });
	child.stdin.write(`GET /here HTTP/1.1\r\nHost: acme-test.localhost\r\nConnection: close\r\n\r\n`);
	let text = '';
	child.stdout.setEncoding('utf8').on('data', (s) => { text += s; });
	return new Promise((ok) => child.on('close', () => ok({ text, reused: /^Reused, TLSv1/m.test(text), answered: text.includes('HTTP/1.1 200') })));
}

test('a client takes its session up again', async (t) => {
	const g = await gateway({ set: { workers: 2 } });
	await g.proxy('here', { vhosts: ['secure'] });
	const loaded = () => g.proc.err.split('\n').filter((l) => l.includes('"reloaded"')).length;
	for (const version of ['-tls1_3', '-tls1_2'])
		await t.test(version, async () => {
			const file = join(dir, `session${version}`);
			const round = async (what, reused, ...more) => {
				const r = await sClient(g, version, '-sess_out', file, ...more);
				assert.ok(r.answered, `${what}: ${r.text}`);
				assert.equal(r.reused, reused, `${what}: ${r.text}`);
			};
			await round('first', false);
			await round('again', true, '-sess_in', file);
			// A new connection goes to the loop that has the fewest: one that is held sends the next elsewhere.
			const held = tls.connect({ port: g.ports.https, host: '127.0.0.1', rejectUnauthorized: false });
			await new Promise((ok) => held.on('secureConnect', ok));
			await round('on another loop', true, '-sess_in', file);
			await round('and again', true, '-sess_in', file);
			const before = loaded();
			g.proc.child.kill('SIGHUP');
			await until(() => loaded() === before + 1);
			await round('after a reload', true, '-sess_in', file);
			held.destroy();
		});
	await g.stop();
});

test('a target is asked for a full handshake once', async (t) => {
	const key = join(dir, 'key.pem'), cert = join(dir, 'cert.pem');
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
		'-keyout', key, '-out', cert], { stdio: 'ignore' });
	const pair = { key: readFileSync(key), cert: readFileSync(cert) };
	const g = await gateway({ set: { workers: 1 } });
	for (const version of ['TLSv1.3', 'TLSv1.2'])
		await t.test(version, async () => {
			const seen = [];
			const server = https.createServer({ ...pair, minVersion: version, maxVersion: version }, (req, res) => {
				seen.push(req.socket.isSessionReused());
				res.setHeader('Connection', 'close').end('ok');
			});
			await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
			const name = version.replace(/\W/g, '');
			const url = `https://localhost:${server.address().port}`;
			const target = targetEndpoint({ url }).replace('</URL>', '</URL><SSLInfo><Enabled>true</Enabled><IgnoreValidationErrors>true</IgnoreValidationErrors></SSLInfo>');
			await g.proxy(name, { target: url, files: { 'apiproxy/targets/default.xml': target } });
			for (let i = 0; i < 4; i++)
				expect(await g.call(`/${name}`), { status: 200, body: 'ok' });
			assert.deepEqual(seen, [false, true, true, true]);
			await new Promise((ok) => server.close(ok));
		});
	await g.stop();
});

test('an RSA key: handshakes leave the loop, and some clients leave them', async () => {
	const g = await gateway({ set: { workers: 1 } });
	await keystore(g, 'rsa', { a: certificate('rsa.example', { rsa: true, names: ['rsa.example'] }) });
	await g.must('/environments/test/virtualhosts', { body: { name: 'rsa', port: String(g.ports.https), hostAliases: ['rsa.example'],
		sSLInfo: { enabled: 'true', keyStore: 'rsa', keyAlias: 'a' } } });
	await g.proxy('here', { vhosts: ['rsa'] });
	const one = (leaves) => new Promise((ok) => {
		let text = '';
		const s = tls.connect({ port: g.ports.https, host: '127.0.0.1', servername: 'rsa.example', rejectUnauthorized: false, maxVersion: leaves % 2 ? 'TLSv1.2' : 'TLSv1.3' });
		s.on('error', () => {}).on('data', (d) => { text += d; }).on('close', () => ok(text));
		s.on('secureConnect', () => s.write('GET /here HTTP/1.1\r\nHost: rsa.example\r\nConnection: close\r\n\r\n'));
		if (leaves % 3 === 2)
			s.on('connect', () => setTimeout(() => s.destroy(), leaves % 5));
	});
	const got = await Promise.all(Array.from({ length: 60 }, (_, i) => one(i)));
	got.forEach((text, i) => assert.ok(i % 3 === 2 || text.startsWith('HTTP/1.1 200'), `${i}: ${text}`));
	const late = Array.from({ length: 20 }, () => one(0));           // and the end of the server finds some away
	assert.equal((await g.stop()).code, 0);
	await Promise.all(late);
});
