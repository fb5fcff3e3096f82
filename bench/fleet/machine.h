// SPDX-License-Identifier: Apache-2.0
//
// A machine of a rented fleet in virtual time: its cores, and the leases that share them.
//
//     16 leases     one core each
//      4 leases     each as many as it can use, `width`: an encoder's threads find the others' idle
//
// Cores are shared out evenly, and what a lease cannot use goes to those that can. So the end of a
// lease moves whenever another one begins or ends beside it.
#ifndef BENCH_FLEET_MACHINE_H
#define BENCH_FLEET_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_CORES = 16 };

struct machine_lease {
    bool is_running;
    double left_s; // of one core of usual pace
    double width;  // cores that it can use at most
    double cores;  // that it has at present
};

struct machine {
    int64_t now_us, dies_us;
    double pace; // how many times a usual machine's time it takes
    struct machine_lease leases[MACHINE_CORES];
};

void machine_go_on(struct machine *machine, int64_t now_us); // what runs has run until then
void machine_begin(struct machine *machine, size_t slot, double work_s, double width);
void machine_end(struct machine *machine, size_t slot);
// When a lease will be done if nothing else begins or ends.
int64_t machine_done_us(const struct machine *machine, size_t slot);

#endif
