#include "core/evidence/source.h"

int fsk_source_fault_range(struct fsk_source *s, uint64_t off, uint64_t n, struct fsk_err *err)
{
	(void) s;
	(void) off;
	(void) n;
	return fsk_err_set(err, FSK_EUNSUPPORTED, "built without fault injection");
}
