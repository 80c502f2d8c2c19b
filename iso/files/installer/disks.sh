# What the installer knows about disks. Sourced, not run.

# The cloud's documents say that the system goes onto the data disk, not what that disk is called in the
# guest: para-virtual disks are vd*, SCSI ones sd*, Xen ones xvd*. The system disk is attached first, so the
# data disk is the second in the kernel's naming order. Drives, floppies and memory devices do not count.
list_disks() {
    for entry in /sys/block/vd* /sys/block/xvd* /sys/block/sd* /sys/block/nvme*; do
        [ -e "$entry/device" ] || continue
        [ "$(cat "$entry/removable")" = 0 ] || continue
        echo "/dev/${entry##*/}"
    done
}

second_disk() {
    list_disks | sed -n 2p
}

# wait_for_disks COUNT SECONDS: the kernel finds disks while we look.
wait_for_disks() {
    tries=$(($2 * 5))
    while [ "$(list_disks | wc -l)" -lt "$1" ] && [ $tries -gt 0 ]; do
        sleep 0.2
        tries=$((tries - 1))
    done
}

partition_of() {
    case "$1" in
        *[0-9]) echo "${1}p$2" ;;
        *) echo "$1$2" ;;
    esac
}

wait_for_partition() {
    tries=50
    until [ -b "$(partition_of "$1" "$2")" ]; do
        [ $tries -gt 0 ] || { echo "$(partition_of "$1" "$2") did not appear"; return 1; }
        sleep 0.2
        tries=$((tries - 1))
    done
}

size_mib() {
    echo $(($(blockdev --getsize64 "$1") / 1048576))
}

# An empty disk, or one that an earlier, perhaps interrupted, run of this installer wrote.
may_be_overwritten() {
    [ "$(kernel_argument installer.overwrite)" = yes ] && return 0
    sfdisk --dump "$1" 2>/dev/null | grep -q 'name="image-root"' && return 0
    [ "$(dd if="$1" bs=1M count=1 2>/dev/null | tr -d '\000' | wc -c)" = 0 ]
}

wipe_start() {
    dd if=/dev/zero of="$1" bs=1M count=1 conv=notrunc 2>/dev/null
}
