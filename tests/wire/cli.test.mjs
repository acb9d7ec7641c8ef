// SPDX-License-Identifier: Apache-2.0
// `gatehouse import` and `gatehouse deploy` against a running server: zips, folders, shared flows, refusals.
// Invariant: exit 0 means that it is done; else a line on stderr says why, and never the password.
// Source: `gatehouse import --help`, `gatehouse deploy --help`.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { bundle, expect, folder, gateway, launch, proxy, root, say, sharedFlow, unzip } from './gateway.mjs';

const g = await gateway();
const dir = folder();
const file = (name, data) => { const f = join(dir, name); mkdirSync(dirname(f), { recursive: true }); writeFileSync(f, data, { mode: 0o600 }); return f; };
const env = { GATEHOUSE_ADMIN_USER: g.user, GATEHOUSE_ADMIN_PASSWORD: g.pass };
const cli = async (verb, args, o = { env }) => {
	const p = await launch([verb, '--url', `http://127.0.0.1:${g.ports.management}`, ...args], o).ended;
	assert.ok(!(p.out + p.err).includes(g.pass), 'the password was printed');
	return p;
};
const ok = (p) => assert.equal(p.code, 0, p.out + p.err);
const text = (t) => ({ post: { response: ['s'] }, policies: { s: say(t) } });

test('a zip, then its deployment', async () => {
	ok(await cli('import', ['one', file('one.zip', bundle(proxy('one', text('from a zip'))))]));
	expect(await g.call('/one'), { status: 404 });
	ok(await cli('deploy', ['one', '1', 'test']));
	expect(await g.call('/one'), { status: 200, body: 'from a zip' });
});

test('a folder becomes the next revision, byte for byte', async () => {
	const files = proxy('one', text('from a folder'));
	for (const [name, data] of Object.entries(files))
		file(join('tree', name), data);
	ok(await cli('import', ['one', join(dir, 'tree')]));
	assert.deepEqual((await g.must('/apis/one/revisions')).json, ['1', '2']);
	const got = unzip((await g.must('/apis/one/revisions/2?format=bundle')).bytes);
	assert.deepEqual(Object.fromEntries(Object.entries(got).map(([k, v]) => [k, String(v)])), files);
	const refused = await cli('deploy', ['one', '2', 'test']);
	assert.ok(refused.code > 0 && /conflicts with existing deployment path/.test(refused.err), refused.err);
	ok(await cli('deploy', ['--override', 'one', '2', 'test']));
	expect(await g.call('/one'), { status: 200, body: 'from a folder' });
});

test('the folder of the first document', async () => {
	ok(await cli('import', ['--validate', 'apitest', join(root, 'tests/fixtures/apitest')]));
	ok(await cli('deploy', ['apitest', '1', 'prod']));
	expect(await g.call('/apitest', { secure: true, env: 'prod' }), { status: 200, body: '' });
});

test('a shared flow', async () => {
	ok(await cli('import', ['common', file('common.zip', bundle(sharedFlow('common', { run: ['s'], policies: { s: say('x') } })))]));
	ok(await cli('deploy', ['--sharedflow', 'common', '1', 'test']));
	assert.deepEqual((await g.must('/sharedflows')).json, ['common']);
});

test('a password from a file', async () => {
	const pass = file('password', `${g.pass}\n`);
	ok(await cli('import', ['--user', g.user, '--password-file', pass, 'filed', file('filed.zip', bundle(proxy('filed', {})))], {}));
});

const zip = file('r.zip', bundle(proxy('r', {})));
const refusals = [
	['no such file', 'import', ['x', join(dir, 'none.zip')], /none\.zip/], ['no bundle', 'import', ['x', file('x.zip', 'hello')], /zip|bundle|archive/i],
	['a broken one', 'import', ['x', file('b.zip', bundle({ ...proxy('x', {}), 'apiproxy/policies/p.xml': '\n<Nonsense name="p"/>' }))], /policies\/p\.xml:2.*Nonsense/],
	['unresolved, with --validate', 'import', ['--validate', 'x', file('u.zip', bundle(proxy('x', { pre: { request: ['ghost'] } })))], /ghost/], ['no operands', 'import', [], /NAME|BUNDLE|Usage/i],
	['an unknown proxy', 'deploy', ['ghost', '1', 'test'], /ghost/], ['an unknown environment', 'deploy', ['one', '1', 'ghost'], /ghost/], ['an unknown revision', 'deploy', ['one', '99', 'test'], /99/],
	['an unknown organization', 'import', ['--org', 'ghost', 'x', zip], /ghost/], ['an unknown option', 'deploy', ['--force', 'one', '1', 'test'], /--force/],
];
for (const [what, verb, args, line] of refusals) {
	test(`refused: ${what}`, async () => {
		const p = await cli(verb, args);
		assert.ok(p.code > 0, `exit ${p.code}: ${p.out}`);
		assert.match(p.err, line);
	});
}
test('a wrong password', async () => {
	const p = await cli('import', ['x', zip], { env: { ...env, GATEHOUSE_ADMIN_PASSWORD: 'not-this-one' } });
	assert.ok(p.code > 0);
	assert.match(p.err, /401|password|unauthori[sz]ed/i);
	assert.ok(!p.err.includes('not-this-one'));
});
test('nobody listens', async () => {
	const p = await launch(['deploy', '--url', 'http://127.0.0.1:1', 'one', '1', 'test'], { env }).ended;
	assert.ok(p.code > 0);
	assert.match(p.err, /127\.0\.0\.1:1|refused|connect/i);
});
