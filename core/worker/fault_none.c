#include "core/worker/fault.h"

int fsk_fault_setup(struct fsk_fault *f, const json_t *setup, struct fsk_err *err)
{
	(void) f;
	if (json_object_get(setup, "fault"))
		return fsk_err_set(err, FSK_EUNSUPPORTED,
		                   "fault: this program was built without fault injection");
	return 0;
}

void fsk_fault_step(struct fsk_fault *f)
{
	(void) f;
}

void fsk_fault_row(struct fsk_fault *f)
{
	(void) f;
}
