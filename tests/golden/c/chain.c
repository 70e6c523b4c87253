/* golden
 *
 * Network sha256 306bedfca236cd198be9a203e05e64301e5ec1336b3487eddfd9575f4a942482; see golden.h for its meaning and use.
 */
#include "golden.h"

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
    "no",
    "yes",
    "2",
};

static const struct {
    float scale;
} golden_inputs[GOLDEN_N_FEATURES] = {
    {2.0f}, /* age */
    {2.6666667f}, /* weight */
};

/* Steps without their fraction, limited to 0..top; 0 for NaN. */
static inline int32_t golden_code(float steps, int32_t top)
{
#if defined(__GNUC__) && defined(__ARM_FP) && defined(__thumb2__) && !defined(SILKSCREEN_PORTABLE)
    int32_t code; /* the instruction limits to int32 and makes 0 of NaN, where C defines nothing */
    __asm("vcvt.s32.f32 %0,%1" : "=t"(code) : "t"(steps));
    code = code < 0 ? 0 : code;
#else
    uint32_t word; /* of IEEE 754: integers do it where no float unit does */
    int32_t code;
    memcpy(&word, &steps, sizeof word);
    if (word - 0x3f800000u > 0x40000000u) {
        return 0; /* below 1, or NaN */
    }
    if (word >= 0x47800000u) {
        return top; /* 65536 and more, which no code reaches */
    }
    code = (int32_t)(((word & 0x007fffffu) | 0x00800000u) >> (150u - (word >> 23)));
#endif
    return code > top ? top : code;
}

/* The steps of raw feature i above its lowest value. */
static inline int32_t golden_steps(const float raw[], int i)
{
    const float above = raw[i] - 0.0f;
    const float steps = above * golden_inputs[i].scale;
    return golden_code(steps, 255);
}

void golden_quantize(const float raw[GOLDEN_N_FEATURES], golden_input_t x[GOLDEN_N_FEATURES])
{
    int i;
    for (i = 0; i < GOLDEN_N_FEATURES; i++) {
        x[i] = (golden_input_t)(golden_steps(raw, i) - 128);
    }
}

#if defined(__GNUC__) && defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(SILKSCREEN_PORTABLE)
static const int32_t golden_layers_constants[35] = {
    16, 8, 1431655765, 1, 1, 2540, -20, -33292029, 0, 0,
    0, 7680, 0, 100727552, 0, 0, 0, 16, 8, 1288490189,
    267, 1, -10190, 50, -133495050, 2292, 0, 0, 15360, 0,
    -234877696, 3840, 0, 0, 0};

#ifdef __cplusplus
extern "C"
#endif
void golden_layers(uint16_t *first, const int32_t *stream, uint16_t *second);
__asm(
    ".syntax unified\n"
    ".section .text.golden_layers,\"ax\",%progbits\n"
    ".thumb\n"
    ".align 2\n"
    ".type golden_layers,%function\n"
    ".thumb_func\n"
    "golden_layers:\n"
    "push {r4-r11,lr}\n"
    "sub sp,#16\n"
    "1:\n"
    "ldr r4,[r1],#4\n"
    "cbnz r4,4f\n"
    "add sp,#16\n"
    "pop {r4-r11,pc}\n"
    "4:\n"
    "ldr r5,[r1],#16\n"
    "add lr,r0,r4\n"
    "mov r12,r2\n"
    "add r5,r2\n"
    "stm sp,{r0,r1,r2,r5}\n"
    "2:\n"
    "ldrd r2,r3,[r1],#8\n"
    "3:\n"
    "ldm r0!,{r4-r7}\n"
    "ldm r1!,{r8-r11}\n"
    "smlad r2,r8,r4,r2\n"
    "sxtb16 r8,r8\n"
    "smlad r3,r8,r4,r3\n"
    "smlad r2,r9,r5,r2\n"
    "sxtb16 r9,r9\n"
    "smlad r3,r9,r5,r3\n"
    "smlad r2,r10,r6,r2\n"
    "sxtb16 r10,r10\n"
    "smlad r3,r10,r6,r3\n"
    "smlad r2,r11,r7,r2\n"
    "sxtb16 r11,r11\n"
    "smlad r3,r11,r7,r3\n"
    "cmp r0,lr\n"
    "bne 3b\n"
    "subs r2,r2,r3\n"
    "asrs r2,r2,#8\n"
    "ldrd r0,r7,[sp]\n"
    "ldmdb r7,{r4-r6}\n"
    "smmla r2,r2,r4,r5\n"
    "asrs r2,r6\n"
    "usat r2,#8,r2\n"
    "smmla r3,r3,r4,r5\n"
    "asrs r3,r6\n"
    "usat r3,#8,r3\n"
    "pkhbt r2,r2,r3,lsl #16\n"
    "str r2,[r12],#4\n"
    "6:\n"
    "ldr r7,[sp,#12]\n"
    "cmp r12,r7\n"
    "bne 2b\n"
    "mov r2,r0\n"
    "ldr r0,[sp,#8]\n"
    "b 1b\n"
    ".size golden_layers,.-golden_layers\n"
    ".text\n"
);

