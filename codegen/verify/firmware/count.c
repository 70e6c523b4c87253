/* Plugin of QEMU 7 and 8.0 (plugin interface version 1): counts the instructions from one address up to
 * another, for every time that the first is reached, and prints "INSTRUCTIONS n". Arguments: begin=, end=.
 *
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
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, execution_callback, int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
int qemu_plugin_install(qemu_plugin_id_t, const void *, int, char **);

enum { NO_REGISTERS = 0, ADD_64 = 0 };

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static uint64_t total;
static uint64_t total_at_begin;
static uint64_t begin = UINT64_MAX;
static uint64_t end = UINT64_MAX;

static void at_begin(unsigned cpu, void *unused)
{
    (void)cpu;
    (void)unused;
    total_at_begin = total;
}

static void at_end(unsigned cpu, void *unused)
{
    (void)cpu;
    (void)unused;
    fprintf(stderr, "INSTRUCTIONS %llu\n", (unsigned long long)(total - total_at_begin));
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    const size_t n = qemu_plugin_tb_n_insns(block);
    size_t i;
    (void)id;
    for (i = 0; i < n; i++) {
        struct qemu_plugin_insn *const one = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(one);
        if (address == begin) {
            qemu_plugin_register_vcpu_insn_exec_cb(one, at_begin, NO_REGISTERS, NULL);
        }
        if (address == end) {
            qemu_plugin_register_vcpu_insn_exec_cb(one, at_end, NO_REGISTERS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(one, ADD_64, &total, 1);
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
