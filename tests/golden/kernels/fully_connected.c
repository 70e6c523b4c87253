#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(SILKSCREEN_PORTABLE)
static const int32_t golden_stream[11] = {
    1991657, 2025, 1047492725, 1319977555, 1830752901, -1799579107, -7974, -1179722, -5373844, -6291385,
    5111762};
#else
static const int8_t golden_weights[24] = {
    120, 66, 62, 79, 19, -102, 109, -107, 117, 83,
    111, -83, -123, 29, 31, -68, -74, 108, -19, -82,
    71, -46, -96, 77};
static const int32_t golden_bias[3] = {
    7772, 2025, -7974};
static const int32_t golden_multipliers[3] = {
    1606316969, 1606316969, 1606316969};
static const int8_t golden_exponents[3] = {
    -7, -7, -7};
#endif

#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(SILKSCREEN_PORTABLE)
#include <arm_acle.h>
#include <string.h>

static inline int32_t golden_load(const void *from)
{
    int32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* Bytes 1 and 3, extended; __sxtb16 gives bytes 0 and 2. */
static inline int32_t golden_odd(int32_t word)
{
    int32_t found;
    __asm("sxtb16 %0,%1,ror #8" : "=r"(found) : "r"(word));
    return found;
}

/* The low halves, or the high halves, of two words. */
static inline int32_t golden_lows(int32_t a, int32_t b)
{
    int32_t found;
    __asm("pkhbt %0,%1,%2,lsl #16" : "=r"(found) : "r"(a), "r"(b));
    return found;
}

static inline int32_t golden_highs(int32_t a, int32_t b)
{
    int32_t found;
    __asm("pkhtb %0,%2,%1,asr #16" : "=r"(found) : "r"(a), "r"(b));
    return found;
}

#ifdef __cplusplus
extern "C"
#endif
void golden_rows(const int32_t *x, const int32_t *stream, int8_t *output);
__asm(
    ".syntax unified\n"
    ".section .text.golden_rows,\"ax\",%progbits\n"
    ".thumb\n"
    ".align 2\n"
    ".type golden_rows,%function\n"
    ".thumb_func\n"
    "golden_rows:\n"
    "push {r4-r11,lr}\n"
    "sub sp,#16\n"
    "strd r2,r0,[sp]\n"
    "ldm r1!,{r2,r3}\n"
    "ldm r0!,{r6,r7,r8,r9}\n"
    "ldm r1!,{r10,r11,r12,lr}\n"
    "smlad r2,r10,r6,r2\n"
    "sxtb16 r10,r10\n"
    "smlad r3,r10,r6,r3\n"
    "smlad r2,r11,r7,r2\n"
    "sxtb16 r11,r11\n"
    "smlad r3,r11,r7,r3\n"
    "smlad r2,r12,r8,r2\n"
    "sxtb16 r12,r12\n"
    "smlad r3,r12,r8,r3\n"
    "smlad r2,lr,r9,r2\n"
    "sxtb16 lr,lr\n"
    "smlad r3,lr,r9,r3\n"
    "sub r2,r2,r3\n"
    "ldr r6,=0x5fbe73a9\n"
    "ldr r7,=0xfffee000\n"
    "ldr r8,=0xfffffee0\n"
    "smmla r2,r2,r6,r7\n"
    "ssat r2,#8,r2,asr #14\n"
    "smmla r3,r3,r6,r8\n"
    "ssat r3,#8,r3,asr #6\n"
    "ldrd r9,r0,[sp]\n"
    "strb r3,[r9,#1]\n"
    "strb r2,[r9],#2\n"
    "str r9,[sp]\n"
    "ldr r2,[r1],#4\n"
    "ldm r0!,{r6,r7,r8,r9}\n"
    "ldm r1!,{r10,r11,r12,lr}\n"
    "smlad r2,r10,r6,r2\n"
    "smlad r2,r11,r7,r2\n"
    "smlad r2,r12,r8,r2\n"
    "smlad r2,lr,r9,r2\n"
    "ldr r6,=0x5fbe73a9\n"
    "ldr r7,=0xfffffee0\n"
    "smmla r2,r2,r6,r7\n"
    "ssat r2,#8,r2,asr #6\n"
    "ldrd r9,r0,[sp]\n"
    "strb r2,[r9],#1\n"
    "str r9,[sp]\n"
    "add sp,#16\n"
    "pop {r4-r11,pc}\n"
    ".ltorg\n"
    ".size golden_rows,.-golden_rows\n"
    ".text\n"
);

static void golden(const int8_t *input, int8_t *output, void *scratch)
{
    int32_t *const x = (int32_t *)scratch;
    int32_t *to = x;
    int32_t k;
#pragma GCC unroll 4
    for (k = 0; k < 8; k += 4, to += 2) {
        const int32_t word = golden_load(input + k);
        to[0] = __sxtb16(word);
        to[1] = golden_odd(word);
    }
    golden_rows(x, golden_stream, output);
}
#else
static inline int8_t golden_finish(int32_t sum, int32_t channel)
{
    const int32_t shift = 31 - golden_exponents[channel];
    int64_t y = ((int64_t)sum * golden_multipliers[channel] + ((int64_t)1 << (shift - 1))) >> shift;
    y += -5;
    y = y < -128 ? -128 : y > 127 ? 127 : y;
    return (int8_t)y;
}

static void golden(const int8_t *input, int8_t *output, void *scratch)
{
    const int8_t *w = golden_weights;
    int32_t o, i;
    (void)scratch;
    for (o = 0; o < 3; o++, w += 8) {
        int32_t sum = golden_bias[o];
        for (i = 0; i < 8; i++) {
            sum += (input[i]) * w[i];
        }
        output[o] = golden_finish(sum, o);
    }
}
#endif
