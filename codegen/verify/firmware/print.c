/* printf on a simulated core: what it writes goes to the standard output of the simulator. */
#include "io.h"

#include <stdio.h>

static int console(void)
{
    static int handle = -1;
    if (handle < 0) {
        handle = io_open(":tt", "wb");
    }
    return handle;
}

#if defined(__riscv) /* picolibc */
static int put(char byte, FILE *file)
{
    (void)file;
    return io_write(console(), &byte, 1u) == 0 ? (unsigned char)byte : EOF;
}

static FILE output = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &output;
#else /* newlib, whose streams do without a buffer where there is no heap */
int _write(int file, const char *data, int size);
void *_sbrk(int size);

int _write(int file, const char *data, int size)
{
    (void)file;
    return io_write(console(), data, (unsigned)size) == 0 ? size : -1;
}

void *_sbrk(int size)
{
    (void)size;
    return (void *)-1;
}
#endif
