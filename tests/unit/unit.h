/* What every unit test needs of cmocka, in the order it wants. */
#ifndef FSK_TESTS_UNIT_H
#define FSK_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
