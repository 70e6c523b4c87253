/* golden
 *
 * Network sha256 cfa6229a0589957d21718e733d75d622d9c91a1c4b628f717951f956e0aad35f; see golden.h for its meaning and use.
 */
#include "golden.h"

#include <stddef.h>
#include <string.h>

/* Keeps operators apart, so that the code costs the same wherever it is called from. */
#if defined(__GNUC__)
#define GOLDEN_OWN_FUNCTION __attribute__((noinline))
#else
#define GOLDEN_OWN_FUNCTION
#endif

/* A variable on a multiple of 4 bytes. */
#if defined(__GNUC__) || defined(__clang__) || defined(__ICCARM__)
#define GOLDEN_ALIGNED __attribute__((aligned(4)))
#elif defined(__cplusplus) && __cplusplus >= 201103L
#define GOLDEN_ALIGNED alignas(4)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define GOLDEN_ALIGNED _Alignas(4)
#else
#error "golden: define GOLDEN_ALIGNED as what aligns a variable on a multiple of 4 bytes"
#endif

const char *const golden_labels[GOLDEN_N_OUTPUTS] = {
    "left",
    "right",
    "none",
};

void golden_quantize(const float raw[GOLDEN_N_FEATURES], golden_input_t x[GOLDEN_N_FEATURES])
{
    int i;
    for (i = 0; i < GOLDEN_N_FEATURES; i++) {
        const float above = raw[i] - (-1.0f);
        const float steps = above * 128.0f;
        const uint16_t top = 255;
        uint16_t code = 0;
        if (steps >= 1.0f) { /* false for NaN */
            code = steps < (float)top ? (uint16_t)steps : top;
        }
        x[i] = (golden_input_t)((int32_t)code - 128);
    }
}

GOLDEN_OWN_FUNCTION static void golden_conv0(const int8_t *input, int8_t *output, void *scratch);
GOLDEN_OWN_FUNCTION static void golden_largest1(const int8_t *input, int8_t *output);
GOLDEN_OWN_FUNCTION static void golden_add2(const int8_t *left, const int8_t *right, int8_t *output);
GOLDEN_OWN_FUNCTION static void golden_dense3(const int8_t *input, int8_t *output, void *scratch);

static const int8_t golden_tensor5[8] = {
    5, 96, -69, 22, 113, -52, 39, -126};
static const int8_t golden_conv0_weights[18] = {
    11, 48, 85, 122, -97, -60, -23, 14, 51, 88,
    125, -94, -57, -20, 17, 54, 91, -128};
static const int32_t golden_conv0_bias[2] = {
    100, -100};
static const int32_t golden_conv0_multipliers[2] = {
    1717986918, 1717986918};
static const int8_t golden_conv0_exponents[2] = {
    -6, -7};
static inline int8_t golden_conv0_finish(int32_t sum, int32_t channel)
{
    const int32_t exponent = golden_conv0_exponents[channel];
    const int64_t left = exponent > 0 ? (int64_t)sum * ((int64_t)1 << exponent) : (int64_t)sum;
    int64_t y = (left * golden_conv0_multipliers[channel] + ((int64_t)1 << 30)) >> 31;
    if (exponent < 0) {
        y = (y + (((int64_t)1 << -exponent) >> 1) - (y < 0 ? 1 : 0)) >> -exponent;
    }
    y += -128;
    y = y < -128 ? -128 : y > 127 ? 127 : y;
    return (int8_t)y;
}

