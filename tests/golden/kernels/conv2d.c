#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(SILKSCREEN_PORTABLE)
static const int32_t golden_stream[26] = {
    78766, -9554, -1571520736, -2047315256, -773855803, -781305180, 1818512563, 1732933194, 742478284, 1515269546,
    1295132802, -120626257, 56507632, 1089218463, 1925518829, -2007787567, -1547623494, 1374219974, 1914974330, -1089670740,
    -736179094, -1152, 8, -1246837328, -1152, 8};
#else
static const int8_t golden_weights[72] = {
    127, 100, -94, -7, 115, 61, -122, 3, -26, 40,
    -46, 65, 59, 22, -47, 115, 77, -104, 108, -120,
    118, 36, 103, -92, 82, -17, 44, 82, 46, 48,
    90, 114, 41, -14, 77, -65, 32, -81, 84, -49,
    -56, -16, -8, 94, -59, -97, -33, -20, -92, -19,
    110, -59, -77, -47, 100, 83, 74, -70, 74, -63,
    -52, -58, 65, -24, -86, 122, 81, 36, -126, -84,
    50, 12};
static const int32_t golden_bias[2] = {
    -6788, -7741};
static const int32_t golden_multipliers[2] = {
    1779394101, 1524064984};
static const int8_t golden_exponents[2] = {
    -8, -8};
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
void golden_tile4(const int32_t *start, const int32_t *stream, int8_t *output, const int32_t *end);
__asm(
    ".syntax unified\n"
    ".section .text.golden_tile4,\"ax\",%progbits\n"
    ".thumb\n"
    ".align 2\n"
    ".type golden_tile4,%function\n"
    ".thumb_func\n"
    "golden_tile4:\n"
    "push {r4-r11,lr}\n"
    "sub sp,#16\n"
    "strd r2,r0,[sp]\n"
    "str r3,[sp,#8]\n"
    "add r12,r0,#144\n"
    "str r12,[sp,#12]\n"
    "1:\n"
    "ldrd r2,r6,[r1],#8\n"
    "mov r3,r2\n"
    "mov r4,r2\n"
    "mov r5,r2\n"
    "mov r7,r6\n"
    "mov r8,r6\n"
    "mov r9,r6\n"
    "2:\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#0]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#8]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#4]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#12]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#8]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#16]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#24]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#32]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#28]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#36]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#32]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#40]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#48]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#56]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#52]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#60]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "ldr r12,[r1],#4\n"
    "sxtb16 lr,r12\n"
    "ldrd r10,r11,[r0,#56]\n"
    "smlad r2,r12,r10,r2\n"
    "smlad r3,r12,r11,r3\n"
    "smlad r6,lr,r10,r6\n"
    "smlad r7,lr,r11,r7\n"
    "ldrd r10,r11,[r0,#64]\n"
    "smlad r4,r12,r10,r4\n"
    "smlad r5,r12,r11,r5\n"
    "smlad r8,lr,r10,r8\n"
    "smlad r9,lr,r11,r9\n"
    "add r0,r0,#72\n"
    "ldr r10,[sp,#12]\n"
    "cmp r0,r10\n"
    "bne 2b\n"
    "sub r2,r2,r6\n"
    "sub r3,r3,r7\n"
    "sub r4,r4,r8\n"
    "sub r5,r5,r9\n"
    "asr r2,r2,#8\n"
    "asr r3,r3,#8\n"
    "asr r4,r4,#8\n"
    "asr r5,r5,#8\n"
    "ldr lr,[sp]\n"
    "ldm r1!,{r10,r11,r12}\n"
    "smmlar r2,r2,r10,r2\n"
    "add r2,r2,r2,asr #31\n"
    "add r2,r11\n"
    "asr r2,r2,r12\n"
    "ssat r2,#8,r2\n"
    "smmlar r3,r3,r10,r3\n"
    "add r3,r3,r3,asr #31\n"
    "add r3,r11\n"
    "asr r3,r3,r12\n"
    "ssat r3,#8,r3\n"
    "smmlar r4,r4,r10,r4\n"
    "add r4,r4,r4,asr #31\n"
    "add r4,r11\n"
    "asr r4,r4,r12\n"
    "ssat r4,#8,r4\n"
    "smmlar r5,r5,r10,r5\n"
    "add r5,r5,r5,asr #31\n"
    "add r5,r11\n"
    "asr r5,r5,r12\n"
    "ssat r5,#8,r5\n"
    "strb r3,[lr,#2]\n"
    "strb r4,[lr,#4]\n"
    "strb r5,[lr,#6]\n"
    "strb r2,[lr],#1\n"
    "ldm r1!,{r10,r11,r12}\n"
    "smmlar r6,r6,r10,r6\n"
    "add r6,r6,r6,asr #31\n"
    "add r6,r11\n"
    "asr r6,r6,r12\n"
    "ssat r6,#8,r6\n"
    "smmlar r7,r7,r10,r7\n"
    "add r7,r7,r7,asr #31\n"
    "add r7,r11\n"
    "asr r7,r7,r12\n"
    "ssat r7,#8,r7\n"
    "smmlar r8,r8,r10,r8\n"
    "add r8,r8,r8,asr #31\n"
    "add r8,r11\n"
    "asr r8,r8,r12\n"
    "ssat r8,#8,r8\n"
    "smmlar r9,r9,r10,r9\n"
    "add r9,r9,r9,asr #31\n"
    "add r9,r11\n"
    "asr r9,r9,r12\n"
    "ssat r9,#8,r9\n"
    "strb r7,[lr,#2]\n"
    "strb r8,[lr,#4]\n"
    "strb r9,[lr,#6]\n"
    "strb r6,[lr],#1\n"
    "str lr,[sp]\n"
    "ldrd r0,r10,[sp,#4]\n"
    "cmp r1,r10\n"
    "bne 1b\n"
    "add sp,#16\n"
    "pop {r4-r11,pc}\n"
    ".size golden_tile4,.-golden_tile4\n"
    ".text\n"
);

