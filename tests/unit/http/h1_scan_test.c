/* SPDX-License-Identifier: Apache-2.0 */
/* Heads, good and bad: a row is the bytes and what was understood, in one line of text.
 * Every row is also fed byte by byte: the verdict is the same.
 * Source: RFC 9112, RFC 9110 §5 to §7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/h1.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define H "Host: a\r\n"
#define CLOSE_8 "close,close,close,close,close,close,close,close"
#define END "\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n" H

static const struct h1_limits limits = { .line = 60, .head = 400, .headers = 8 };

static str describe(struct arena *a, const struct message *m, const struct h1_head *h)
{
	static const char *const framings[] = { "none", "length", "chunked", "until-close" };
	struct buf b = buf_in(a);
	if (h->bad)
		return str_fmt(a, "%u %s", h->bad_status, h->bad);
	if (m->kind == MESSAGE_REQUEST)
		buf_fmt(&b, "%.*s %.*s %.*s", STR(m->verb), STR(m->path), STR(str_given(m->query) ? m->query : S("-")));
	else
		buf_fmt(&b, "%u (%.*s)", m->status, STR(m->reason));
	buf_fmt(&b, " %u %s", m->version, framings[h->framing]);
	if (h->framing == H1_LENGTH)
		buf_fmt(&b, "=%lld", (long long)h->length);
	buf_fmt(&b, "%s%s%s", h->keep_alive ? " keep" : " close", h->expect_continue ? " continue" : "",
	        h->websocket ? " websocket" : "");
	for (size_t i = 0; i < m->headers.n; i++)
		buf_fmt(&b, "|%.*s=%.*s", STR(m->headers.v[i].name), STR(m->headers.v[i].value));
	return buf_str(&b);
}

struct row {
	str in;
	const char *out; /* bad: "status why"; more bytes needed: "more" */
};

