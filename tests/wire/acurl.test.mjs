// SPDX-License-Identifier: Apache-2.0
// acurl: what goes to get_token, what to curl, its exit codes; and the bundle that the service hands out.
// Invariant: the token is in no argument of any process.
// Source: oauth2-service reference, 5.1 and 5.7; acurl(1).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { expect, folder, gateway, root, sleep, unzip } from './gateway.mjs';
import { Home, mock, token, tools } from './sso_mock.mjs';

const run = (cmd, args, o) => promisify(execFile)(cmd, args, o).then((r) => ({ code: 0, ...r }), (e) => e);
const ME = 'me@example.com', OK = ['-u', `${ME}:Pa55word`, '-m', ''];
const seenBy = (server) => server.seen.filter((s) => s.url.startsWith('/v1'));

const rows = [
	{ what: 'a GET', args: [...OK], then: ({ call, home }) => {
		assert.equal(call.method, 'GET');
		assert.equal(call.headers.authorization, `Bearer ${home.kept(ME).access_token}`);
	} },
	{ what: 'options of get_token behind the address and between curl\'s', args: ['-X', 'PUT', '-m', '', '-d', 'x=1', '-u', `${ME}:Pa55word`], then: ({ call }) => {
		assert.equal(call.method, 'PUT');
		assert.equal(call.body, 'x=1');
	} },
	{ what: 'headers are kept', args: [...OK, '-H', 'X-One: 1', '-H', 'Accept: text/xml'], then: ({ call }) =>
		assert.deepEqual([call.headers['x-one'], call.headers.accept], ['1', 'text/xml']) },
	...['-H|Authorization: Basic x', '-H|authorization: Basic x', '-HAuthorization: Basic x', '--header|AUTHORIZATION:x'].map((h) => ({
		what: `left out: ${h}`, args: [...OK, ...h.split('|')], then: ({ call }) => {
			assert.match(call.headers.authorization, /^Bearer /);
			assert.equal(call.raw.filter((x) => /^authorization$/i.test(x)).length, 1);
		} })),
	{ what: 'a kept token', args: [], before: (h) => h.keep(ME, token(ME)) },
	{ what: 'an expired one is refreshed', args: [], before: (h) => h.keep(ME, token(ME, -9)) },
	{ what: 'a passcode', args: ['-p', 'Code12'] },
	{ what: 'a passcode is advertised, a password forced', server: { passcode: true }, args: [...OK, '--force-basic-auth'] },
	{ what: '--write-valid-token', args: [...OK, '--write-valid-token'], then: ({ home }) =>
		assert.equal(readFileSync(join(home.dir, '.sso-cli/valid_token.dat'), 'utf8'), home.kept(ME).access_token) },
	{ what: 'a body of spaces and globs', args: [...OK, '-d', 'a b * [c] "d"'], then: ({ call }) => assert.equal(call.body, 'a b * [c] "d"') },
	{ what: 'what curl reads from standard input', args: [...OK, '-d', '@-'], input: 'from stdin', then: ({ call }) => assert.equal(call.body, 'from stdin') },
	{ what: 'a password on the first line, the body behind it', args: ['-u', ME, '-m', '', '-d', '@-'], input: 'Pa55word\nbody', then: ({ call }) => assert.equal(call.body, 'body') },
	{ what: 'a password typed', args: ['-u', ME], typed: ['Pa55word', ''], then: ({ r }) => assert.ok(!r.terminal.shown.includes('Pa55word')) },
	{ what: 'curl\'s own long names', args: [...OK, '--max-time', '9'] },
	{ what: '-v goes to both', args: [...OK, '-v'], err: [/acurl: \/oauth\/token: 200/, /> GET \/v1/] },
	{ what: 'curl\'s exit: 22 for --fail', args: [...OK, '--fail'], server: { api: { status: 404, text: 'no' } }, code: 22 },
	{ what: 'curl\'s exit: 0 for a 404', args: [...OK], server: { api: { status: 404, text: 'no' } }, out: 'no' },
	{ what: 'curl\'s exit: 7 where nobody listens', args: OK, api: 'http://127.0.0.1:1/v1', code: 7 },
	{ what: 'curl\'s exit: 2 for an option that it does not have', args: [...OK, '--frobnicate'], code: 2 },
	{ what: 'a wrong password', args: ['-u', `${ME}:no`, '-m', ''], code: 22, err: /Bad credentials/, uncalled: true },
	{ what: 'no SSO server', url: 'http://127.0.0.1:1', args: OK, code: 21, err: /Failure to communicate/, uncalled: true },
	{ what: 'no SSO_LOGIN_URL', env: { SSO_LOGIN_URL: null }, args: OK, code: 11, err: /SSO_LOGIN_URL/, uncalled: true },
	{ what: 'bad characters', args: ['-p', 'a-b'], code: 13, uncalled: true },
	{ what: 'a token of somebody else', args: ['-p', 'Code12', '-u', 'x@y.z'], code: 14, uncalled: true },
	{ what: '-u without a name', args: ['-u', '-s'], code: 2, err: /-u needs a value/, uncalled: true },
	{ what: '-m at the end', args: ['-m'], code: 2, err: /-m needs a value/, uncalled: true },
	{ what: '-p with an option behind it', args: ['-p', '-v'], code: 2, err: /-p needs a value/, uncalled: true },
	{ what: '-h', args: ['-h'], code: 1, err: /^Usage: acurl/, uncalled: true },
	{ what: 'no curl', args: OK, env: { PATH: '/nonexistent' }, code: 127, err: /cannot run curl/, uncalled: true },
	{ what: 'ACURL_TEST shows the parts', args: [...OK, '-X', 'GET'], env: { ACURL_TEST: '1' }, err: [/user=me@example\.com password=\(given\)/, /curl: -X/] },
	{ what: 'ACURL_TEST=exit', args: OK, env: { ACURL_TEST: 'exit' }, code: 100, uncalled: true },
];
for (const row of rows) {
	test(row.what, async () => {
		const server = await mock(row.server), home = new Home(row.url ?? server.url);
		row.before?.(home);
		const r = await home.run('acurl', [row.api ?? `${server.url}/v1/organizations/acme`, '-sS', ...row.args], row);
		const seen = `\n exit ${r.code}\n out ${r.out}\n err ${r.err}`;
		assert.equal(r.code, row.code ?? 0, seen);
		for (const re of [row.err ?? []].flat())
			assert.match(r.err, re, seen);
		if (row.out !== undefined)
			assert.equal(r.out, row.out);
		if (row.uncalled)
			assert.deepEqual([seenBy(server).length, r.out], [0, ''], seen);
		assert.ok(!r.err.includes('Pa55word'), seen);
		const [call] = seenBy(server);
		if (!row.code && !row.out)
			assert.equal(r.out, JSON.stringify(call), seen);
		row.then?.({ home, server, r, call });
		await server.close();
	});
}

