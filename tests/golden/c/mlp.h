/* golden
 *
 * A neural network as integer arithmetic: no heap, no floating point in inference, no state.
 * Network:  sha256 27316efb8fea2f372acb8ba1897d74eea842bf74e7b81283003c6d56e8660886
 * Body:     multilayer perceptron 2-2-3, as straight-line code
 * Cost:     8 multiply-accumulates, 13 parameters
 * Inputs, in this order:
 *     0  age: -0.5 to 7.25, 4 bits
 *     1  weight of * / the 'thing': -0.5 to 7.25, 4 bits
 * Output:   one of 3 classes
 *
 * Use:
 *     float raw[GOLDEN_N_FEATURES];         the measured features
 *     golden_input_t x[GOLDEN_N_FEATURES];
 *     golden_quantize(raw, x);
 *     int winner = golden_predict(x);      the class, whose name is golden_labels[winner]
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GOLDEN_N_FEATURES 2
#define GOLDEN_N_OUTPUTS 3

/* The integer code of a feature. */
typedef uint8_t golden_input_t;

/* Raw features to codes: floor((raw - lo) * scale) in float, limited to the code's range; raw values
 * outside the range of a feature are clipped to it, and NaN becomes the lowest code. */
void golden_quantize(const float raw[GOLDEN_N_FEATURES], golden_input_t x[GOLDEN_N_FEATURES]);

/* The class index of one row of codes. */
int golden_predict(const golden_input_t x[GOLDEN_N_FEATURES]);

/* The names of the classes. */
extern const char *const golden_labels[GOLDEN_N_OUTPUTS];

#ifdef __cplusplus
}
#endif

#endif
