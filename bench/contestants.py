# SPDX-License-Identifier: Apache-2.0
"""Who takes part in the bench: how each is configured, started, loaded and asked for its processes.

A contestant has name, start(), stop(), pids() and load(row) -> (url, wrk script, environment).
"""
import base64, concurrent.futures, json, os, signal, socket, subprocess, time, urllib.request, io, zipfile
from pathlib import Path

HERE = Path(__file__).parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"bench: nothing listens on port {port}")


def children(pid):
    out = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            out += children(int(child))
    return out


def cpu_ns(pids):
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            total += int((task / "schedstat").read_text().split()[0])
    return total


class Process:
    core = "0"
    process = None

    def launch(self, command, **more):
        self.process = subprocess.Popen(["taskset", "-c", self.core, *command], stderr=open(self.folder / f"{self.key}.err", "wb"), **more)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def restart(self):
        self.stop()
        self.start()

    def pids(self):
        return children(self.process.pid)

    def cpu_ns(self):
        return cpu_ns(self.pids())

    def memory(self):
        """KiB over all processes: what is theirs alone, and their share of what is mapped by several."""
        total = {"uss": 0, "pss": 0}
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                key = "pss" if line.startswith("Pss:") else "uss" if line.startswith("Private_") else None
                if key:
                    total[key] += int(line.split()[1])
        return total

    def memory_at_rest(self):
        """The same when what was asked of it last is given back: the hash of a password holds 20 MiB for a while."""
        time.sleep(0.5)
        return self.memory()


def certificate(folder, name, *algorithm):
    """Self-signed, for localhost: the paths of certificate and key."""
    crt, key = folder / f"{name}.crt", folder / f"{name}.key"
    if not crt.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", *algorithm, "-nodes", "-days", "9", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(crt)], check=True, capture_output=True)
    return crt, key


def rsa(folder):
    return certificate(folder, "rsa", "rsa:2048")


class Configured(Process):
    """A peer with a configuration file in peers/ whose @NAMES@ are filled in."""

    def fill_in(self, file, **names):
        text = (HERE / "peers" / file).read_text()
        for name, value in names.items():
            text = text.replace(f"@{name.upper()}@", str(value))
        path = self.folder / f"{self.key}-{file}"
        path.write_text(text)
        return path


class Target(Configured):
    """What everyone proxies to: nginx on the other core, answering from memory."""
    name, key, core = "target", "target", "1"

    def __init__(self, folder, body):
        self.folder, self.body, self.port = folder, body, free_port()

    def start(self):
        (self.folder / "large").write_bytes(b"x" * (1 << 20))
        self.launch(["nginx", "-c", str(self.fill_in("target.conf", folder=self.folder, port=self.port, body=self.body))])
        wait_port(self.port)


class Tokens:
    """The bearer tokens that a row sends, one a line, and the key that JWTs are signed with."""
    counts = {"token": 1000, "jwt": 1000, "jwt-first": 12000}  # the last: more than are remembered, so that none is when it comes again

    def __init__(self, folder):
        self.folder, self.public, private = folder, folder / "jwt-public.pem", folder / "jwt-private.pem"
        for command in (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private], ["pkey", "-in", private, "-pubout", "-out", self.public]):
            subprocess.run(["openssl", *command], check=True, capture_output=True)
        self.private_text, self.public_text = private.read_text(), self.public.read_text()

    def file(self, row):
        return self.folder / f"{row}.tokens"

    def keep(self, row, tokens):
        self.file(row).write_text("\n".join(tokens) + "\n")

    def load(self, row, who):
        if row in self.counts:
            return "tokens.lua", {"TOKENS": str(self.file(row)), "AT": str(self.folder / f"{row}.{who}.at")}
        return "close.lua" if row == "connect" else "", {}