test('--help names everything, on stdout', async () => {
	const r = await new Home().run('acurl', ['--help']);
	assert.deepEqual([r.code, r.err], [0, '']);
	for (const o of ['-u', '-m', '-p', '-v', '-h', '-H', '--force-basic-auth', '--write-valid-token'])
		assert.ok(r.out.includes(o), o);
});

test('the token is in no argument', async () => {
	const held = [], server = await mock({ api: (one, res) => { held.push(res); } }), home = new Home(server.url);
	const done = home.run('acurl', [`${server.url}/v1/x`, '-s', ...OK]);
	while (!held.length)
		await sleep(5);
	const all = readdirSync('/proc').filter((p) => /^\d+$/.test(p)).map((p) => {
		try { return readFileSync(`/proc/${p}/cmdline`, 'latin1') + readFileSync(`/proc/${p}/environ`, 'latin1'); } catch { return ''; }
	});
	assert.ok(all.some((c) => c.startsWith('curl\0-H\0@/dev/fd/')));
	assert.ok(!all.some((c) => c.includes(home.kept(ME).access_token)));
	held[0].end('done');
	assert.equal((await done).out, 'done');
});

const g = await gateway();
const PATH_ = '/resources/scripts/sso-cli/ssocli-bundle.zip';
const opened = (dir, zip) => { for (const [n, b] of Object.entries(unzip(zip))) writeFileSync(join(dir, n), b, { mode: 0o755 }); };

