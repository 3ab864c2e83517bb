#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/model/anomaly.h"
#include "core/model/jsontext.h"
#include "core/model/judges.h"
#include "core/model/locator.h"
#include "core/model/times.h"
#include "core/model/types.h"
#include "core/model/verdict.h"

static void locator_survives_json(void **state)
{
	char path[] = "Users/a\xff/x", stream[] = "Zone.Identifier";
	struct fsk_locator in = { .source = 1,
		                  .volume = 2,
		                  .addr = 77,
		                  .seq = 3,
		                  .deleted = true,
		                  .stream = stream,
		                  .path = path };
	struct fsk_locator out;
	json_t *j = fsk_locator_to_json(&in);
	char *line = fsk_json_line(j);

	(void) state;
	assert_string_equal(line,
	                    "{\"addr\":77,\"deleted\":true,\"path\":\"Users/a\\\\xff/x\",\"seq\":3,"
	                    "\"source\":1,\"stream\":\"Zone.Identifier\",\"volume\":2}");
	assert_int_equal(fsk_locator_from_json(&out, j, NULL), 0);
	assert_int_equal(out.addr, 77);
	assert_string_equal(out.path, "Users/a\\xff/x");
	assert_true(fsk_locator_cmp(&in, &out) != 0);
	fsk_locator_free(&out);
	free(line);
	json_decref(j);
}

/* The text is what the tree gives. */
static void locator_as_text(void **state)
{
	char path[] = "a\"b\\c\n\xff\xc3\xa9", stream[] = "s";
	struct fsk_locator l = { .addr = 5, .path = path };
	struct fsk_buf b;

	(void) state;
	fsk_buf_init(&b, 10000);
	for (int i = 0; i < 8; i++) {
		json_t *j;
		char *line;

		l.seq = i & 1 ? 9 : 0;
		l.deleted = i & 2;
		l.stream = i & 4 ? stream : NULL;
		j = fsk_locator_to_json(&l);
		line = fsk_json_line(j);
		fsk_buf_reset(&b);
		assert_int_equal(fsk_locator_append(&b, &l, NULL), 0);
		assert_int_equal(b.len, strlen(line));
		assert_memory_equal(b.data, line, b.len);
		free(line);
		json_decref(j);
	}
	fsk_buf_free(&b);
}

static void times_as_text(void **state)
{
	struct fsk_times t;
	fsk_time *all = &t.modified;
	struct fsk_buf b;

	(void) state;
	fsk_buf_init(&b, 10000);
	for (unsigned set = 0; set < 256; set++) {
		json_t *j;
		char *line;

		for (unsigned i = 0; i < 8; i++)
			all[i] = set >> i & 1 ? (fsk_time) (i * 1000000007 + i % 3) : FSK_TIME_NONE;
		j = fsk_times_to_json(&t);
		line = fsk_json_line(j);
		fsk_buf_reset(&b);
		assert_int_equal(fsk_times_append(&b, &t, NULL), 0);
		assert_int_equal(b.len, strlen(line));
		assert_memory_equal(b.data, line, b.len);
		free(line);
		json_decref(j);
	}
	fsk_buf_free(&b);
}

static void assert_text(const char *wanted, struct fsk_buf *b)
{
	assert_int_equal(b->len, strlen(wanted));
	assert_memory_equal(b->data, wanted, b->len);
	fsk_buf_reset(b);
}

static void values_are_written_in_one_form(void **state)
{
	struct fsk_buf b;

	(void) state;
	fsk_buf_init(&b, 1000);
	fsk_jsontext_string(&b, "a\"\\/\b\f\n\r\t\x01\x1f\x7f\0\xc3\xa9\xff\xc3", 17, NULL);
	assert_text("\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\\\\x00\xc3\xa9\\\\xff\\\\xc3\"",
	            &b);
	fsk_jsontext_string(&b, "", 0, NULL);
	assert_text("\"\"", &b);
	fsk_jsontext_integer(&b, INT64_MIN, NULL);
	assert_text("-9223372036854775808", &b);
	fsk_jsontext_integer(&b, 0, NULL);
	assert_text("0", &b);
	fsk_jsontext_real(&b, 1, NULL);
	assert_text("1.0", &b);
	fsk_jsontext_real(&b, -1e-7, NULL);
	assert_text("-9.9999999999999995e-8", &b);
	fsk_jsontext_real(&b, strtod("nan", NULL), NULL);
	assert_text("null", &b);
	fsk_buf_free(&b);
}

