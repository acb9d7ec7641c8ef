// SPDX-License-Identifier: Apache-2.0
// get_token: options, prompts, environment, kept and expired tokens, refusals, servers that answer nonsense.
// Invariant: stdout has the token or nothing; no password is shown, told, or kept.
// Source: oauth2-service reference, section 5; get_token(1).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { certificate } from './certificates.mjs';
import { folder, gateway, root, slack, sleep } from './gateway.mjs';
import { answer, b64, Home, jwt, loginText, mock, refusal, token } from './sso_mock.mjs';
import { Visitor, totp } from './visitor.mjs';

const ME = 'me@example.com', YOU = 'you@example.com', MFA = 'mfa@example.com';
const STRANGE = 'pa ss*[a]"&=%+é';
const login = (user, pass, more = {}) => ['-u', `${user}:${pass}`, ...(more.mfa === undefined ? ['-m', ''] : ['-m', more.mfa])];
const GETS = ['GET /login', 'GET /version'];
const NEW = 'POST /oauth/token?mfa_token=';
let expectedPrint, kept;
const exp = (s) => Math.floor(Date.now() / 1000) + s;

// Checks what a run left: code, out ('token' is the one that was sent, or a text), err, what the server saw, files.
async function check(row, { home, server, r }) {
	const seen = `\n exit ${r.code}\n out ${r.out}\n err ${r.err}\n asked ${server?.calls()}`;
	assert.equal(r.code, row.code ?? 0, `exit ${seen}`);
	if (row.out !== undefined)
		assert.equal(r.out, row.out, seen);
	else if ((row.code ?? 0) === 0)
		assert.equal(r.out, `${home.kept(row.user ?? ME).access_token}\n`, seen);
	else
		assert.equal(r.out, '', seen);
	for (const re of [row.err ?? []].flat())
		assert.match(r.err, re, seen);
	if (row.quiet ?? ((row.code ?? 0) === 0 && !row.err))
		assert.equal(r.err, '', seen);
	if (row.asked)
		assert.deepEqual(server.calls(), row.asked, seen);
	assert.ok(!r.err.includes('Pa55word') && !r.err.includes(STRANGE), `the password is shown: ${seen}`);
	await row.then?.({ home, server, r });
}

async function play(row) {
	const server = row.server === null ? null : await mock(row.server);
	const home = new Home(row.url === null ? undefined : (row.url?.(server) ?? server?.url));
	await row.before?.(home, server);
	const r = await home.run('get_token', row.args ?? [], row);
	await check(row, { home, server, r });
	await server?.close();
}
const table = (name, rows) => test(name, async (t) => {
	for (const row of rows)
		await t.test(row.what, () => play(row));
});

const form = (server) => Object.fromEntries(new URLSearchParams(server.seen.at(-1).body));
const typedAll = ({ r }) => assert.deepEqual([r.terminal.echo, r.terminal.left], [true, 0]);

