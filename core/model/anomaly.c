#include "core/model/anomaly.h"

#include "core/model/types.h"

json_t *fsk_anomaly_json(int code, const char *object, const char *reason,
                         const struct fsk_locator *where, const struct fsk_range *ranges,
                         size_t nranges)
{
	json_t *o = json_pack("{s:s, s:o, s:o}", "code", fsk_code_name(code), "object",
	                      fsk_json_text(object), "reason", fsk_json_text(reason));
	json_t *list;

	if (o == NULL)
		return NULL;
	if (where != NULL)
		json_object_set_new(o, "locator", fsk_locator_to_json(where));
	if (nranges == 0)
		return o;
	list = json_array();
	for (size_t i = 0; i < nranges; i++)
		json_array_append_new(list, json_pack("[I, I]", (json_int_t) ranges[i].offset,
		                                      (json_int_t) ranges[i].length));
	json_object_set_new(o, "ranges", list);
	return o;
}

void fsk_anomaly_report(const struct fsk_anomaly_sink *sink, int code, const char *object,
                        const char *reason, const struct fsk_locator *where,
                        const struct fsk_range *ranges, size_t nranges)
{
	json_t *o;

	if (sink == NULL || sink->report == NULL)
		return;
	o = fsk_anomaly_json(code, object, reason, where, ranges, nranges);
	if (o != NULL)
		sink->report(sink->arg, o);
	json_decref(o);
}