/* Each must be what reading and writing it gives, and only then be taken. */
static void only_the_one_form_passes(void **state)
{
	static const char *const good[] = {
		"{}",
		"[]",
		"true",
		"false",
		"null",
		"0",
		"-5",
		"1.5",
		"-0.0",
		"1e20",
		"\"\"",
		"9223372036854775807",
		"-9223372036854775808",
		"[1,[],{\"a\":null}]",
		"{\"\":0,\"\\n\":1,\"\\\"\":2,\"A\":3,\"\\\\\":4,\"a\":5,\"aa\":6,\"\xc3\xa9\":7}",
		"\"\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\xf0\x9f\x98\x80\"",
	};
	static const char *const bad[] = {
		"",
		" 1",
		"{ }",
		"[1, 2]",
		"[1,]",
		"[,1]",
		"[",
		"{",
		"\"",
		"\"a",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{\"b\":1,\"a\":2}",
		"{\"a\":1,\"a\":2}",
		"{\"\\n\":1,\"\":2}",
		"{1:2}",
		"1-",
		"1-2",
		"--1",
		"-+1",
		"01",
		"-0",
		"-",
		"+1",
		"1.",
		".5",
		"1.50",
		"1e5",
		"1E20",
		"1e+20",
		"1e400",
		"9223372036854775808",
		"-9223372036854775809",
		"99999999999999999999",
		"tru",
		"nul",
		"\"\\/\"",
		"\"\\u0041\"",
		"\"\\u000a\"",
		"\"\\u001f\"",
		"\"\\u0000\"",
		"\"\\x\"",
		"\"\n\"",
		"\"\x80\"",
		"\"\xc3\"",
		"\"\xed\xa0\x80\"",
		"\"\xc0\xaf\"",
		"\"\\",
		"\"\\u00",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		size_t n = strlen(good[i]);
		json_t *j = json_loadb(good[i], n, JSON_DECODE_ANY, NULL);
		char *again = fsk_json_line(j);

		assert_string_equal(again, good[i]);
		assert_int_equal(fsk_jsontext_value(good[i], n, 8), n);
		free(again);
		json_decref(j);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (fsk_jsontext_value(bad[i], strlen(bad[i]), 8) == strlen(bad[i]) &&
		    bad[i][0] != '\0')
			fail_msg("%s passes", bad[i]);
	assert_int_equal(fsk_jsontext_value("[[[]]]", 6, 3), 6);
	assert_int_equal(fsk_jsontext_value("[[[]]]", 6, 2), 0);
}

static void records_are_whole(void **state)
{
	static const char good[] = "{\"fields\":{\"a\":[1]},\"kind\":\"k\"}";
	static const char *const bad[] = {
		"{\"fields\":[],\"kind\":\"k\"}",
		"{\"fields\":{},\"kind\":1}",
		"{\"fields\":{}}",
		"{\"fields\":{},\"kind\":\"k\",\"x\":1}",
		"{\"fields\":{},\"kind\":\"k\"} ",
		"{\"fields\":{},\"kind\":\"k\"}}",
		"{\"kind\":\"k\",\"fields\":{}}",
		"{\"fields\":{},\"kind\":\"k\"",
		"{}",
		"",
	};

	(void) state;
	assert_true(fsk_jsontext_record(good, strlen(good)));
	for (size_t i = 0; i < strlen(good); i++)
		assert_false(fsk_jsontext_record(good, i));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(fsk_jsontext_record(bad[i], strlen(bad[i])));
}

static void locator_refuses_what_is_none(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"source\":0,\"volume\":0,\"addr\":-1,\"path\":\"x\"}",
		"{\"source\":0,\"volume\":0,\"addr\":1,\"path\":5}",
		"{\"source\":900,\"volume\":0,\"addr\":1,\"path\":\"x\"}",
		"{\"source\":0,\"volume\":0,\"addr\":1,\"path\":\"x\",\"deleted\":1}",
	};

	(void) state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *j = json_loads(bad[i], 0, NULL);
		struct fsk_locator l;
		struct fsk_err err;

		assert_int_equal(fsk_locator_from_json(&l, j, &err), FSK_EPROTO);
		assert_null(l.path);
		json_decref(j);
	}
}

static void locators_have_an_order(void **state)
{
	char a[] = "a", b[] = "b", s[] = "s";
	struct fsk_locator x = { .path = a }, y = { .path = b }, z = { .path = a, .stream = s };

	(void) state;
	assert_true(fsk_locator_cmp(&x, &y) < 0);
	assert_true(fsk_locator_cmp(&x, &z) < 0);
	assert_true(fsk_locator_cmp(&z, &y) < 0);
	assert_int_equal(fsk_locator_cmp(&x, &x), 0);
}

