// SPDX-License-Identifier: Apache-2.0
// `gatehouse user` and `gatehouse key`: what the owner of the data folder does without logging in.
// Invariant: the server does it, live tokens stay good through a rotation, and no password is printed.
// Source: docs/man/gatehouse.1.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { basic, binary, expect, gateway, sleep } from './gateway.mjs';

const g = await gateway();
const ask = (args, input = '', dir = g.dir) => new Promise((ok) => {
	const p = spawn(binary, [...args, '--data', dir]), r = { out: '', err: '' };
	p.stdout.on('data', (s) => { r.out += s; });
	p.stderr.on('data', (s) => { r.err += s; });
	p.on('close', (code) => ok({ ...r, code }));
	p.stdin.on('error', () => {}).end(input);
});
const socket = join(g.dir, 'operator.sock');
const LOCKED = /account has been locked/;

test('the socket is its owner\'s', () => { assert.equal(statSync(socket).mode & 0o777, 0o600); });

test('an account that is locked from outside is unlocked from inside', async () => {
	for (let i = 0; i < 5; i++)
		expect(await g.login({ password: 'wrong' }), { status: 401 });
	expect(await g.login(), { status: 401, body: LOCKED });
	assert.deepEqual(await ask(['user', 'unlock', g.user.toUpperCase()]), { code: 0, out: `${g.user} is unlocked\n`, err: '' });
	expect(await g.login(), { status: 200 });
});

test('a new password: unlocks, ends what the old one opened, and obeys the policy', async () => {
	const { access_token: t } = (await g.login()).json;
	for (let i = 0; i < 5; i++)
		expect(await g.login({ password: 'wrong' }), { status: 401 });
	const short = await ask(['user', 'password', g.user], 'short\n');
	assert.equal(short.code, 1);
	assert.match(short.err, /at least 8 characters/);
	const r = await ask(['user', 'password', g.user], 'another pass word\n');
	assert.deepEqual([r.code, r.err], [0, '']);
	assert.ok(!(r.out + g.proc.err).includes('another'));
	expect(await g.login({ password: 'another pass word' }), { status: 200 });
	expect(await g.login(), { status: 401 });
	expect(await g.mgmt('', { auth: `Bearer ${t}` }), { status: 401 });
	assert.equal((await ask(['user', 'password', g.user], `${g.pass}\n`)).code, 0);
	expect(await g.mgmt('', { auth: basic(g.user, g.pass) }), { status: 200 });
	assert.equal((await ask(['user', 'mfa-off', g.user])).code, 0);
});

test('new keys sign, the old ones verify', async () => {
	const kids = async () => (await g.sso('/token_keys')).json.keys.map((k) => k.kid);
	const before = await kids(), t = (await g.login()).json;
	assert.deepEqual(await ask(['key', 'rotate']), { code: 0, out: 'new keys sign\n', err: '' });
	const after = await kids();
	assert.equal(after.length, 4);
	assert.ok(before.every((k) => after.includes(k)));
	assert.ok(!before.includes((await g.sso('/token_key')).json.kid));
	for (const one of [t, (await g.login()).json])
		expect(await g.mgmt('', { auth: `Bearer ${one.access_token}` }), { status: 200 });
	expect(await g.sso('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: t.refresh_token } }), { status: 200 });
	assert.equal((await ask(['key', 'rotate', 'ES256'])).code, 0);
	assert.equal((await kids()).length, 5);
});

const wrong = [
	[['user', 'unlock', 'nobody@acme.example'], 1, /there is no user nobody@acme.example/],
	[['user', 'delete', 'x'], 1, /there is no user delete/], [['user', 'unlock', 'a b'], 1, /no spaces/], [['user', 'unlock', 'a\nb'], 1, /no spaces/],
	[['user', 'password', 'nobody@acme.example'], 1, /standard input/], [['key', 'rotate', 'HS256'], 1, /RS256 or ES256/],
	[['key', 'burn'], 1, /there is no key burn/], [['user', 'unlock'], 2, /usage/], [['key'], 2, /usage/],
];
for (const [args, code, text] of wrong)
	test(`refused: ${JSON.stringify(args)}`, async () => {
		const r = await ask(args);
		assert.deepEqual([r.code, r.out], [code, '']);
		assert.match(r.err, text);
	});

test('no server, no folder', async () => {
	const dir = mkdtempSync(join(tmpdir(), 'gatehouse-wire-'));
	for (const d of [dir, join(dir, 'none')])
		assert.match((await ask(['key', 'rotate'], '', d)).err, /no server answers/);
	rmSync(dir, { recursive: true });
});

test('who says nothing, or too much, holds nobody up for long', async () => {
	const say = (text) => new Promise((ok) => net.connect(socket).on('close', ok).on('error', ok).resume().end(text));
	const silent = net.connect(socket);
	await sleep(50);
	const asked = ask(['user', 'unlock', g.user]);
	await say('x'.repeat(100000));
	await say('user unlock\n');
	assert.equal((await asked).code, 0);
	silent.destroy();
});

test('it is there after a kill -9, a hand-over, and when somebody removed it', async () => {
	await g.kill9();
	assert.ok(existsSync(socket));
	assert.match((await ask(['key', 'rotate'])).err, /no server answers/);
	await g.start();
	assert.equal((await ask(['user', 'unlock', g.user])).code, 0);
	await g.handOver();
	assert.equal((await ask(['user', 'unlock', g.user])).code, 0);
	rmSync(socket);
	await sleep(2500);
	assert.equal((await ask(['user', 'unlock', g.user])).code, 0);
});
