/* Every limit that a length, count or depth taken from evidence, from a
 * plugin or from the other process must meet before it meets malloc or a
 * loop. One place, so that they can be reviewed together. */
#ifndef FSK_BASE_LIMITS_H
#define FSK_BASE_LIMITS_H

#define FSK_KIB 1024u
#define FSK_MIB (1024u * 1024u)
#define FSK_GIB (1024ull * 1024ull * 1024ull)

/* ipc: one frame, header excluded; file data travels in pieces */
#define FSK_FRAME_MAX (4u * FSK_MIB)
#define FSK_FRAME_HEAD_MAX (2u * FSK_MIB) /* the JSON head inside a frame */
#define FSK_FILE_PIECE (1u * FSK_MIB)
#define FSK_CLOSE_RANGES_MAX 20000u /* unreadable ranges in one CLOSE; then merged */
#define FSK_LOG_LINE_MAX 2048u
#define FSK_BROKER_LIST_MAX 200000u /* names in one folder of a directory source */

/* evidence sources */
#define FSK_SOURCES_MAX 64u
#define FSK_SEGMENTS_MAX 14971u /* .E01 … .EZZ, the EWF naming scheme's end */
#define FSK_SECTOR_MIN 512u
#define FSK_SECTOR_MAX 4096u
#define FSK_RANGELOG_MAX 65536u /* unreadable ranges kept; then merged */
#define FSK_EWF_CHUNK_MAX (32u * FSK_MIB)
#define FSK_EWF_CHUNKS_MAX 0x80000000ull
#define FSK_EWF_SECTIONS_MAX 1000000u     /* sections in one segment file */
#define FSK_EWF_HEADER_MAX (1u * FSK_MIB) /* inflated header text */
#define FSK_EWF_TABLE_ENTRIES_MAX 0x400000u
#define FSK_HEAP_LARGE (1u * FSK_MIB)   /* what is freed of that size is given back */
#define FSK_HEAP_SPARE (4u * FSK_MIB)   /* of the end of the heap */
#define FSK_EWF_TABLES (32u * FSK_MIB)  /* entries of tables kept */
#define FSK_EWF_HEADERS_MAX 8u          /* header sections tried of each kind */
#define FSK_EWF_CACHE (32u * FSK_MIB)   /* inflated chunks kept */
#define FSK_EWF_LANES (256u * FSK_MIB)  /* packed chunks in the hands of all threads */
#define FSK_MEDIUM_PIECE (4u * FSK_MIB) /* of a whole medium that is read at once */
#define FSK_READ_AHEAD (8u * FSK_MIB)   /* of a source that is read in sequence */
#define FSK_THREADS_MAX 64u             /* that read one image */
#define FSK_EWF_REPORTS_MAX 1000u       /* anomalies of one image when it is opened */
#define FSK_EWF_GAPS_MAX 65536u
#define FSK_MAPPED_BLOCKS_MAX 0x2000000u      /* blocks of one virtual disk file */
#define FSK_MAPPED_BLOCK_MAX (256u * FSK_MIB) /* bytes of one block */
#define FSK_MAPPED_PACKED_MAX (16u * FSK_MIB) /* of one that is inflated as a whole */

