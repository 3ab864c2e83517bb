#include "core/keeper/usage.h"

#define COMMON_HELP                                                         \
	"  -q, --quiet              no progress, errors only\n"             \
	"  -v, --verbose            more of the log; twice for all of it\n" \
	"  -h, --help               this text\n"

#define WORKER_HELP                                                             \
	"      --step-time SECONDS  wall clock of one step of a worker (300)\n" \
	"      --memory SIZE        memory that a worker may hold (3G)\n"       \
	"      --require-sandbox    do not run when the worker cannot be locked down\n"

#define INDEX_HELP "      --no-index           NTFS folder by folder, not in one pass over $MFT\n"

#define DATA_HELP "      --data DIR           folder with plugins, artifacts and profiles\n"

static const char overview[] =
    "Usage: fossick COMMAND [OPTION]... [ARGUMENT]...\n"
    "Finds forensic artifacts on disk images and collects them into one archive.\n"
    "\n"
    "  collect SOURCE...        run plugins, collect what they name\n"
    "  info SOURCE              image, volumes, file systems, stored hashes\n"
    "  info --self              version, libraries, sandbox of this program\n"
    "  ls SOURCE [GLOB]         names that match, on all volumes\n"
    "  cat SOURCE GLOB          contents of the files that match\n"
    "  hash SOURCE [GLOB]       SHA-256 of the files that match\n"
    "  verify ARCHIVE           re-read an archive, test digests and custody chain\n"
    "  verify SOURCE            read a whole image, test checksums and stored hashes\n"
    "  hive FILE                replay the transaction logs of a registry hive\n"
    "  recover ARCHIVE          finish an archive whose run was killed\n"
    "  export --stix ARCHIVE    what was found, for other tools\n"
    "  plugin list              the plugins there are\n"
    "  plugin check [FILE...]   test plugins without running them\n"
    "\n"
    "  -h, --help               this text; after a command, its options\n"
    "      --version            version and licence\n"
    "\n"
    "A SOURCE is a disk image (raw, E01, VHD, VHDX, VMDK; the first of its segments),\n"
    "a block device or a folder.\n"
    "Exit status: 0 complete, 1 complete with anomalies, 2 nothing usable, 64 usage,\n"
    "73 cannot create output, 77 sandbox required but not held.\n";

static const char collect_help[] =
    "Usage: fossick collect [OPTION]... SOURCE...\n"
    "Runs plugins over the volumes of the sources and collects the files that they\n"
    "name, with records and findings, into one archive.\n"
    "\n"
    "  -o, --output DIR         folder for the archive (.)\n"
    "  -p, --profile LIST       profiles and plugins, comma separated: names, or\n"
    "                           paths that end in .lua (3cx)\n"
    "      --case ID            case number, kept in the archive\n"
    "      --examiner NAME      who runs this\n"
    "      --note TEXT          free text\n"
    "      --label TEXT         first part of the archive's name (the source's name)\n"
    "  -j, --jobs N             workers (one per core; one for a device)\n"
    "  -n, --dry-run            say what would be collected, write nothing\n"
    "      --explain            with --dry-run: say how it is found and read, too\n"
    "      --json               the result as JSON on standard output\n"
    "      --ioc FILE           indicators: CSV, text, MISP, STIX, OpenIOC;\n"
    "                           a folder stands for its files; may repeat\n"
    "      --yara FILE          YARA rules to look with; likewise\n"
    "      --set PLUGIN.OPT=VALUE   an option of a plugin\n"
    "      --export-payloads CERT   keep what plugins decrypt, encrypted for the\n"
    "                           owner of this certificate (PEM); may come again\n"
    "      --limit-size SIZE    larger files are noted, not collected (16G)\n"
    "      --level N            compression, 0 (none) to 12 (best)\n" INDEX_HELP WORKER_HELP
        DATA_HELP COMMON_HELP;

static const char info_help[] =
    "Usage: fossick info [OPTION]... SOURCE\n"
    "       fossick info --self [OPTION]...\n"
    "Shows image format, acquisition facts, stored hashes and volumes.\n"
    "\n"
    "      --self               version, libraries and which sandbox layers hold\n"
    "      --json               JSON on standard output\n" WORKER_HELP COMMON_HELP;

static const char ls_help[] =
    "Usage: fossick ls [OPTION]... SOURCE [GLOB]\n"
    "Lists names that match. Without GLOB: the root folders of all volumes.\n"
    "A GLOB may start with a volume as `ls` prints it, \"C:/\" or \"vol2:/\".\n"
    "  ? * [abc] {a,b}  as in a shell;  ** any folders;  name:stream  data streams\n"
    "\n"
    "  -l, --long               type, size and times before the name: modified,\n"
    "                           accessed, changed, created; on NTFS the same of\n"
    "                           $FILE_NAME, \"=\" where they do not differ\n"
    "  -d, --deleted            deleted entries too\n"
    "      --bodyfile           the format of mactime 3\n"
    "      --json               one JSON object a line\n" INDEX_HELP WORKER_HELP COMMON_HELP;

