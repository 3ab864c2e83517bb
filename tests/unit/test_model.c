#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/model/anomaly.h"
#include "core/model/locator.h"
#include "core/model/times.h"
#include "core/model/types.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locator_survives_json),
		cmocka_unit_test(locator_refuses_what_is_none),
		cmocka_unit_test(locators_have_an_order),
		cmocka_unit_test(times_survive_json),
		cmocka_unit_test(words_round_trip),
		cmocka_unit_test(anomaly_carries_its_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