class Nginx(Configured):
    """In the rows with tokens it is sent the same requests, and passes the tokens on unseen."""
    name, key = "nginx", "nginx"

    def __init__(self, folder, target, body, tokens):
        self.folder, self.target, self.body, self.tokens = folder, target, body, tokens
        self.port, self.tls, self.rsa = free_port(), free_port(), free_port()

    def start(self):
        crt, key = certificate(self.folder, "nginx", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")  # like the one that gatehouse makes for itself
        rsa_crt, rsa_key = rsa(self.folder)
        self.launch(["nginx", "-c", str(self.fill_in("nginx.conf", folder=self.folder, port=self.port, tls=self.tls, rsa=self.rsa, crt=crt, key=key, rsa_crt=rsa_crt, rsa_key=rsa_key,
                                                     body=self.body, target=self.target.port))])
        wait_port(self.port)

    def load(self, row):
        path = {"answer": "answer", "large": "proxy/large"}.get(row, "proxy/x")
        return f"{origin(row, self.port, self.tls, self.rsa)}/{path}", *self.tokens.load(row, self.key)


def origin(row, port, tls, rsa):
    """The name, which is sent as SNI, has an RSA key."""
    return f"https://rsa.localhost:{rsa}" if row == "rsa" else f"https://127.0.0.1:{tls}" if row in ("tls", "handshake", "h2") else f"http://127.0.0.1:{port}"


class NginxLua(Configured):
    name, key = "nginx-lua", "nginx-lua"
    module = Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")

    def __init__(self, folder, target, tokens):
        self.folder, self.target, self.port, self.tokens = folder, target, free_port(), tokens

    def start(self):
        self.launch(["nginx", "-c", str(self.fill_in("nginx-lua.conf", folder=self.folder, port=self.port, target=self.target.port, tokens=self.tokens.file("token")))])
        wait_port(self.port)

    def load(self, row):
        return f"http://127.0.0.1:{self.port}/token/x", *self.tokens.load(row, self.key)


class Haproxy(Configured):
    name, key = "haproxy", "haproxy"

    def __init__(self, folder, target, body, tokens):
        self.folder, self.target, self.body, self.port, self.tokens = folder, target, body, free_port(), tokens
        self.map = folder / "haproxy.tokens"

    def start(self):
        body = self.folder / "haproxy.body"
        body.write_text(self.body)
        self.map.write_text("".join(f"{t} 1\n" for t in self.tokens.file("token").read_text().split()))
        conf = self.fill_in("haproxy.cfg", port=self.port, body=body, target=self.target.port, tokens=self.map, key=self.tokens.public)
        self.launch(["haproxy", "-db", "-f", str(conf)], stdout=open(self.folder / "haproxy.log", "wb"))
        wait_port(self.port)

    def load(self, row):
        path = {"answer": "answer", "token": "token/x", "jwt": "jwt/x", "jwt-first": "jwt/x", "large": "proxy/large"}.get(row, "proxy/x")
        return f"http://127.0.0.1:{self.port}/{path}", *self.tokens.load(row, self.key)


class Glewlwyd(Configured):
    """Debian's, for the row of RS256: its database in write-ahead mode, the plug-in that it recommends, with that grant
    alone, and a secret that it keeps readable: of those that it hashes, it checks 14 a second."""
    name, key = "glewlwyd", "glewlwyd"
    schema = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()

    def start(self):
        subprocess.run(["sqlite3", str(self.folder / "glewlwyd.db")], input=b"PRAGMA journal_mode=WAL;" + self.schema.read_bytes(), check=True, stdout=subprocess.DEVNULL)
        self.launch(["glewlwyd", f"--config-file={self.fill_in('glewlwyd.conf', folder=self.folder, port=self.port)}"], stdout=subprocess.DEVNULL)
        wait_port(self.port)

    def cpu_ns(self):
        """By the kernel's ticks, which count threads that have ended: it has one for each connection."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def client(self, client_id, secret, key, public):
        admin = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        post = lambda path, body: admin.open(urllib.request.Request(f"http://127.0.0.1:{self.port}/api{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})).read()
        grants = {f"auth-type-{grant}-enabled": grant == "client" for grant in ("code", "token", "id-token", "none", "password", "client", "device", "refresh")}
        post("/auth/", {"username": "admin", "password": "password"})
        post("/scope/", {"name": "bench", "password_required": False, "scheme": {}})
        post("/mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "", "parameters": {
            "iss": f"http://127.0.0.1:{self.port}", "jwt-type": "rsa", "jwt-key-size": "256", "key": key, "cert": public, "allow-non-oidc": True,
            "access-token-duration": 1800, "refresh-token-duration": 84600, "code-duration": 600, **grants}})
        post("/client/", {"client_id": client_id, "client_secret": secret, "confidential": True, "enabled": True, "authorization_type": ["client_credentials"],
                          "token_endpoint_auth_method": ["client_secret_basic"], "redirect_uri": [], "scope": ["bench"]})


class Gatehouse(Process):
    user, password = "bench@example.com", "bench-password"
    proxies = 0  # like more0
    app_key, app_secret = "bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K", "hAr4Gn0gA9vAyvI4"

    def __init__(self, folder, args, target, body, name="gatehouse"):
        self.name = self.key = name
        self.folder, self.binary, self.target, self.body = folder / name, args.gatehouse, target, body
        self.folder.mkdir()
        self.tokens = Tokens(self.folder)
        self.ports = {k: free_port() for k in ("management", "gateway.default", "gateway.secure", "sso", "ui", "mocktarget")}
        self.port = self.ports["gateway.default"]

    def start(self):
        self.serve()
        self.rsa_host()
        self.bundles()

    def restart(self):
        self.stop()
        self.serve()

    def serve(self):
        """Starts on what is stored already; gives the seconds until it is ready."""
        began = time.monotonic()
        sets = [w for k, p in self.ports.items() for w in ("--set", f"{k}.listen=127.0.0.1:{p}")]
        env = {**os.environ, "GATEHOUSE_ADMIN_USER": self.user, "GATEHOUSE_ADMIN_PASSWORD": self.password}
        self.launch([self.binary, "serve", "--demo", "--data", str(self.folder / "data"), "--set", "workers=1", *sets], env=env, stdout=subprocess.PIPE)
        if self.process.stdout.readline().strip() != b"gatehouse ready":
            raise SystemExit("bench: gatehouse did not start: " + (self.folder / f"{self.key}.err").read_text()[-2000:])
        return time.monotonic() - began

    def api(self, method, path, body=None, content_type="application/json"):
        r = urllib.request.Request(f"http://127.0.0.1:{self.ports['management']}/v1/o/acme{path}", body, method=method)
        r.add_header("Authorization", "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode())
        if body is not None:
            r.add_header("Content-Type", content_type)
        return json.load(urllib.request.urlopen(r))

    def rsa_host(self):
        """A virtual host with the RSA key that nginx has, too."""
        parts = [("certFile", rsa(self.folder.parent)[0]), ("keyFile", rsa(self.folder.parent)[1])]
        form = "".join(f'--bench\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n{path.read_text()}\r\n' for name, path in parts) + "--bench--\r\n"
        self.api("POST", "/e/test/keystores", json.dumps({"name": "rsa"}).encode())
        self.api("POST", "/e/test/keystores/rsa/aliases?alias=rsa&format=keycertfile", form.encode(), "multipart/form-data; boundary=bench")
        self.api("POST", "/e/test/virtualhosts", json.dumps({"name": "rsa", "port": str(self.ports["gateway.secure"]), "hostAliases": ["rsa.localhost"],
                                                            "sSLInfo": {"enabled": "true", "keyStore": "rsa", "keyAlias": "rsa"}}).encode())

    def deploy(self, name, files):
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as z:
            for path, text in files.items():
                z.writestr(f"apiproxy/{path}", text)
        self.api("POST", f"/apis?action=import&name={name}", zipped.getvalue(), "application/octet-stream")
        self.api("POST", f"/e/test/apis/{name}/revisions/1/deployments", b"override=true", "application/x-www-form-urlencoded")

    def bundles(self):
        def endpoint(base, steps, answer_steps, route):
            lane = lambda names: "".join(f"<Step><Name>{n}</Name></Step>" for n in names)
            return (f'<ProxyEndpoint name="default"><PreFlow name="PreFlow"><Request>{lane(steps)}</Request><Response>{lane(answer_steps)}</Response></PreFlow>'
                    f'<HTTPProxyConnection><BasePath>{base}</BasePath><VirtualHost>default</VirtualHost><VirtualHost>secure</VirtualHost><VirtualHost>rsa</VirtualHost></HTTPProxyConnection><RouteRule name="r">{route}</RouteRule></ProxyEndpoint>')
        target = f'<TargetEndpoint name="default"><HTTPTargetConnection><URL>http://127.0.0.1:{self.target.port}</URL></HTTPTargetConnection></TargetEndpoint>'
        to_target = "<TargetEndpoint>default</TargetEndpoint>"
        verify = '<OAuthV2 name="verify"><Operation>VerifyAccessToken</Operation></OAuthV2>'
        strip = '<AssignMessage name="strip"><Remove><Headers><Header name="Authorization"/></Headers></Remove><AssignTo createNew="false" transport="http" type="request"/></AssignMessage>'
        say = f'<AssignMessage name="say"><Set><Payload contentType="text/plain">{self.body}</Payload></Set></AssignMessage>'
        issue = ('<OAuthV2 name="issue"><Operation>GenerateAccessToken</Operation><ExpiresIn>3600000</ExpiresIn><SupportedGrantTypes>'
                 '<GrantType>client_credentials</GrantType></SupportedGrantTypes><GenerateResponse/></OAuthV2>')
        self.deploy("answer", {"answer.xml": '<APIProxy name="answer"/>', "proxies/default.xml": endpoint("/answer", [], ["say"], ""), "policies/say.xml": say})
        self.deploy("plain", {"plain.xml": '<APIProxy name="plain"/>', "proxies/default.xml": endpoint("/proxy", [], [], to_target), "targets/default.xml": target})
        self.deploy("verified", {"verified.xml": '<APIProxy name="verified"/>', "proxies/default.xml": endpoint("/token", ["verify", "strip"], [], to_target),
                                 "targets/default.xml": target, "policies/verify.xml": verify, "policies/strip.xml": strip})
        self.deploy("issuer", {"issuer.xml": '<APIProxy name="issuer"/>', "proxies/default.xml": endpoint("/issue", ["issue"], [], ""), "policies/issue.xml": issue})
        key = f'<AssignMessage name="key"><AssignVariable><Name>private.key</Name><Value>{self.tokens.private_text}</Value></AssignVariable></AssignMessage>'
        sign = ('<GenerateJWT name="sign"><Algorithm>RS256</Algorithm><PrivateKey><Value ref="private.key"/></PrivateKey><Subject>bench@example.com</Subject><Issuer>https://login.example.com/oauth/token'
                '</Issuer><Audience>weather,traffic</Audience><ExpiresIn>1d</ExpiresIn><Id/><AdditionalClaims><Claim name="scope" array="true">read,write,admin</Claim>'
                '<Claim name="client_id">bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K</Claim></AdditionalClaims><OutputVariable>token</OutputVariable></GenerateJWT>')
        tell = '<AssignMessage name="tell"><Set><Payload contentType="text/plain">{token}</Payload></Set></AssignMessage>'
        check = (f'<VerifyJWT name="check"><Algorithm>RS256</Algorithm><PublicKey><Value>{self.tokens.public_text}</Value></PublicKey>'
                 '<Issuer>https://login.example.com/oauth/token</Issuer><Audience>weather</Audience></VerifyJWT>')
        self.deploy("signer", {"signer.xml": '<APIProxy name="signer"/>', "proxies/default.xml": endpoint("/sign", ["key", "sign"], ["tell"], ""), "policies/key.xml": key, "policies/sign.xml": sign,
                               "policies/tell.xml": tell})
        self.deploy("checked", {"checked.xml": '<APIProxy name="checked"/>', "proxies/default.xml": endpoint("/jwt", ["check", "strip"], [], to_target), "targets/default.xml": target,
                                "policies/check.xml": check, "policies/strip.xml": strip})
        product = self.api("GET", "/apiproducts/PremiumWeatherAPI")
        self.api("PUT", "/apiproducts/PremiumWeatherAPI", json.dumps({**product, "proxies": []}).encode())

    def deploy_more(self, name):
        """A proxy without a target, with a key to check and a condition, on a base path of its own."""
        self.deploy(name, {f"{name}.xml": f'<APIProxy name="{name}"/>', "proxies/default.xml":
                    f'<ProxyEndpoint name="default"><PreFlow name="PreFlow"><Request><Step><Name>key</Name><Condition>request.verb = "POST"</Condition></Step></Request></PreFlow>'
                    f'<HTTPProxyConnection><BasePath>/{name}</BasePath><VirtualHost>default</VirtualHost></HTTPProxyConnection><RouteRule name="r"/></ProxyEndpoint>',
                    "policies/key.xml": '<VerifyAPIKey name="key"><APIKey ref="request.queryparam.apikey"/></VerifyAPIKey>'})

    def store(self):
        return self.folder / "data" / "gatehouse.db"

    def issue_tokens(self, n):
        body = f"grant_type=client_credentials&client_id={self.app_key}&client_secret={self.app_secret}".encode()
        tokens = []
        for _ in range(n):
            r = urllib.request.Request(f"http://127.0.0.1:{self.port}/issue", body)
            tokens.append(json.load(urllib.request.urlopen(r))["access_token"])
        self.tokens.keep("token", tokens)
        return tokens

    def sign_tokens(self, row):
        get = lambda _: urllib.request.urlopen(f"http://127.0.0.1:{self.port}/sign").read().decode()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.tokens.keep(row, pool.map(get, range(self.tokens.counts[row])))

    def load(self, row):
        path = {"answer": "answer", "token": "token/x", "jwt": "jwt/x", "jwt-first": "jwt/x", "issue": "issue", "large": "proxy/large"}.get(row, "proxy/x")
        own = {"issue": ("issue.lua", {"APP_KEY": self.app_key, "APP_SECRET": self.app_secret}), "spread": ("paths.lua", {"PROXIES": str(self.proxies)})}
        tls = self.ports["gateway.secure"]
        return f"{origin(row, self.port, tls, tls)}/{path}", *(own.get(row) or self.tokens.load(row, self.key))
