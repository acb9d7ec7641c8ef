// SPDX-License-Identifier: Apache-2.0
// kill -9 at a random moment, N times, while people log in, tokens rotate, passcodes and codes of the second factor are
// spent and tokens revoked.
// Invariant: what was answered holds after the restart; what was spent or revoked stays so; no half of a rotation is left.
// Source: house rules (durability); RFC 9700 §4.14.2; run it by `make soak`, or node tests/soak/kill9_sso.mjs [N].
import assert from 'node:assert/strict';
import { expect, gateway, sleep } from '../wire/gateway.mjs';
import { SECRET, refusal, seed, totp } from '../wire/sso.mjs';

const PASSWORD = 'kills-Passw0rd', CODES = 400, PERSONS = 3;
const token = (g, form) => g.sso('/oauth/token', { form });
const refresh = (g, t, o = {}) => token(g, { grant_type: 'refresh_token', refresh_token: t, ...o });
const bears = (g, t) => g.mgmt('', { auth: `Bearer ${t}` });
const passcode = (g, code) => token(g, { grant_type: 'password', passcode: code });
const login = (g, name, mfa_token) => g.login({ username: name, password: PASSWORD, mfa_token });

// Each notes what was asked before it asks, and what was answered.
function writers(g, round, done) {
	let on = true, code = 0;
	const forever = async (write) => {
		while (on) {
			try { await write(); } catch (e) { if (!on || /ECONN|EPIPE|hang up|no answer/.test(`${e.code} ${e.message}`)) return; throw e; }
		}
	};
	const enter = async () => done.tokens.push(expect(await g.login(done.tokens.length % 2 ? { token_format: 'opaque' } : {}), { status: 200 }).json);
	const chain = (opaque) => async () => {
		const c = { spent: [], now: expect(await g.login(opaque), { status: 200 }).json };
		done.chains.push(c);
		for (let i = 0; i < 20 && on; i++) {
			c.asked = true;
			const next = expect(await refresh(g, c.now.refresh_token), { status: 200 }).json;
			c.spent.push(c.now.refresh_token);
			Object.assign(c, { now: next, asked: false });
		}
	};
	const codes = async () => {
		if (code === CODES)
			return sleep(20);
		const one = { text: `r${round}c${code++}` };
		done.codes.push(one);
		expect(await passcode(g, one.text), { status: 200 });
		one.spent = true;
	};
	const second = (name) => async () => {
		const one = { name, code: totp() };
		if (done.factors.some((f) => f.name === name && f.code === one.code))
			return sleep(50);
		done.factors.push(one);
		one.status = (await login(g, name, one.code)).status;
	};
	const end = async () => {
		const t = expect(await g.login({ token_format: 'opaque' }), { status: 200 }).json;
		expect(await g.sso(`/oauth/token/revoke/${t.jti}`, { method: 'DELETE', headers: { Authorization: `Bearer ${t.access_token}` } }), { status: [200, 204] });
		done.ended.push(t.access_token);
	};
	const all = Promise.all([enter, enter, chain({}), chain({ token_format: 'opaque' }), codes, codes, end, ...done.persons.map(second)].map(forever));
	return { stop: () => { on = false; return all; } };
}

async function check(g, done) {
	for (const t of done.tokens.slice(-60)) {
		expect(await bears(g, t.access_token), { status: 200 }, 'a token that was answered');
		expect(await refresh(g, t.refresh_token), { status: 200 }, 'its refresh token');
	}
	for (const t of done.ended)
		expect(await bears(g, t), { status: 401 }, 'a token whose revocation was answered');
	for (const c of done.codes)
		expect(await passcode(g, c.text), { status: c.spent ? 401 : [200, 401], body: c.spent ? refusal('unauthorized', 'Invalid passcode') : undefined }, 'a passcode');
	for (const f of done.factors)
		if (f.status === 200)
			expect(await login(g, f.name, f.code), { status: 401 }, 'a code of the second factor that was spent');
	for (const c of done.chains) {
		// Not asked for: the newest is good.  Asked for, not answered: it is good, or spent, and then what it became is nobody's.
		const r = expect(await refresh(g, c.now.refresh_token), { status: c.asked ? [200, 401] : 200 }, 'the newest of a chain');
		if (!c.spent.length)
			continue;
		expect(await refresh(g, c.spent[Math.floor(Math.random() * c.spent.length)]), { status: 401 }, 'a spent one');
		if (r.status === 200)
			expect(await refresh(g, r.json.refresh_token), { status: 401 }, 'what came after it, once a spent one was shown');
	}
}

export async function rounds(n, tell) {
	const g = await gateway({ set: { 'sso.refresh_token_rotate': 'true', 'sso.lockout_failures': 0 } });
	const all = { tokens: 0, chains: 0, spent: 0, codes: 0, factors: 0, ended: 0 };
	for (let round = 1; round <= n; round++) {
		const persons = Array.from({ length: PERSONS }, (_, i) => `kill${round}-${i}@example.com`);
		await seed(g, [...persons.flatMap((p) => [`user ${p} ${PASSWORD}`, `totp ${p} ${SECRET}`]), ...Array.from({ length: CODES }, (_, i) => `passcode ${g.user} r${round}c${i}`)]);
		const done = { tokens: [], chains: [], codes: [], factors: [], ended: [], persons };
		const w = writers(g, round, done), after = 300 + Math.random() * 2000;
		await sleep(after);
		await g.kill9();
		await w.stop();
		await g.start();
		await check(g, done);
		for (const k of ['tokens', 'chains', 'codes', 'ended'])
			all[k] += done[k].length;
		all.spent += done.chains.reduce((s, c) => s + c.spent.length, 0);
		all.factors += done.factors.filter((f) => f.status === 200).length;
		tell(`round ${round}: killed after ${after.toFixed(0)} ms; so far ${JSON.stringify(all)}`);
	}
	assert.ok(all.tokens > n && all.spent > n && all.codes > n && all.factors > 0, `hardly anything was written: ${JSON.stringify(all)}`);
	assert.equal((await g.stop()).code, 0);
	return all;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
	const n = Number(process.argv[2] ?? 50);
	await rounds(n, console.log);
	console.log(`${n} kills: everything that was answered holds, what was spent stays spent`);
}
