# Shell functions that the installer and the installed system share. Sourced, not run.

# Text goes to every console of the kernel, so that screen and serial line show the same.
say() {
    for console in $(cat /sys/class/tty/console/active 2>/dev/null || echo console); do
        printf '%s\n' "$*" >"/dev/$console" 2>/dev/null
    done
}

start_kernel_interfaces() {
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs devtmpfs /dev
}

# The build wrote the order: a module stands after all that it needs.
load_modules() {
    while read -r module; do
        insmod "/lib/modules/$module" 2>/dev/null
    done </lib/modules/order
}

# kernel_argument NAME: prints the value of NAME=value on the kernel's command line.
kernel_argument() {
    for word in $(cat /proc/cmdline); do
        case "$word" in
            "$1="*) echo "${word#*=}" ;;
        esac
    done
}