static const struct row requests[] = {
	/* request line */
	{ S_INIT(GET H END), "GET / - 11 none keep|Host=a" },
	{ S_INIT("\r\n" GET H END), "GET / - 11 none keep|Host=a" },
	{ S_INIT("\r\n\r\n" GET H END), "GET / - 11 none keep|Host=a" },
	{ S_INIT("\r\n\r\n\n" GET H END), "400 the method is malformed" },
	{ S_INIT("\n" GET H END), "400 the method is malformed" },
	{ S_INIT("\r" GET H END), "400 a bare CR" },
	{ S_INIT("GET /a/b?c=d&e HTTP/1.1\r\n" H END), "GET /a/b c=d&e 11 none keep|Host=a" },
	{ S_INIT("GET /a? HTTP/1.1\r\n" H END), "GET /a  11 none keep|Host=a" },
	{ S_INIT("GET /a??x?y HTTP/1.1\r\n" H END), "GET /a ?x?y 11 none keep|Host=a" },
	{ S_INIT("GET /a%20b%C3%a9 HTTP/1.1\r\n" H END), "GET /a%20b%C3%a9 - 11 none keep|Host=a" },
	{ S_INIT("GET /a;v=1,2:3@4!$'()*+~ HTTP/1.1\r\n" H END), "GET /a;v=1,2:3@4!$'()*+~ - 11 none keep|Host=a" },
	{ S_INIT("GET /{a}|[b]^`\"<> HTTP/1.1\r\n" H END), "GET /{a}|[b]^`\"<> - 11 none keep|Host=a" },
	{ S_INIT("GET /?q=100%&\\ HTTP/1.1\r\n" H END), "GET / q=100%&\\ 11 none keep|Host=a" },
	{ S_INIT("GET /% HTTP/1.1\r\n" H END), "400 a malformed percent sign in the path" },
	{ S_INIT("GET /%a HTTP/1.1\r\n" H END), "400 a malformed percent sign in the path" },
	{ S_INIT("GET /%zz HTTP/1.1\r\n" H END), "400 a malformed percent sign in the path" },
	{ S_INIT("GET /a\\b HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /a#b HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /?a#b HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /\xc3\xa9 HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /?\xc3\xa9 HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /a\tb HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /a\0b HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /a\x7f HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET a HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET a:80 HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET  / HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET /  HTTP/1.1\r\n" H END), "400 the HTTP version is malformed" },
	{ S_INIT("GET\t/ HTTP/1.1\r\n" H END), "400 the method is malformed" },
	{ S_INIT(" GET / HTTP/1.1\r\n" H END), "400 the method is malformed" },
	{ S_INIT("G(T / HTTP/1.1\r\n" H END), "400 the method is malformed" },
	{ S_INIT("get / HTTP/1.1\r\n" H END), "get / - 11 none keep|Host=a" },
	{ S_INIT("M-SEARCH! / HTTP/1.1\r\n" H END), "M-SEARCH! / - 11 none keep|Host=a" },
	{ S_INIT("GET /\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET / \r\n" H END), "400 the HTTP version is malformed" },
	{ S_INIT("GET / HTTP/1.1 \r\n" H END), "400 a character that is not allowed" },
	{ S_INIT("GET / HTTP/1.10\r\n" H END), "400 a character that is not allowed" },
	{ S_INIT("GET / http/1.1\r\n" H END), "400 the HTTP version is malformed" },
	{ S_INIT("GET / HTTP/11\r\n" H END), "400 the HTTP version is malformed" },
	{ S_INIT("GET / HTTPS/1.1\r\n" H END), "400 the HTTP version is malformed" },
	{ S_INIT("GET / HTTP/1.2\r\n" H END), "GET / - 11 none keep|Host=a" },
	{ S_INIT("GET / HTTP/2.0\r\n" H END), "505 the HTTP version is not supported" },
	{ S_INIT("GET / HTTP/0.9\r\n" H END), "505 the HTTP version is not supported" },
	{ S_INIT("PRI * HTTP/2.0\r\n\r\n"), "400 PRI is no method of HTTP/1" },
	{ S_INIT("GET / HTTP/1.1\n" H END), "400 a bare LF" },
	{ S_INIT("GET / HTTP/1.1\r" H END), "400 a bare CR" },
	{ S_INIT("CONNECT a:443 HTTP/1.1\r\n" H END), "501 CONNECT is not supported" },
	{ S_INIT("OPTIONS * HTTP/1.1\r\n" H END), "OPTIONS * - 11 none keep|Host=a" },
	{ S_INIT("GET * HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("OPTIONS *x HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET http://b:81/c?d HTTP/1.1\r\n" H END), "GET /c d 11 none keep|Host=b:81" },
	{ S_INIT("GET HTTPS://b HTTP/1.1\r\n" H END), "GET / - 11 none keep|Host=b" },
	{ S_INIT("GET http://b?x HTTP/1.1\r\n" H END), "GET / x 11 none keep|Host=b" },
	{ S_INIT("GET http://[::1]:80/ HTTP/1.0\r\n" END), "GET / - 10 none close|Host=[::1]:80" },
	{ S_INIT("GET http://u@b/ HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET http:///x HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET ftp://b/ HTTP/1.1\r\n" H END), "400 the request target is malformed" },
	{ S_INIT("GET http://b/ HTTP/1.1\r\n" END), "400 Host is missing" },
	/* fields */
	{ S_INIT(GET H "A:b\r\nC: \t d e \t\r\nE:\r\nF: \r\n" END), "GET / - 11 none keep|Host=a|A=b|C=d e|E=|F=" },
	{ S_INIT(GET H "A: \xe9\xff\x80 and more than eight bytes\r\n" END), "GET / - 11 none keep|Host=a|A=\xe9\xff\x80 and more than eight bytes" },
	{ S_INIT(GET H "A: one\ttwo\tthree, with tabs\r\n" END), "GET / - 11 none keep|Host=a|A=one\ttwo\tthree, with tabs" },
	{ S_INIT(GET H "A!#$%&'*+-.^_`|~9: x\r\n" END), "GET / - 11 none keep|Host=a|A!#$%&'*+-.^_`|~9=x" },
	{ S_INIT(GET H "A : b\r\n" END), "400 white space before the colon" },
	{ S_INIT(GET H "A\t: b\r\n" END), "400 white space before the colon" },
	{ S_INIT(GET H "A: b\r\n c\r\n" END), "400 a folded line" },
	{ S_INIT(GET H "A: b\r\n\tc\r\n" END), "400 a folded line" },
	{ S_INIT(GET " A: b\r\n" H END), "400 a folded line" },
	{ S_INIT(GET H ": b\r\n" END), "400 a field name is not valid" },
	{ S_INIT(GET H "A\r\n" END), "400 a field name is not valid" },
	{ S_INIT(GET H "A@: b\r\n" END), "400 a field name is not valid" },
	{ S_INIT(GET H "\xc3\xa9: b\r\n" END), "400 a field name is not valid" },
	{ S_INIT(GET H "A\0: b\r\n" END), "400 a field name is not valid" },
	{ S_INIT(GET H "A: b\nC: d\r\n" END), "400 a bare LF" },
	{ S_INIT(GET H "A: b\rC: d\r\n" END), "400 a bare CR" },
	{ S_INIT(GET H "A: b\r\r\n" END), "400 a bare CR" },
	{ S_INIT(GET H "A: b\r\n\n"), "400 a bare LF" },
	{ S_INIT(GET H "A: b\r\n\rX"), "400 a bare CR" },
	{ S_INIT(GET H "A: b\0c\r\n" END), "400 a character that is not allowed" },
	{ S_INIT(GET H "A: long enough for a word\x7f\r\n" END), "400 a character that is not allowed" },
	{ S_INIT(GET H "A: long enough for a word\x1f\r\n" END), "400 a character that is not allowed" },
	{ S_INIT(GET H "A: \x01\r\n" END), "400 a character that is not allowed" },
	/* Host */
	{ S_INIT(GET END), "400 Host is missing" },
	{ S_INIT("GET / HTTP/1.0\r\n" END), "GET / - 10 none close" },
	{ S_INIT(GET H H END), "400 more than one Host" },
	{ S_INIT("GET / HTTP/1.0\r\n" H "host: b\r\n" END), "400 more than one Host" },
	{ S_INIT(GET "Host:\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: a b\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: a/b\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: a,b\r\n" END), "GET / - 11 none keep|Host=a,b" }, /* a reg-name may hold it */
	{ S_INIT(GET "Host: u@a\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: a:\r\n" END), "GET / - 11 none keep|Host=a:" },
	{ S_INIT(GET "Host: a:b\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: a:65536\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: a:1:2\r\n" END), "400 Host is not valid" },
	{ S_INIT(GET "Host: [::1]:9001\r\n" END), "GET / - 11 none keep|Host=[::1]:9001" },
	{ S_INIT(GET "Host: [::1\r\n" END), "400 Host is not valid" },
	/* framing */
	{ S_INIT(POST END), "POST / - 11 none keep|Host=a" },
	{ S_INIT(POST "Content-Length: 0\r\n" END), "POST / - 11 length=0 keep|Host=a|Content-Length=0" },
	{ S_INIT(POST "content-length:007\r\n" END), "POST / - 11 length=7 keep|Host=a|content-length=007" },
	{ S_INIT(POST "Content-Length: 9223372036854775807\r\n" END),
	  "POST / - 11 length=9223372036854775807 keep|Host=a|Content-Length=9223372036854775807" },
	{ S_INIT(POST "Content-Length: 9223372036854775808\r\n" END), "400 Content-Length is too large" },
	{ S_INIT(POST "Content-Length: 99999999999999999999999\r\n" END), "400 Content-Length is too large" },
	{ S_INIT(POST "Content-Length: -1\r\n" END), "400 Content-Length is not a number" },
	{ S_INIT(POST "Content-Length: +1\r\n" END), "400 Content-Length is not a number" },
	{ S_INIT(POST "Content-Length: 1 1\r\n" END), "400 Content-Length is not a number" },
	{ S_INIT(POST "Content-Length: 5, 5\r\n" END), "400 Content-Length is not a number" },
	{ S_INIT(POST "Content-Length: 0x5\r\n" END), "400 Content-Length is not a number" },
	{ S_INIT(POST "Content-Length:\r\n" END), "400 Content-Length is not a number" },
	{ S_INIT(POST "Content-Length: 5\r\nContent-Length: 5\r\n" END), "400 more than one Content-Length" },
	{ S_INIT(POST "Content-Length: 5\r\ncontent-length: 6\r\n" END), "400 more than one Content-Length" },
	{ S_INIT(POST "Transfer-Encoding: chunked\r\n" END), "POST / - 11 chunked keep|Host=a|Transfer-Encoding=chunked" },
	{ S_INIT(POST "transfer-encoding:CHUNKED\r\n" END), "POST / - 11 chunked keep|Host=a|transfer-encoding=CHUNKED" },
	{ S_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END), "400 both Content-Length and Transfer-Encoding" },
	{ S_INIT(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END), "400 both Content-Length and Transfer-Encoding" },
	{ S_INIT(POST "Transfer-Encoding: gzip, chunked\r\n" END), "501 Transfer-Encoding is not known" },
	{ S_INIT(POST "Transfer-Encoding: identity\r\n" END), "501 Transfer-Encoding is not known" },
	{ S_INIT(POST "Transfer-Encoding: xchunked\r\n" END), "501 Transfer-Encoding is not known" },
	{ S_INIT(POST "Transfer-Encoding: chunked;q=1\r\n" END), "501 Transfer-Encoding is not known" },
	{ S_INIT(POST "Transfer-Encoding: \x0b" "chunked\r\n" END), "400 a character that is not allowed" },
	{ S_INIT(POST "Transfer-Encoding: chunked, gzip\r\n" END), "400 Transfer-Encoding does not end with chunked" },
	{ S_INIT(POST "Transfer-Encoding: chunked, chunked\r\n" END), "400 Transfer-Encoding does not end with chunked" },
	{ S_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END), "400 Transfer-Encoding does not end with chunked" },
	{ S_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" END), "400 Transfer-Encoding does not end with chunked" },
	{ S_INIT(POST "Transfer-Encoding:\r\n" END), "400 an empty Transfer-Encoding" },
	{ S_INIT(POST "Transfer-Encoding : chunked\r\n" END), "400 white space before the colon" },
	{ S_INIT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END), "400 Transfer-Encoding in HTTP/1.0" },
	/* connection */
	{ S_INIT(GET H "Connection: close\r\n" END), "GET / - 11 none close|Host=a|Connection=close" },
	{ S_INIT(GET H "connection: foo , CLOSE\r\n" END), "GET / - 11 none close|Host=a|connection=foo , CLOSE" },
	{ S_INIT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n" END), "GET / - 10 none keep|Connection=Keep-Alive" },
	{ S_INIT("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n" END), "GET / - 10 none close|Connection=keep-alive, close" },
	{ S_INIT(GET H "Upgrade: h2c\r\n" END), "GET / - 11 none keep|Host=a|Upgrade=h2c" },
	{ S_INIT(GET H "Upgrade: h2c\r\nConnection: upgrade\r\n" END), "GET / - 11 none keep|Host=a|Upgrade=h2c|Connection=upgrade" },
	{ S_INIT(GET H "Upgrade: h2c, WebSocket\r\nConnection: upgrade\r\n" END), "GET / - 11 none keep websocket|Host=a|Upgrade=h2c, WebSocket|Connection=upgrade" },
	{ S_INIT("GET / HTTP/1.0\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n" END), "GET / - 10 none close|Host=a|Upgrade=websocket|Connection=upgrade" },
	{ S_INIT("POST / HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: upgrade\r\n" END), "POST / - 11 none keep|Host=a|Upgrade=websocket|Connection=upgrade" },
	{ S_INIT(GET H "X-A: 1\r\nx-a: 2\r\nX-B: 3\r\nConnection: X-A, host\r\n" END), "GET / - 11 none keep|Host=a|X-B=3|Connection=X-A, host" },
	{ S_INIT(GET H "Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6,7\r\n" END), "431 Connection lists too much" },
	{ S_INIT(GET H "X-A: 1\r\nConnection: " CLOSE_8 "\r\nConnection: " CLOSE_8 "\r\nConnection: " CLOSE_8 "\r\nConnection: " CLOSE_8 ",x-a\r\n" END), "431 Connection lists too much" },
	{ S_INIT(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n" END), "POST / - 11 length=1 keep continue|Host=a|Expect=100-Continue|Content-Length=1" },
	{ S_INIT(POST "Expect: 200-ok\r\n" END), "417 Expect asks for something unknown" },
	{ S_INIT("POST / HTTP/1.0\r\nExpect: 100-continue\r\n" END), "POST / - 10 none close|Expect=100-continue" },
	/* limits: line 60, head 400, 8 fields */
	{ S_INIT("GET /3456789012345678901234567890123456789012345678 HTTP/1.1\r\n" H END),
	  "GET /3456789012345678901234567890123456789012345678 - 11 none keep|Host=a" },
	{ S_INIT("GET /34567890123456789012345678901234567890123456789 HTTP/1.1\r\n" H END), "414 the request line is too long" },
	{ S_INIT("GET /345678901234567890123456789012345678901234567890123456789"), "414 the request line is too long" },
	{ S_INIT("ThisIsAMethodThatDoesNotEndForAVeryLongTimeAndStillGoesOnAndOn"), "414 the request line is too long" },
	{ S_INIT(GET H "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n" END), "GET / - 11 none keep|Host=a|1=|2=|3=|4=|5=|6=|7=" },
	{ S_INIT(GET H "1:\r\n2:\r\n3:\r\n4:\r\n5:\r\n6:\r\n7:\r\n8:\r\n" END), "431 too many header fields" },
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
	{ S_INIT(GET H "A: " HUNDRED HUNDRED HUNDRED TEN TEN TEN TEN TEN TEN "\r\n" END),
	  "GET / - 11 none keep|Host=a|A=" HUNDRED HUNDRED HUNDRED TEN TEN TEN TEN TEN TEN },
	{ S_INIT(GET H "A: " HUNDRED HUNDRED HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN "\r\n" END), "431 the head is too large" },
	{ S_INIT(GET H "A: " HUNDRED HUNDRED HUNDRED HUNDRED), "431 the head is too large" },
	/* not whole yet */
	{ S_INIT(""), "more" },
	{ S_INIT("\r"), "more" },
	{ S_INIT("\r\n"), "more" },
	{ S_INIT("\r\n\r\n"), "more" },
	{ S_INIT("GE"), "more" },
	{ S_INIT("GET htt"), "more" },
	{ S_INIT("GET /%a"), "more" },
	{ S_INIT("GET / HTTP/1."), "more" },
	{ S_INIT(GET H), "more" },
	{ S_INIT(GET H "A: b\r\n\r"), "more" },
};

static const struct row responses[] = {
	{ S_INIT("HTTP/1.1 200 OK\r\n" END), "200 (OK) 11 until-close close" },
	{ S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" END), "200 (OK) 11 length=2 keep|Content-Length=2" },
	{ S_INIT("HTTP/1.1 200 \r\nContent-Length: 2\r\n" END), "200 () 11 length=2 keep|Content-Length=2" },
	{ S_INIT("HTTP/1.1 200\r\nContent-Length: 2\r\n" END), "200 () 11 length=2 keep|Content-Length=2" },
	{ S_INIT("HTTP/1.1 404 Nicht da \xe4\r\nTransfer-Encoding: chunked\r\n" END), "404 (Nicht da \xe4) 11 chunked keep|Transfer-Encoding=chunked" },
	{ S_INIT("HTTP/1.1 911 Help\r\nContent-Length: 0\r\n" END), "911 (Help) 11 length=0 keep|Content-Length=0" },
	{ S_INIT("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n" END), "200 (OK) 10 length=2 close|Content-Length=2" },
	{ S_INIT("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n" END),
	  "200 (OK) 10 length=2 keep|Content-Length=2|Connection=keep-alive" },
	{ S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n" END), "200 (OK) 11 length=2 close|Content-Length=2|Connection=close" },
	{ S_INIT("HTTP/1.1 204 None\r\nContent-Length: 2\r\n" END), "204 (None) 11 none keep|Content-Length=2" },
	{ S_INIT("HTTP/1.1 304 Same\r\nContent-Length: 2\r\n" END), "304 (Same) 11 none keep|Content-Length=2" },
	{ S_INIT("HTTP/1.1 100 Continue\r\n" END), "100 (Continue) 11 none keep" },
	{ S_INIT("HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 0\r\n" END),
	  "200 (OK) 11 length=0 keep|Connection=X-Hop|Content-Length=0" },
	{ S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n" END), "400 both Content-Length and Transfer-Encoding" },
	{ S_INIT("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n" END), "501 Transfer-Encoding is not known" },
	{ S_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n" END), "400 more than one Content-Length" },
	{ S_INIT("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n" END), "400 a folded line" },
	{ S_INIT("HTTP/1.1 200 OK\nA: b\r\n" END), "400 a bare LF" },
	{ S_INIT("HTTP/1.1 20 OK\r\n" END), "400 the status is malformed" },
	{ S_INIT("HTTP/1.1 099 OK\r\n" END), "400 the status is malformed" },
	{ S_INIT("HTTP/1.1 2000 OK\r\n" END), "400 a character that is not allowed" },
	{ S_INIT("HTTP/1.1  200 OK\r\n" END), "400 the status is malformed" },
	{ S_INIT("HTTP/1.1\r\n" END), "400 the status line is malformed" },
	{ S_INIT("HTTP/2 200\r\n" END), "400 the HTTP version is malformed" },
	{ S_INIT("HTTP/3.0 200 OK\r\n" END), "505 the HTTP version is not supported" },
	{ S_INIT("ICY 200 OK\r\n" END), "400 the HTTP version is malformed" },
	{ S_INIT("\r\nHTTP/1.1 200 OK\r\n" END), "400 the HTTP version is malformed" },
	{ S_INIT("HTTP/1.1 200 OK\r\nA: b\r\n"), "more" },
};

/* Exactly as large as the input, so that ASan sees a read behind it. */
static str exact(str in, char **owned)
{
	*owned = malloc(in.n ? in.n : 1);
	if (in.n)
		memcpy(*owned, in.p, in.n);
	return str_from(*owned, in.n);
}

static str verdict(struct arena *a, bool request, str in, struct h1_head *h)
{
	struct message m;
	err e = request ? h1_request(a, in, &limits, &m, h)
	                : h1_response(a, in, &limits, S("GET"), &m, h);
	assert_int_equal(e.code != ERR_NONE, h->bad != NULL);
	if (e.code) {
		assert_int_equal(e.code, h->bad_status == 414 || h->bad_status == 431 ? ERR_LIMIT : ERR_SYNTAX);
		assert_int_equal(h->size, 0);
	}
	return !e.code && h->size == 0 ? S("more") : describe(a, &m, h);
}

static void check(bool request, const struct row *row)
{
	struct arena *a = arena_create(0, 0);
	struct h1_head h = { 0 };
	char *owned;
	str in = exact(row->in, &owned);
	str got = verdict(a, request, in, &h);
	if (!str_eq(got, str_from_z(row->out)))
		fail_msg("%.*s\n expected: %s\n got:      %.*s", STR(row->in), row->out, STR(got));
	size_t size = h.size;
	bool is_bad = h.bad != NULL;
	free(owned);
	h = (struct h1_head){ 0 };
	for (size_t n = 0; n <= row->in.n; n++) { /* one byte more at a time */
		str part = exact(str_sub(row->in, 0, n), &owned);
		str now = str_dup(a, verdict(a, request, part, &h));
		free(owned);
		if (h.bad || h.size) {
			if (h.size)
				assert_int_equal(h.size, size);
			/* What is broken beyond mending may be refused in other words, and before its end. */
			assert_int_equal(h.bad != NULL, is_bad);
			if (h.size && !str_eq(now, got))
				fail_msg("%.*s\n whole: %.*s\n by bytes: %.*s", STR(row->in), STR(got), STR(now));
			arena_destroy(&a);
			return;
		}
	}
	assert_string_equal(row->out, "more");
	arena_destroy(&a);
}

static void request_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++)
		check(true, &requests[i]);
}

static void response_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(responses); i++)
		check(false, &responses[i]);
}

/* What follows a head is not its business: pipelined bytes change nothing. */
static void pipelined(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct message m;
	struct h1_head h;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct buf b = buf_in(a);
		if (requests[i].out[0] != 'G')
			continue;
		buf_add(&b, requests[i].in);
		buf_add(&b, S("\0\n\n garbage"));
		h = (struct h1_head){ 0 };
		assert_int_equal(h1_request(a, buf_str(&b), &limits, &m, &h).code, ERR_NONE);
		assert_int_equal(h.size, requests[i].in.n);
	}
	arena_destroy(&a);
}

static void head_answers(void **state)
{
	(void)state;
	struct arena *a = arena_create(0, 0);
	struct message m;
	struct h1_head h = { 0 };
	str in = S("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	assert_int_equal(h1_response(a, in, &limits, S("HEAD"), &m, &h).code, ERR_NONE);
	assert_int_equal(h.framing, H1_NO_BODY);
	assert_int_equal(h.length, 5);
	assert_true(h.keep_alive);
	arena_destroy(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_heads),
		cmocka_unit_test(response_heads),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(head_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
