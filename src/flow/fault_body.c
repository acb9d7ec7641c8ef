/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a fault: JSON, XML or a SOAP fault, by what the request sent and asks for.
 * The bytes are Apigee's, slashes escaped in JSON as it does.
 * Source: Apigee, "Handling faults"; docs/why/faults.md for the choice. */
#include "codec/json.h"
#include "codec/xml.h"
#include "flow/exchange.h"

/* A media range without its parameters, and its weight in thousandths. */
static str media_range(str item, unsigned *q)
{
	str type = str_trim(str_cut(&item, ';'));
	*q = 1000;
	while (str_given(item)) {
		str value = str_trim(str_cut(&item, ';'));
		str name = str_trim(str_cut(&value, '='));
		double weight;
		if (str_ieq(name, S("q")) && str_to_double(str_trim(value), &weight))
			*q = weight <= 0 ? 0 : weight >= 1 ? 1000 : (unsigned)(weight * 1000);
	}
	return type;
}

static bool is_xml(str type)
{
	size_t n = type.n > 4 ? type.n - 4 : 0;
	return str_ieq(type, S("application/xml")) || str_ieq(type, S("text/xml")) ||
	       (str_ieq(str_sub(type, n, STR_NPOS), S("+xml")) &&
	        !str_ieq(type, S("application/xhtml+xml")));
}

/* What stands first among the most wanted. */
static str preferred(str accept)
{
	str best = STR_NONE;
	unsigned best_q = 0;
	while (str_given(accept)) {
		unsigned q;
		str type = media_range(str_cut(&accept, ','), &q);
		if (type.n && q > best_q) {
			best = type;
			best_q = q;
		}
	}
	return best;
}

static str content_type(const struct message *request)
{
	unsigned q;
	return media_range(headers_get(&request->headers, S("Content-Type")), &q);
}

static bool wants_xml(const struct message *request)
{
	str accept = preferred(headers_get(&request->headers, S("Accept")));
	return is_xml(str_given(accept) ? accept : content_type(request));
}

enum soap { SOAP_NO, SOAP_11, SOAP_12 };

/* A body that still streams is not waited for: SOAP 1.1 is told by its SOAPAction. */
static enum soap soap_version(const struct message *request)
{
	str type = content_type(request);
	if (str_ieq(type, S("application/soap+xml")))
		return SOAP_12;
	if (!str_ieq(type, S("text/xml")))
		return SOAP_NO;
	bool envelope = request->body.kind == BODY_BYTES &&
	                str_has(str_sub(request->body.bytes, 0, 4096), S("Envelope"));
	return envelope || str_given(headers_get(&request->headers, S("SOAPAction"))) ? SOAP_11
	                                                                              : SOAP_NO;
}

static str json_form(struct arena *a, enum soap soap, str string, str code)
{
	if (soap == SOAP_12)
		return str_fmt(a,
		               "{\"Envelope\":{\"Body\":{\"Fault\":{\"Code\":{\"Value\":\"env:"
		               "Receiver\",\"Subcode\":"
		               "{\"Value\":\"%.*s\"}},\"Reason\":{\"Text\":{\"lang\":\"en\",\"\":"
		               "\"%.*s\"}}}}}}",
		               STR(code), STR(string));
	if (soap == SOAP_11)
		return str_fmt(
			a,
			"{\"Envelope\":{\"Body\":{\"Fault\":{\"faultcode\":\"soap:Server\","
			"\"detail\":{\"source\":"
			"{\"errorcode\":\"%.*s\"}},\"faultstring\":\"%.*s\",\"faultactor\":{}}},"
			"\"encodingStyle\":\"http:\\/\\/schemas.xmlsoap.org\\/soap\\/encoding\\/"
			"\"}}",
			STR(code), STR(string));
	return str_fmt(a,
	               "{\"fault\":{\"faultstring\":\"%.*s\",\"detail\":{\"errorcode\":\"%.*s\"}}}",
	               STR(string), STR(code));
}

static str xml_form(struct arena *a, enum soap soap, str string, str code)
{
	if (soap == SOAP_12)
		return str_fmt(a,
		               "<?xml version='1.0' encoding='UTF-8'?>"
		               "<env:Envelope "
		               "xmlns:env=\"http://www.w3.org/2003/05/"
		               "soap-envelope\"><env:Body><env:Fault>"
		               "<env:Code><env:Value>env:Receiver</"
		               "env:Value><env:Subcode><env:Value>%.*s</env:Value>"
		               "</env:Subcode></env:Code><env:Reason><env:Text "
		               "xml:lang=\"en\">%.*s</env:Text></env:Reason>"
		               "</env:Fault></env:Body></env:Envelope>",
		               STR(code), STR(string));
	if (soap == SOAP_11)
		return str_fmt(
			a,
			"<?xml version='1.0' encoding='UTF-8'?>"
			"<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" "
			"soap:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/"
			"\"><soap:Body><soap:Fault>"
			"<faultcode>soap:Server</faultcode><faultstring>%.*s</"
			"faultstring><faultactor/>"
			"<detail><source><errorcode>%.*s</errorcode></source></detail>"
			"</soap:Fault></soap:Body></soap:Envelope>",
			STR(string), STR(code));
	return str_fmt(
		a,
		"<?xml version='1.0' encoding='UTF-8'?><fault><faultstring>%.*s</faultstring>"
		"<detail><errorcode>%.*s</errorcode></detail></fault>",
		STR(string), STR(code));
}

str fault_body(struct exchange *x, str string, str code, str *type)
{
	const struct message *request = x->call->request;
	enum soap soap = soap_version(request);
	if (!wants_xml(request)) {
		*type = S("application/json");
		return json_form(x->arena, soap, json_escape(x->arena, string, true),
		                 json_escape(x->arena, code, true));
	}
	*type = soap == SOAP_12   ? S("application/soap+xml")
	        : soap == SOAP_11 ? S("text/xml")
	                          : S("application/xml");
	return xml_form(x->arena, soap, xml_escape(x->arena, string), xml_escape(x->arena, code));
}