static void times_survive_json(void **state)
{
	struct fsk_times in, out;
	json_t *j;

	(void) state;
	fsk_times_clear(&in);
	in.modified = fsk_time_from_filetime(133245117301234567ull);
	in.fn_created = fsk_time_from_unix(1680000000, 0);
	j = fsk_times_to_json(&in);
	assert_int_equal(json_object_size(j), 2);
	assert_int_equal(fsk_times_from_json(&out, j, NULL), 0);
	assert_true(out.modified == in.modified && out.fn_created == in.fn_created);
	assert_true(out.accessed == FSK_TIME_NONE);
	json_object_set_new(j, "created", json_string("yesterday"));
	assert_int_equal(fsk_times_from_json(&out, j, NULL), FSK_EPROTO);
	json_decref(j);
}

static void words_round_trip(void **state)
{
	enum fsk_status st;
	enum fsk_severity sev;
	enum fsk_confidence conf;

	(void) state;
	for (int i = 0; i <= FSK_STATUS_OVER_LIMIT; i++) {
		assert_int_equal(fsk_status_parse(&st, fsk_status_name((enum fsk_status) i)), 0);
		assert_int_equal(st, i);
	}
	for (int i = 0; i <= FSK_SEV_HIGH; i++) {
		assert_int_equal(fsk_severity_parse(&sev, fsk_severity_name((enum fsk_severity) i)),
		                 0);
		assert_int_equal(sev, i);
	}
	for (int i = 0; i <= FSK_CONF_HIGH; i++) {
		assert_int_equal(
		    fsk_confidence_parse(&conf, fsk_confidence_name((enum fsk_confidence) i)), 0);
		assert_int_equal(conf, i);
	}
	assert_int_equal(fsk_status_parse(&st, "whole"), FSK_ENOTFOUND);
	assert_int_equal(fsk_severity_parse(&sev, ""), FSK_ENOTFOUND);
}

static void keep(void *arg, json_t *anomaly)
{
	*(char **) arg = fsk_json_line(anomaly);
}

static void anomaly_carries_its_ranges(void **state)
{
	const struct fsk_range ranges[] = { { 512, 1024 }, { 4096, 1 } };
	char *line = NULL;
	const struct fsk_anomaly_sink sink = { keep, &line };

	(void) state;
	fsk_anomaly_report(&sink, FSK_EIO, "disk.E01", "cannot be read", NULL, ranges, 2);
	assert_string_equal(line, "{\"code\":\"io\",\"object\":\"disk.E01\",\"ranges\":[[512,1024],"
	                          "[4096,1]],\"reason\":\"cannot be read\"}");
	free(line);
}

