/* Packages of Windows Installer (.msi, .msp): what their database says of the product and
 * its files, the names of what is embedded, summary, and who signed them.
 *
 * A package is a compound file. Its tables are streams, column by column, whose texts are
 * numbers of strings in a common pool. Formats: [MS-CFB], [MS-OLEPS] (summary); the streams
 * as msitools and Wine document them (libmsi/string.c, table.c); what the tables mean:
 * Microsoft, "Installer Database Reference". */
#ifndef FSK_PLUGINS_MSI_MSI_H
#define FSK_PLUGINS_MSI_MSI_H

#include <jansson.h>

#include "core/base/err.h"
#include "plugins/shared/input.h"

/* Describes the package, as msi.open tells it. Only tables that are told, summary and
 * signature are read. `*told` and `*notes` (texts, what is damaged) are new references.
 * FSK_ECORRUPT when it is no compound file or has no string pool that can be read,
 * FSK_EUNSUPPORTED when it is another compound file, FSK_ELIMIT, FSK_ENOMEM. */
int fsk_msi_examine(json_t **told, json_t **notes, const struct fsk_input *in, struct fsk_err *err);

#endif