/* volumes and file systems */
#define FSK_VOLUMES_MAX 256u
#define FSK_PATH_MAX 32768u /* bytes of UTF-8 */
#define FSK_NAME_MAX 1024u
#define FSK_DIR_ENTRIES_MAX 4000000u
#define FSK_WALK_DEPTH_MAX 256u
#define FSK_STREAMS_MAX 4096u /* alternate data streams of one file */
#define FSK_STREAM_RUNS_MAX 16000000u
#define FSK_ORDER_RUNS_MAX 2000000u           /* of all files that are read in one go */
#define FSK_SHARED_UNITS_MAX 2000000u         /* ends of the runs of these files */
#define FSK_ORDER_CONTENT_MAX (32u * FSK_MIB) /* of small files that lie in their records */
#define FSK_LZNT1_UNIT_MAX (1u * FSK_MIB)     /* Windows uses at most 64 KiB */
#define FSK_INDEX_MAX (1024u * FSK_MIB)       /* $INDEX_ALLOCATION of one folder */
#define FSK_MFT_RECORDS_MAX 33554432u         /* records of an MFT that is indexed as a whole */
#define FSK_MFT_LINKS_MAX 33554432u           /* names in the MFT of a damaged volume */
#define FSK_SHELF_MAX (6ull * FSK_GIB)        /* of an index that workers share */
#define FSK_GPT_ENTRIES_MAX 1024u

/* globs */
#define FSK_GLOB_LEN_MAX 4096u
#define FSK_GLOB_COMPONENTS_MAX 256u
#define FSK_GLOB_ALTERNATIVES_MAX 32768u /* after {a,b} is expanded */
#define FSK_MATCHER_STATES_MAX 4000000u  /* of the globs of all plugins together */

/* registry */
#define FSK_HIVE_MAX (512u * FSK_MIB)
#define FSK_HIVE_DEPTH_MAX 512u
#define FSK_HIVE_VALUE_MAX (64u * FSK_MIB)
#define FSK_HIVE_VALUES_MAX 1000000u
#define FSK_HIVE_SUBKEYS_MAX 4000000u
#define FSK_HIVE_NAME_MAX 65536u         /* bytes of a name in the hive: its length has 16 bits */
#define FSK_HIVE_PATH_MAX (1u * FSK_MIB) /* bytes of UTF-8 of a key's path */
#define FSK_HIVE_BIN_CELLS_MAX 65535u    /* cells of one bin that libregf is given */
#define FSK_HIVE_DELETED_MAX 200000u     /* keys and values recovered from one hive */
#define FSK_HIVE_DAMAGE_MAX 256u         /* damaged places described; the rest is counted */

#define FSK_ENVIRONMENT_MAX 1024u                  /* variables of one machine or user */
#define FSK_ENVIRONMENT_BYTES_MAX (256u * FSK_KIB) /* of their names and values */

/* profile folders of the users of a volume */
#define FSK_PROFILES_MAX 8192u
#define FSK_PROFILES_BYTES_MAX (512u * FSK_KIB) /* of their paths and SIDs */
#define FSK_PROFILES_SEEN_MAX 200000u           /* subkeys of one ProfileList that are read */
#define FSK_PROFILE_PATH_MAX 1024u              /* bytes of one path */
#define FSK_PROFILE_PLACES_MAX 16u /* folders that profiles are looked for in, beside \Users */
#define FSK_PROFILE_PLACE_LEN 160u /* bytes of one as a glob; all of them fit FSK_GLOB_LEN_MAX */

/* databases */
#define FSK_LEVELDB_MAX (256u * FSK_MIB) /* one file */
#define FSK_LEVELDB_BLOCK_MAX (64u * FSK_MIB)
#define FSK_LEVELDB_VALUE_MAX FSK_MIB
#define FSK_LEVELDB_RECORDS_MAX 5000000u
#define FSK_SQLITE_MAX (512u * FSK_MIB)
#define FSK_SQLITE_CELL_MAX (16u * FSK_MIB)
#define FSK_SQLITE_HEAP_MAX (256u * FSK_MIB)
#define FSK_SQLITE_TABLES_MAX 1000u        /* whose shape is read for recovery */
#define FSK_SQLITE_ROWSET_MAX 24000000u    /* digests of rows that are compared: 3 a row */
#define FSK_SQLITE_RECOVERED_MAX 500000u   /* rows of one table */
#define FSK_SQLITE_STEPS_MAX 2000000000ull /* virtual machine steps of one statement */

