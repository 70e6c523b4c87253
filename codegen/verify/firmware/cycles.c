/* Plugin of QEMU 7 and 8.0 (plugin interface version 1): counts the instructions from one address up to
 * another, for every time that the first is reached, and estimates their cycles on a Cortex-M4 without wait
 * states. Prints "INSTRUCTIONS n CYCLES m". Arguments: begin=, end=.
 *
 * Cycles, by the table "Cortex-M4 instructions" of Arm's technical reference manual: 1, but for a load 2 (1 where
 * the instruction before it is a single load or store), a multiple load or store 1 + registers, a branch at the
 * end of a block 2 if it has a condition, else 3, a division 6. Whether a branch is taken is not looked at.
 * The prototypes are those of qemu-plugin.h, which distributions do not ship.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*translation_callback)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*execution_callback)(unsigned, void *);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, translation_callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, execution_callback, int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
int qemu_plugin_install(qemu_plugin_id_t, const void *, int, char **);

enum { NO_REGISTERS = 0, ADD_64 = 0 };
enum kind { OTHER, LOAD, STORE };

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t instructions, cycles, instructions_at_begin, cycles_at_begin;
static uint64_t begin = UINT64_MAX, end = UINT64_MAX;

static void at_begin(unsigned cpu, void *unused)
{
    (void)cpu;
    (void)unused;
    instructions_at_begin = instructions;
    cycles_at_begin = cycles;
}

static void at_end(unsigned cpu, void *unused)
{
    (void)cpu;
    (void)unused;
    fprintf(stderr, "INSTRUCTIONS %llu CYCLES %llu\n",
            (unsigned long long)(instructions - instructions_at_begin),
            (unsigned long long)(cycles - cycles_at_begin));
}

static unsigned n_registers(unsigned mask)
{
    return (unsigned)__builtin_popcount(mask);
}

static unsigned single(enum kind *kind, unsigned is_load)
{
    *kind = is_load ? LOAD : STORE;
    return is_load ? 2 : 1;
}

/* Cycles of a 16-bit instruction. */
static unsigned narrow(unsigned code, enum kind *kind)
{
    if ((code & 0xF800) == 0x4800) { /* LDR from a literal */
        return single(kind, 1);
    }
    if ((code & 0xF000) == 0x5000) { /* load or store, register offset */
        return single(kind, ((code >> 9) & 7) >= 3);
    }
    if ((code & 0xE000) == 0x6000 || (code & 0xF000) == 0x8000 || (code & 0xF000) == 0x9000) {
        return single(kind, code & 0x800); /* load or store, immediate offset */
    }
    if ((code & 0xF000) == 0xC000) { /* LDM, STM */
        return 1 + n_registers(code & 0xFF);
    }
    if ((code & 0xFE00) == 0xB400) { /* PUSH */
        return 1 + n_registers(code & 0x1FF);
    }
    if ((code & 0xFE00) == 0xBC00) { /* POP */
        return 1 + n_registers(code & 0x1FF) + (code & 0x100 ? 2 : 0);
    }
    if ((code & 0xF000) == 0xD000 || (code & 0xF500) == 0xB100) { /* Bcc, CBZ, CBNZ */
        return 2;
    }
    if ((code & 0xF800) == 0xE000 || (code & 0xFF00) == 0x4700) { /* B, BX, BLX */
        return 3;
    }
    return 1;
}

/* Cycles of a 32-bit instruction. */
static unsigned wide(unsigned high, unsigned low, enum kind *kind)
{
    if ((high & 0xFE40) == 0xE800) { /* LDM, STM */
        return 1 + n_registers(low);
    }
    if ((high & 0xFE40) == 0xE840) { /* LDRD, STRD */
        return 3;
    }
    if ((high & 0xFE00) == 0xF800) { /* load or store */
        return single(kind, high & 0x10);
    }
    if ((high & 0xF800) == 0xF000 && (low & 0x8000)) { /* BL, B.W */
        return 3;
    }
    if ((high & 0xFFD0) == 0xFB90) { /* SDIV, UDIV */
        return 6;
    }
    return (high & 0xEF00) == 0xED00 ? 2 : 1; /* VLDR, VSTR */
}

static unsigned cost(const struct qemu_plugin_insn *one, enum kind *kind)
{
    const uint8_t *const code = qemu_plugin_insn_data(one);
    const unsigned first = code[0] | (unsigned)code[1] << 8;
    *kind = OTHER;
    if (qemu_plugin_insn_size(one) == 2) {
        return narrow(first, kind);
    }
    return wide(first, code[2] | (unsigned)code[3] << 8, kind);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    const size_t n = qemu_plugin_tb_n_insns(block);
    enum kind before = OTHER;
    size_t i;
    (void)id;
    for (i = 0; i < n; i++) {
        struct qemu_plugin_insn *const one = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(one);
        enum kind kind;
        unsigned weight = cost(one, &kind);
        if (kind == LOAD && before != OTHER) {
            weight = 1;
        }
        before = kind;
        if (address == begin) {
            qemu_plugin_register_vcpu_insn_exec_cb(one, at_begin, NO_REGISTERS, NULL);
        }
        if (address == end) {
            qemu_plugin_register_vcpu_insn_exec_cb(one, at_end, NO_REGISTERS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(one, ADD_64, &instructions, 1);
        qemu_plugin_register_vcpu_insn_exec_inline(one, ADD_64, &cycles, weight);
    }
}

__attribute__((visibility("default"))) int qemu_plugin_install(
    qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    int i;
    (void)info;
    for (i = 0; i < argc; i++) {
        if (strncmp(argv[i], "begin=", 6) == 0) {
            begin = strtoull(argv[i] + 6, NULL, 0);
        } else if (strncmp(argv[i], "end=", 4) == 0) {
            end = strtoull(argv[i] + 4, NULL, 0);
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
