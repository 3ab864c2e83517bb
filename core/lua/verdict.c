/* ctx:verdict{…} */
#include "core/base/limits.h"
#include "core/lua/internal.h"
#include "core/model/verdict.h"

/// ctx:verdict(table)
///
/// What a plugin that judges (`judges` in its table) concludes about a machine; once for each
/// machine. It goes to `verdicts.jsonl` in the archive, to the closing screen before all else, and
/// to `--json`. Names and types are tested, the meaning is the plugin's.
///
/// | member | meaning |
/// |---|---|
/// | `case` | what is judged, one line |
/// | `ladder` | list of steps, lowest first |
/// | `step` | the highest that was reached, one of the ladder |
/// | `summary` | one or two sentences |
/// | `steps` | optional list of `{ name = …, reached = true, ["for"] = list, against = list }`:
///     texts that speak for and against each step |
/// | `times` | optional list of `{ what = …, time = …, source = … }`, time as the functions
///     of `time` give it, or nil |
/// | `unexamined` | optional list of texts: what was not looked at, and weakens the verdict |
/// | `notes` | optional list of texts |
/// | `advice` | optional list of `{ text = …, source = … }`: what to do next, and who says so |
/// | `references` | optional list of strings, as in the plugin's table |
/// | `fields` | optional table, as in `ctx:record` |
///
/// Texts of more than 2000 bytes and lists of more than 200 entries are cut. A plugin that judges
/// and says no verdict has failed, and the screen says so.
///
/// ```lua
/// return {
///     api = 1, name = "example-verdict", summary = "Are there programs in the downloads?",
///     judges = { "downloads" },
///     run = function(ctx, machine)
///         ctx:verdict {
///             case = "Programs in the downloads", ladder = list { "absent", "present" },
///             step = #machine.records > 0 and "present" or "absent",
///             summary = #machine.records .. " on " .. machine.sources[1].name,
///         }
///     end,
/// }
/// ```
int fsk_ctx_verdict(lua_State *L)
{
	struct fsk_object *ctx = fsk_object_check(L, 1, &fsk_bound_ctx);
	struct fsk_run *run = ctx->run;
	const struct fsk_engine *engine = run->plugin->engine;
	size_t budget = FSK_RECORD_BYTES_MAX;
	struct fsk_err err;
	json_t *j;
	int rc;

	if (run->judging == NULL)
		return luaL_error(L, "only a plugin that judges gives a verdict: its table has "
		                     "'judges' instead of 'wants'");
	if (*run->judging)
		return luaL_error(L, "the verdict on this machine was given already");
	luaL_checktype(L, 2, LUA_TTABLE);
	rc = fsk_lua_to_json(&j, L, 2, "verdict", &budget, &err);
	if (rc == 0)
		rc = fsk_verdict_settle(j, &err);
	if (rc < 0) {
		json_decref(j);
		return luaL_error(L, "%s", err.msg);
	}
	fsk_err_set(&err, FSK_ECANCELED, "stopped");
	rc = engine->ops.verdict(engine->arg, run->plugin->text->name, j, &err);
	json_decref(j);
	*run->judging = rc == 0;
	return rc < 0 ? fsk_sandbox_stop(L, &err) : 0;
}
