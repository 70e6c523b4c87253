/* The machine's peak of `acc += (x & m) * w` over int16 data in the first-level cache: eight vector
   accumulators, so that no addition waits for another. m and w come from outside, so that nothing is known
   of them. Returns a value that depends on all sums. */
#include <stdint.h>

#define N 8192
typedef int16_t vector __attribute__((vector_size(64)));
static vector x[N / 32];

int16_t peak(int16_t mask, int16_t weight, long repetitions) {
    vector acc[8], m, w;
    for (int i = 0; i < N; i++) ((int16_t *)x)[i] = (int16_t)(i & 15);
    for (int k = 0; k < 8; k++) acc[k] = (vector){0};
    for (int k = 0; k < 32; k++) m[k] = mask, w[k] = weight;
    for (long r = 0; r < repetitions; r++) {
        for (int i = 0; i < N / 32; i += 8)
#pragma GCC unroll 8
            for (int k = 0; k < 8; k++) acc[k] += (x[i + k] & m) * w;
        __asm__ volatile("" : "+m"(x)); /* the data may have changed: load it again */
    }
    vector total = {0};
    for (int k = 0; k < 8; k++) total += acc[k];
    int16_t sum = 0;
    for (int k = 0; k < 32; k++) sum = (int16_t)(sum + total[k]);
    return sum;
}
