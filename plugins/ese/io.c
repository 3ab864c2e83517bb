#include "plugins/ese/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct memory {
	const uint8_t *data;
	size_t size, at;
};

/* libbfio keeps a pointer to an integer, and knows nothing of what it points to. */
static struct memory *of(intptr_t *io)
{
	return (struct memory *) io;
}

static int io_free(intptr_t **io, libbfio_error_t **e)
{
	(void) e;
	free(*io);
	*io = NULL;
	return 1;
}

static int io_clone(intptr_t **out, intptr_t *io, libbfio_error_t **e)
{
	struct memory *copy = malloc(sizeof(*copy));

	(void) e;
	*out = NULL;
	if (copy == NULL)
		return -1;
	*copy = *of(io);
	*out = (intptr_t *) copy;
	return 1;
}

static int io_open(intptr_t *io, int flags, libbfio_error_t **e)
{
	(void) flags;
	(void) e;
	of(io)->at = 0;
	return 1;
}

static int io_yes(intptr_t *io, libbfio_error_t **e)
{
	(void) io;
	(void) e;
	return 1;
}

static int io_close(intptr_t *io, libbfio_error_t **e)
{
	(void) io;
	(void) e;
	return 0;
}

static ssize_t io_read(intptr_t *io, uint8_t *buffer, size_t n, libbfio_error_t **e)
{
	struct memory *m = of(io);
	size_t left = m->size - m->at;

	(void) e;
	n = n < left ? n : left;
	memcpy(buffer, m->data + m->at, n);
	m->at += n;
	return (ssize_t) n;
}

static ssize_t io_write(intptr_t *io, const uint8_t *buffer, size_t n, libbfio_error_t **e)
{
	(void) io;
	(void) buffer;
	(void) n;
	(void) e;
	return -1;
}

/* Outside is an error, and the place stays. */
static off64_t io_seek(intptr_t *io, off64_t offset, int whence, libbfio_error_t **e)
{
	struct memory *m = of(io);
	size_t from = whence == SEEK_END ? m->size : whence == SEEK_CUR ? m->at : 0;

	(void) e;
	if (offset < 0 ? (uint64_t) -offset > from : (uint64_t) offset > m->size - from)
		return -1;
	m->at = from + (size_t) offset;
	return (off64_t) m->at;
}

static int io_size(intptr_t *io, size64_t *size, libbfio_error_t **e)
{
	(void) e;
	*size = of(io)->size;
	return 1;
}

int fsk_ese_io(libbfio_handle_t **out, const uint8_t *data, size_t size)
{
	struct memory *m = malloc(sizeof(*m));

	*out = NULL;
	if (m == NULL)
		return -1;
	*m = (struct memory){ data, size, 0 };
	if (libbfio_handle_initialize(out, (intptr_t *) m, io_free, io_clone, io_open, io_close,
	                              io_read, io_write, io_seek, io_yes, io_yes, io_size,
	                              LIBBFIO_FLAG_IO_HANDLE_MANAGED, NULL) == 1)
		return 0;
	free(m);
	return -1;
}
