// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/machine.h"

// Even shares; what is left over by those that cannot use theirs is shared out again.
static void share_cores(struct machine *machine)
{
    double left = MACHINE_CORES;
    size_t open = 0;
    for (size_t i = 0; i < MACHINE_CORES; i++) {
        machine->leases[i].cores = 0;
        open += machine->leases[i].is_running;
    }
    for (bool is_moved = true; is_moved && open > 0;) {
        const double even = left / (double)open;
        is_moved = false;
        for (size_t i = 0; i < MACHINE_CORES; i++) {
            struct machine_lease *lease = &machine->leases[i];
            if (!lease->is_running || lease->cores > 0 || lease->width > even) continue;
            lease->cores = lease->width;
            left -= lease->width;
            open--;
            is_moved = true;
        }
    }
    for (size_t i = 0; i < MACHINE_CORES; i++)
        if (machine->leases[i].is_running && !(machine->leases[i].cores > 0))
            machine->leases[i].cores = left / (double)open;
}

void machine_go_on(struct machine *machine, int64_t now_us)
{
    const double passed_s = (double)(now_us - machine->now_us) / 1e6 / machine->pace;
    machine->now_us = now_us;
    for (size_t i = 0; i < MACHINE_CORES; i++)
        machine->leases[i].left_s -= passed_s * machine->leases[i].cores;
}

void machine_begin(struct machine *machine, size_t slot, double work_s, double width)
{
    machine->leases[slot] = (struct machine_lease){true, work_s, width, 0};
    share_cores(machine);
}

void machine_end(struct machine *machine, size_t slot)
{
    machine->leases[slot] = (struct machine_lease){.is_running = false};
    share_cores(machine);
}

int64_t machine_done_us(const struct machine *machine, size_t slot)
{
    const struct machine_lease *lease = &machine->leases[slot];
    const double left_s = lease->left_s > 0 ? lease->left_s * machine->pace / lease->cores : 0;
    return machine->now_us + (int64_t)(left_s * 1e6);
}