table('options', [
	{ what: 'user and password', args: login(ME, 'Pa55word'), asked: [...GETS, NEW], then: ({ home, server }) => {
		assert.deepEqual(form(server), { grant_type: 'password', username: ME, password: 'Pa55word' });
		const h = server.seen.at(-1).headers;
		assert.equal(h['content-type'], 'application/x-www-form-urlencoded;charset=utf-8');
		assert.equal(h.accept, 'application/json;charset=utf-8');
		assert.equal(server.seen[0].headers.accept, 'application/json');
		const at = `.sso-cli/${b64(home.url)}`;
		assert.deepEqual(home.files(), { '.sso-cli': '700', [at]: '700', [`${at}/server.login`]: '600', [`${at}/server.version`]: '600',
			[`${at}/${b64(`${ME}-token.dat`)}`]: '600' });
		assert.match(readFileSync(home.file(ME), 'utf8'), /^\{"access_token":"[^ ]*\}\n$/);
		assert.match(readFileSync(join(home.cache, 'server.login'), 'utf8'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\{"app"/);
	} },
	{ what: 'spaces, globs, quotes and everything in a password', args: login(YOU, STRANGE), user: YOU,
		then: ({ server }) => assert.equal(form(server).password, STRANGE) },
	{ what: 'the first colon parts name and password', args: ['-u', `${ME}:a:b:c`, '-m', ''], code: 22,
		then: ({ server }) => assert.equal(form(server).password, 'a:b:c') },
	{ what: 'a name in capitals', args: login('ME@Example.COM', 'Pa55word') },
	{ what: 'a name without @', args: login('me', 'Pa55word') },
	{ what: 'a code', args: login(MFA, 'Pa55word', { mfa: '424242' }), user: MFA, asked: [...GETS, `${NEW}424242`] },
	{ what: 'a code that is no number', args: login(MFA, 'Pa55word', { mfa: '42x' }), code: 13, err: /digits/, asked: GETS },
	{ what: 'a wrong code', args: login(MFA, 'Pa55word', { mfa: '424243' }), code: 22, err: /Invalid MFA code/ },
	{ what: 'a passcode', args: ['-p', 'Code12'], asked: [...GETS, NEW], then: ({ server }) =>
		assert.deepEqual(form(server), { grant_type: 'password', passcode: 'Code12', response_type: 'token' }) },
	{ what: 'a passcode and the name', args: ['-p', 'Code12', '-u', ME] },
	{ what: 'a passcode of somebody else', args: ['-p', 'Code12', '-u', YOU], code: 14, err: /Incorrect passcode for the user you@/,
		then: ({ home }) => assert.ok(!existsSync(home.file(ME))) },
	{ what: 'a wrong passcode', args: ['-p', 'Code13'], code: 22, err: /Invalid passcode/ },
	{ what: 'a passcode with other characters', args: ['-p', 'a b'], code: 13, err: /letters and digits/, asked: GETS },
	{ what: 'passcodes advertised, and a password forced', server: { passcode: true }, args: [...login(ME, 'Pa55word'), '--force-basic-auth'] },
	{ what: 'passcodes advertised: the password is not used', server: { passcode: true }, args: login(ME, 'Pa55word'), code: 12,
		err: /Get passcode from http.*\/passcode/, asked: GETS },
	{ what: 'an option instead of a name is not taken', args: ['-u', '-m', ''], code: 12, err: /user name and a password/ },
	{ what: 'unknown arguments are left alone', args: ['--frobnicate', 'x', ...login(ME, 'Pa55word'), '-z'] },
	{ what: '-v tells, and no secret', args: [...login(ME, 'Pa55word'), '-v'], err: [/\/login: 200/, /\/oauth\/token: 200/] },
	{ what: '-v with GET_TOKEN_TEST', args: [...login(ME, 'Pa55word'), '-v'], env: { GET_TOKEN_TEST: 'BASIC CACHE' }, err: /user=me@example\.com password=\(given\)/ },
	{ what: '-h', args: ['-h'], code: 1, err: /^Usage: get_token[^]*get_token -v -h tells more/, asked: [] },
	{ what: '-v -h', args: ['-v', '-h'], code: 1, err: /--clear-all-sso-cache[^]*CLIENT_AUTH/ },
	{ what: '--version', args: ['--version'], out: 'get_token 2.3.0 (gatehouse 0.1.0)\n' },
	{ what: '--write-valid-token', args: [...login(ME, 'Pa55word'), '--write-valid-token'], then: ({ home, r }) => {
		const f = join(home.dir, '.sso-cli', 'valid_token.dat');
		assert.equal(`${readFileSync(f, 'utf8')}\n`, r.out);
		assert.equal(statSync(f).mode & 0o777, 0o600);
	} },
	{ what: '--insecure means nothing without TLS', args: [...login(ME, 'Pa55word'), '--insecure'] },
]);

test('--help is on stdout and names every option', async () => {
	const r = await new Home().run('get_token', ['--help']);
	assert.equal(r.code, 0);
	assert.equal(r.err, '');
	for (const o of ['-u', '-m', '-p', '-v', '-h', '--force-basic-auth', '--insecure', '--write-valid-token', '--print-sso-cache', '--clear-sso-cache',
		'--clear-all-sso-cache', 'SSO_LOGIN_URL', 'CLIENT_AUTH'])
		assert.ok(r.out.includes(o), o);
});

table('environment and cache folder', [
	{ what: 'no SSO_LOGIN_URL', url: null, server: null, code: 11, err: /SSO_LOGIN_URL/ },
	{ what: 'an empty one', server: null, url: () => '', env: { SSO_LOGIN_URL: '' }, code: 11, err: /SSO_LOGIN_URL/ },
	{ what: 'one of two lines', server: null, url: () => 'http://x\r\nX: y', code: 13, err: /SSO_LOGIN_URL/ },
	{ what: 'another protocol', server: null, url: () => 'file:///etc/passwd?', code: 21, err: /Failure to communicate with SSO server/ },
	{ what: 'a slash at its end', url: (s) => `${s.url}/`, args: login(ME, 'Pa55word'), asked: [...GETS, NEW] },
	{ what: 'another client', args: login(ME, 'Pa55word'), env: { CLIENT_AUTH: b64('other:x') }, code: 22, err: /Bad credentials/,
		then: ({ server }) => assert.equal(server.seen.at(-1).headers.authorization, `Basic ${b64('other:x')}`) },
	{ what: 'a client of two lines', args: login(ME, 'Pa55word'), env: { CLIENT_AUTH: 'a\nX-Evil: 1' }, code: 13, asked: [] },
	{ what: 'no HOME', args: login(ME, 'Pa55word'), env: { HOME: null }, code: 31, err: /HOME/ },
	{ what: 'a HOME that is not there', args: login(ME, 'Pa55word'), env: { HOME: '/nonexistent' }, code: 31, err: /cannot make/ },
	{ what: 'a file in the place of the folder', args: login(ME, 'Pa55word'), code: 31, before: (h) => h.put(join(h.dir, '.sso-cli'), 'x'), err: /cannot/ },
	{ what: 'a folder in the place of the token', args: login(ME, 'Pa55word'), code: 32, err: /cannot write/,
		before: (h) => mkdirSync(join(h.file(ME), 'x'), { recursive: true }) },
	{ what: 'open folders are closed', args: login(ME, 'Pa55word'), before: (h) => { mkdirSync(h.cache, { recursive: true }); chmodSync(dirname(h.cache), 0o755); },
		then: ({ home }) => assert.deepEqual([home.files()['.sso-cli'], statSync(home.cache).mode & 0o777], ['700', 0o700]) },
	{ what: '--print-sso-cache', args: ['--print-sso-cache'], code: 3, url: () => 'http://login.example.com', server: null, before: (h) => { expectedPrint = `${h.cache}\n`; },
		get out() { return expectedPrint; } },
	{ what: 'a / in the base64 of the address makes folders', args: ['--print-sso-cache'], code: 3, url: () => 'http://a?b', server: null,
		before: (h) => { assert.match(b64(h.url), /\//); expectedPrint = `${h.cache}\n`; }, get out() { return expectedPrint; },
		then: ({ home }) => assert.equal(statSync(home.cache).mode & 0o777, 0o700) },
	{ what: '--clear-sso-cache', args: ['--clear-sso-cache'], code: 2, err: /removed /, asked: [], before: (h) => {
		h.keep(ME, token(ME));
		h.put(join(h.dir, '.sso-cli', 'other', 'kept'), 'x');
	}, then: ({ home }) => assert.deepEqual(Object.keys(home.files()).length, 4) },
	{ what: '--clear-all-sso-cache needs no address', args: ['--clear-all-sso-cache'], code: 2, url: null, server: null, before: (h) => {
		h.put(join(h.dir, '.sso-cli', 'a', 'b', 'c'), 'x');
		h.put(join(h.dir, 'precious'), 'x');
		symlinkSync(h.dir, join(h.dir, '.sso-cli', 'link'));
	}, then: ({ home }) => assert.deepEqual(home.files(), { '.sso-cli': '700', precious: '600' }) },
	{ what: '--clear-all acts before --clear and --print', args: ['--print-sso-cache', '--clear-all-sso-cache', '--clear-sso-cache'], code: 2,
		before: (h) => h.keep(ME, token(ME)), then: ({ home }) => assert.deepEqual(home.files(), { '.sso-cli': '700' }) },
]);

table('kept tokens', [
	{ what: 'a living one of the only user', before: (h) => { kept = h.keep(ME, token(ME)); }, asked: GETS, get out() { return `${kept}\n`; } },
	{ what: 'by name', args: ['-u', ME], before: (h) => { h.keep(ME, token(ME)); h.keep(YOU, token(YOU)); }, asked: GETS },
	{ what: 'by name in capitals', args: ['-u', 'Me@Example.com'], before: (h) => h.keep(ME, token(ME)), asked: GETS },
	{ what: 'a password beside it is not needed', args: ['-u', `${ME}:wrong`], before: (h) => h.keep(ME, token(ME)), asked: GETS },
	{ what: 'another name: a new token', args: login(YOU, STRANGE), user: YOU, before: (h) => h.keep(ME, token(ME)), asked: [...GETS, NEW] },
	{ what: 'two users and no name', before: (h) => { h.keep(ME, token(ME)); h.keep(YOU, token(YOU)); }, code: 12, err: [/token of me@example\.com/, /Enter your email: /] },
	{ what: 'two users, and one is typed in capitals', input: 'YOU@example.com\n', user: YOU, err: /Enter your email: /, asked: GETS,
		before: (h) => { h.keep(ME, token(ME)); h.keep(YOU, token(YOU)); } },
	{ what: 'four seconds of life are enough', before: (h) => h.keep(ME, token(ME, 5)), asked: GETS },
	{ what: 'two are not', before: (h) => h.keep(ME, token(ME, 2)), asked: [...GETS, 'POST /oauth/token'], then: ({ home, server }) => {
		assert.deepEqual(form(server), { grant_type: 'refresh_token', refresh_token: 'refresh.me' });
		assert.equal(server.seen.at(-1).headers.authorization, 'Basic ZWRnZWNsaTplZGdlY2xpc2VjcmV0');
		assert.equal(statSync(home.file(ME)).mode & 0o777, 0o600);
	} },
	{ what: 'expired: refreshed, and the name stays', before: (h) => h.keep(ME, token(ME, -10000)), asked: [...GETS, 'POST /oauth/token'] },
	{ what: 'an expiry that cannot be read: refreshed', before: (h) => h.keep(ME, jwt(`{"exp": ${exp(1000)},"user_name":"${ME}"}`)), asked: [...GETS, 'POST /oauth/token'] },
	{ what: 'a refresh that is refused: a new one', args: login(ME, 'Pa55word'), before: (h) => h.keep(ME, token(ME, -1), 'refresh.other'),
		asked: [...GETS, 'POST /oauth/token', NEW] },
	{ what: 'a refresh that is refused, and no password: what was kept stays', before: (h) => h.keep(ME, token(ME, -1), 'refresh.other'), code: 12,
		err: /Enter the password for user 'me@example\.com'/, then: ({ home }) => assert.equal(home.kept(ME).refresh_token, 'refresh.other') },
	{ what: 'a refresh that is answered with nonsense: a new one', args: login(ME, 'Pa55word'), before: (h) => h.keep(ME, token(ME, -1)),
		server: { token: ['<html>', answer(token(ME))] }, asked: [...GETS, 'POST /oauth/token', NEW] },
	{ what: 'a new refresh token is kept', before: (h) => h.keep(ME, token(ME, -1)), server: { token: () => answer(token(ME), 'refresh.2') },
		then: ({ home }) => assert.equal(home.kept(ME).refresh_token, 'refresh.2') },
	{ what: 'an empty file: a new one', args: login(ME, 'Pa55word'), before: (h) => h.put(h.file(ME), ''), asked: [...GETS, NEW] },
	{ what: 'a file of nonsense: a new one', args: login(ME, 'Pa55word'), before: (h) => h.put(h.file(ME), 'nonsense'), asked: [...GETS, NEW] },
	{ what: 'strange files beside it are nobody\'s', before: (h) => { h.keep(ME, token(ME)); h.put(join(h.cache, 'server.x'), 'x'); h.put(join(h.cache, '.DS_Store'), 'x'); }, asked: GETS },
	{ what: '/login and /version are kept for ever', args: login(ME, 'Pa55word'), asked: [NEW], before: (h) => {
		h.put(join(h.cache, 'server.login'), `HTTP/1.1 200 OK\r\n\r\n${loginText(false)}`);
		h.put(join(h.cache, 'server.version'), 'HTTP/1.1 200 OK\r\n\r\n{"cliVersion":"2.3.0"}');
	} },
	{ what: 'a kept /login that is no answer is asked for again', args: login(ME, 'Pa55word'), asked: [...GETS, NEW],
		before: (h) => h.put(join(h.cache, 'server.login'), 'HTTP/1.1 503 Away\r\n\r\n') },
]);

table('prompts at a terminal', [
	{ what: 'name, password and no code', typed: [ME, 'Pa55word', ''], err: [/Enter username: /, /Enter the password for user 'me@example\.com': /, /code/],
		asked: [...GETS, NEW], then: (o) => { typedAll(o); assert.ok(!o.r.terminal.shown.includes('Pa55word'), o.r.terminal.shown); } },
	{ what: 'a name in capitals', typed: ['ME@EXAMPLE.COM', 'Pa55word', ''], err: /user 'me@example\.com'/, then: typedAll },
	{ what: 'a code', typed: [MFA, 'Pa55word', '424242'], user: MFA, err: /code/, asked: [...GETS, `${NEW}424242`], then: typedAll },
	{ what: 'a code that is no number', typed: [MFA, 'Pa55word', '4 2'], code: 13, err: /digits/, asked: GETS },
	{ what: 'a strange password', args: ['-u', YOU, '-m', ''], typed: [STRANGE], user: YOU, err: /password/,
		then: ({ r, server }) => { assert.equal(form(server).password, STRANGE); assert.ok(!r.terminal.shown.includes('pa ss')); } },
	{ what: 'no name', typed: [''], code: 12, err: /user name and a password/, asked: GETS },
	{ what: 'no password', args: ['-u', ME], typed: [''], code: 12, err: /user name and a password/, then: typedAll },
	{ what: 'a passcode', server: { passcode: true }, typed: ['Code12'], err: /Get passcode from http:\/\/127\.0\.0\.1:\d+\/passcode/, then: typedAll },
	{ what: 'no passcode', server: { passcode: true }, typed: [''], code: 12, err: /passcode is needed/, asked: GETS },
	{ what: 'a passcode with a dash', server: { passcode: true }, typed: ['a-b'], code: 13, err: /letters and digits/ },
	{ what: '-p without one asks', args: ['-p'], typed: ['Code12'], err: /Get passcode/, then: typedAll },
	{ what: 'Ctrl-C at the password gives the echo back', args: ['-u', ME], typed: ['\x03'], code: 130, err: /password/,
		then: (o) => { typedAll(o); assert.equal(o.r.terminal.signal, 2); } },
	{ what: 'Ctrl-D at the password', args: ['-u', ME], typed: ['\x04'], code: 12, err: /password/, then: typedAll },
	{ what: 'without a terminal, lines of standard input', input: `${ME}\nPa55word\n\n`, err: /Enter username/, asked: [...GETS, NEW] },
	{ what: 'without a terminal and an end of line', args: ['-u', ME, '-m', ''], input: 'Pa55word', err: /password/ },
	{ what: 'nothing on standard input', code: 12, err: /user name and a password/ },
]);

const bad = (login) => ({ server: { login }, args: [], code: 21, err: /Failure to communicate with SSO server/, asked: ['GET /login'],
	then: ({ home }) => assert.ok(!existsSync(join(home.cache, 'server.login'))) });
const raw = (line, body) => `${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
const given = (body) => ({ args: login(ME, 'Pa55word'), server: { token: body }, then: ({ home }) => assert.ok(!existsSync(home.file(ME))) });
table('servers that answer nonsense', [
	{ what: '/login by HTTP/1.0', ...bad(raw('HTTP/1.0 200 OK', loginText())) },
	{ what: '/login with the status line of HTTP/2', ...bad(raw('HTTP/2 200', loginText())) },
	{ what: '/login with 404', ...bad({ status: 404, text: loginText() }) },
	{ what: '/login with 204', ...bad(raw('HTTP/1.1 204 No Content', '')) },
	{ what: '/login that leads elsewhere', ...bad('HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n') },
	{ what: '/login without prompts', ...bad('{"app":{},"timestamp":"now"}') },
	{ what: '/login with a space at the colon', ...bad('{"prompts": {"username":["text","Email"]},"timestamp":"now"}') },
	{ what: '/login in HTML', ...bad('<html>prompts</html>') },
	{ what: '/login that is empty', ...bad('') },
	{ what: '/login that is cut off', ...bad('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"prompts":{"username"') },
	{ what: '/login that is no HTTP', ...bad((one, res) => { res.socket.end('SSH-2.0-OpenSSH_9.2\r\n'); }) },
	{ what: '/login that resets', ...bad((one, res) => { res.socket.resetAndDestroy(); }) },
	{ what: '/login of 3 MB', ...bad(`${loginText()}${' '.repeat(3 << 20)}`), err: /longer than 1 MiB/ },
	{ what: '/login without end', ...bad((one, res) => {
		res.writeHead(200);
		const more = () => { while (!res.destroyed && res.write('x'.repeat(65536))); };
		res.on('drain', more);
		more();
	}) },
	{ what: '/login a byte at a time', server: { login: (one, res) => {
		const all = loginText();
		res.writeHead(200, { 'Content-Length': all.length });
		[...all].forEach((c, i) => setTimeout(() => res.write(c), i * 3));
		setTimeout(() => res.end(), all.length * 3 + 5);
	} }, args: login(ME, 'Pa55word') },
	{ what: 'passcode behind the timestamp means nothing', args: login(ME, 'Pa55word'), server: { login: loginText().replace(/}$/, ',"links":"passcode"}') } },
	{ what: '/version with 500', args: login(ME, 'Pa55word'), server: { version: { status: 500, text: '' } }, code: 21, err: /Failure to communicate.*\/version/, asked: GETS },
	{ what: '/version by HTTP/1.0', args: login(ME, 'Pa55word'), server: { version: raw('HTTP/1.0 200 OK', '{}') }, code: 21, asked: GETS },
	{ what: '/version of a newer tool only warns', args: login(ME, 'Pa55word'), server: { version: '{"cliVersion":"2.4.0"}' }, err: /2\.4\.0/ },
	{ what: '/version of an older tool does not', args: login(ME, 'Pa55word'), server: { version: '{"cliVersion":"2.2.1"}' } },
	{ what: '/version without cliVersion', args: login(ME, 'Pa55word'), server: { version: '{}' } },
	{ what: 'a space at the colon of the token', ...given(() => answer(token(ME)).replaceAll('":', '": ')), code: 14, err: /Incorrect credentials for the user me@/ },
	{ what: 'a space at a colon in the token', ...given(answer(jwt(`{"user_name": "${ME}","exp":${exp(900)}}`))), code: 14,
		err: /Incorrect credentials/ },
	{ what: 'a token that is no JWT', ...given(answer('opaque')), code: 14, err: /Incorrect credentials/ },
	{ what: 'a token of two parts', ...given(answer('a.b')), code: 14 },
	{ what: 'a token of nobody', ...given(answer(jwt({ exp: exp(900) }))), code: 14 },
	{ what: 'a token of somebody else', ...given(answer(token(YOU))), code: 14, then: ({ home }) => assert.ok(!existsSync(home.file(YOU))) },
	{ what: 'a token of a name that leads elsewhere, by passcode', args: ['-p', 'Code12'], server: { token: answer(token('../../../x')) }, user: '../../../x',
		then: ({ home }) => assert.deepEqual(Object.keys(home.files()).length, 5) },
	{ what: 'a wrong password', args: login(ME, 'wrong'), code: 22, err: /refused \(401\):\n\{"error":"unauthorized","error_description":"Bad credentials"\}/,
		then: ({ home }) => assert.ok(!existsSync(home.file(ME))) },
	{ what: 'a refusal that moves the cursor', ...given(refusal('\x1b[2J')), code: 22, then: ({ r }) => assert.ok(!r.err.includes('\x1b')) },
	{ what: '/oauth/token with 500', ...given({ status: 500, text: 'away' }), code: 22, err: /away/ },
	{ what: '/oauth/token that is empty', ...given(''), code: 22 },
	{ what: '/oauth/token that resets', ...given((one, res) => { res.socket.resetAndDestroy(); }), code: 22, err: /no answer/ },
	{ what: '/oauth/token of 3 MB', ...given('x'.repeat(3 << 20)), code: 22, err: /longer than 1 MiB/ },
	{ what: 'nobody listens', server: null, url: () => 'http://127.0.0.1:1', code: 21, err: /Failure to communicate/ },
	{ what: 'no such host', server: null, url: () => 'http://nowhere.invalid', code: 21, err: /Failure to communicate/ },
]);

// TLS as people's servers have it: a certificate of nobody's authority, and HTTP/2 preferred.
test('servers behind TLS', async (t) => {
	const own = certificate('localhost', { names: ['localhost', '127.0.0.1'] }), crt = join(folder(), 'ca.pem');
	writeFileSync(crt, own.cert);
	const seen = [], handler = (req, res) => {
		seen.push(req.httpVersion);
		res.end({ '/login': loginText(), '/version': '{"cliVersion":"2.3.0"}' }[req.url] ?? answer(token(ME)));
	};
	const server = http2.createSecureServer({ cert: own.cert, key: own.key, allowHTTP1: true }, handler);
	await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
	server.unref();
	const url = `https://127.0.0.1:${server.address().port}`;
	for (const [what, args, env, code] of [
		['an unknown authority', [], {}, 21],
		['--insecure', ['--insecure'], {}, 0],
		['CURL_CA_BUNDLE', [], { CURL_CA_BUNDLE: crt }, 0],
		['SSL_CERT_FILE', [], { SSL_CERT_FILE: crt }, 0],
	])
		await t.test(what, async () => {
			const r = await new Home(url).run('get_token', [...login(ME, 'Pa55word'), ...args], { env });
			assert.equal(r.code, code, r.err);
			if (code)
				assert.match(r.err, /certificate/);
		});
	assert.deepEqual([...new Set(seen)], ['1.1']);
	server.close();
});

test('completion: options, and the users whose tokens are kept', async () => {
	const home = new Home('http://a.example'), script = join(root, 'packaging/bash-completion/get_token');
	home.keep(ME, token(ME));
	home.keep(YOU, token(YOU));
	home.put(join(home.cache, 'server.login'), 'x');
	const ask = (...words) => execFileSync('bash', ['-c', `. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _"$1"; printf '%s\n' "\${COMPREPLY[@]}"`,
		'bash', script.replace('get_token', words[0]), ...words], { env: { ...process.env, HOME: home.dir, SSO_LOGIN_URL: home.url } }).toString().trim().split('\n').sort();
	assert.deepEqual(ask('get_token', '--c'), ['--clear-all-sso-cache', '--clear-sso-cache']);
	assert.deepEqual(ask('get_token', '-u', ''), [ME, YOU].sort());
	assert.deepEqual(ask('get_token', '-u', 'y'), [YOU]);
	assert.deepEqual(ask('get_token', '-m', ''), ['']);
	assert.deepEqual(ask('acurl', '-u', 'm'), [ME]);
	assert.ok(ask('acurl', '--f').includes('--force-basic-auth'));
});

test('two servers keep their tokens apart', async () => {
	const [a, b] = [await mock(), await mock()], home = new Home(a.url);
	const first = await home.run('get_token', login(ME, 'Pa55word'));
	home.url = b.url;
	const none = await home.run('get_token', ['-u', ME]);
	assert.equal(none.code, 12, none.err);
	const second = await home.run('get_token', login(ME, 'Pa55word'));
	home.url = a.url;
	const again = await home.run('get_token', []);
	assert.equal(again.out, first.out);
	assert.notEqual(second.out, first.out);
	assert.deepEqual(a.calls(), [...GETS, NEW]);
});

test('the password is not in the process list', async () => {
	const server = await mock({ token: (one, res) => { setTimeout(() => res.end(answer(token(ME))), 400 * slack); } });
	const run = new Home(server.url).run('get_token', login(ME, 'Pa55word'));
	while (server.seen.length < 3)
		await sleep(5);
	assert.ok(!readFileSync(`/proc/${run.p.child.pid}/cmdline`, 'latin1').includes('Pa55word'));
	assert.equal((await run).code, 0);
});

test('eight at once keep one whole token', async () => {
	const server = await mock(), home = new Home(server.url);
	const all = await Promise.all(Array.from({ length: 8 }, () => home.run('get_token', login(ME, 'Pa55word'))));
	assert.deepEqual(all.map((r) => r.code), Array(8).fill(0), all.map((r) => r.err).join(''));
	assert.ok(all.some((r) => r.out === `${home.kept(ME).access_token}\n`));
	assert.equal(Object.keys(home.files()).length, 5);
});

// Each waits for half a minute, so they wait together.
test('who does not answer in time', { concurrency: true }, async (t) => {
	const server = await mock(), slow = await mock({ passcode: true }), mute = await mock({ login: () => {} });
	const late = (what, url, args, code, err) => t.test(what, async () => {
		const from = Date.now(), r = await new Home(url).run('get_token', args, { input: null });
		assert.equal(r.code, code, r.err);
		assert.match(r.err, err);
		assert.ok(Date.now() - from > 29000 && Date.now() - from < 45000, `${Date.now() - from} ms`);
	});
	await Promise.all([
		late('a name', server.url, [], 12, /user name and a password/),
		late('a password', server.url, ['-u', ME], 12, /user name and a password/),
		late('a code: then without one', server.url, ['-u', `${MFA}:Pa55word`], 22, /Invalid MFA code/),
		late('a server', mute.url, [], 21, /Failure to communicate/),
		t.test('a passcode has longer', async () => {
			const run = new Home(slow.url).run('get_token', [], { input: null });
			await sleep(35000);
			assert.equal(run.p.child.exitCode, null);
			run.p.child.kill('SIGTERM');
			assert.equal((await run).signal, 'SIGTERM');
		}),
	]);
});

test('the product itself', async (t) => {
	const g = await gateway({ set: { 'sso.lockout_failures': 100 } }), home = new Home(`http://127.0.0.1:${g.ports.sso}`);
	const row = (what, args, o, code, then) => t.test(what, async () => {
		const r = await home.run('get_token', ['--force-basic-auth', ...args], o);
		assert.equal(r.code, code, r.err);
		await then?.(r);
	});
	const opens = async (r) => assert.equal((await g.mgmt('', { auth: `Bearer ${r.out.trim()}` })).status, 200);
	await row('a wrong password', ['-u', `${g.user}:wrong`, '-m', ''], {}, 22, (r) => assert.match(r.err, /"error_description":"Bad credentials"/));
	await row('a new token, which opens the management API', ['-u', g.user], { typed: [g.pass, ''] }, 0, opens);
	await row('the kept one', [], {}, 0, opens);
	const age = () => home.put(home.file(g.user), JSON.stringify({ ...home.kept(g.user), access_token: token(g.user, -5) }));
	age();
	await row('expired, and refreshed', [], {}, 0, opens);
	home.put(home.file(g.user), readFileSync(home.file(g.user), 'utf8').replace('"refresh_token":"e', '"refresh_token":"f'));
	age();
	await row('a refresh token that was changed: a new one by password', ['-u', `${g.user}:${g.pass}`, '-m', ''], {}, 0, opens);
	await row('a wrong passcode', ['-p', 'abcdef', '-u', 'x@acme.example'], {}, 22, (r) => assert.match(r.err, /Invalid passcode/));
	await row('another client', ['-u', `y@acme.example:${g.pass}`, '-m', ''], { env: { CLIENT_AUTH: b64('edgecli:no') } }, 22);
	const v = new Visitor(g), fresh = (what, ...more) => { home.clear(); return row(what, ...more); };
	await v.login();
	const passcode = async () => (await v.get('/passcode', { headers: { Accept: 'application/json' } })).json.passcode;
	const one = await passcode();
	await fresh('a passcode of its page', ['-p', one], {}, 0, opens);
	await fresh('a passcode twice', ['-p', one], {}, 22, (r) => assert.match(r.err, /Invalid passcode/));
	await fresh('a passcode typed, and the name', ['-p', '-u', g.user], { typed: [await passcode()] }, 0, opens);
	await fresh('a passcode of somebody else', ['-p', await passcode(), '-u', 'x@acme.example'], {}, 14);
	const offer = await v.get('/login/mfa/manual'), secret = /[A-Z2-7]{32}/.exec(offer.text.replaceAll(' ', ''))[0];
	const confirmed = totp(secret, -1);
	assert.equal((await v.submit(offer, { code: confirmed })).status, 303);
	const login = (...more) => ['-u', `${g.user}:${g.pass}`, ...more], wrong = (r) => assert.match(r.err, /Error: Invalid MFA code\./);
	await fresh('a second factor, and no code', login('-m', ''), {}, 22, wrong);
	await fresh('a code that was used at the enrolment', login('-m', confirmed), {}, 22, wrong);
	const code = totp(secret);
	await fresh('a code, asked for', ['-u', g.user], { typed: [g.pass, code] }, 0, opens);
	await row('the kept token needs none', [], {}, 0, opens);
	age();
	await row('nor does a refresh', [], {}, 0, opens);
	await fresh('a code twice', login('-m', code), {}, 22, wrong);
	await fresh('the next code, given', login('-m', totp(secret, 1)), {}, 0, opens);
});
