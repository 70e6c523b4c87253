/* Calls a kernel (the fourth argument) between two labels that the instruction counter knows. */
    .text
    .global measured_call
    .global measured_begin
    .global measured_end
#if defined(__riscv)
measured_call:
    addi sp, sp, -16
    sw ra, 12(sp)
measured_begin:
    jalr a3
measured_end:
    lw ra, 12(sp)
    addi sp, sp, 16
    ret
#else
    .syntax unified
    .thumb
    .thumb_func
measured_call:
    push {r4, lr}
measured_begin:
    blx r3
measured_end:
    pop {r4, pc}
#endif
