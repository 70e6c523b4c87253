#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(SILKSCREEN_PORTABLE)
static const int32_t golden_stream[40] = {
    -3669951, -1769528, -6357021, -6291554, 1900669, 5570589, -1720682324, -576, 7, 1612,
    -8126504, -917629, 3211370, -6750159, 5111791, 6553677, -558453926, -576, 7, 5356,
    7995371, 8061049, 7340009, -982929, 458758, 3801095, -448360232, -288, 6, 6314,
    -4063146, -6553662, -1441844, 5308393, -6815757, -2752617, -1288107548, -288, 6, 6444};
#else
static const int8_t golden_weights[36] = {
    65, -56, -28, -29, -98, -97, 125, 29, 85, -40,
    -125, -15, 106, 49, -103, -17, 77, 100, -21, 121,
    123, -23, 111, -15, 6, 7, 58, 86, -62, -101,
    -52, -23, 80, -13, -105, -43};
static const int32_t golden_bias[4] = {
    1612, 5356, 6314, 6444};
static const int32_t golden_multipliers[4] = {
    1287142486, 1868256685, 1923303532, 1503429874};
static const int8_t golden_exponents[4] = {
    -7, -7, -6, -6};
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

static inline void golden_store(int16_t *to, int32_t word)
{
    memcpy(to, &word, sizeof word);
}

/* The four bytes of a word into the planes. */
static inline void golden_spread(int32_t word, int16_t *to)
{
    to[0] = (int8_t)word;
    to[36] = (int8_t)(word >> 8);
    to[72] = (int8_t)(word >> 16);
    to[108] = (int8_t)(word >> 24);
}

#ifdef __cplusplus
extern "C"
#endif
void golden_channel(const int16_t *plane, const int32_t *constants, int8_t *output);
__asm(
    ".syntax unified\n"
    ".section .text.golden_channel,\"ax\",%progbits\n"
    ".thumb\n"
    ".align 2\n"
    ".type golden_channel,%function\n"
    ".thumb_func\n"
    "golden_channel:\n"
    "push {r4-r11,lr}\n"
    "sub sp,#12\n"
    "add r12,r0,#48\n"
    "str r12,[sp]\n"
    "ldm r1!,{r3,r4,r5,r6,r7,r8}\n"
    "1:\n"
    "ldr lr,[r1,#12]\n"
    "ldrd r11,r12,[r0,#0]\n"
    "smlad r9,r11,r3,lr\n"
    "smlatb r10,r11,r3,lr\n"
    "smlabt r9,r12,r4,r9\n"
    "smlad r10,r12,r4,r10\n"
    "ldrd r11,r12,[r0,#12]\n"
    "smlad r9,r11,r5,r9\n"
    "smlatb r10,r11,r5,r10\n"
    "smlabt r9,r12,r6,r9\n"
    "smlad r10,r12,r6,r10\n"
    "ldrd r11,r12,[r0,#24]\n"
    "smlad r9,r11,r7,r9\n"
    "smlatb r10,r11,r7,r10\n"
    "smlabt r9,r12,r8,r9\n"
    "smlad r10,r12,r8,r10\n"
    "ldm r1,{r11,r12,lr}\n"
    "smmlar r9,r9,r11,r9\n"
    "add r9,r9,r9,asr #31\n"
    "add r9,r12\n"
    "asr r9,r9,lr\n"
    "ssat r9,#8,r9\n"
    "strb r9,[r2,#0]\n"
    "smmlar r10,r10,r11,r10\n"
    "add r10,r10,r10,asr #31\n"
    "add r10,r12\n"
    "asr r10,r10,lr\n"
    "ssat r10,#8,r10\n"
    "strb r10,[r2,#4]\n"
    "ldr lr,[r1,#12]\n"
    "ldrd r11,r12,[r0,#4]\n"
    "smlad r9,r11,r3,lr\n"
    "smlatb r10,r11,r3,lr\n"
    "smlabt r9,r12,r4,r9\n"
    "smlad r10,r12,r4,r10\n"
    "ldrd r11,r12,[r0,#16]\n"
    "smlad r9,r11,r5,r9\n"
    "smlatb r10,r11,r5,r10\n"
    "smlabt r9,r12,r6,r9\n"
    "smlad r10,r12,r6,r10\n"
    "ldrd r11,r12,[r0,#28]\n"
    "smlad r9,r11,r7,r9\n"
    "smlatb r10,r11,r7,r10\n"
    "smlabt r9,r12,r8,r9\n"
    "smlad r10,r12,r8,r10\n"
    "ldm r1,{r11,r12,lr}\n"
    "smmlar r9,r9,r11,r9\n"
    "add r9,r9,r9,asr #31\n"
    "add r9,r12\n"
    "asr r9,r9,lr\n"
    "ssat r9,#8,r9\n"
    "strb r9,[r2,#8]\n"
    "smmlar r10,r10,r11,r10\n"
    "add r10,r10,r10,asr #31\n"
    "add r10,r12\n"
    "asr r10,r10,lr\n"
    "ssat r10,#8,r10\n"
    "strb r10,[r2,#12]\n"
    "add r0,r0,#12\n"
    "add r2,r2,#16\n"
    "ldr r11,[sp]\n"
    "cmp r0,r11\n"
    "bne 1b\n"
    "add sp,#12\n"
    "pop {r4-r11,pc}\n"
    ".size golden_channel,.-golden_channel\n"
    ".text\n"
);