/* ESE databases; libesedb takes a few MiB more than the file, which is in memory */
#define FSK_ESE_MAX (1u * FSK_GIB)
#define FSK_ESE_NAME_MAX 1024u    /* bytes of UTF-8 of a name of a table or column */
#define FSK_ESE_TABLES_MAX 10000u /* that are listed */
#define FSK_ESE_COLUMNS_MAX 65536u
#define FSK_ESE_ROWS_MAX 20000000u        /* of one table */
#define FSK_ESE_VALUE_MAX (16u * FSK_MIB) /* bytes of one value */
#define FSK_ESE_ROW_MAX (64u * FSK_MIB)   /* of all values of a row */
#define FSK_ESE_DAMAGE_MAX 256u           /* damaged rows in sequence that are passed over */
#define FSK_ESE_NOTES_MAX (16u * FSK_KIB) /* bytes of what is told of a header and catalog */

/* shortcuts */
#define FSK_LNK_MAX (64u * FSK_MIB)
#define FSK_LNK_ITEMS_MAX 256u          /* shell items of one list */
#define FSK_LNK_BLOCKS_MAX 64u          /* extra data blocks */
#define FSK_LNK_STRING_MAX 65536u       /* bytes of a text that only a NUL ends */
#define FSK_LNK_TEXT_MAX (1u * FSK_MIB) /* bytes of UTF-8 of one text */

/* files that native modules read by ranges */
#define FSK_RANGES_NOTES_MAX 8u             /* anomalies of one file; the rest is counted */
#define FSK_RANGES_NAME_MAX 4096u           /* bytes of a name of a function or a library */
#define FSK_RANGES_NAMES_MAX (4u * FSK_MIB) /* of all names of one file */

/* signatures of programs */
#define FSK_CMS_MAX (4u * FSK_MIB) /* bytes of one signature */
#define FSK_CMS_CHAIN_MAX 32u      /* certificates told of one signature */
#define FSK_X509_NAME_MAX 2048u    /* bytes of a name in a certificate */

/* programs (portable executables) */
#define FSK_PE_SECTIONS_MAX 256u
#define FSK_PE_LIBRARIES_MAX 1024u       /* that one program imports from */
#define FSK_PE_FUNCTIONS_MAX 65536u      /* imported, and exported, by one program */
#define FSK_PE_RESOURCES_MAX 10000u      /* that are listed */
#define FSK_PE_RESOURCE_NODES_MAX 30000u /* folders and leaves that are looked at */
#define FSK_PE_VERSION_MAX (256u * FSK_KIB)
#define FSK_PE_VERSION_STRINGS_MAX 256u
#define FSK_PE_DEBUG_MAX 64u             /* entries of the debug directory */
#define FSK_PE_CERTIFICATES_MAX 16u      /* records in the certificate table */
#define FSK_PE_SLACK_MAX (16u * FSK_MIB) /* bytes behind a signature that are looked at */
#define FSK_PE_SIGNATURES_MAX 16u        /* of one file, nested ones included */
#define FSK_PE_NESTING_MAX 4u

/* icons */
#define FSK_ICO_MAX (64u * FSK_MIB) /* more is told as an anomaly */
#define FSK_ICO_IMAGES_MAX 1024u
#define FSK_ICO_CHUNKS_MAX 65536u /* of all PNGs in one */

/* OLE compound files */
#define FSK_OLECF_MAX (512u * FSK_MIB)
#define FSK_OLECF_FILE_MAX (4ull * FSK_GIB) /* read by ranges */
#define FSK_OLECF_SMALL_MAX (16u * FSK_MIB) /* table of small sectors */
#define FSK_OLECF_ITEMS_MAX 65536u          /* streams and storages */
#define FSK_OLECF_DEPTH_MAX 32u
#define FSK_OLECF_TEXT_MAX (16u * FSK_MIB) /* bytes of UTF-8 of all paths */
#define FSK_OLECF_READ_MAX (64u * FSK_MIB) /* of a stream at once */