test('the management API of the product', async () => {
	const home = new Home(`http://127.0.0.1:${g.ports.sso}`), url = `http://127.0.0.1:${g.ports.management}/v1/organizations/acme`;
	const r = await home.run('acurl', [url, '-sS', '--force-basic-auth', '-u', `${g.user}:${g.pass}`, '-m', '']);
	assert.equal(r.code, 0, r.err);
	assert.equal(JSON.parse(r.out).name, 'acme');
	const kept = await home.run('acurl', [`${url}/apis`, '-sS', '--fail']);
	assert.ok(JSON.parse(kept.out).includes('oauth'), kept.err);
	const refused = await home.run('acurl', [`${url}/apis/ghost`, '-sS', '--fail']);
	assert.equal(refused.code, 22, refused.err);
});

test('the bundle: three programs, as they lie beside the server', async () => {
	const r = expect(await g.sso(PATH_), { status: 200, headers: { 'content-type': 'application/zip', etag: /^"[0-9a-f]{32}"$/ } });
	const files = unzip(r.bytes);
	assert.deepEqual(Object.keys(files), ['get_token', 'acurl', 'install']);
	for (const t of ['get_token', 'acurl'])
		assert.ok(files[t].equals(readFileSync(join(tools, t))));
	assert.ok(files.install.equals(readFileSync(join(root, 'packaging/sso-cli/install'))));
	expect(await g.sso(PATH_, { headers: { 'If-None-Match': r.headers.etag } }), { status: 304, body: '' });
	assert.equal((await g.sso(PATH_)).headers.etag, r.headers.etag);
	expect(await g.sso(PATH_, { method: 'HEAD' }), { status: 200, body: '', headers: { 'content-length': String(r.bytes.length) } });
	expect(await g.sso(PATH_, { method: 'POST', body: '' }), { status: 405 });
	const dir = folder(), zip = join(dir, 'b.zip');
	writeFileSync(zip, r.bytes);
	assert.equal((await run('unzip', ['-q', zip, '-d', dir])).code, 0);
	assert.deepEqual(['get_token', 'acurl', 'install'].map((f) => statSync(join(dir, f)).mode & 0o777), [0o755, 0o755, 0o755]);
});

test('eight first requests at once', async () => {
	const other = await gateway({ demo: false });
	const all = await Promise.all(Array.from({ length: 8 }, () => other.sso(PATH_)));
	assert.deepEqual(all.map((r) => r.status), Array(8).fill(200));
	assert.equal(new Set(all.map((r) => r.headers.etag + r.bytes.length)).size, 1);
	await other.stop();
});

const installs = [
	['into a folder', (to) => ['-b', to], 0, /^installed .*\/get_token\ninstalled .*\/acurl\n$/, /^$/, true],
	['a folder that is not there', (to) => ['-b', join(to, 'none')], 1, /^$/, /no folder/],
	['an option that it does not have', () => ['-x'], 1, /^$/, /usage: install/],
	['an operand', (to) => [to], 1, /^$/, /usage: install/],
];
for (const [what, args, code, out, err, there] of installs) {
	test(`install: ${what}`, async () => {
		const dir = join(folder(), 'a folder'), to = join(dir, 'the bin');
		mkdirSync(to, { recursive: true });
		opened(dir, (await g.sso(PATH_)).bytes);
		const r = await run(join(dir, 'install'), args(to), { cwd: '/' });
		assert.equal(r.code, code, r.stderr);
		assert.match(r.stdout, out);
		assert.match(r.stderr, err);
		assert.equal(existsSync(join(to, 'acurl')), Boolean(there));
		if (!there)
			return;
		assert.deepEqual(readdirSync(to).sort(), ['acurl', 'get_token']);
		const again = await run('sh', [join(dir, 'install'), '-b', to]);
		assert.equal(again.code, 0, again.stderr);
		assert.match((await run(join(to, 'get_token'), ['--version'])).stdout, /^get_token 2\.3\.0/);
	});
}
