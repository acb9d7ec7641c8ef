// SPDX-License-Identifier: Apache-2.0
// Does the time of an answer tell a name that nobody has from a wrong password, a client that is not there from a wrong
// secret?  tests/strict/timing_login.mjs [N]: N pairs of each, asked in turns; prints a verdict, ends with 1 when it does.
// Invariant: both of a pair are asked in the same moment, in an order that is drawn.
// Source: H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically larger"; OWASP.
import { basic, expect, gateway } from '../wire/gateway.mjs';
import { BAD, seed } from '../wire/sso.mjs';

const N = Number(process.argv[2] ?? 400), ALIKE = 0.001;
const g = await gateway({ set: { 'sso.lockout_failures': 0 } });
const people = Array.from({ length: 8 }, (_, i) => `timing${i}@example.com`);
await seed(g, people.map((p) => `user ${p} timing-Passw0rd`));

const ask = async (fields, client) => {
	const began = process.hrtime.bigint();
	expect(await g.login(fields, client && { client }), { status: 401, body: BAD });
	return Number(process.hrtime.bigint() - began) / 1e3;
};
// By HTTP Basic, to the management API.
const knock = async (name) => {
	const began = process.hrtime.bigint();
	expect(await g.mgmt('', { auth: basic(name, 'wrong-Passw0rd') }), { status: 401 });
	return Number(process.hrtime.bigint() - began) / 1e3;
};
const pairs = [
	['a wrong password and a name that nobody has', (i) => ask({ username: people[i % 8], password: 'wrong-Passw0rd' }), (i) => ask({ username: `nobodyx${i % 8}@example.com`, password: 'wrong-Passw0rd' })],
	['the same two by HTTP Basic', (i) => knock(people[i % 8]), (i) => knock(`nobodyx${i % 8}@example.com`)],
	['a wrong secret and a client that is not there', () => ask({}, 'edgecli:wrong-secret'), () => ask({}, 'nobody1:wrong-secret')],
];

// Two-sided p of the rank sum, by its normal approximation, ties sharing their ranks; and how often the first is slower.
export function mannWhitney(a, b) {
	const all = [...a.map((v) => [v, 0]), ...b.map((v) => [v, 1])].sort((x, y) => x[0] - y[0]), n = all.length;
	let ranks = 0, ties = 0;
	for (let i = 0, j; i < n; i = j) {
		for (j = i; j < n && all[j][0] === all[i][0]; j++);
		const t = j - i, rank = (i + j + 1) / 2;
		ties += t ** 3 - t;
		for (let k = i; k < j; k++)
			ranks += all[k][1] ? 0 : rank;
	}
	const u = ranks - a.length * (a.length + 1) / 2, mean = a.length * b.length / 2;
	const z = (u - mean) / Math.sqrt(a.length * b.length / 12 * (n + 1 - ties / (n * (n - 1))));
	return { p: erfc(Math.abs(z) / Math.SQRT2), slower: u / (a.length * b.length) };
}
function erfc(x) {                                       // Abramowitz and Stegun, 7.1.26
	const t = 1 / (1 + 0.3275911 * x);
	return ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
}
const median = (v) => [...v].sort((x, y) => x - y)[v.length >> 1];

let told = 0;
for (const [what, first, second] of pairs) {
	const a = [], b = [];
	for (let i = -10; i < N; i++) {                      // the first ten warm up
		const swap = Math.random() < 0.5;
		const x = await (swap ? second : first)(i + 10), y = await (swap ? first : second)(i + 10);
		if (i >= 0) {
			a.push(swap ? y : x);
			b.push(swap ? x : y);
		}
	}
	const { p, slower } = mannWhitney(a, b), differ = p < ALIKE;
	told += differ;
	console.log(`${what}: medians ${median(a).toFixed(0)} and ${median(b).toFixed(0)} us, the first slower in ${(100 * slower).toFixed(1)} % of all pairings, p = ${p.toPrecision(2)}: ${differ ? 'THEY DIFFER' : 'alike'}`);
}
console.log(told ? 'time tells who is there' : `time tells nothing, by ${N} pairs of each`);
await g.stop();
process.exitCode = told ? 1 : 0;
