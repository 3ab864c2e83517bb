/* Memory as a file for libbfio. Its own memory range reads behind its end when a library asks
 * for bytes from an offset outside of it (libbfio 20170123). */
#ifndef FSK_PLUGINS_ESE_IO_H
#define FSK_PLUGINS_ESE_IO_H

#include <stddef.h>
#include <stdint.h>

#include <libbfio.h>

/* `size` bytes at `data`, which stay the caller's and must outlive the handle. -1 without
 * memory; release with libbfio_handle_free. */
int fsk_ese_io(libbfio_handle_t **out, const uint8_t *data, size_t size);

#endif