static void golden_conv0(const int8_t *input, int8_t *output, void *scratch)
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
            const int8_t *row = golden_conv0_weights;
            for (o = 0; o < 2; o++, row += 9) {
                int32_t sum = golden_conv0_bias[o];
                int32_t ky, n;
                for (ky = first_y; ky < end_y; ky++) {
                    const int8_t *from = input + ((y + ky * 1) * 4 + x + first_x) * 1;
                    const int8_t *w = row + (ky * 3 + first_x) * 1;
                    for (n = (end_x - first_x) * 1; n > 0; n--) {
                        sum += (*from++ + 3) * *w++;
                    }
                }
                *output++ = golden_conv0_finish(sum, o);
            }
        }
    }
}
static void golden_largest1(const int8_t *input, int8_t *output)
{
    int32_t oy, ox, c;
    for (oy = 0; oy < 2; oy++) {
        for (ox = 0; ox < 2; ox++) {
            const int32_t at = (oy * 8 + ox * 2) * 2;
            for (c = 0; c < 2; c++) {
                int32_t y = -128;
                y = input[at + c] > y ? input[at + c] : y;
                y = input[at + c + 2] > y ? input[at + c + 2] : y;
                y = input[at + c + 8] > y ? input[at + c + 8] : y;
                y = input[at + c + 10] > y ? input[at + c + 10] : y;
                *output++ = (int8_t)y;
            }
        }
    }
}

static void golden_add2(const int8_t *left, const int8_t *right, int8_t *output)
{
    int32_t i;
    for (i = 0; i < 8; i++) {
        int32_t a = left[i] + 128;
        int32_t b = right[i] - 4;
        int32_t y;
        a *= 524288;
        b = b * 629120 + ((b * 52429 + 1024) >> 11);
        b = (b + 4 + (b >> 31)) >> 3;
        y = a + b;
        y = (int32_t)(((int64_t)y * 1952257862 + 0x40000000) >> 31);
        y = (y + 262144 + (y >> 31)) >> 19;
        y -= 100;
        y = y < -128 ? -128 : y > 127 ? 127 : y;
        output[i] = (int8_t)y;
    }
}

static const int8_t golden_dense3_weights[24] = {
    -126, -85, -44, -3, 38, 79, 120, -95, -54, -13,
    28, 69, 110, -105, -64, -23, 18, 59, 100, -115,
    -74, -33, 8, 49};
static const int32_t golden_dense3_bias[3] = {
    -11600, -5200, 1200};
static const int32_t golden_dense3_multipliers[3] = {
    1679809431, 1679809431, 1679809431};
static const int8_t golden_dense3_exponents[3] = {
    -7, -7, -7};
static inline int8_t golden_dense3_finish(int32_t sum, int32_t channel)
{
    const int32_t shift = 31 - golden_dense3_exponents[channel];
    int64_t y = ((int64_t)sum * golden_dense3_multipliers[channel] + ((int64_t)1 << (shift - 1))) >> shift;
    y += 1;
    y = y < -128 ? -128 : y > 127 ? 127 : y;
    return (int8_t)y;
}

static void golden_dense3(const int8_t *input, int8_t *output, void *scratch)
{
    const int8_t *w = golden_dense3_weights;
    int32_t o, i;
    (void)scratch;
    for (o = 0; o < 3; o++, w += 8) {
        int32_t sum = golden_dense3_bias[o];
        for (i = 0; i < 8; i++) {
            sum += (input[i]) * w[i];
        }
        output[o] = golden_dense3_finish(sum, o);
    }
}

int golden_predict_in(const golden_input_t x[GOLDEN_N_FEATURES], void *memory)
{
    int8_t *const arena = (int8_t *)memory;
    const int8_t *const input = (const int8_t *)x;
    /* 0: Conv2d, 4x4x2, conv */
    golden_conv0(input, arena, arena + 32);
    /* 1: MaxPool2d, 2x2x2, largest */
    golden_largest1(arena, arena);
    /* 2: Add, 2x2x2, sum */
    golden_add2(arena, golden_tensor5, arena);
    /* 3: FullyConnected, 3, dense */
    golden_dense3(arena, arena + 144, arena + 8);
    const int8_t *const y = arena + 144;
    {
        /* The lowest index of the largest output. */
        int winner = 0;
        int i;
        for (i = 1; i < 3; i++) {
            if (y[i] > y[winner]) {
                winner = i;
            }
        }
        return winner;
    }
}

GOLDEN_ALIGNED static int8_t golden_arena[GOLDEN_ARENA_BYTES];

int golden_predict(const golden_input_t x[GOLDEN_N_FEATURES])
{
    return golden_predict_in(x, golden_arena);
}
