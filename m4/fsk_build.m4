dnl SPDX-License-Identifier: Apache-2.0

dnl FSK_C17: the language standard, or no build.
AC_DEFUN([FSK_C17], [
  AX_FSK_FLAG([-std=gnu17], [CC="$CC -std=gnu17"],
    [AC_MSG_ERROR([the compiler does not know -std=gnu17])])
])

dnl AX_FSK_FLAG(FLAG, IF-YES, IF-NO): does the compiler take it without a word?
AC_DEFUN([AX_FSK_FLAG], [
  AC_MSG_CHECKING([whether $CC takes $1])
  fsk_saved_cflags=$CFLAGS
  CFLAGS="$CFLAGS -Werror $1"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
    [AC_MSG_RESULT([yes]); CFLAGS=$fsk_saved_cflags; $2],
    [AC_MSG_RESULT([no]); CFLAGS=$fsk_saved_cflags; $3])
])

AC_DEFUN([FSK_OPTIONS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])],
    [], [enable_werror=no])
  AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers],
    [build with AddressSanitizer and UndefinedBehaviorSanitizer])], [], [enable_sanitizers=no])
  AC_ARG_ENABLE([fault-injection], [AS_HELP_STRING([--enable-fault-injection],
    [let tests kill workers and fail reads at chosen places; never for release])],
    [], [enable_fault_injection=no])
  AC_ARG_ENABLE([fuzz], [AS_HELP_STRING([--enable-fuzz],
    [link the fuzz targets with libFuzzer (CC=clang) instead of the replayer])],
    [], [enable_fuzz=no])
  AS_IF([test "x$enable_fault_injection" = xyes],
    [AC_DEFINE([FSK_FAULT_INJECTION], [1], [test builds only: see tests/fault])])
  AM_CONDITIONAL([FAULT_INJECTION], [test "x$enable_fault_injection" = xyes])
  AM_CONDITIONAL([FUZZ], [test "x$enable_fuzz" = xyes])
  AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])
])

AC_DEFUN([FSK_WARNINGS], [
  fsk_warnings=
  for fsk_flag in -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
      -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wwrite-strings -Wcast-align \
      -Wimplicit-fallthrough; do
    AX_FSK_FLAG([$fsk_flag], [fsk_warnings="$fsk_warnings $fsk_flag"], [])
  done
  AS_IF([test "x$enable_werror" = xyes], [fsk_warnings="$fsk_warnings -Werror"])
  AC_SUBST([FSK_WARNING_CFLAGS], [$fsk_warnings])
])

AC_DEFUN([FSK_HARDENING], [
  fsk_cflags= fsk_ldflags= fsk_hardening_flags=
  AS_IF([test "x$enable_sanitizers" = xyes], [
    fsk_cflags="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
    fsk_ldflags="-fsanitize=address,undefined"
  ], [
    for fsk_flag in -fstack-protector-strong -fstack-clash-protection -fcf-protection; do
      AX_FSK_FLAG([$fsk_flag], [fsk_cflags="$fsk_cflags $fsk_flag"], [])
    done
    AX_FSK_FLAG([-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2],
      [fsk_cflags="$fsk_cflags -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"], [])
  ])
  AS_IF([test "x$enable_fuzz" = xyes], [
    fsk_cflags="$fsk_cflags -fsanitize=fuzzer-no-link"
    fsk_ldflags="$fsk_ldflags -fsanitize=fuzzer-no-link"
  ])
  AX_FSK_FLAG([-fPIE -pie], [fsk_cflags="$fsk_cflags -fPIE" fsk_ldflags="$fsk_ldflags -pie"], [])
  for fsk_flag in -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed; do
    AX_FSK_FLAG([$fsk_flag], [fsk_ldflags="$fsk_ldflags $fsk_flag"], [])
  done
  fsk_hardening_flags="$fsk_cflags $fsk_ldflags"
  AC_SUBST([FSK_HARDENING_CFLAGS], [$fsk_cflags])
  AC_SUBST([FSK_HARDENING_LDFLAGS], [$fsk_ldflags])
])

dnl FSK_LIBRARY(NAME, MODULE, DEBIAN-PACKAGE): needed. What is missing is
dnl collected, so that one run of configure names everything.
AC_DEFUN([FSK_LIBRARY], [
  PKG_CHECK_MODULES([$1], [$2], [],
    [fsk_missing="$fsk_missing
    $2: install the Debian package $3"
     fsk_missing_packages="$fsk_missing_packages $3"])
])

dnl FSK_LIBRARY_OPTIONAL(NAME, MODULE, DEBIAN-PACKAGE): sets have_<name>,
dnl HAVE_<NAME> and the conditional of that name.
AC_DEFUN([FSK_LIBRARY_OPTIONAL], [
  m4_pushdef([fsk_lower], m4_tolower([$1]))
  PKG_CHECK_MODULES([$1], [$2],
    [have_[]fsk_lower=yes
     AC_DEFINE([HAVE_$1], [1], [$2 is there])],
    [have_[]fsk_lower="no (Debian package $3)"])
  AM_CONDITIONAL([HAVE_$1], [test "x$have_[]fsk_lower" = xyes])
  m4_popdef([fsk_lower])
])

AC_DEFUN([FSK_MISSING_LIBRARIES], [
  AS_IF([test -n "$fsk_missing"], [AC_MSG_ERROR([missing libraries:$fsk_missing
  all at once: apt-get install$fsk_missing_packages])])
])
