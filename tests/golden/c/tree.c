/* golden
 *
 * Network sha256 57e7d8c0ab419c963f6bde4a59aec1d775b1ea04447f4a0ed3c75d6becdded04; see golden.h for its meaning and use.
 */
#include "golden.h"

#include <string.h>

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
