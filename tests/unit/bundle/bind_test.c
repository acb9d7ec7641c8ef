/* SPDX-License-Identifier: Apache-2.0 */
/* The XML binder: each kind of field, wherever it may stand, and what it says of what it does not know.
 * A row is an element and what the struct holds afterwards, or the findings.
 * Source: base/field.h, bundle/bind.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/load.h"
#include "flow/vars.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct inner {
	str name, text;
	unsigned line;
};
struct outer {
	str s, t, own, attr, deep, deep_attr;
	bool b, there;
	uint64_t u;
	int64_t i, big, ms;
	double d;
	int e;
	struct strs many;
	struct flowvar *var;
	struct template *tmpl, *exact;
	struct condition *cond;
	struct inner group, *groupp;
	struct list list, choice, box;
	int twice;
	unsigned line;
};

static err read_twice(struct arena *a, const struct field *f, str text, void *at, struct diag *d, unsigned line)
{
	int64_t n;
	(void)a, (void)f;
	if (!str_to_i64(text, &n))
		return diag_add(d, ERR_SYNTAX, line, "no number to double");
	*(int *)at = (int)n * 2;
	return DONE;
}

static const char *const colours[] = { "", "red", "blue", NULL };
static const struct field inner_fields[] = {
	FIELD(inner, name, "@name", T_STR, .required = true),
	FIELD(inner, text, ".", T_STR),
	FIELD(inner, line, "", T_LINE),
	FIELDS_END,
};
static const struct field_choice choices[] = {
	{ "This", sizeof(struct inner), inner_fields },
	{ "That", sizeof(struct inner), inner_fields },
	{ 0 },
};
static const struct field outer_fields[] = {
	FIELD(outer, s, "S", T_STR),
	FIELD(outer, t, "T", T_TEXT),
	FIELD(outer, attr, "@attr", T_STR),
	FIELD(outer, deep, "Deep/Down/Here", T_STR),
	FIELD(outer, deep_attr, "Deep/Down/@here", T_STR),
	FIELD(outer, b, "B", T_BOOL),
	FIELD(outer, u, "U", T_UINT, .dflt = "7"),
	FIELD(outer, i, "I", T_INT, .min = -5, .max = 5),
	FIELD(outer, big, "I/@big", T_INT, .min = 1, .max = INT64_MAX),
	FIELD(outer, ms, "Ms", T_MS),
	FIELD(outer, d, "D", T_DOUBLE),
	FIELD(outer, e, "E", T_ENUM, .names = colours),
	FIELD(outer, many, "Many/One", T_STRS),
	FIELD(outer, there, "There", T_PRESENT),
	FIELD(outer, var, "Var", T_FLOWVAR),
	FIELD(outer, tmpl, "Tmpl", T_TEMPLATE),
	FIELD(outer, exact, "Exact", T_TEMPLATE_TEXT),
	FIELD(outer, cond, "Cond", T_COND),
	FIELD(outer, group, "Group", T_GROUP, .sub = inner_fields),
	FIELD(outer, groupp, "Groupp", T_GROUPP, .sub = inner_fields, .sub_size = sizeof(struct inner)),
	FIELD(outer, list, "List/Item", T_LIST, .sub = inner_fields, .sub_size = sizeof(struct inner)),
	FIELD(outer, choice, ".", T_CHOICE, .choices = choices),
	FIELD(outer, box, "Box", T_CHOICE, .choices = choices),
	FIELD(outer, twice, "Twice", T_OWN, .read = read_twice),
	FIELD(outer, line, "", T_LINE),
	FIELD_BARE("Nothing", T_IGNORED),
	FIELD_BARE("Remark", T_NOTE),
	FIELD_BARE("Later", T_LATER),
	FIELD_BARE("@later", T_LATER),
	FIELDS_END,
};

static void show_list(struct buf *out, const char *name, const struct list *l)
{
	const struct chosen *v = l->v;
	for (size_t i = 0; i < l->n; i++) {
		const struct inner *in = v[i].value;
		buf_fmt(out, " %s:%d:%.*s=%.*s@%u", name, v[i].which, STR(in->name), STR(in->text), v[i].line);
	}
}

static const char *show(struct arena *a, const struct outer *o)
{
	struct buf b = buf_in(a);
	const struct { const char *name; str s; } texts[] = {
		{ "s", o->s }, { "t", o->t }, { "attr", o->attr }, { "deep", o->deep }, { "here", o->deep_attr },
	};
	for (size_t i = 0; i < COUNT(texts); i++)
		if (str_given(texts[i].s))
			buf_fmt(&b, " %s=[%.*s]", texts[i].name, STR(texts[i].s));
	buf_fmt(&b, "%s%s u=%llu", o->b ? " b" : "", o->there ? " there" : "", (unsigned long long)o->u);
	const struct { const char *name; int64_t n; } numbers[] = {
		{ "i", o->i }, { "big", o->big }, { "ms", o->ms }, { "e", o->e }, { "twice", o->twice },
	};
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (numbers[i].n)
			buf_fmt(&b, " %s=%lld", numbers[i].name, (long long)numbers[i].n);
	if (o->d != 0)
		buf_fmt(&b, " d=%.2f", o->d);
	for (size_t i = 0; i < o->many.n; i++)
		buf_fmt(&b, " one=%.*s", STR(o->many.v[i]));
	if (o->var)
		buf_fmt(&b, " var=%.*s", STR(flowvar_name(o->var)));
	str text;
	if (o->tmpl)
		buf_fmt(&b, " tmpl%s", template_is_literal(o->tmpl, &text) ? "=" : "");
	if (o->tmpl && template_is_literal(o->tmpl, &text))
		buf_fmt(&b, "[%.*s]", STR(text));
	if (o->exact && template_is_literal(o->exact, &text))
		buf_fmt(&b, " exact=[%.*s]", STR(text));
	if (o->cond)
		buf_fmt(&b, " cond=%.*s", STR(condition_text(o->cond)));
	if (o->group.line)
		buf_fmt(&b, " group:%.*s=%.*s@%u", STR(o->group.name), STR(o->group.text), o->group.line);
	if (o->groupp)
		buf_fmt(&b, " groupp:%.*s", STR(o->groupp->name));
	const struct inner *items = o->list.v;
	for (size_t i = 0; i < o->list.n; i++)
		buf_fmt(&b, " item:%.*s", STR(items[i].name));
	show_list(&b, "choice", &o->choice);
	show_list(&b, "box", &o->box);
	buf_char(&b, 0);
	return b.p + 1;
}

static const struct { const char *xml, *want; } good[] = {
	{ "<O/>", "u=7" },
	{ "<O><S> x y </S></O>", "s=[x y] u=7" },
	{ "<O><S/></O>", "s=[] u=7" },
	{ "<O><S><![CDATA[ <x> ]]></S></O>", "s=[<x>] u=7" },
	{ "<O><S>a<!-- no -->b</S></O>", "s=[ab] u=7" },
	{ "<O><T> x\n y </T></O>", "t=[ x\n y ] u=7" },
	{ "<O><T><a b='c'>d</a> </T></O>", "t=[<a b='c'>d</a> ] u=7" },
	{ "<O><T>&lt;a/&gt;</T></O>", "t=[<a/>] u=7" },
	{ "<O attr=' v '/>", "attr=[v] u=7" },
	{ "<O attr=''/>", "attr=[] u=7" },
	{ "<O><Deep><Down here='1'><Here>2</Here></Down></Deep></O>", "deep=[2] here=[1] u=7" },
	{ "<O><Deep/></O>", "u=7" },
	{ "<O><B>true</B></O>", "b u=7" },
	{ "<O><B>\n TRUE </B></O>", "b u=7" },
	{ "<O><B>false</B></O>", "u=7" },
	{ "<O><B/></O>", "u=7" },
	{ "<O><U>42</U></O>", "u=42" },
	{ "<O><U> </U></O>", "u=7" },
	{ "<O><I>-5</I></O>", "u=7 i=-5" },
	{ "<O><I big='9000000000'/></O>", "u=7 big=9000000000" },
	{ "<O><I big='3'>4</I></O>", "u=7 i=4 big=3" },
	{ "<O><Ms>1500000000000</Ms></O>", "u=7 ms=1500000000000" },
	{ "<O><D>1.25</D></O>", "u=7 d=1.25" },
	{ "<O><E>blue</E></O>", "u=7 e=2" },
	{ "<O><E/></O>", "u=7" },
	{ "<O><Many><One>a</One><One/><One> b</One></Many></O>", "u=7 one=a one=b" },
	{ "<O><There/></O>", "there u=7" },
	{ "<O><Var> request.verb </Var></O>", "u=7 var=request.verb" },
	{ "<O><Var/></O>", "u=7" },
	{ "<O><Tmpl> plain </Tmpl></O>", "u=7 tmpl=[plain]" },
	{ "<O><Tmpl/></O>", "u=7 tmpl=[]" },
	{ "<O><Tmpl>{request.verb}</Tmpl></O>", "u=7 tmpl" },
	{ "<O><Exact> plain\n</Exact></O>", "u=7 exact=[ plain\n]" },
	{ "<O><Cond>request.verb = &quot;GET&quot;</Cond></O>", "u=7 cond=request.verb = \"GET\"" },
	{ "<O><Cond/></O>", "u=7" },
	{ "<O>\n<Group name='n'>t</Group></O>", "u=7 group:n=t@2" },
	{ "<O><Groupp name='p'/></O>", "u=7 groupp:p" },
	{ "<O><List><Item name='1'/><Item name='2'/><Item name='3'/><Item name='4'/><Item name='5'/></List></O>",
	  "u=7 item:1 item:2 item:3 item:4 item:5" },
	{ "<O><List/></O>", "u=7" },
	{ "<O><That name='a'>1</That>\n<This name='b'/><That name='c'/></O>",
	  "u=7 choice:1:a=1@1 choice:0:b=@2 choice:1:c=@2" },
	{ "<O><Box><This name='x'/></Box><This name='y'/></O>", "u=7 choice:0:y=@1 box:0:x=@1" },
	{ "<O><Box/></O>", "u=7" },
	{ "<O><Twice>21</Twice></O>", "u=7 twice=42" },
	{ "<O><Nothing/><Nothing> </Nothing></O>", "u=7" },
	{ "<O><Remark kind='x'>any <b>thing</b></Remark></O>", "u=7" },
	{ "<O><Later/></O>", "u=7" },
	{ "<O later=''/>", "u=7" },
	{ "<O xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='x'/>", "u=7" },
	{ "<O><U>1</U><S>z</S><B>true</B></O>", "s=[z] b u=1" },
	{ "<!-- first --><O><S>x</S></O><!-- last -->", "s=[x] u=7" },
	{ "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<O><S>x</S></O>", "s=[x] u=7" },
};

static const struct { const char *xml, *want; } bad[] = {
	{ "<O>\n<X/></O>", "f.xml:2: unknown element <X> in <O>; known here: S, T, Deep, B, U, I, Ms, D, E, Many, "
	                   "There, Var, Tmpl, Exact, Cond, Group, Groupp, List, This, That, Box, Twice" },
	{ "<O><Deep><Up/></Deep></O>", "f.xml:1: unknown element <Up> in <Deep>; known here: Down" },
	{ "<O><Deep><Down there='1'/></Deep></O>",
	  "f.xml:1: unknown attribute there in <Down>; known here: here" },
	{ "<O wrong='1'/>", "f.xml:1: unknown attribute wrong in <O>; known here: attr" },
	{ "<O><S w='1'/></O>", "f.xml:1: unknown attribute w in <S>; known here: nothing" },
	{ "<O><S>a<b/></S></O>", "f.xml:1: unknown element <b> in <S>; known here: nothing" },
	{ "<O>words</O>", "f.xml:1: the text \"words\" has no meaning in <O>" },
	{ "<O><Deep>words</Deep></O>", "f.xml:1: the text \"words\" has no meaning in <Deep>" },
	{ "<O><B>yes</B></O>", "f.xml:1: <B> is \"yes\"; true or false is needed" },
	{ "<O><U>-1</U></O>", "f.xml:1: <U> is \"-1\"; a whole number is needed" },
	{ "<O><U>1.5</U></O>", "f.xml:1: <U> is \"1.5\"; a whole number is needed" },
	{ "<O><U>99999999999999999999</U></O>",
	  "f.xml:1: <U> is \"99999999999999999999\"; a whole number is needed" },
	{ "<O><I>6</I></O>", "f.xml:1: <I> is \"6\"; a whole number from -5 to 5 is needed" },
	{ "<O><I big='0'/></O>",
	  "f.xml:1: the attribute big of <I> is \"0\"; a whole number of at least 1 is needed" },
	{ "<O><D>x</D></O>", "f.xml:1: <D> is \"x\"; a number is needed" },
	{ "<O><E>green</E></O>", "f.xml:1: <E> is \"green\"; one of red, blue is needed" },
	{ "<O><Ms>today</Ms></O>", "f.xml:1: <Ms> is \"today\"; a whole number is needed" },
	{ "<O><Twice>x</Twice></O>", "f.xml:1: no number to double" },
	{ "<O><Group/></O>", "f.xml:1: <Group> needs the attribute name" },
	{ "<O><Group name=''/></O>", "f.xml:1: <Group> needs the attribute name" },
	{ "<O><S>1</S>\n<S>2</S></O>", "f.xml:2: <S> is given twice, first in line 1" },
	{ "<O><Group name='a'/><Group name='b'/></O>", "f.xml:1: <Group> is given twice, first in line 1" },
	{ "<O><There>x</There></O>", "f.xml:1: the text \"x\" has no meaning in <There>" },
	{ "<O><Nothing>x</Nothing></O>", "f.xml:1: <Nothing> has no effect here and must be empty" },
	{ "<O><Later>x</Later></O>", "f.xml:1: <Later> is not supported yet by this gateway" },
	{ "<O later='1'/>", "f.xml:1: the attribute later of <O> is not supported yet by this gateway" },
	{ "<O><Box><Else/></Box></O>", "f.xml:1: unknown element <Else> in <Box>; known here: This, That" },
	{ "<O><List><Item/></List></O>", "f.xml:1: <Item> needs the attribute name" },
	{ "<O>\n<B>x</B>\n<D>y</D></O>", "f.xml:2: <B> is \"x\"; true or false is needed\n"
	                                 "f.xml:3: <D> is \"y\"; a number is needed" },
};

static err bind_one(struct arena *a, struct diag *d, const char *xml, struct outer *o)
{
	struct xml_node *root;
	struct binder b = bundle_binder(a, d);
	memset(o, 0, sizeof *o);
	TRY(xml_read(a, str_from_z(xml), d, &root));
	return bind_element(&b, root, &(struct bind_layer){ outer_fields, o }, 1);
}

static void binds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a, .file = S("f.xml") };
		struct outer o;
		err e = bind_one(a, &d, good[i].xml, &o);
		if (e.code)
			print_error("%s: %s\n", good[i].xml, str_z(a, diag_text(a, &d)));
		assert_int_equal(e.code, ERR_NONE);
		assert_string_equal(show(a, &o), good[i].want);
		arena_destroy(&a);
	}
}

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a, .file = S("f.xml") };
		struct outer o;
		err e = bind_one(a, &d, bad[i].xml, &o);
		assert_string_equal(str_z(a, str_trim(diag_text(a, &d))), bad[i].want);
		assert_int_equal(e.code, ERR_SYNTAX);
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(binds), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