/* Four channels into four planes of 16-bit items, two columns at a time. */
static void golden_copy4(const int8_t *x, int16_t *planes)
{
    int32_t y, i;
    planes += 7;
    for (y = 0; y < 4; y++) {
        const int8_t *from = x;
        int16_t *to = planes;
        golden_spread(golden_load(from), to);
        from += 4;
        to++;
#pragma GCC unroll 2
        for (i = 0; i < 1; i++, from += 8, to += 2) {
            const int32_t x0 = golden_load(from), x1 = golden_load(from + 4);
            const int32_t even0 = __sxtb16(x0), even1 = __sxtb16(x1);
            const int32_t odd0 = golden_odd(x0), odd1 = golden_odd(x1);
            golden_store(to, golden_lows(even0, even1));
            golden_store(to + 36, golden_lows(odd0, odd1));
            golden_store(to + 72, golden_highs(even0, even1));
            golden_store(to + 108, golden_highs(odd0, odd1));
        }
        golden_spread(golden_load(from), to);
        x += 16;
        planes += 6;
    }
}

static void golden(const int8_t *input, int8_t *output, void *scratch)
{
    int16_t *const planes = (int16_t *)scratch;
    const int32_t *w = golden_stream;
    int32_t i, c = 0;
    for (i = 0; i < 144; i++) {
        planes[i] = -7;
    }
    for (; c < 4; c += 4) {
        golden_copy4(input + c, planes);
        for (i = 0; i < 4; i++, w += 10) {
            golden_channel(planes + i * 36, w, output + c * 1 + i);
        }
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

static void golden_copy(const int8_t *x, int8_t *plane)
{
    int32_t y, i;
    plane += 7;
    for (y = 0; y < 4; y++) {
        for (i = 0; i < 4; i++) {
            plane[i] = x[i * 4];
        }
        x += 16;
        plane += 6;
    }
}

static void golden_taps(const int8_t *plane, const int8_t *w, int8_t *output, int32_t channel)
{
    const int32_t w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5], w6 = w[6], w7 = w[7], w8 = w[8];
    const int32_t bias = golden_bias[channel];
    int32_t oy, ox;
    for (oy = 0; oy < 4; oy++) {
        for (ox = 0; ox < 4; ox++) {
            int32_t sum = bias;
            sum += plane[0] * w0;
            sum += plane[1] * w1;
            sum += plane[2] * w2;
            sum += plane[6] * w3;
            sum += plane[7] * w4;
            sum += plane[8] * w5;
            sum += plane[12] * w6;
            sum += plane[13] * w7;
            sum += plane[14] * w8;
            *output = golden_finish(sum, channel);
            output += 4;
            plane += 1;
        }
        plane += 2;
    }
}

static void golden(const int8_t *input, int8_t *output, void *scratch)
{
    int8_t *const plane = (int8_t *)scratch;
    const int8_t *w = golden_weights;
    int32_t i, c;
    for (i = 0; i < 36; i++) {
        plane[i] = -7;
    }
    for (c = 0; c < 4; c++) {
        golden_copy(input + c, plane);
        golden_taps(plane, w, output + c, c);
        w += 9;
    }
}
#endif
