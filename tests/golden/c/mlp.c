/* golden
 *
 * Network sha256 27316efb8fea2f372acb8ba1897d74eea842bf74e7b81283003c6d56e8660886; see golden.h for its meaning and use.
 */
#include "golden.h"

#include <string.h>

/* Keeps the layers apart, so that the code costs the same wherever it is called from. */
#if defined(__GNUC__)
#define GOLDEN_OWN_FUNCTION __attribute__((noinline))
#else
#define GOLDEN_OWN_FUNCTION
#endif

/* A sum of the output layer. */
typedef int32_t golden_value_t;

const char *const golden_labels[GOLDEN_N_OUTPUTS] = {
    "no",
    "a \042b\042\134",
    "gr\303\266\303\237e",
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
    const float above = raw[i] - (-0.5f);
    const float steps = above * 2.064516f;
    return golden_code(steps, 15);
}

void golden_quantize(const float raw[GOLDEN_N_FEATURES], golden_input_t x[GOLDEN_N_FEATURES])
{
    int i;
    for (i = 0; i < GOLDEN_N_FEATURES; i++) {
        x[i] = (golden_input_t)golden_steps(raw, i);
    }
}

/* A sum limited to 0..top. */
static int32_t golden_clip(int32_t sum, int32_t top)
{
    sum = sum < 0 ? 0 : sum;
    return sum > top ? top : sum;
}

/* Hidden layer 0: 2 neurons, clipped to 4 bits. */
GOLDEN_OWN_FUNCTION
static void golden_layer0(const golden_input_t x[], uint8_t y[])
{
    {
        /* Neurons 0, 1. */
        int32_t n0 = 5;
        int32_t n1 = -3;
        int32_t v;
        v = x[0]; /* age */
        n0 += 4 * (v & 0x06);
        n1 += v;
        v = x[1]; /* weight of * / the 'thing' */
        n0 -= v;
        n1 += 8 * v;
        y[0] = (uint8_t)(golden_clip(n0, 63) >> 2);
        y[1] = (uint8_t)(golden_clip(n1, 63) >> 2);
    }
}

/* Output layer: 3 neurons. */
GOLDEN_OWN_FUNCTION
static void golden_layer1(const uint8_t x[], golden_value_t y[])
{
    {
        /* Neurons 0, 1, 2. */
        int32_t n0 = 0;
        int32_t n1 = -4;
        int32_t n2 = 7;
        int32_t v;
        v = x[0]; /* layer 0, neuron 0 */
        n0 += 2 * v;
        n1 -= v;
        v = x[1]; /* layer 0, neuron 1 */
        n1 += 2 * (v & 0x09);
        n2 += 5 * v;
        y[0] = n0;
        y[1] = n1;
        y[2] = n2;
    }
}

int golden_predict(const golden_input_t x[GOLDEN_N_FEATURES])
{
    uint8_t h0[2];
    golden_value_t y[3];
    golden_layer0(x, h0);
    golden_layer1(h0, y);
    {
        /* The lowest index of the largest output. */
        golden_value_t best = y[0];
        int winner = 0;
        if (y[1] > best) { best = y[1]; winner = 1; }
        return y[2] > best ? 2 : winner;
    }
}
