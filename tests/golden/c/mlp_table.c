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

/* A product is weight * (x[input] & mask); neuron after neuron, layer after layer. */
typedef struct {
    uint8_t input;
    uint8_t mask;
    int8_t weight;
} golden_product_t;

static const golden_product_t golden_products[] = {
    /* layer 0, neuron 0 */
    {0, 0x06, 4},
    {1, 0x0f, -1},
    /* layer 0, neuron 1 */
    {0, 0x0f, 1},
    {1, 0x0f, 8},
    /* layer 1, neuron 0 */
    {0, 0x07, 2},
    /* layer 1, neuron 1 */
    {0, 0x07, -1},
    {1, 0x09, 2},
    /* layer 1, neuron 2 */
    {1, 0x0f, 5},
};

/* Where each neuron's products begin. */
static const uint8_t golden_starts[] = {
    0, 2, 4, 5, 7, 8,
};

static const int8_t golden_biases[] = {
    5, -3, 0, -4, 7,
};

GOLDEN_OWN_FUNCTION
static int32_t golden_sum_uint8(const uint8_t x[], unsigned neuron)
{
    const golden_product_t *p = golden_products + golden_starts[neuron];
    const golden_product_t *const end = golden_products + golden_starts[neuron + 1];
    int32_t sum = (int32_t)golden_biases[neuron];
    for (; p < end; p++) {
        sum += (int32_t)p->weight * ((int32_t)x[p->input] & p->mask);
    }
    return sum;
}

/* A sum limited to 0..top. */
static int32_t golden_clip(int32_t sum, int32_t top)
{
    sum = sum < 0 ? 0 : sum;
    return sum > top ? top : sum;
}

int golden_predict(const golden_input_t x[GOLDEN_N_FEATURES])
{
    uint8_t h0[2];
    golden_value_t y[3];
    unsigned i;
    for (i = 0; i < 2u; i++) { /* clipped to 4 bits */
        h0[i] = (uint8_t)(golden_clip(golden_sum_uint8(x, i), 63) >> 2);
    }
    for (i = 0; i < 3u; i++) { /* output layer */
        y[i] = (golden_value_t)golden_sum_uint8(h0, i + 2u);
    }
    {
        /* The lowest index of the largest output. */
        golden_value_t best = y[0];
        int winner = 0;
        if (y[1] > best) { best = y[1]; winner = 1; }
        return y[2] > best ? 2 : winner;
    }
}
