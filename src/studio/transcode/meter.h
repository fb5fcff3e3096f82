// SPDX-License-Identifier: Apache-2.0
//
// What work costs: processor time of the whole process, all its threads.
#ifndef STUDIO_TRANSCODE_METER_H
#define STUDIO_TRANSCODE_METER_H

#include <stdint.h>

uint64_t meter_cpu_us(void); // since the process began

#endif