/* packages of Windows Installer */
#define FSK_MSI_POOL_MAX (8u * FSK_MIB)     /* lengths of strings: 2 million of them */
#define FSK_MSI_STRINGS_MAX (32u * FSK_MIB) /* bytes of all strings */
#define FSK_MSI_TABLE_MAX (32u * FSK_MIB)
#define FSK_MSI_ROWS_MAX 50000u          /* that are told of one table, or of the streams */
#define FSK_MSI_TEXT_MAX (32u * FSK_MIB) /* bytes of all texts that are told */
#define FSK_MSI_SUMMARY_MAX (1u * FSK_MIB)

/* ZIP archives */
#define FSK_ZIP_MEMBERS_MAX 65536u
#define FSK_ZIP_DIRECTORY_MAX (32u * FSK_MIB) /* bytes that are read to open one */
#define FSK_ZIP_READ_MAX (64u * FSK_MIB)      /* of a member at once */
#define FSK_ZIP_MEMBER_MAX (4ull * FSK_GIB)   /* bytes that one may unpack to */
#define FSK_ZIP_RATIO_MAX 200u                /* times what it takes, … */
#define FSK_ZIP_RATIO_FROM (64u * FSK_MIB)    /* … for members larger than this */

/* archives of Electron programs */
#define FSK_ASAR_HEADER_MAX (8u * FSK_MIB) /* bytes of its index */
#define FSK_ASAR_ENTRIES_MAX 200000u       /* files, folders and links that are listed */
#define FSK_ASAR_DEPTH_MAX 64u             /* of folders */
#define FSK_ASAR_PATH_MAX 4096u            /* bytes of a path */
#define FSK_ASAR_PATHS_MAX (64u * FSK_MIB) /* of all paths */
#define FSK_ASAR_READ_MAX (64u * FSK_MIB)  /* of a file at once */

/* change journals */
#define FSK_USN_RECORDS_MAX 20000u /* that one call gives */
#define FSK_USN_STEPS_MAX 4096u    /* pages of its hole that are looked at */
#define FSK_USN_NAME_MAX (128u * FSK_KIB)

/* programs (Mach-O) */
#define FSK_MACHO_SLICES_MAX 16u
#define FSK_MACHO_COMMANDS_MAX 4096u
#define FSK_MACHO_COMMANDS_SIZE_MAX (4u * FSK_MIB)
#define FSK_MACHO_SECTIONS_MAX 1024u /* and segments */
#define FSK_MACHO_LIBRARIES_MAX 1024u
#define FSK_MACHO_STRINGS_MAX 50000u            /* that are listed of one program */
#define FSK_MACHO_BLOBS_MAX 64u                 /* of one signature */
#define FSK_MACHO_SIGNATURE_MAX (64u * FSK_MIB) /* a digest for each page of the program */

/* property lists */
#define FSK_PLIST_MAX (64u * FSK_MIB)
#define FSK_PLIST_DEPTH_MAX 128u
#define FSK_PLIST_VALUES_MAX 500000u        /* an object counts with each reference to it */
#define FSK_PLIST_TEXT_MAX (128u * FSK_MIB) /* bytes of all keys, texts and data */
#define FSK_PLIST_NOTES_MAX 8u              /* damaged places told of one; the rest is counted */

/* prefetch files */
#define FSK_PF_MAX (16u * FSK_MIB) /* as it lies there, and inflated */
#define FSK_PF_VOLUMES_MAX 256u
#define FSK_PF_NAMES_MAX 262144u        /* files and folders of one */
#define FSK_PF_REFERENCES_MAX 1048576u  /* numbers in the MFT of one */
#define FSK_PF_TEXT_MAX (64u * FSK_MIB) /* bytes of UTF-8 of all names of one */

