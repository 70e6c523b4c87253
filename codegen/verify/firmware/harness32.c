/* As harness.c, for the function that handles 32 rows at once: codes.bin -> answers32.bin, where the rows
 * that fill up the last 32 are all 0. */
#include "io.h"
#include "subject.h"

static input_t codes[32 * N_FEATURES];
static answer_t answers[32 * N_ANSWERS];

int main(void)
{
    const int in = io_open("codes.bin", "rb");
    const int out = io_open("answers32.bin", "wb");
    unsigned size = sizeof codes;
    if (in < 0 || out < 0) {
        return 1;
    }
    while (size == sizeof codes) {
        unsigned i;
        size = io_read(in, codes, sizeof codes);
        for (i = size / (unsigned)sizeof codes[0]; i < 32u * N_FEATURES; i++) {
            codes[i] = 0;
        }
        SUBJECT_PREDICT32(codes, answers);
        if (io_write(out, answers, sizeof answers) != 0) {
            return 1;
        }
    }
    io_close(in);
    io_close(out);
    return 0;
}
