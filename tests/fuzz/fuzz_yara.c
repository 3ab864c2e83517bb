/* A hostile file against rules that use every module of libyara that there is. */
#include <stdlib.h>

#include "plugins/yara/yara.h"
#include "tests/fuzz/memory_input.h"

static const char rules[] =
    "import \"pe\"\nimport \"elf\"\nimport \"macho\"\nimport \"dotnet\"\nimport \"dex\"\n"
    "import \"hash\"\nimport \"math\"\n"
    "rule pe { condition: pe.is_pe and (pe.imphash() != \"\" or pe.number_of_signatures > 0 or\n"
    "  pe.rich_signature.length > 0 or pe.exports(\"a\") or pe.imports(\"b.dll\", \"c\") or\n"
    "  pe.imports(/k/i, /./) > 1 or pe.language(1) or pe.locale(2) or pe.section_index(\"x\") or\n"
    "  pe.rva_to_offset(4096) or pe.calculate_checksum() == pe.checksum or\n"
    "  for any s in pe.sections : (s.name == \".text\") or\n"
    "  for any r in pe.resources : (r.length > 0) or\n"
    "  for any k, v in pe.version_info : (k == v)) }\n"
    "rule elf { condition: elf.number_of_sections > 0 and (elf.symtab_entries > 0 or\n"
    "  for any s in elf.sections : (s.size > 0) or for any d in elf.dynamic : (d.val > 0)) }\n"
    "rule macho { condition: macho.fat_magic > 0 or macho.entry_point_for_arch(7) > 0 or\n"
    "  for any s in macho.segments : (s.nsects > 1) or macho.file_index_for_arch(7) >= 0 }\n"
    "rule dotnet { condition: dotnet.number_of_streams > 0 and (dotnet.typelib != \"\" or\n"
    "  for any s in dotnet.streams : (s.size > 0) or dotnet.number_of_guids > 0 or\n"
    "  dotnet.number_of_resources > 0 or dotnet.assembly.name == \"a\") }\n"
    "rule dex { condition: dex.header.file_size > 0 and (dex.number_of_methods > 0 or\n"
    "  dex.has_method(/a/) or for any s in dex.string_ids : (s.size > 3)) }\n"
    "rule sums { condition: hash.md5(0, filesize) == hash.sha256(4, 9) or\n"
    "  hash.crc32(0, filesize) == 1 or math.entropy(0, filesize) > 7.9 or\n"
    "  math.monte_carlo_pi(0, filesize) > 0.5 or math.serial_correlation(0, filesize) > 0.1 }\n"
    "rule texts { strings: $a = \"MZ\" nocase wide ascii $b = { 50 45 00 00 [0-300] 01 } $c = /[a-z]{3,9}\\.dll/i\n"
    "  $d = \"abc\" xor $e = \"fossick\" base64 $f = /(a+)+b/ condition: any of them }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fsk_yara *y; /* compiled once; it stays reachable */
	const struct fsk_yara_source source = { "fuzz.yar", rules, sizeof(rules) - 1 };
	const struct fsk_yara_scan how = { "C:\\a\\b.exe", 1 };
	struct memory m = { data, size };
	const struct fsk_input in = memory_input(&m);
	json_t *matches = NULL, *notes = NULL;

	if (y == NULL && (fsk_yara_compile(&y, &source, 1, NULL) < 0 || fsk_yara_rules(y) != 7))
		abort();
	if (fsk_yara_scan(&matches, &notes, y, &in, &how, NULL) < 0)
		return 0;
	json_decref(matches);
	json_decref(notes);
	return 0;
}
