/* ico: icons and cursors for plugins. */
#include "core/module/module.h"
#include "plugins/ico/ico.h"
#include "plugins/shared/answer.h"

extern const struct fsk_module fsk_ico_module;

/// # Icons
///
/// The native module `ico` reads icons and cursors of Windows (`.ico`, `.cur`): which pictures are
/// in them, and what lies behind. Only headers are read, so that a large file costs nothing. The
/// bytes of an icon do instead of an entry.

/// ico.open(e)
///
/// Table of what an icon holds; `nil, message, code` when the file is none (`"corrupt"`). What
/// contradicts the format is an anomaly.
///
/// | member | meaning |
/// |---|---|
/// | `kind` | `"icon"` or `"cursor"` |
/// | `images` | list of `width`, `height`, `bits`, `offset`, `size` as the directory has them,
///   `format` (`"png"` or `"bitmap"`), and `stop`, the first byte behind the picture: of a PNG what
///   follows its own end |
/// | `trailer` | nil, or `offset`, `size` of the bytes behind the last picture |
///
/// ```lua
/// local i = assert(ico.open(ctx:lookup("Users/ann/Pictures/tool.ico")))
/// assert(i.kind == "icon" and i.images[1].format == "png" and i.images[1].width == 16)
/// assert(i.trailer.size == 9)
/// local none, why, code = ico.open(item)
/// assert(none == nil and why == "no icon: its header is another" and code == "corrupt")
/// ```
static int ico_open(const struct fsk_host *host, struct fsk_call *call, void *self)
{
	(void) self;
	return fsk_answer_examined(host, call, fsk_ico_examine);
}

static const struct fsk_function functions[] = {
	{ "open", ico_open },
	{ NULL, NULL },
};

const struct fsk_module fsk_ico_module = {
	.abi = FSK_MODULE_ABI,
	.name = "ico",
	.summary = "icons: pictures, and what lies behind them",
	.functions = functions,
};
