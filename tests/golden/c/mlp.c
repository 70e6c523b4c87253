/* golden
 *
 * Network sha256 27316efb8fea2f372acb8ba1897d74eea842bf74e7b81283003c6d56e8660886; see golden.h for its meaning and use.
 */
#include "golden.h"

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

static const struct {
    float lo;
    float scale;
    uint16_t top;
} golden_features[GOLDEN_N_FEATURES] = {
    {-0.5f, 2.064516f, 15}, /* age */
    {-0.5f, 2.064516f, 15}, /* weight of * / the 'thing' */
};

void golden_quantize(const float raw[GOLDEN_N_FEATURES], golden_input_t x[GOLDEN_N_FEATURES])
{
    int i;
    for (i = 0; i < GOLDEN_N_FEATURES; i++) {
        const float above = raw[i] - golden_features[i].lo;
        const float steps = above * golden_features[i].scale;
        const uint16_t top = golden_features[i].top;
        uint16_t code = 0;
        if (steps >= 1.0f) { /* false for NaN */
            code = steps < (float)top ? (uint16_t)steps : top;
        }
        x[i] = (golden_input_t)code;
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
