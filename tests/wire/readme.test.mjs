// SPDX-License-Identifier: Apache-2.0
// The README's own code blocks, run line by line in a shell, and held against what the program prints.
// Invariant: README, docs/walk/walk.sh and the hints of --demo are one text; what it promises happens.
// Source: README.md.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { binary, demo, fault, folder, gateway, launch, root } from './gateway.mjs';

const read = (file) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md'), man = read('docs/man/gatehouse.1'), script = read('docs/walk/walk.sh');
const walk = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map((m) => m[1].trimEnd().split('\n')).flat().filter((l) => /^(ADMIN|APP|TOKEN|curl)\b/.test(l));

const g = await gateway({ user: 'admin@example.com' });
// The ports and the password of this start, where the README has the usual ones.
const here = (text) => text.replaceAll('127.0.0.1:8080', `127.0.0.1:${g.ports.management}`).replaceAll('localhost:9001', `localhost:${g.ports.http}`)
	.replaceAll('localhost:9443', `localhost:${g.ports.https}`).replaceAll('127.0.0.1:9099', `127.0.0.1:${g.ports.sso}`).replaceAll('PASSWORD', g.pass);

test('README and walk.sh are the same lines', () => {
	assert.deepEqual(walk, script.split('\n').filter((l) => l && !l.startsWith('#')));
});

test('--demo prints them, with its own addresses', () => {
	for (const line of walk)
		assert.ok(g.proc.err.includes(here(line).replace(g.pass, 'PASSWORD')), line);
	assert.ok(!g.proc.err.includes(g.pass));
});

test('on a terminal the password that was made is shown once, and is in no file', async () => {
	const dir = folder(), listen = ['management', 'gateway.default', 'gateway.secure', 'sso', 'mocktarget'].map((k) => `--set ${k}.listen=127.0.0.1:0`);
	const start = () => promisify(execFile)('script', ['-qec', `timeout -s TERM 3 ${binary} serve --data ${dir} --demo ${listen.join(' ')}`, '/dev/null'],
		{ env: { PATH: process.env.PATH } }).catch((e) => e);
	const shown = /^ADMIN='admin@example\.com:([A-Za-z0-9]{20})'\r?$/gm;
	const [[, password], ...more] = [...(await start()).stdout.matchAll(shown)];
	assert.equal(more.length, 0);
	assert.doesNotMatch((await start()).stdout, shown);
	for (const f of readdirSync(dir, { withFileTypes: true }).filter((e) => e.isFile()).map((e) => e.name)) // not the socket
		assert.ok(!readFileSync(join(dir, f)).includes(password), f);
});

// One shell runs all lines; between them it prints a mark.
const MARK = '\u0001';
const lines = walk.map(here);
const { stdout } = await promisify(execFile)('bash', ['-c', lines.map((l) => `${l}\necho; printf '${MARK}'`).join('\n')], { timeout: 60000 });
const said = stdout.split(MARK).map((s) => s.trim()).slice(0, lines.length);
const nth = (what, n = 0) => said[lines.map((l, i) => [l, i]).filter(([l]) => what.test(l))[n][1]];

test('the apps', () => {
	const [id, ...more] = JSON.parse(nth(/^curl.*\/apps$/));
	assert.equal(more.length, 0);
	const app = JSON.parse(nth(/^curl.*\/apps\/\$APP$/));
	assert.deepEqual([app.appId, app.name, app.credentials[0].consumerKey, app.credentials[0].consumerSecret], [id, demo.app, demo.key, demo.secret]);
});

test('no token, no weather', () => {
	assert.match(nth(/^curl -i http/), /^HTTP\/1\.1 401 Unauthorized\r?\n/);
	assert.ok(nth(/^curl -i http/).endsWith(fault('oauth.v2.InvalidAccessToken', 'Invalid access token')));
});

test('a token', () => {
	const t = JSON.parse(nth(/acme-test.*client_id=/));
	assert.match(t.access_token, /^[A-Za-z0-9]{28}$/);
	assert.deepEqual([t.status, t.token_type, t.expires_in], ['approved', 'BearerToken', '3599']);
});

test('with a token the weather answers, and the target sees none', () => {
	assert.equal(JSON.parse(nth(/weather\/json/, 1)).firstName, 'John');
	assert.equal(JSON.parse(nth(/weather\/echo/)).headers.authorization, undefined);
});

test('revoked', () => {
	assert.equal(JSON.parse(nth(/action=revoke/)).status, 'revoked');
	assert.ok(nth(/weather\/json/, 2).endsWith(fault('keymanagement.service.access_token_not_approved', 'Access Token not approved')));
});

test('a person logs in, and the token opens the management API', () => {
	assert.equal(JSON.parse(nth(/9099|oauth\/token -d/)).token_type, 'bearer');
	assert.deepEqual(JSON.parse(nth(/Bearer.*\/apis$/)), ['helloworld', 'oauth', 'weatherapi']);
});

test('oauth in prod: first not, then there', () => {
	assert.match(nth(/acme-prod/), /ApplicationNotFound/);
	assert.deepEqual(JSON.parse(nth(/deployments$/)).state, 'deployed');
	assert.equal(JSON.parse(nth(/acme-prod/, 1)).status, 'approved');
});

test('every verb and option is in the manual', async () => {
	const verbs = (await launch(['--help']).ended).out.match(/^ {2}[a-z]+(?= )/gm).map((s) => s.trim());
	assert.ok(verbs.length >= 5);
	for (const verb of verbs) {
		assert.match(man, new RegExp(`^\\.Cm ${verb}$`, 'm'));
		for (const [, option] of (await launch([verb, '--help']).ended).out.matchAll(/^ {2}--([a-z-]+)/gm))
			assert.ok(man.includes(`Fl -${option}`), `${verb} --${option}`);
	}
});

test('the manual is well formed', (t) => {
	try {
		execFileSync('mandoc', ['-Tlint', '-Wwarning', ...['gatehouse', 'get_token', 'acurl'].map((m) => join(root, `docs/man/${m}.1`))]);
	} catch (e) {
		if (e.code === 'ENOENT')
			return t.skip('no mandoc here');
		assert.fail(e.stdout.toString());
	}
});

test('files that the documents name are there', () => {
	for (const file of ['README.md', 'docs/ARCHITECTURE.md', 'docs/CONTRIBUTING.md'])
		for (const [, path] of read(file).matchAll(/`((?:src|docs|etc|tests|tools|packaging|bundles|bench)\/[\w./-]+)`/g))
			assert.ok(/my_|NNNN/.test(path) || execFileSync('bash', ['-c', `compgen -G "${path}"* || true`], { cwd: root }).length, `${file}: ${path}`);
});

test('it ends in order', async () => { assert.equal((await g.stop()).code, 0); });
