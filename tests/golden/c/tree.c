/* golden
 *
 * Network sha256 57e7d8c0ab419c963f6bde4a59aec1d775b1ea04447f4a0ed3c75d6becdded04; see golden.h for its meaning and use.
 */
#include "golden.h"

static const struct {
    double scale;
    double offset;
} golden_reals[GOLDEN_N_OUTPUTS] = {
    {0.5, 1.0}, /* y */
};

double golden_real(int index, golden_value_t y)
{
    return (double)y * golden_reals[index].scale + golden_reals[index].offset;
}

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

static golden_value_t golden_node2(const golden_input_t x[])
{
    if (x[1] <= 9) { /* weight of * / the 'thing' */
        return -20;
    }
    return 300;
}

static golden_value_t golden_node0(const golden_input_t x[])
{
    if (x[0] <= 7) { /* age */
        if ((x[0] >> 1) <= (x[1] >> 1)) { /* age and weight of * / the 'thing' */
            return 10;
        }
        return golden_node2(x);
    }
    return golden_node2(x);
}

void golden_predict(const golden_input_t x[GOLDEN_N_FEATURES], golden_value_t y[GOLDEN_N_OUTPUTS])
{
    y[0] = golden_node0(x);
}