static const char cat_help[] =
    "Usage: fossick cat [OPTION]... SOURCE GLOB\n"
    "Writes the contents of the files that match to standard output, one after the\n"
    "other. GLOB as for ls.\n"
    "\n"
    "  -d, --deleted            deleted entries too\n" INDEX_HELP WORKER_HELP COMMON_HELP;

#define HASH_HELP                                             \
	"      --all-digests        MD5, SHA-1 and SHA-256\n" \
	"  -j, --jobs N             threads that inflate and hash (one per core)\n"

static const char hash_help[] =
    "Usage: fossick hash [OPTION]... SOURCE [GLOB]\n"
    "Writes the SHA-256 of each file that matches, one line each, as sha256sum does;\n"
    "with --all-digests as sha256sum --tag does. Without GLOB: all files of all\n"
    "volumes. GLOB as for ls. A file that cannot be read in full has no digest: it\n"
    "is named on standard error.\n"
    "\n"
    "  -d, --deleted            deleted entries too\n"
    "      --json               one JSON object a line\n" HASH_HELP INDEX_HELP WORKER_HELP
        COMMON_HELP;

static const char verify_help[] =
    "Usage: fossick verify [OPTION]... ARCHIVE\n"
    "       fossick verify [OPTION]... SOURCE\n"
    "Re-reads every member of an archive, compares sizes and digests with the\n"
    "manifest, and tests the custody chain. Says what is wrong with which member.\n"
    "Of an image: reads the whole medium, tests the checksum of each chunk, compares\n"
    "the digests with those that are stored in it (SHA-256 where there are none), and\n"
    "lists what is bad.\n"
    "\n"
    "      --json               JSON on standard output\n"
    "      --only DIGESTS       these digests of an image: of md5,sha1,sha256\n" HASH_HELP
        WORKER_HELP COMMON_HELP;

static const char hive_help[] =
    "Usage: fossick hive [OPTION]... FILE\n"
    "Shows the state of a registry hive and what its transaction logs give: those\n"
    "beside FILE (.LOG, .LOG1, .LOG2), unless --log names others. FILE and logs are\n"
    "only read.\n"
    "\n"
    "      --log FILE           a transaction log; up to three\n"
    "      --write FILE         save the clean hive; an existing file is not replaced\n"
    "      --compare            read it with libregf, too, and compare\n"
    "      --json               JSON on standard output\n" WORKER_HELP COMMON_HELP;

static const char recover_help[] =
    "Usage: fossick recover [OPTION]... ARCHIVE\n"
    "Finishes an archive whose run was killed or whose medium was pulled: keeps every\n"
    "complete member, cuts the torn end, writes manifest and index.\n"
    "\n" COMMON_HELP;

static const char export_help[] =
    "Usage: fossick export --stix [OPTION]... ARCHIVE\n"
    "Writes what the run has found, as a STIX 2.1 bundle.\n"
    "\n"
    "  -o, --output FILE        into this file, which must not be there yet; without\n"
    "                           it to standard output\n"
    "      --stix               the format; there is no other one yet\n" COMMON_HELP;

static const char plugin_list_help[] =
    "Usage: fossick plugin list [OPTION]...\n"
    "Lists the plugins that there are.\n"
    "\n"
    "      --json               JSON on standard output\n" DATA_HELP COMMON_HELP;

static const char plugin_check_help[] =
    "Usage: fossick plugin check [OPTION]... [FILE...]\n"
    "Loads plugins in a worker and tests their tables, without running them.\n"
    "Without FILE: all that there are. Exit status 1 when one is wrong.\n"
    "\n"
    "      --ioc FILE, --yara FILE   read these for ioc-scan and yara-scan, too\n" DATA_HELP
        COMMON_HELP;

static const char *const texts[FSK_CMD_COUNT] = {
	[FSK_CMD_NONE] = overview,
	[FSK_CMD_COLLECT] = collect_help,
	[FSK_CMD_INFO] = info_help,
	[FSK_CMD_LS] = ls_help,
	[FSK_CMD_CAT] = cat_help,
	[FSK_CMD_HASH] = hash_help,
	[FSK_CMD_VERIFY] = verify_help,
	[FSK_CMD_HIVE] = hive_help,
	[FSK_CMD_RECOVER] = recover_help,
	[FSK_CMD_EXPORT] = export_help,
	[FSK_CMD_PLUGIN_LIST] = plugin_list_help,
	[FSK_CMD_PLUGIN_CHECK] = plugin_check_help,
};

void fsk_usage_print(FILE *to, enum fsk_command c)
{
	fputs(texts[c], to);
}
