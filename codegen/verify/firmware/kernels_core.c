/* Runs all cases on a core: inputs.bin -> outputs.bin. INPUT_BYTES, OUTPUT_BYTES and SCRATCH_BYTES are the
 * largest of the cases. Bytes behind each buffer are watched. Returns 0, 1 where a file can't be used, 2
 * where a kernel writes behind its output, 3 behind its scratch. */
#include "io.h"
#include "kernels.h"

#include <string.h>

#define WATCHED 8u
#define PATTERN 0x5A

static int8_t input[INPUT_BYTES + WATCHED] __attribute__((aligned(4)));
static int8_t output[OUTPUT_BYTES + WATCHED] __attribute__((aligned(4)));
static int8_t scratch[SCRATCH_BYTES + WATCHED] __attribute__((aligned(4)));

/* Calls the kernel between two labels that the instruction counter knows; defined in kernels_call.S. */
void measured_call(const int8_t *from, int8_t *to, void *space, kernel_t kernel);

static int is_kept(const int8_t *from)
{
    uint32_t i;
    for (i = 0; i < WATCHED; i++) {
        if (from[i] != PATTERN) {
            return 0;
        }
    }
    return 1;
}

static int run(const kernel_case_t *one, int in, int out)
{
    int8_t *const to = one->in_place ? input : output;
    if (io_read(in, input, one->input_bytes) != one->input_bytes) {
        return 1;
    }
    memset(to + one->output_bytes, PATTERN, one->in_place ? 0u : WATCHED);
    memset(scratch, PATTERN, one->scratch_bytes + WATCHED);
    measured_call(input, to, scratch, one->kernel);
    if (!one->in_place && !is_kept(to + one->output_bytes)) {
        return 2;
    }
    if (!is_kept(scratch + one->scratch_bytes)) {
        return 3;
    }
    return io_write(out, to, one->output_bytes);
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
