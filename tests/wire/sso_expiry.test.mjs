// SPDX-License-Identifier: Apache-2.0
// Passwords that are too old: they choose a new one, and open nothing else.
// Invariant: the store rests while its clock is turned back.
// Source: oauth2-service reference, 1.12 (8), 4.2 (expirePasswordInMonths).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { basic, expect, gateway } from './gateway.mjs';
import { BAD, refusal, seed } from './sso.mjs';
import { Visitor } from './visitor.mjs';

const g = await gateway({ set: { 'sso.password.expire_months': 2 } });
const PASS = 'a good pass word', NEW = 'a newer pass word', DAY = 86400000, CHANGE = refusal('unauthorized', 'password change required');
const names = ['old', 'young', 'before'].map((n) => `${n}@acme.example`), [old, young, before] = names;
await seed(g, names.flatMap((n) => [`user ${n} ${PASS}`, `role ${n} orgadmin`]));
const login = (username, password = PASS) => g.login({ username, password });
const management = (name, password = PASS) => g.mgmt('', { auth: basic(name, password) });

// A password of so many days; null: of an account so old, whose password nobody wrote down.
async function age(rows) {
	await g.stop();
	const sql = `import sqlite3, sys, json
db = sqlite3.connect(sys.argv[1])
for name, at, column in json.loads(sys.argv[2]):
    db.execute("UPDATE user_login SET password_at_ms = ? WHERE name = ?", (0 if column else at, name))
    if column: db.execute("UPDATE user_account SET created_at_ms = ? WHERE name = ?", (at, name))
db.commit()`;
	const r = spawnSync('python3', ['-c', sql, join(g.dir, 'gatehouse.db'), JSON.stringify(rows.map(([n, days, account]) => [n, Date.now() - days * DAY, !!account]))], { encoding: 'utf8' });
	assert.equal(r.status, 0, r.stderr);
	await g.start();
}

test('after two months a password chooses a new one, and that is all', async () => {
	for (const name of names) {
		expect(await login(name), { status: 200 });
		expect(await management(name), { status: 200 });
	}
	const held = (await login(old)).json;
	await age([[old, 63], [young, 50], [before, 63, true]]);
	for (const name of [old, before]) {
		expect(await login(name), { status: 401, body: CHANGE });
		expect(await login(name, 'wrong'), { status: 401, body: BAD });
		expect(await management(name), { status: 401 });
	}
	expect(await login(young), { status: 200 });
	expect(await management(young), { status: 200 });
	expect(await g.mgmt('', { auth: `Bearer ${held.access_token}` }), { status: 200 });   // logins of before live on
	const v = new Visitor(g);
	assert.equal((await v.login({ username: old, password: PASS, at: '/login?return_to=/passcode' })).to, '/force_password_change');
	assert.equal((await v.get('/')).to, '/login?return_to=%2F');
	const page = await v.get('/force_password_change');
	assert.equal((await v.submit(page, { new_password: PASS, confirm_password: PASS })).status, 422);
	assert.equal((await v.submit(page, { new_password: NEW, confirm_password: NEW })).to, '/passcode');
	expect(await login(old, NEW), { status: 200 });
	expect(await management(old, NEW), { status: 200 });
	expect(await g.mgmt('', { auth: `Bearer ${held.access_token}` }), { status: 401 });
});

test('an administrator sets a new one', async () => {
	expect(await login(before), { status: 401, body: CHANGE });
	const u = (await g.ssoCall(`/Users?filter=${encodeURIComponent(`userName eq "${before}"`)}`, { token: await g.ssoAdmin() })).json.resources[0];
	expect(await g.ssoCall(`/Users/${u.id}/password`, { token: await g.ssoAdmin(), method: 'PUT', body: { password: NEW } }), { status: 200 });
	expect(await login(before, NEW), { status: 200 });
});
