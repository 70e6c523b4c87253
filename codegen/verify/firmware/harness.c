/* Runs the module over rows from a file and writes what it answers to another.
 *
 * codes.bin: rows of input_t         -> answers.bin: rows of answer_t
 * raw.bin:   rows of float, optional -> quantized.bin: rows of input_t
 * subject.h names the module's types and functions. Both files are read in chunks that fit the RAM of a
 * small machine. Returns 0, 1 where a file can't be used, or 2 where P_predict_raw, if there is one, answers a
 * raw row otherwise than P_predict its codes.
 */
#include "io.h"
#include "subject.h"

#define CHUNK_BYTES 1024u
#define ROWS(row_bytes) (CHUNK_BYTES / (row_bytes) > 0u ? CHUNK_BYTES / (row_bytes) : 1u)
#define CODE_ROWS ROWS(sizeof(input_t) * N_FEATURES)
#define RAW_ROWS ROWS(sizeof(float) * N_FEATURES)

static input_t codes[CODE_ROWS][N_FEATURES];
static answer_t answers[CODE_ROWS][N_ANSWERS];
static float raw[RAW_ROWS][N_FEATURES];
static input_t quantized[RAW_ROWS][N_FEATURES];

static int predict_file(void)
{
    const int in = io_open("codes.bin", "rb");
    const int out = io_open("answers.bin", "wb");
    int failed = in < 0 || out < 0;
    while (!failed) {
        const unsigned rows = io_read(in, codes, sizeof codes) / (unsigned)sizeof codes[0];
        unsigned row;
        if (rows == 0u) {
            break;
        }
        for (row = 0; row < rows; row++) {
            SUBJECT_PREDICT(codes[row], answers[row]);
        }
        failed = io_write(out, answers, rows * (unsigned)sizeof answers[0]);
    }
    io_close(in);
    io_close(out);
    return failed;
}

#ifdef SUBJECT_PREDICT_RAW
static answer_t answer[N_ANSWERS];

/* Whether a raw row has the answer of its codes. */
static int agrees(const float row[N_FEATURES], const input_t row_codes[N_FEATURES])
{
    unsigned i;
    SUBJECT_PREDICT_RAW(row, answer);
    SUBJECT_PREDICT(row_codes, answers[0]);
    for (i = 0; i < N_ANSWERS && answer[i] == answers[0][i]; i++) {
    }
    return i == N_ANSWERS;
}
#else
#define agrees(row, row_codes) 1
#endif

static int quantize_file(void)
{
    const int in = io_open("raw.bin", "rb");
    int out;
    int failed;
    if (in < 0) {
        return 0; /* no raw rows are given */
    }
    out = io_open("quantized.bin", "wb");
    failed = out < 0;
    while (!failed) {
        const unsigned rows = io_read(in, raw, sizeof raw) / (unsigned)sizeof raw[0];
        unsigned row;
        if (rows == 0u) {
            break;
        }
        for (row = 0; row < rows; row++) {
            SUBJECT_QUANTIZE(raw[row], quantized[row]);
            if (!agrees(raw[row], quantized[row])) {
                return 2;
            }
        }
        failed = io_write(out, quantized, rows * (unsigned)sizeof quantized[0]);
    }
    io_close(in);
    io_close(out);
    return failed;
}

int main(void)
{
    return predict_file() ? 1 : quantize_file();
}