/* rules of the analyst, and what they match in one file */
#define FSK_YARA_FILES_MAX 10000u
#define FSK_YARA_PROBLEMS_MAX 1000u        /* errors and warnings that are told */
#define FSK_YARA_WHOLE_MAX (64u * FSK_MIB) /* a larger file comes in pieces */
#define FSK_YARA_PIECE (16u * FSK_MIB)
#define FSK_YARA_OVERLAP (64u * FSK_KIB) /* bytes that a piece has of the one before */
#define FSK_YARA_MATCHES_MAX 1000u       /* rules */
#define FSK_YARA_STRINGS_MAX 1000u       /* places of the strings of one rule */
#define FSK_YARA_DATA_MAX 64u            /* bytes of each that are told */
#define FSK_YARA_SECONDS_MAX 240         /* for one file: less than FSK_STEP_SECONDS */

/* lists of digests */
#define FSK_HASHSET_TEXT_MAX (1u * FSK_GIB)
#define FSK_HASHSET_LINES_MAX 100000000u
#define FSK_HASHSET_LABEL_MAX 200u              /* bytes of one name */
#define FSK_HASHSET_LABELS_MAX (256u * FSK_MIB) /* of all names of a list */
#define FSK_HASHSET_PROBLEMS_MAX 20u            /* bad lines that are told */

/* event logs */
#define FSK_EVTX_CHUNKS_MAX 1048576u           /* of one log: 64 GiB */
#define FSK_EVTX_NOTES_MAX 32u                 /* damaged places of one; the rest is counted */
#define FSK_EVTX_DEPTH_MAX 64u                 /* of elements, and of templates in templates */
#define FSK_EVTX_ITEMS_MAX 32768u              /* values of one event */
#define FSK_EVTX_TEXT_MAX (1u * FSK_MIB)       /* bytes of UTF-8 of one event */
#define FSK_EVTX_TOKENS_MAX 65536u             /* parts of one event */
#define FSK_EVTX_CHUNK_TOKENS_MAX 1000000u     /* of the events of a chunk together */
#define FSK_EVTX_CHUNK_TEXT_MAX (8u * FSK_MIB) /* likewise: bytes of values that are put in */
#define FSK_EVTX_IDS_MAX 1024u                 /* numbers that events are chosen by */
#define FSK_EVTX_PROVIDERS_MAX 64u             /* names likewise */
#define FSK_EVTX_WORDS_MAX 64u                 /* texts likewise */
#define FSK_EVTX_WORD_MAX 128u                 /* bytes of one */
#define FSK_EVTX_PROVIDER_MAX 256u             /* bytes of one */

/* plugins */
#define FSK_PLUGINS_MAX 1000u
#define FSK_PLUGIN_TEXT_MAX (4u * FSK_MIB)
#define FSK_PLUGIN_WANTS_MAX 256u
#define FSK_LUA_HEAP_MAX (256u * FSK_MIB)
#define FSK_LUA_INSTRUCTIONS_MAX 2000000000ull /* per call of run */
#define FSK_LUA_OVERRUNS_MAX 3u                /* calls on one volume that may run into a budget */
#define FSK_LUA_STRING_MAX (64u * FSK_MIB)
#define FSK_FIND_NEEDLES_MAX 64u /* of e:find */
#define FSK_FIND_LEN_MIN 4u
#define FSK_FIND_LEN_MAX 256u
#define FSK_FIND_HITS_MAX 10000u
#define FSK_UNALLOCATED_RUNS_MAX (2u * 1024 * 1024) /* of free space in one volume */
#define FSK_RECORD_DEPTH_MAX 16u
#define FSK_MACHINE_FACTS_MAX 1000u /* that one plugin tells of the machine of a volume */
#define FSK_RECORD_BYTES_MAX (1u * FSK_MIB)
#define FSK_JUDGE_BYTES_MAX (128u * FSK_MIB)    /* of rows for plugins that judge, in Lua */
#define FSK_JUDGE_ANOMALIES_MAX (16u * FSK_MIB) /* the same of anomalies */
#define FSK_VERDICT_TEXT_MAX 2000u              /* bytes of one text of a verdict; then cut */
#define FSK_VERDICT_LIST_MAX 200u               /* entries of one list of a verdict; then cut */
#define FSK_VERDICT_RUNGS_MAX 16u               /* steps of its ladder */
#define FSK_FOLLOW_LOOKUPS_MAX 4000u            /* paths that one command line is looked for at */
#define FSK_ROWS_MAX 5000000u                   /* rows of one plugin on one volume */
#define FSK_PAYLOAD_MAX (16u * FSK_MIB)
#define FSK_PAYLOADS_MAX 64u       /* of one plugin on one volume */
#define FSK_PAYLOADS_RUN_MAX 4096u /* of all plugins of a run */
#define FSK_PAYLOAD_NAME_MAX 256u  /* bytes of a name or kind */
#define FSK_RECIPIENTS_MAX 16u     /* certificates that payloads are encrypted for */
#define FSK_CERTIFICATE_FILE_MAX FSK_MIB
#define FSK_PAYLOAD_SEALED_MAX (FSK_PAYLOAD_MAX + FSK_MIB) /* of one, as it is stored */