#else
static const uint8_t golden_layers_weights[32] = {
    129, 126, 128, 128, 131, 132, 128, 128, 123, 134,
    128, 128, 128, 128, 128, 128, 135, 120, 137, 128,
    118, 139, 116, 128, 141, 114, 143, 128, 128, 128,
    128, 128};
static const int32_t golden_layers_constants[21] = {
    4, 2, 21845, 21845, 2, 2, 10, -20, 30, 0,
    4, 2, 19660, 52429, 534, 2, -40, 50, 60, 0,
    0};

/* A sum as it is stored. */
GOLDEN_OWN_FUNCTION
static uint16_t golden_layers_scale(int32_t sum, const int32_t *c)
{
    const int32_t top = sum >> 15;
    const uint32_t rest = (uint32_t)sum << 17 >> 17;
    const int32_t middle = top * c[1] + (int32_t)((rest * (uint32_t)c[1]) >> 15);
    const int32_t carry = (int32_t)(rest * (uint32_t)c[0]) + (middle >> 1);
    int32_t y = top * c[0] + (carry >> 15);
    y = (y + c[2]) >> c[3];
    y = y < 0 ? 0 : y;
    y = y > 255 ? 255 : y;
    return (uint16_t)y;
}

/* All layers, two outputs at a time; they read x and write y in turn. c: golden_layers_constants. */
GOLDEN_OWN_FUNCTION
static void golden_layers(uint16_t *x, const int32_t *c, uint16_t *y)
{
    const uint8_t *w = golden_layers_weights;
    x[2] = 0;
    x[3] = 0;
    while (*c != 0) {
        uint16_t *const next = y;
        const uint16_t *const end = x + c[0];
        const uint16_t *v = x;
        uint32_t raised = 0; /* the bytes are weights plus 128 */
        const int32_t is_odd = c[1] & 1;
        int32_t n_pairs = c[1];
        const int32_t *const rule = c + 2;
        do {
            raised += (uint32_t)*v++ << 7;
        } while (v != end);
        c += 6;
        do {
            uint32_t a = (uint32_t)c[0] - raised, b = (uint32_t)c[1] - raised;
            v = x;
            do {
                uint32_t item = v[0];
                a += item * w[0];
                b += item * w[4];
                item = v[1];
                a += item * w[1];
                b += item * w[5];
                item = v[2];
                a += item * w[2];
                b += item * w[6];
                item = v[3];
                a += item * w[3];
                b += item * w[7];
                v += 4;
                w += 8;
            } while (v != end);
            c += 2;
            y[0] = golden_layers_scale((int32_t)a, rule);
            y[1] = golden_layers_scale((int32_t)b, rule);
            y += 2;
        } while (--n_pairs > 0);
        if (is_odd && *c != 0) {
            y[0] = 0; /* read with weights of 0 */
            y[1] = 0;
        }
        y = x;
        x = next;
    }
}
#endif

/* The answer of the inputs that stand in the first buffer. */
static int golden_answer(uint16_t *first, uint16_t *second)
{
    golden_layers(first, golden_layers_constants, second);
    const uint16_t *const y = first;
    {
        /* The lowest index of the largest output. */
        int32_t best = y[0];
        int winner = 0, i;
        for (i = 1; i < 3; i++) {
            if (y[i] > best) {
                best = y[i];
                winner = i;
            }
        }
        return winner;
    }
}

int golden_predict_in(const golden_input_t x[GOLDEN_N_FEATURES], void *memory)
{
    uint16_t *const first = (uint16_t *)memory;
    int i;
    for (i = 0; i < GOLDEN_N_FEATURES; i++) {
        first[i] = (uint16_t)(x[i] + 128);
    }
    return golden_answer(first, first + 8);
}

int golden_predict_raw_in(const float raw[GOLDEN_N_FEATURES], void *memory)
{
    uint16_t *const first = (uint16_t *)memory;
    int i;
    for (i = 0; i < GOLDEN_N_FEATURES; i++) {
        first[i] = (uint16_t)golden_steps(raw, i);
    }
    return golden_answer(first, first + 8);
}

GOLDEN_ALIGNED static uint16_t golden_arena[GOLDEN_ARENA_BYTES / 2];

int golden_predict(const golden_input_t x[GOLDEN_N_FEATURES])
{
    return golden_predict_in(x, golden_arena);
}

int golden_predict_raw(const float raw[GOLDEN_N_FEATURES])
{
    return golden_predict_raw_in(raw, golden_arena);
}
