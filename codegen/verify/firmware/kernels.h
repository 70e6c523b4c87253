/* What the programs that run a batch of kernels share: the file kernels.c defines it. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdint.h>

typedef void (*kernel_t)(const int8_t *input, int8_t *output, void *scratch);

/* n_runs inputs come from inputs.bin one after the other. in_place: the output lies over the input. */
typedef struct {
    kernel_t kernel;
    uint32_t input_bytes;
    uint32_t output_bytes;
    uint32_t scratch_bytes;
    uint32_t n_runs;
    uint32_t in_place;
} kernel_case_t;

extern const kernel_case_t kernel_cases[];
extern const uint32_t n_kernel_cases;

#endif
