/* Files of the host that runs the simulator, by Arm semihosting ("Semihosting for AArch32", version 2; RISC-V
 * takes over its calls). */
#include "io.h"

#include <stdint.h>

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20 };
enum { OPEN_RB = 1, OPEN_WB = 5, APPLICATION_EXIT = 0x20026 };

#if defined(__riscv)
/* The three instructions around EBREAK mark the call; they must be uncompressed and lie in one page. */
int call(int operation, const void *block);
__asm(".text\n .balign 16\n .option push\n .option norvc\n .global call\ncall: slli x0,x0,0x1f\n ebreak\n"
      " srai x0,x0,7\n ret\n .option pop");
#else
static int call(int operation, const void *block)
{
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = block;
    __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
#endif

static uint32_t address(const void *pointer)
{
    return (uint32_t)(uintptr_t)pointer;
}

int io_open(const char *name, const char *mode)
{
    uint32_t length = 0;
    uint32_t block[3];
    while (name[length] != '\0') {
        length++;
    }
    block[0] = address(name);
    block[1] = mode[0] == 'r' ? OPEN_RB : OPEN_WB;
    block[2] = length;
    return call(SYS_OPEN, block);
}

unsigned io_read(int handle, void *data, unsigned size)
{
    const uint32_t block[3] = {(uint32_t)handle, address(data), size};
    return size - (unsigned)call(SYS_READ, block);
}

int io_write(int handle, const void *data, unsigned size)
{
    const uint32_t block[3] = {(uint32_t)handle, address(data), size};
    return call(SYS_WRITE, block);
}

void io_close(int handle)
{
    const uint32_t block[1] = {(uint32_t)handle};
    (void)call(SYS_CLOSE, block);
}

/* Ends the simulation with this exit status. */
void io_exit(int status);
void io_exit(int status)
{
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
    for (;;) {
        (void)call(SYS_EXIT_EXTENDED, block);
    }
}
