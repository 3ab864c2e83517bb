/* Darwin descriptors: what an advertised shortcut of Windows Installer names
 * instead of a path. Twenty characters for the product, the name of a feature,
 * '>', twenty characters for the component; '<' ends it when there is no component. Each five
 * characters are a number to the base 85, the lowest digit first. */
#ifndef FSK_PLUGINS_LNK_DARWIN_H
#define FSK_PLUGINS_LNK_DARWIN_H

#include <stdbool.h>

#include "plugins/lnk/items.h"

#define FSK_DARWIN_FEATURE 40 /* MAX_FEATURE_CHARS of msi.h is 38 */

struct fsk_darwin {
	char product[FSK_GUID_TEXT];
	char feature[FSK_DARWIN_FEATURE]; /* "": all, or the only one */
	char component[FSK_GUID_TEXT];    /* "": none */
};

/* False when the text is no descriptor. */
bool fsk_darwin_parse(struct fsk_darwin *out, const char *text);

#endif
