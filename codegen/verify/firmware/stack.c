/* Runs the module over the rows of codes.bin, each on a painted stack, and writes to stack.bin how many bytes
 * below main's frame the hungriest run used. */
#include "io.h"
#include "subject.h"

#include <stdint.h>

extern uint32_t bss_end;

#define PAINT 0xA5A5A5A5u
#define MOST_BYTES 0x10000u

static input_t row[N_FEATURES];
static answer_t answer[N_ANSWERS];

int main(void)
{
    const int in = io_open("codes.bin", "rb");
    const int out = io_open("stack.bin", "wb");
    volatile uint32_t *low = &bss_end;
    volatile uint32_t *top;
    uint32_t most = 0;
    if (in < 0 || out < 0) {
        return 1;
    }
#if defined(__riscv)
    __asm volatile("mv %0, sp" : "=r"(top));
#else
    __asm volatile("mov %0, sp" : "=r"(top));
#endif
    if ((uint32_t)(uintptr_t)top - (uint32_t)(uintptr_t)low > MOST_BYTES) {
        low = top - MOST_BYTES / sizeof *top;
    }
    while (io_read(in, row, sizeof row) == sizeof row) {
        volatile uint32_t *at;
        uint32_t used;
        for (at = low; at < top; at++) {
            *at = PAINT;
        }
        SUBJECT_PREDICT(row, answer);
        for (at = low; at < top && *at == PAINT; at++) {
        }
        used = (uint32_t)(top - at) * (uint32_t)sizeof *top;
        most = used > most ? used : most;
    }
    return io_write(out, &most, sizeof most);
}
