// SPDX-License-Identifier: Apache-2.0
// kill -9 at a random moment, N times, while tokens are issued and bundles imported and deployed.
// Invariant: what was answered 200 or 201 is there after the restart; nothing half-made is; the database is whole.
// Source: house rules (durability); run it by `make soak`, or node tests/soak/kill9.mjs [N].
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, demo, expect, folder, gateway, proxy, say, sleep, unzip } from '../wire/gateway.mjs';

const PIECES = 12;
// Every file of a revision carries its mark, so that a mixture shows.
const files = (name, mark) => proxy(name, { post: { response: ['say'] }, policies: { say: say(mark) },
	files: Object.fromEntries(Array.from({ length: PIECES }, (_, i) => [`apiproxy/resources/jsc/${i}.js`, `${mark}${'.'.repeat(3000)}`])) });

// Writers that note what was answered, until the server is gone.
function writers(g, round, done) {
	let on = true, n = 0;
	const forever = async (write) => {
		while (on) {
			try { await write(); } catch (e) { if (!on || /ECONN|EPIPE|hang up|no answer/.test(`${e.code} ${e.message}`)) return; throw e; }
		}
	};
	const token = async () => {
		const r = expect(await g.token(demo, { whole: true }), { status: 200 });
		done.tokens.push(r.json.access_token);
	};
	const revoke = async () => {
		const t = expect(await g.token(demo, { whole: true }), { status: 200 }).json.access_token;
		expect(await g.revoke(t), { status: [200, 204] });
		done.revoked.push(t);
	};
	const proxies = async (who) => {
		const name = `p${round}-${who}`, mark = `${name}-${n++}`;
		const r = expect(await g.import(name, bundle(files(name, mark))), { status: 201 });
		(done.revisions[name] ??= {})[r.json.revision] = mark;
		done.pending[name] = r.json.revision;
		expect(await g.deploy(name, r.json.revision), { status: 200 });
		done.deployed[name] = r.json.revision;
	};
	const developer = async () => {
		const email = `d${round}-${n++}@example.com`;
		expect(await g.mgmt('/developers', { body: { email, firstName: 'a', lastName: 'b', userName: email } }), { status: 201 });
		expect(await g.mgmt(`/developers/${email}/apps`, { body: { name: 'app', apiProducts: [demo.product] } }), { status: 201 });
		done.developers.push(email);
	};
	const all = Promise.all([token, token, token, revoke, () => proxies(0), () => proxies(1), developer].map(forever));
	return { stop: () => { on = false; return all; } };
}

// A copy of the database as the kill left it passes SQLite's own check.
function integrity(dir) {
	const copy = folder();
	const isFile = (n) => statSync(join(dir, n)).isFile();
	for (const f of readdirSync(dir).filter(isFile))
		copyFileSync(join(dir, f), join(copy, f));
	const found = readdirSync(copy).filter((f) => readFileSync(join(copy, f)).subarray(0, 15).toString() === 'SQLite format 3');
	assert.ok(found.length > 0, `no database in ${readdirSync(copy)}`);
	for (const f of found) {
		const out = execFileSync('python3', ['-c', 'import sqlite3,sys;print(sqlite3.connect(sys.argv[1]).execute("pragma integrity_check").fetchone()[0])', join(copy, f)]);
		assert.equal(out.toString().trim(), 'ok', f);
	}
}

async function check(g, done) {
	const some = (list, k) => [...list.slice(-k), ...list.slice(0, -k).filter(() => Math.random() < k / list.length)];
	for (const token of some(done.tokens, 150))
		expect(await g.call('/weather/json', { token }), { status: 200 }, 'a token that was answered');
	for (const token of some(done.revoked, 100))
		expect(await g.call('/weather/json', { token }), { status: 401 }, 'a token whose revocation was answered');
	for (const email of some(done.developers, 50))
		expect(await g.mgmt(`/developers/${email}/apps/app`), { status: 200 }, 'an app that was answered');
	for (const [name, answered] of Object.entries(done.revisions)) {
		const there = (await g.must(`/apis/${name}/revisions`)).json;
		for (const revision of Object.keys(answered))
			assert.ok(there.includes(revision), `${name} revision ${revision} was answered 201 and is gone`);
		for (const revision of there) {            // also those that were never answered: whole or absent
			const got = unzip((await g.must(`/apis/${name}/revisions/${revision}?format=bundle`)).bytes);
			const mark = answered[revision] ?? /^([^.]+)\./.exec(got['apiproxy/resources/jsc/0.js'].toString())?.[1];
			for (const [file, data] of Object.entries(files(name, mark)))
				assert.ok(got[file]?.equals(Buffer.from(data)), `${name} revision ${revision}: ${file} is half-made`);
		}
	}
	for (const [name, revision] of Object.entries(done.deployed)) {
		const [v, ...more] = (await g.must(`/apis/${name}/deployments`)).json.environment[0].revision;
		assert.equal(more.length, 0, 'one revision is deployed');
		assert.ok([revision, done.pending[name]].includes(v.name), `${name}: ${v.name} is deployed, ${revision} was answered`);
		assert.equal(v.state, 'deployed');
		const r = expect(await g.call(`/${name}`), { status: 200 });
		if (done.revisions[name][v.name])
			assert.equal(r.text, done.revisions[name][v.name]);
	}
}

export async function rounds(n, tell) {
	const g = await gateway();
	const all = { tokens: 0, revoked: 0, revisions: 0, deployed: 0, developers: 0 };
	for (let round = 1; round <= n; round++) {
		const done = { tokens: [], revoked: [], revisions: {}, pending: {}, deployed: {}, developers: [] };
		const w = writers(g, round, done), after = 50 + Math.random() * 1500;
		await sleep(after);
		await g.kill9();
		await w.stop();
		integrity(g.dir);
		await g.start();
		await check(g, done);
		all.tokens += done.tokens.length; all.revoked += done.revoked.length; all.developers += done.developers.length;
		all.revisions += Object.values(done.revisions).reduce((s, r) => s + Object.keys(r).length, 0);
		all.deployed += Object.keys(done.deployed).length;
		tell(`round ${round}: killed after ${after.toFixed(0)} ms; so far ${JSON.stringify(all)}`);
	}
	assert.ok(all.tokens > n && all.revisions > 0, `hardly anything was written: ${JSON.stringify(all)}`);
	assert.equal((await g.stop()).code, 0);
	return all;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
	const n = Number(process.argv[2] ?? 50);
	await rounds(n, console.log);
	console.log(`${n} kills: everything that was answered is there, nothing half-made is`);
}