/* One row of the input, widened into a row of the buffer. */
static void golden_widen(const int8_t *input, int32_t *row)
{
    {
        const int8_t *x = input + 0;
        int32_t *to = row + 1;
        int32_t i;
        for (i = 0; i < 4; i++, x += 4, to++) {
            const int32_t x0 = golden_load(x + 0);
            to[0] = __sxtb16(x0);
            to[18] = golden_odd(x0);
        }
    }
}

static void golden_fill(int32_t *row, int32_t n)
{
    int32_t pair, i;
    for (pair = 0; pair < 2; pair++, row += 18) {
        for (i = 0; i < n; i++) {
            row[i] = -393223;
        }
    }
}

static void golden(const int8_t *input, int8_t *output, void *scratch)
{
    int32_t *const rows = (int32_t *)scratch;
    int32_t y, row = 0;
    golden_fill(rows, 18);
    for (y = 0; y < 4; y++) {
        if (y > 0) {
            int32_t pair, *to = rows;
            for (pair = 0; pair < 2; pair++, to += 18) {
                memmove(to, to + 6, 48u);
            }
        }
        for (row = y > 0 ? 2 : 0; row < 3; row++) {
            const int32_t from = y * 1 + row - 1;
            if (from >= 0 && from < 4) {
                golden_widen(input + from * 16, rows + row * 6);
            } else if (y > 0) {
                golden_fill(rows + row * 6, 6);
            }
        }
        for (row = 0; row < 4; row += 4) {
            golden_tile4(rows + row, golden_stream, output + row * 2, golden_stream + 26);
        }
        output += 8;
    }
}
#else
static inline int8_t golden_finish(int32_t sum, int32_t channel)
{
    const int32_t exponent = golden_exponents[channel];
    const int64_t left = exponent > 0 ? (int64_t)sum * ((int64_t)1 << exponent) : (int64_t)sum;
    int64_t y = (left * golden_multipliers[channel] + ((int64_t)1 << 30)) >> 31;
    if (exponent < 0) {
        y = (y + (((int64_t)1 << -exponent) >> 1) - (y < 0 ? 1 : 0)) >> -exponent;
    }
    y += -5;
    y = y < -128 ? -128 : y > 127 ? 127 : y;
    return (int8_t)y;
}

static void golden(const int8_t *input, int8_t *output, void *scratch)
{
    int32_t oy, ox, o;
    (void)scratch;
    for (oy = 0; oy < 4; oy++) {
        const int32_t y = oy * 1 - 1;
        const int32_t first_y = y < 0 ? -y : 0;
        const int32_t end_y = y > 1 ? 4 - y : 3;
        for (ox = 0; ox < 4; ox++) {
            const int32_t x = ox * 1 - 1;
            const int32_t first_x = x < 0 ? -x : 0;
            const int32_t end_x = x > 1 ? 4 - x : 3;
            const int8_t *row = golden_weights;
            for (o = 0; o < 2; o++, row += 36) {
                int32_t sum = golden_bias[o];
                int32_t ky, n;
                for (ky = first_y; ky < end_y; ky++) {
                    const int8_t *from = input + ((y + ky * 1) * 4 + x + first_x) * 4;
                    const int8_t *w = row + (ky * 3 + first_x) * 4;
                    for (n = (end_x - first_x) * 4; n > 0; n--) {
                        sum += (*from++ + 7) * *w++;
                    }
                }
                *output++ = golden_finish(sum, o);
            }
        }
    }
}
#endif
