/* Runs all cases on the host: inputs.bin -> outputs.bin. Each buffer has its exact size, so that a sanitizer
 * sees every access beyond it. Returns 0, or 1 where a file can't be used. */
#include "io.h"
#include "kernels.h"

#include <stdlib.h>
#include <string.h>

static int run(const kernel_case_t *one, int in, int out)
{
    const uint32_t larger = one->input_bytes > one->output_bytes ? one->input_bytes : one->output_bytes;
    int8_t *const input = malloc(one->in_place ? larger : one->input_bytes);
    int8_t *const other = malloc(one->output_bytes);
    void *const scratch = one->scratch_bytes ? malloc(one->scratch_bytes) : NULL;
    int8_t *const output = one->in_place ? input : other;
    int failed = input == NULL || other == NULL || io_read(in, input, one->input_bytes) != one->input_bytes;
    if (!failed) {
        if (scratch != NULL) {
            memset(scratch, 0x5A, one->scratch_bytes);
        }
        one->kernel(input, output, scratch);
        failed = io_write(out, output, one->output_bytes);
    }
    free(input);
    free(other);
    free(scratch);
    return failed;
}

int main(void)
{
    const int in = io_open("inputs.bin", "rb");
    const int out = io_open("outputs.bin", "wb");
    uint32_t i, n;
    int failed = in < 0 || out < 0;
    for (i = 0; i < n_kernel_cases && !failed; i++) {
        for (n = 0; n < kernel_cases[i].n_runs && !failed; n++) {
            failed = run(&kernel_cases[i], in, out);
        }
    }
    if (!failed) {
        io_close(in);
        io_close(out);
    }
    return failed;
}
