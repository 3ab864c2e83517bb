# Replays the seeds of VHD, VHDX and VMDK.
exec "$FOSSICK_BUILD/tests/fuzz/fuzz_vdisk" "$FOSSICK_SRC/tests/fuzz/corpus/vdisk"