static void judges_name_plugins(void **state)
{
	static const char *const good[] = { "a",  "win-run-keys", "3cx-*",
		                            "a*", "a:visit",      "browser-*:url.v2" };
	static const char *const bad[] = { "",    "*",   "A",   "a b", "a:",
		                           "a:B", "a**", "a*b", ":x",  "a/*" };
	json_t *list = json_pack("[s, s, s]", "one", "two:word", "three-*:word");

	(void) state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(fsk_judges_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(fsk_judges_valid(bad[i]));
	assert_true(fsk_judges_match(list, "one", "any"));
	assert_true(fsk_judges_match(list, "one", NULL));
	assert_true(fsk_judges_match(list, "two", "word"));
	assert_false(fsk_judges_match(list, "two", "other"));
	assert_true(fsk_judges_match(list, "two", NULL));
	assert_true(fsk_judges_match(list, "three-x", "word"));
	assert_false(fsk_judges_match(list, "three", NULL));
	assert_false(fsk_judges_match(list, "on", NULL));
	assert_false(fsk_judges_match(list, "ones", NULL));
	assert_false(fsk_judges_match(NULL, "one", NULL));
	json_decref(list);
}

static void judges_are_declared(void **state)
{
	static const char *const yes[] = { "judges={", "x\njudges\t= {", "[\"judges\"] = {",
		                           "-- judges\njudges = {" };
	static const char *const no[] = { "",          "judge",
		                          "it judges", "judges == 1",
		                          "judges",    "-- who judges is = judged",
		                          "judges\0=" };

	(void) state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(fsk_judges_declared(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		assert_false(fsk_judges_declared(no[i], strlen(no[i])));
}

#define VERDICT "\"case\":\"c\",\"ladder\":[\"a\",\"b\"],\"step\":\"b\",\"summary\":\"s\""

static void verdicts_are_checked(void **state)
{
	static const struct {
		const char *text, *why;
	} all[] = {
		{ "[]", "verdict: expected a table with names" },
		{ "{}", "verdict.case: is missing" },
		{ "{" VERDICT ",\"more\":1}", "verdict: 'more' is not known" },
		{ "{\"case\":\"a\\nb\"}", "verdict.case: must be one line" },
		{ "{\"case\":\"\"}", "verdict.case: is empty" },
		{ "{\"case\":\"c\",\"ladder\":{}}", "verdict.ladder: is empty" },
		{ "{\"case\":\"c\",\"ladder\":[1]}", "verdict.ladder[1]: expected a string" },
		{ "{\"case\":\"c\",\"ladder\":[\"a\"],\"step\":\"b\",\"summary\":\"s\"}",
		  "verdict.step: is no step of the ladder" },
		{ "{" VERDICT ",\"steps\":[{\"name\":\"a\"}]}",
		  "verdict.steps[1].reached: is missing" },
		{ "{" VERDICT ",\"steps\":[{\"name\":\"c\",\"reached\":true}]}",
		  "verdict.steps[1].name: is no step of the ladder" },
		{ "{" VERDICT ",\"steps\":[{\"name\":\"a\",\"reached\":1}]}",
		  "verdict.steps[1].reached: expected true or false" },
		{ "{" VERDICT ",\"steps\":[5]}", "verdict.steps[1]: expected a table with names" },
		{ "{" VERDICT ",\"steps\":\"x\"}", "verdict.steps: expected a list" },
		{ "{" VERDICT ",\"times\":[{\"what\":\"w\",\"time\":\"2023\"}]}",
		  "verdict.times[1].time: expected a time like \"2023-03-29T08:15:30Z\"" },
		{ "{" VERDICT ",\"advice\":[{\"txt\":\"w\"}]}",
		  "verdict.advice[1]: 'txt' is not known" },
		{ "{" VERDICT ",\"fields\":[]}", "verdict.fields: expected a table with names" },
	};
	struct fsk_err err;

	(void) state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		json_t *j = json_loads(all[i].text, 0, NULL);

		assert_int_equal(fsk_verdict_settle(j, &err), FSK_EINVAL);
		assert_string_equal(err.msg, all[i].why);
		json_decref(j);
	}
}

/* And a second time nothing changes. */
static char *settled(json_t *j)
{
	struct fsk_err err;
	char *first, *second;

	assert_int_equal(fsk_verdict_settle(j, &err), 0);
	first = fsk_json_line(j);
	assert_int_equal(fsk_verdict_settle(j, &err), 0);
	second = fsk_json_line(j);
	assert_string_equal(first, second);
	free(second);
	return first;
}

static void verdicts_are_settled(void **state)
{
	json_t *j = json_loads("{" VERDICT ",\"notes\":{}}", 0, NULL), *list = json_array();
	char *line = settled(j), *big = malloc(3 * FSK_VERDICT_TEXT_MAX);
	const char *text;

	(void) state;
	assert_string_equal(line, "{\"advice\":[],\"case\":\"c\",\"ladder\":[\"a\",\"b\"],"
	                          "\"notes\":[],\"references\":[],\"step\":\"b\",\"steps\":[],"
	                          "\"summary\":\"s\",\"times\":[],\"unexamined\":[]}");
	free(line);
	for (size_t i = 0; i < 3 * FSK_VERDICT_TEXT_MAX; i++) /* two bytes each */
		big[i] = i % 2 ? '\xa4' : '\xc3';
	for (size_t i = 0; i < FSK_VERDICT_LIST_MAX + 5; i++)
		json_array_append_new(list, json_string("x"));
	json_object_set_new(j, "summary", json_stringn(big, 3 * FSK_VERDICT_TEXT_MAX));
	json_object_set_new(j, "notes", list);
	free(settled(j));
	text = json_string_value(json_object_get(j, "summary"));
	assert_true(strlen(text) <= FSK_VERDICT_TEXT_MAX &&
	            strlen(text) > FSK_VERDICT_TEXT_MAX - 5);
	assert_string_equal(text + strlen(text) - 3, "...");
	list = json_object_get(j, "notes");
	assert_int_equal(json_array_size(list), FSK_VERDICT_LIST_MAX);
	assert_string_equal(json_string_value(json_array_get(list, FSK_VERDICT_LIST_MAX - 1)),
	                    "... and 6 more");
	free(big);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locator_survives_json),
		cmocka_unit_test(locator_as_text),
		cmocka_unit_test(times_as_text),
		cmocka_unit_test(values_are_written_in_one_form),
		cmocka_unit_test(only_the_one_form_passes),
		cmocka_unit_test(records_are_whole),
		cmocka_unit_test(locator_refuses_what_is_none),
		cmocka_unit_test(locators_have_an_order),
		cmocka_unit_test(times_survive_json),
		cmocka_unit_test(words_round_trip),
		cmocka_unit_test(anomaly_carries_its_ranges),
		cmocka_unit_test(judges_name_plugins),
		cmocka_unit_test(judges_are_declared),
		cmocka_unit_test(verdicts_are_checked),
		cmocka_unit_test(verdicts_are_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