/* files of the analyst: --ioc, --yara */
#define FSK_GIVEN_MAX (256u * FSK_MIB)        /* one file */
#define FSK_GIVEN_BYTES_MAX (1024u * FSK_MIB) /* all of a run: each worker holds them */
#define FSK_GIVEN_FILES_MAX 4096u
#define FSK_GIVEN_LINE_MAX (1u * FSK_MIB) /* bytes of a line that lines() gives */

/* keeper */
#define FSK_WORKERS_MAX 64u
#define FSK_STEP_SECONDS 300u /* wall clock of one step */
#define FSK_WORKER_MEMORY (3ull * FSK_GIB)
#define FSK_WORKER_RESTARTS_MAX 10000u
#define FSK_STEPS_MAX 1000000u                 /* steps of one task */
#define FSK_REQUESTS_MAX 2000000u              /* files asked for in one run */
#define FSK_ANOMALIES_MAX 200000u              /* rows of one run; the rest is counted */
#define FSK_REASONS_MAX 256u                   /* reasons kept for one file */
#define FSK_REASON_MAX 1024u                   /* bytes of one reason */
#define FSK_STEP_KEY_MAX (128u * FSK_KIB)      /* bytes of the key of a step */
#define FSK_STEP_KEYS_MAX (512u * FSK_MIB)     /* of the keys of one task */
#define FSK_REQUEST_BYTES_MAX (2ull * FSK_GIB) /* of memory for what is asked for in one run */
#define FSK_ANOMALY_BYTES_MAX (1ull * FSK_GIB) /* rows of one run; the rest is counted */
#define FSK_FILE_SIZE_MAX (16ull * FSK_GIB)    /* default of --limit-size */

#define FSK_STIX_ROWS_MAX 50000u            /* findings, or verdicts, of one bundle */
#define FSK_STIX_BYTES_MAX (256u * FSK_MIB) /* of these rows */

/* archive */
#define FSK_MEMBER_NAME_MAX 60000u /* bytes; the ZIP field ends at 65535 */
#define FSK_MEMBERS_MAX 50000000u
#define FSK_JSON_LINE_MAX (8u * FSK_MIB)
#define FSK_ARCHIVE_HELD_MAX (40u * FSK_MIB)   /* bytes of members in memory */
#define FSK_ARCHIVE_HELD_FRONT (16u * FSK_MIB) /* of them for the member that is written now */
#define FSK_ARCHIVE_FLIGHT_MAX 256u            /* members begun but not yet on the medium */
#define FSK_STREAMS_OF_ROWS_MAX 4096u          /* plugins, and kinds of listing */

#endif
