/* golden
 *
 * A neural network as integer arithmetic: no heap, no floating point in inference.
 * Memory:   an arena of 148 bytes, of the module or of the caller
 * Network:  sha256 cfa6229a0589957d21718e733d75d622d9c91a1c4b628f717951f956e0aad35f
 * Body:     tensor network, 4 operators, for cortex-m4
 * Cost:     312 multiply-accumulates, 52 parameters
 * Inputs, in this order:
 *   0 to 15  pixel 0 to pixel 15, each: -1.0 to 1.0, 8 bits
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

#define GOLDEN_N_FEATURES 16
#define GOLDEN_N_OUTPUTS 3
/* Bytes of memory that golden_predict_in works in. */
#define GOLDEN_ARENA_BYTES 148

/* The integer code of a feature. */
typedef int8_t golden_input_t;

/* Raw features to codes: floor((raw - lo) * scale) in float, limited to the code's range; raw values
 * outside the range of a feature are clipped to it, and NaN becomes the lowest code. */
void golden_quantize(const float raw[GOLDEN_N_FEATURES], golden_input_t x[GOLDEN_N_FEATURES]);

/* The class index of one row of codes. */
int golden_predict(const golden_input_t x[GOLDEN_N_FEATURES]);

/* The same in memory of the caller: GOLDEN_ARENA_BYTES bytes on a multiple of 4, which keep nothing between
 * calls. The arena that golden_predict works in is then not linked, where the linker drops unused sections;
 * calls with different memory may run at the same time. */
int golden_predict_in(const golden_input_t x[GOLDEN_N_FEATURES], void *memory);

/* The names of the classes. */
extern const char *const golden_labels[GOLDEN_N_OUTPUTS];

#ifdef __cplusplus
}
#endif

#endif
