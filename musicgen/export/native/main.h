#ifdef MUSICGEN_MAIN
#include <stdio.h>

/* log2(e) / temperature in Q16, of a temperature in hundredths. */
static int32_t mg_sharpness(int64_t hundredths) {
    const int64_t scaled = 9914124829951; /* log2(e) * 100 * 2**36 */
    int64_t below = hundredths << 20;
    return (int32_t)((scaled + below / 2) / below);
}

static int64_t mg_argument(int count, char **arguments, int place, int64_t otherwise) {
    int64_t value = 0;
    const char *text;
    if (count <= place || !arguments[place][0]) return otherwise;
    for (text = arguments[place]; *text; text++) {
        if (*text < '0' || *text > '9' || value > 214748364) return -1;
        value = 10 * value + *text - '0';
    }
    return value;
}

int main(int count, char **arguments) {
    static mg_state state;
    int64_t seed = mg_argument(count, arguments, 1, 0);
    int64_t hundredths = mg_argument(count, arguments, 2, 80);
    int64_t tunes = mg_argument(count, arguments, 3, 1), at;
    if (seed < 0 || hundredths < 5 || hundredths > 300 || tunes < 1) {
        fprintf(stderr, "SEED from 0, TEMPERATURE in hundredths from 5 to 300, TUNES from 1\n");
        return 2;
    }
    for (at = 0; at < tunes; at++) {
        int letter, last = 0;
        mg_begin(&mg_network, &state, (uint32_t)(seed + at), mg_sharpness(hundredths), 1500, 0);
        while ((letter = mg_next(&mg_network, &state)) >= 0) {
            putchar(letter);
            last = letter;
        }
        if (last != '\n') printf("\n\n");
    }
    return 0;
}
#endif
