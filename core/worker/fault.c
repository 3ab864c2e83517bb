#include <signal.h>

#include "core/model/types.h"
#include "core/worker/fault.h"

int fsk_fault_setup(struct fsk_fault *f, const json_t *setup, struct fsk_err *err)
{
	const json_t *want = json_object_get(setup, "fault");
	uint64_t number;
	int rc;

	if (!want)
		return 0;
	rc = fsk_json_get_u64(&f->step, want, "step", err);
	if (rc == 0)
		rc = fsk_json_get_u64(&number, want, "signal", err);
	if (rc == 0)
		rc = fsk_json_opt_u64(&f->rows, want, "rows", 0, err);
	if (rc != 0)
		return rc;
	if (number == 0 || number > 64)
		return fsk_err_set(err, FSK_EPROTO, "fault: signal %llu does not exist",
		                   (unsigned long long) number);
	f->signal = (int) number;
	/* else a sanitizer would turn the death into an orderly exit */
	if (f->signal != SIGKILL)
		signal(f->signal, SIG_DFL);
	return 0;
}

void fsk_fault_step(struct fsk_fault *f)
{
	f->begun++;
	if (f->step != 0 && f->begun == f->step && f->rows == 0)
		raise(f->signal);
}

void fsk_fault_row(struct fsk_fault *f)
{
	if (f->step != 0 && f->begun == f->step && f->rows != 0 && --f->rows == 0)
		raise(f->signal);
}
