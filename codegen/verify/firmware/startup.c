/* Start-up of a Cortex-M (vector table, floating-point unit) or of a RISC-V (stack): data, bss, main. */
#include <stdint.h>

extern uint32_t stack_top, data_load, data_start, data_end, bss_start, bss_end;
int main(void);
void io_exit(int status);
void reset(void);
void fault(void);

#define FAULT_STATUS 99

void reset(void)
{
    const uint32_t *from = &data_load;
    uint32_t *to;
    for (to = &data_start; to < &data_end; to++) {
        *to = *from++;
    }
    for (to = &bss_start; to < &bss_end; to++) {
        *to = 0;
    }
#if defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: full access to CP10 and CP11 */
    __asm volatile("dsb\n isb");
#endif
    io_exit(main());
}

void fault(void)
{
    io_exit(FAULT_STATUS);
}

#if defined(__riscv)
__asm(".section .vectors,\"ax\",@progbits\n la sp,stack_top\n la t0,fault\n .option arch,+zicsr\n csrw mtvec,t0\n j reset\n .text");
#else
__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))&stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault,
};
#endif
