/* The signature of a program: PKCS #7 with its time stamps and nested signatures. */
#include <stdint.h>

#include "plugins/shared/cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fsk_cms cms = { 0 };

	fsk_cms_der_size(data, size, size);
	fsk_cms_read(&cms, data, size, NULL);
	fsk_cms_free(&cms);
	return 0;
}
