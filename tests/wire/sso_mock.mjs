// SPDX-License-Identifier: Apache-2.0
// An SSO server as get_token knows it, and the tools run against it in a home of their own.
// Invariant: it answers as the reference says, save where a row says otherwise; it keeps what it was asked.
// Source: oauth2-service reference, section 5.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binary, folder, origin, root } from './gateway.mjs';

export const tools = dirname(binary);
export const b64 = (s) => Buffer.from(s).toString('base64');
const now = () => Math.floor(Date.now() / 1000);
let serial = 0;
export const jwt = (claims) => `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(
	typeof claims === 'string' ? claims : JSON.stringify({ jti: `t${serial++}`, ...claims })).toString('base64url')}.c2ln`;
export const token = (user, life = 1800) => jwt({ user_name: user, email: user, exp: now() + life });
export const answer = (access, refresh = 'refresh.me') =>
	JSON.stringify({ access_token: access, token_type: 'bearer', refresh_token: refresh, expires_in: 1799, scope: 'openid', jti: 'x' });
export const loginText = (passcode) => JSON.stringify({ app: { version: '3' }, prompts: { username: ['text', 'Email'],
	password: ['password', 'Password'], ...(passcode ? { passcode: ['password', 'One Time Code'] } : {}) }, timestamp: 'now' });

const people = { 'me@example.com': 'Pa55word', 'you@example.com': 'pa ss*[a]"&=%+é', 'mfa@example.com': 'Pa55word' };
export const refusal = (text) => ({ status: 401, text: JSON.stringify({ error: 'unauthorized', error_description: text }) });
function tokenAnswer(one) {
	const q = new URL(one.url, 'http://x').searchParams, f = new URLSearchParams(one.body);
	if (one.headers.authorization !== 'Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0')
		return refusal('Bad credentials');
	if (f.get('grant_type') === 'refresh_token')
		return f.get('refresh_token') === 'refresh.me' ? answer(token('me@example.com')) : refusal('Invalid refresh token');
	if (f.has('passcode'))
		return f.get('passcode') === 'Code12' && f.get('response_type') === 'token' ? answer(token('me@example.com')) : refusal('Invalid passcode');
	const name = f.get('username'), user = name?.includes('@') ? name : `${name}@example.com`;
	if (!name || people[user] !== f.get('password'))
		return refusal('Bad credentials');
	if (user === 'mfa@example.com' && q.get('mfa_token') !== '424242')
		return refusal('Error: Invalid MFA code.');
	return answer(token(user));
}

// answers: { login, version, token, api }: text, { status, text }, 'HTTP/...' raw, (res, one) => ..., a token also a list, one a call.
export async function mock(answers = {}) {
	const usual = { login: loginText(answers.passcode), version: '{"version":"1","cliVersion":"2.3.0"}', token: tokenAnswer, api: (one) => JSON.stringify(one) };
	const o = await origin((one, res) => {
		const path = one.url.split('?')[0], kind = { '/login': 'login', '/version': 'version', '/oauth/token': 'token' }[path] ?? 'api';
		let a = answers[kind] ?? usual[kind];
		if (Array.isArray(a))
			a = a.length > 1 ? a.shift() : a[0];
		if (typeof a === 'function')
			a = a(one, res);
		if (a === undefined)                                  // it has seen to it itself
			return;
		if (typeof a === 'string' && a.startsWith('HTTP/'))
			return res.socket.end(a);
		res.writeHead(a.status ?? 200, { 'Content-Type': 'application/json;charset=UTF-8' });
		res.end(a.text ?? a);
	});
	return Object.assign(o, { calls: () => o.seen.map((s) => `${s.method} ${s.url}`) });
}

export class Home {
	constructor(url) { Object.assign(this, { dir: folder(), url }); }
	get cache() { return join(this.dir, '.sso-cli', ...(this.url ? [b64(this.url)] : [])); }
	file(user) { return join(this.cache, b64(`${user}-token.dat`)); }
	keep(user, access, refresh) { this.put(this.file(user), `${answer(access, refresh)}\n`); return access; }
	put(path, text) { mkdirSync(dirname(path), { recursive: true, mode: 0o700 }); writeFileSync(path, text, { mode: 0o600 }); }
	clear() { rmSync(this.cache, { recursive: true, force: true }); }
	kept(user) { return JSON.parse(readFileSync(this.file(user), 'utf8')); }
	// Every file and folder below it with its mode: { '.sso-cli': '700', ... }.
	files(at = '') {
		const all = {};
		for (const e of readdirSync(join(this.dir, at))) {
			const path = at ? `${at}/${e}` : e, s = statSync(join(this.dir, path));
			all[path] = (s.mode & 0o777).toString(8);
			if (s.isDirectory())
				Object.assign(all, this.files(path));
		}
		return all;
	}

	// Runs a tool: { code, signal, out, err }; typed: a terminal, and what is typed at each prompt.
	run(tool, args, { env = {}, input = '', typed, cwd } = {}) {
		const report = join(this.dir, 'report.json'), program = join(tools, tool);
		const [cmd, ...argv] = typed ? ['python3', join(root, 'tests/wire/terminal.py'), report, JSON.stringify(typed), program, ...args] : [program, ...args];
		const all = { PATH: process.env.PATH, HOME: this.dir, ...(this.url ? { SSO_LOGIN_URL: this.url } : {}),
			...Object.fromEntries(Object.entries(process.env).filter(([k]) => /SAN_OPTIONS/.test(k))), ...env };
		const child = spawn(cmd, argv, { cwd, env: Object.fromEntries(Object.entries(all).filter(([, v]) => v !== null)) });
		const p = { child, out: '', err: '' };
		child.stdout.setEncoding('utf8').on('data', (s) => { p.out += s; });
		child.stderr.setEncoding('utf8').on('data', (s) => { p.err += s; });
		child.stdin.on('error', () => {});
		if (input !== null)
			child.stdin.end(input);
		p.ended = new Promise((ok) => child.on('close', (code, signal) => {
			if (typed && existsSync(report)) {
				p.terminal = JSON.parse(readFileSync(report, 'utf8'));
				rmSync(report);
			}
			ok(Object.assign(p, { code, signal }));
		}));
		return Object.assign(p.ended, { p });
	}
}
