    .syntax unified
    .thumb
    .text
    .global measured_call
    .thumb_func
measured_call:
    push {r4, lr}
    .global measured_begin
measured_begin:
    blx r3
    .global measured_end
measured_end:
    pop {r4, pc}
