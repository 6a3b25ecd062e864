/* The engine: an LSTM, with or without echoes, in whole numbers (docs/fixed-point.md).
 *
 * C99, integers only, no memory from the heap, nothing of the standard library but the names of
 * integer types. All that changes is in mg_state, which the caller owns, so any number of tunes may
 * be written side by side. Call mg_begin, then mg_next until it returns -1.
 *
 * MG_MAX_HIDDEN, MG_MAX_WIDTH and MG_MAX_LAYERS bound the networks that an mg_state has room for;
 * MG_MAX_CHARACTERS, the vocabulary.
 */

#include <stdint.h>

enum {
    MG_ECHOES = 4, MG_BEFORE = 3, MG_LEVELS = 8, MG_PLACES = 640, MG_BARS = 128, MG_SHORT = 3,
    MG_FEATURES = 16, MG_READ = 2048, MG_PLAN = 1024, MG_MOST_ROWS = 1 + 2 * MG_ECHOES + MG_FEATURES,
    MG_LETTERS = 14, MG_REACH = 9, MG_DEGREES = 7, MG_CLASSES = MG_DEGREES + 2 * MG_REACH + 1,
    MG_OUTPUTS = MG_MAX_CHARACTERS + MG_ECHOES + MG_CLASSES,
    MG_MUSIC_STREAM = 54, MG_HEADER_STREAM = 1
};

#ifndef MG_LANES
#define MG_LANES 1
#endif
#define MG_ROOM(size) (((size) + MG_LANES - 1) / MG_LANES * MG_LANES)

/* Weights: of each unit the gates i, f, g, o one after the other, each row filled up to MG_LANES. */
typedef struct {
    const int8_t *inputs, *recurrent;
    const int32_t *input_scales, *recurrent_scales, *bias; /* [hidden][4] */
    const int32_t *norm_scale, *norm_shift; /* [hidden]; 0 where there is no norm */
    int64_t norm_epsilon;
    int32_t norm_limit, input_size;
} mg_layer;

typedef struct {
    int32_t vocabulary, width, hidden, layers, outputs;
    int32_t has_echoes, has_positions, has_relative, bar, line, colon;
    const uint8_t *characters; /* ASCII, [vocabulary] */
    const int8_t *rows;        /* [rows][width] */
    const int32_t *row_scales;
    const mg_layer *layer;
    const int8_t *output; /* [outputs][hidden] */
    const int32_t *output_scales, *output_bias;
    const int32_t *trust; /* [MG_LEVELS][MG_ECHOES] */
    const uint8_t *prompts; /* each ends with a 0 */
    const uint32_t *prompt_counts;
    int32_t prompt_count;
} mg_model;

typedef struct { uint64_t state, step; } mg_random;

/* What has been heard of a tune, for the echoes (musicgen/models/copy_candidates.py). */
typedef struct {
    int32_t number, bar, was_line;
    int32_t agreed[MG_BEFORE], trusted[MG_BEFORE], offered[MG_BEFORE];
    int32_t starts[MG_BARS];
    uint16_t runs[MG_PLACES];
    uint8_t heard[MG_PLACES];
} mg_memory;

/* Where the tune stands (musicgen/sampling/fixed_point_position.py). */
typedef struct {
    int64_t full, fill, unit_above, unit_below;
    int32_t count, last, previous, in_header, length; /* length: of the line so far */
    int32_t meter, tonic, mode, signature, rhythm, book, is_moved, plan_length;
    int32_t bars, section, has_pickup, bars_before_ending;
    int32_t degree, degree_before, first, first_before, staff, interval;
    int32_t inside; /* 0 or one of " { ( ^ : | ] and 'r' for a repeat sign */
    int32_t accidental, has_note, is_rest, digits, digit_count, divisor, divisor_count, slashes;
    int32_t broken, factor_above, factor_below, tuplet_left, tuplet_time, tuplet_count;
    int8_t accidentals[7]; /* by step; MG_NATURAL where the signature holds */
    uint16_t plan[MG_PLAN];
    uint8_t line[MG_READ + 1];
} mg_position;

typedef struct {
    int32_t cell[MG_MAX_LAYERS * MG_MAX_HIDDEN];
    int32_t said[MG_OUTPUTS];
    int16_t hidden[MG_MAX_LAYERS * MG_ROOM(MG_MAX_HIDDEN)];
    int16_t values[MG_ROOM(MG_MAX_HIDDEN)], after[MG_ROOM(MG_MAX_HIDDEN)];
    int16_t width[MG_ROOM(MG_MAX_WIDTH)];
    mg_memory memory;
    mg_position position;
    mg_random random;
    const uint8_t *prompt;
    int32_t sharpness, written, most, is_over, previous;
} mg_state;

/* Shifting a negative number is not defined in C; this rounds down, as Python does. */
static int64_t mg_down(int64_t value, int bits) {
    return value >= 0 ? value >> bits : ~(~value >> bits);
}

static int64_t mg_round(int64_t value, int bits) {
    return mg_down(value + ((int64_t)1 << (bits - 1)), bits);
}

static int64_t mg_clip(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Random numbers: PCG32, M. E. O'Neill 2014. */

static uint32_t mg_word(mg_random *random) {
    uint64_t old = random->state;
    uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27), turn = (uint32_t)(old >> 59);
    random->state = old * 6364136223846793005u + random->step;
    return (mixed >> turn) | (mixed << ((32u - turn) & 31u));
}

static void mg_seed(mg_random *random, uint64_t seed, uint64_t stream) {
    random->step = (stream << 1) | 1u;
    random->state = 0;
    mg_word(random);
    random->state += seed;
    mg_word(random);
}

static uint32_t mg_below(mg_random *random, uint64_t count) {
    return (uint32_t)((mg_word(random) * count) >> 32);
}

/* The network. */

/* tanh(z / 2) in Q15 of z in Q16; 32768 more is the logistic function in Q16. */
static int32_t mg_bend(int64_t value) {
    int32_t size = (int32_t)mg_clip(value < 0 ? -value : value, 0, (16 << 16) - 1);
    int32_t place = size >> 11, rest = size & 2047;
    int32_t low = mg_bend_table[place], high = mg_bend_table[place + 1];
    int32_t found = low + (((high - low) * rest + 1024) >> 11);
    return value < 0 ? -found : found;
}

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
/* Four rows of weights, each with the same values. */
static void mg_products(const int8_t *rows, const int16_t *values, int32_t size, int32_t *sums) {
    const int8_t *second = rows + size, *third = second + size, *fourth = third + size;
    v128_t a = wasm_i32x4_splat(0), b = a, c = a, d = a;
    int32_t at;
    for (at = 0; at < size; at += 8) {
        v128_t value = wasm_v128_load(values + at);
        a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(value, wasm_i16x8_load8x8(rows + at)));
        b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(value, wasm_i16x8_load8x8(second + at)));
        c = wasm_i32x4_add(c, wasm_i32x4_dot_i16x8(value, wasm_i16x8_load8x8(third + at)));
        d = wasm_i32x4_add(d, wasm_i32x4_dot_i16x8(value, wasm_i16x8_load8x8(fourth + at)));
    }
    sums[0] = wasm_i32x4_extract_lane(a, 0) + wasm_i32x4_extract_lane(a, 1)
            + wasm_i32x4_extract_lane(a, 2) + wasm_i32x4_extract_lane(a, 3);
    sums[1] = wasm_i32x4_extract_lane(b, 0) + wasm_i32x4_extract_lane(b, 1)
            + wasm_i32x4_extract_lane(b, 2) + wasm_i32x4_extract_lane(b, 3);
    sums[2] = wasm_i32x4_extract_lane(c, 0) + wasm_i32x4_extract_lane(c, 1)
            + wasm_i32x4_extract_lane(c, 2) + wasm_i32x4_extract_lane(c, 3);
    sums[3] = wasm_i32x4_extract_lane(d, 0) + wasm_i32x4_extract_lane(d, 1)
            + wasm_i32x4_extract_lane(d, 2) + wasm_i32x4_extract_lane(d, 3);
}
#else
static void mg_products(const int8_t *rows, const int16_t *values, int32_t size, int32_t *sums) {
    const int8_t *second = rows + size, *third = second + size, *fourth = third + size;
    int32_t a = 0, b = 0, c = 0, d = 0, at;
    for (at = 0; at < size; at++) {
        int32_t value = values[at];
        a += value * rows[at];
        b += value * second[at];
        c += value * third[at];
        d += value * fourth[at];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}
#endif

/* What the lowest layer reads: a sum of rows. */
static void mg_read(const mg_model *model, mg_state *state, const int32_t *rows, int32_t count) {
    int32_t at, row;
    for (at = 0; at < model->width; at++) {
        int32_t total = 0; /* the scales are such that no sum of rows is beyond 2**30 */
        for (row = 0; row < count; row++) {
            total += model->rows[rows[row] * model->width + at] * model->row_scales[rows[row]];
        }
        state->width[at] = (int16_t)mg_round(total, 14);
    }
}

static uint64_t mg_root(uint64_t value) {
    uint64_t root = 0, bit = (uint64_t)1 << 62;
    while (bit > value) bit >>= 2;
    for (; bit; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return root;
}

/* Division that rounds down, by a number above 0. */
static int64_t mg_divide(int64_t above, int64_t below) {
    return above >= 0 ? above / below : -((below - 1 - above) / below);
}

static void mg_normalize(const mg_layer *layer, const int16_t *hidden, int16_t *values, int32_t size) {
    int64_t total = 0, spread = 0, root;
    int32_t at;
    for (at = 0; at < size; at++) total += hidden[at];
    for (at = 0; at < size; at++) {
        int64_t apart = (int64_t)size * hidden[at] - total;
        spread += apart * apart;
    }
    root = (int64_t)mg_root((uint64_t)(spread / size + layer->norm_epsilon) << 10);
    if (root < 1) root = 1;
    for (at = 0; at < size; at++) {
        int64_t apart = (int64_t)size * hidden[at] - total;
        int64_t step = mg_divide(apart * 131072, root);
        int64_t value = mg_round(step * layer->norm_scale[at] + layer->norm_shift[at], 16);
        values[at] = (int16_t)mg_clip(value, -layer->norm_limit, layer->norm_limit);
    }
}

static void mg_run_layer(
    const mg_model *model, mg_state *state, int32_t number, const int16_t *values
) {
    const mg_layer *layer = model->layer + number;
    int32_t size = model->hidden, room = MG_ROOM(size), reads = MG_ROOM(layer->input_size);
    int16_t *hidden = state->hidden + number * MG_ROOM(MG_MAX_HIDDEN);
    int32_t *cell = state->cell + number * MG_MAX_HIDDEN;
    int32_t unit, gate, at;
    for (unit = 0; unit < size; unit++) {
        int32_t from_below[4], from_before[4];
        int64_t gates[4], kept;
        mg_products(layer->inputs + (int64_t)unit * 4 * reads, values, reads, from_below);
        mg_products(layer->recurrent + (int64_t)unit * 4 * room, hidden, room, from_before);
        for (gate = 0; gate < 4; gate++) {
            at = unit * 4 + gate;
            gates[gate] = mg_round((int64_t)from_below[gate] * layer->input_scales[at]
                                   + (int64_t)from_before[gate] * layer->recurrent_scales[at], 24)
                        + layer->bias[at];
        }
        kept = (int64_t)(mg_bend(gates[1]) + 32768) * cell[unit]
             + (int64_t)2 * (mg_bend(gates[0]) + 32768) * mg_bend(2 * gates[2]);
        cell[unit] = (int32_t)mg_clip(mg_round(kept, 16), -(256 << 16), 256 << 16);
        state->after[unit] = (int16_t)mg_round(
            (int64_t)(mg_bend(gates[3]) + 32768) * mg_bend(2 * (int64_t)cell[unit]), 19);
    }
    for (at = 0; at < size; at++) hidden[at] = state->after[at];
    if (layer->norm_scale) {
        mg_normalize(layer, hidden, state->values, size);
    } else {
        for (at = 0; at < size; at++) state->values[at] = hidden[at];
    }
}

/* All layers: logits, gates of echoes, degrees and intervals into state->said, in Q16. */
static void mg_run(const mg_model *model, mg_state *state, const int32_t *rows, int32_t count) {
    int32_t number, at, lane, room = MG_ROOM(model->hidden);
    mg_read(model, state, rows, count);
    for (number = 0; number < model->layers; number++) {
        mg_run_layer(model, state, number, number ? state->values : state->width);
    }
    for (at = 0; at < model->outputs; at += 4) {
        int32_t sums[4]; /* rows of zeros stand behind the last */
        mg_products(model->output + (int64_t)at * room, state->values, room, sums);
        for (lane = 0; lane < 4 && at + lane < model->outputs; lane++) {
            int64_t said = mg_round((int64_t)sums[lane] * model->output_scales[at + lane], 24)
                         + model->output_bias[at + lane];
            state->said[at + lane] = (int32_t)mg_clip(said, -(32 << 16), 32 << 16);
        }
    }
}

/* The echoes. */

static const uint8_t mg_agreement[9][2] = {
    {7, 7}, {6, 6}, {1, 2}, {3, 3}, {3, 3}, {4, 4}, {4, 4}, {4, 4}, {5, 5}
};

static void mg_forget(mg_memory *memory) {
    int32_t at;
    memory->number = memory->bar = memory->was_line = 0;
    for (at = 0; at < MG_BEFORE; at++) {
        memory->agreed[at] = memory->trusted[at] = 0;
        memory->offered[at] = -1;
    }
    for (at = 0; at < MG_BARS; at++) memory->starts[at] = 0;
    for (at = 0; at < MG_PLACES; at++) {
        memory->runs[at] = 0;
        memory->heard[at] = 0;
    }
}

static int32_t mg_heard(const mg_memory *memory, int32_t place) {
    return place < memory->number ? memory->heard[place] : -1;
}

static void mg_begin_bars(const mg_model *model, mg_memory *memory, int32_t id) {
    int32_t is_bar_line = id == model->bar, again = id == model->line || id == model->colon, at;
    int32_t length = memory->number - memory->starts[memory->bar];
    again = again && (id == model->line || length == 1);
    if (is_bar_line && length > MG_SHORT && memory->bar < MG_BARS - 1) {
        for (at = 0; at < MG_BEFORE; at++) memory->trusted[at] = memory->agreed[at] > MG_SHORT;
        memory->bar++;
    }
    if (is_bar_line || again) {
        for (at = 0; at < MG_BEFORE; at++) memory->agreed[at] = 0;
        memory->starts[memory->bar] = memory->number;
    }
}

static void mg_follow_run(const mg_memory *memory, int32_t filled, int32_t *offered, int32_t *level) {
    static const uint8_t steps[7] = {1, 2, 3, 4, 6, 9, 15};
    int32_t place = 0, at;
    *level = 0;
    *offered = -1;
    for (at = 0; at < filled; at++) {
        if (memory->runs[at] >= memory->runs[place]) place = at;
    }
    while (*level < 7 && memory->runs[place] >= steps[*level]) (*level)++;
    if (place + 1 < MG_PLACES) *offered = mg_heard(memory, place + 1);
    if (!*level || *offered < 0) {
        *level = 0;
        *offered = -1;
    }
}

/* Hears a character; what each echo offers after it, -1 for nothing, and its level of evidence. */
static void mg_hear(
    const mg_model *model, mg_memory *memory, int32_t id, int32_t *offered, int32_t *levels
) {
    static const int32_t before[MG_BEFORE] = {2, 4, 8};
    int32_t is_line = id == model->line, ends = is_line && memory->was_line, filled, is_kept, at;
    if (ends) mg_forget(memory);
    filled = memory->number + 1 < MG_PLACES ? memory->number + 1 : MG_PLACES;
    for (at = filled - 1; at >= 0; at--) {
        int32_t run = at ? memory->runs[at - 1] + 1 : 1;
        memory->runs[at] = (uint16_t)(mg_heard(memory, at) == id ? run : 0);
    }
    is_kept = memory->number < MG_PLACES && !ends;
    if (is_kept) memory->heard[memory->number++] = (uint8_t)id;
    for (at = 0; at < MG_BEFORE; at++) {
        int32_t is_right = memory->offered[at] == id, agreed = memory->agreed[at];
        if (is_kept && memory->offered[at] >= 0) {
            memory->agreed[at] = agreed >= 0 ? (is_right ? agreed + 1 : -1) : agreed - !is_right;
        }
    }
    mg_begin_bars(model, memory, id);
    memory->was_line = is_line;
    mg_follow_run(memory, filled, offered, levels);
    for (at = 0; at < MG_BEFORE; at++) {
        int32_t bar = memory->bar - before[at];
        int32_t place = memory->starts[bar < 0 ? 0 : bar] + memory->number
                      - memory->starts[memory->bar];
        int32_t is_there = bar >= 0 && place < memory->number && memory->number < MG_PLACES;
        int32_t agreed = (int32_t)mg_clip(memory->agreed[at], -2, 6);
        memory->offered[at] = offered[at + 1] = is_there ? mg_heard(memory, place) : -1;
        levels[at + 1] = is_there ? mg_agreement[agreed + 2][memory->trusted[at]] : 0;
    }
}

/* The position of a character in bar, section and scale. */

enum {
    MG_NATURAL = 100, MG_NO_DEGREE = 13, MG_REST = 12, MG_NO_STAFF = 43, MG_NO_INTERVAL = 18,
    MG_TICKS = 5040, MG_EIGHTH = 48 * MG_TICKS, MG_SIXTEENTH = MG_EIGHTH / 2, MG_TOLERANCE = 12,
    MG_SIGNS = 33
};

static const int8_t mg_semitones[7] = {0, 2, 4, 5, 7, 9, 11};  /* of C D E F G A B */
static const int8_t mg_fifths[7] = {0, 2, 4, -1, 1, 3, 5};
static const int8_t mg_sharp_order[7] = {1, 3, 5, 0, 2, 4, 6}; /* in F C G D A E B */
static const int8_t mg_mode_fifths[7] = {0, 3, 2, 1, 4, -1, 5};

/* The step of the scale of a letter, from 0 for C; -1 of what is no note. */
static int32_t mg_step(int32_t letter) {
    if (letter >= 'a' && letter <= 'z') letter -= 32;
    return letter >= 'A' && letter <= 'G' ? (letter - 'A' + 5) % 7 : -1;
}

static int32_t mg_staff(int32_t letter) {
    return 7 * (2 + (letter >= 'a')) + mg_step(letter);
}

static int32_t mg_is_digit(int32_t letter) { return letter >= '0' && letter <= '9'; }

static int32_t mg_is_space(int32_t letter) {
    return (letter >= 9 && letter <= 13) || (letter >= 28 && letter <= 32);
}

static int32_t mg_is_letter(int32_t letter) {
    return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
}

static int32_t mg_is_field(int32_t letter) {
    return letter == 'K' || (letter >= 'L' && letter <= 'N') || letter == 'P' || letter == 'T'
        || letter == 'R' || letter == 'Q' || letter == 'W';
}

static int32_t mg_is_text(const uint8_t *text, int32_t length, const char *name) {
    int32_t at;
    for (at = 0; at < length; at++) {
        if (!name[at] || (uint8_t)name[at] != text[at]) return 0;
    }
    return !name[length];
}

static int32_t mg_find(const uint8_t *text, int32_t length, const char *const *names, int32_t count) {
    int32_t at;
    for (at = 0; at < count; at++) {
        if (mg_is_text(text, length, names[at])) return at;
    }
    return 0;
}

/* A whole number of one to three digits; -1 of anything else. */
static int32_t mg_number(const uint8_t *text, int32_t length) {
    int32_t at, value = 0;
    if (length < 1 || length > 3) return -1;
    for (at = 0; at < length; at++) {
        if (!mg_is_digit(text[at])) return -1;
        value = 10 * value + text[at] - '0';
    }
    return value;
}

static int32_t mg_fraction(const uint8_t *text, int32_t length, int64_t *above, int64_t *below) {
    int32_t at = 0, first, second;
    while (at < length && text[at] != '/') at++;
    first = mg_number(text, at);
    second = at < length ? mg_number(text + at + 1, length - at - 1) : -1;
    if (first < 1 || second < 1) return 0;
    *above = first;
    *below = second;
    return 1;
}

static void mg_begin_position(mg_position *place) {
    int32_t at;
    place->count = 0;
    place->last = place->previous = '\n';
    place->length = 0;
    place->in_header = 1;
    place->meter = place->mode = place->signature = place->rhythm = place->book = 0;
    place->is_moved = place->plan_length = 0;
    place->tonic = -1;
    place->full = place->fill = 0;
    place->unit_above = 1;
    place->unit_below = 8;
    place->bars = place->section = place->has_pickup = 0;
    place->bars_before_ending = -1;
    place->degree = place->degree_before = place->first = place->first_before = MG_NO_DEGREE;
    place->staff = MG_NO_STAFF;
    place->interval = MG_NO_INTERVAL;
    for (at = 0; at < 7; at++) place->accidentals[at] = MG_NATURAL;
    place->inside = place->accidental = place->has_note = place->is_rest = 0;
    place->digits = place->digit_count = place->divisor = place->divisor_count = place->slashes = 0;
    place->broken = 2;
    place->factor_above = place->factor_below = 1;
    place->tuplet_left = 0;
    place->tuplet_time = place->tuplet_count = 1;
}

static void mg_read_key(mg_position *place, const uint8_t *text, int32_t length) {
    static const char *const modes[12] = {
        "", "maj", "ion", "m", "min", "aeo", "dor", "mix", "phr", "lyd", "loc", 0
    };
    static const uint8_t numbers[11] = {0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6};
    uint8_t mode[3] = {0, 0, 0};
    int32_t step = length && text[0] >= 'A' && text[0] <= 'G' ? mg_step(text[0]) : -1;
    int32_t sign = 0, start, end = length, at, size;
    place->in_header = 0;
    if (step < 0) return;
    if (length > 1) sign = text[1] == '#' ? 1 : text[1] == 'b' ? -1 : 0;
    start = 1 + (sign != 0);
    while (start < end && mg_is_space(text[start])) start++;
    while (end > start && mg_is_space(text[end - 1])) end--;
    size = end - start < 3 ? end - start : 3;
    for (at = 0; at < size; at++) {
        uint8_t letter = text[start + at];
        mode[at] = (uint8_t)(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    }
    place->mode = numbers[mg_find(mode, size, modes, 11)];
    place->tonic = (mg_semitones[step] + sign + 12) % 12;
    place->signature = (int32_t)mg_clip(
        mg_fifths[step] + 7 * sign - mg_mode_fifths[place->mode], -7, 7);
}

/* The numbers of a plan; colons in it count for nothing. */
static void mg_read_plan(mg_position *place, const uint8_t *text, int32_t length) {
    int32_t at = 0;
    place->plan_length = 0;
    while (at < length) {
        uint8_t word[4];
        int32_t size = 0, number;
        for (; at < length && !mg_is_space(text[at]); at++) {
            if (text[at] == ':') continue;
            if (size < 4) word[size] = text[at];
            size = size < 4 ? size + 1 : 4;
        }
        while (at < length && mg_is_space(text[at])) at++;
        number = mg_number(word, size);
        if (number >= 0 && place->plan_length < MG_PLAN) {
            place->plan[place->plan_length++] = (uint16_t)number;
        }
    }
}

static void mg_read_field(mg_position *place, int32_t letter, const uint8_t *text, int32_t length) {
    static const char *const meters[10] = {
        "", "C", "C|", "2/4", "3/4", "6/8", "9/8", "12/8", "3/8", "4/4"
    };
    static const char *const rhythms[13] = {
        "", "reel", "jig", "slip jig", "hornpipe", "polka", "slide", "set dance", "waltz", "march",
        "air", "strathspey", "fling"
    };
    static const char *const books[6] = {"", "lab", "oneill", "ryan", "aird", "northumbrian"};
    int64_t above = 4, below = 4;
    if (letter == 'M') {
        int32_t is_known = 1;
        place->meter = mg_find(text, length, meters, 10);
        if (mg_is_text(text, length, "C|")) {
            above = below = 2;
        } else if (!mg_is_text(text, length, "C")) {
            is_known = mg_fraction(text, length, &above, &below);
        }
        place->full = is_known ? above * 8 * MG_EIGHTH / below : 0;
    } else if (letter == 'L') {
        if (mg_fraction(text, length, &above, &below)) {
            place->unit_above = above;
            place->unit_below = below;
        }
    } else if (letter == 'R') {
        place->rhythm = mg_find(text, length, rhythms, 13);
    } else if (letter == 'B') {
        int32_t size = length;
        while (size && text[size - 1] == '+') size--;
        place->book = mg_find(text, size, books, 6);
        place->is_moved = size < length;
    } else if (letter == 'N') {
        mg_read_plan(place, text, length);
    } else if (letter == 'K') {
        mg_read_key(place, text, length);
    }
}

static int64_t mg_note_length(const mg_position *place) {
    int32_t count = place->digit_count ? place->digits : 1;
    int32_t parts = place->divisor_count ? place->divisor
                                         : 1 << (place->slashes < 8 ? place->slashes : 8);
    if (parts < 1) parts = 1;
    return (int64_t)8 * MG_EIGHTH * place->unit_above * count * place->factor_above
         / (place->unit_below * parts * place->factor_below);
}

/* Adds the note being written to its bar. */
static void mg_settle(mg_position *place) {
    if (place->has_note) {
        place->fill += mg_note_length(place);
        if (place->tuplet_left) place->tuplet_left--;
    }
    place->has_note = place->digits = place->digit_count = 0;
    place->divisor = place->divisor_count = place->slashes = 0;
}

static void mg_end_bar(mg_position *place) {
    int32_t at;
    mg_settle(place);
    if (place->fill > 0) {
        if (!place->bars && !place->has_pickup && place->bars_before_ending < 0
            && place->fill < place->full) {
            place->has_pickup = 1;
        } else {
            place->bars++;
        }
        place->first_before = place->first;
        place->first = MG_NO_DEGREE;
    }
    place->fill = 0;
    place->broken = 2;
    place->tuplet_left = 0;
    for (at = 0; at < 7; at++) place->accidentals[at] = MG_NATURAL;
}

static void mg_end_section(mg_position *place) {
    if (place->bars) {
        place->section++;
        place->bars = place->has_pickup = 0;
    }
}

static void mg_begin_ending(mg_position *place, int32_t digit) {
    if (digit == '1') {
        place->bars_before_ending = place->bars;
    } else if (place->bars_before_ending >= 0) {
        if (place->section && !place->bars) {
            place->section--;
            place->bars = place->bars_before_ending;
            place->has_pickup = 1;
        }
        place->bars_before_ending = -1;
    }
}

static void mg_end_line(mg_position *place) {
    const uint8_t *line = place->line;
    int32_t start = 2, end = place->length;
    if (place->previous == '\n') {
        mg_begin_position(place);
        return;
    }
    if (end > 1 && line[1] == ':' && mg_is_letter(line[0])
        && (place->in_header || mg_is_field(line[0]))) {
        while (start < end && mg_is_space(line[start])) start++;
        while (end > start && mg_is_space(line[end - 1])) end--;
        mg_read_field(place, line[0], line + start, end - start);
    } else if (!place->in_header) {
        mg_settle(place);
    }
    place->length = 0;
}

static int32_t mg_is_accidental(int32_t letter) {
    return letter == '^' || letter == '_' || letter == '=';
}

/* Of a run of accidentals: ^ 1, ^^ 2, = 0, _ -1, __ -2, and 0 of any other. */
static int32_t mg_add_accidental(int32_t before, int32_t letter) {
    if (letter == '^' && before == 1) return 2;
    if (letter == '_' && before == -1) return -2;
    return MG_SIGNS; /* not one that there is */
}

static int32_t mg_first_accidental(int32_t letter) {
    return letter == '^' ? 1 : letter == '_' ? -1 : 0;
}

static int32_t mg_read_accidental(mg_position *place, int32_t letter) {
    if (mg_is_accidental(letter)) {
        place->accidental = mg_add_accidental(place->accidental, letter);
        return 1;
    }
    place->inside = 0;
    if (mg_step(letter) >= 0) {
        int32_t alter = place->accidental == MG_SIGNS ? 0 : place->accidental;
        place->accidentals[mg_step(letter)] = (int8_t)alter;
    }
    return 0;
}

static int32_t mg_open_tuplet(mg_position *place, int32_t letter) {
    int32_t count = letter - '0', is_compound = place->meter >= 5 && place->meter <= 7;
    if (!mg_is_digit(letter) || place->tuplet_left) return 0;
    place->tuplet_left = count;
    place->tuplet_time = count == 2 || count == 4 || count == 8 ? 3
                       : count == 3 || count == 6 ? 2
                       : count == 5 || count == 7 || count == 9 ? (is_compound ? 3 : 2) : count;
    place->tuplet_count = count < 1 ? 1 : count;
    return 1;
}

/* A bar line goes on, or an ending begins behind it. A closed one is told till the next. */
static int32_t mg_read_line(mg_position *place, int32_t letter) {
    int32_t inside = place->inside;
    int32_t is_repeat = inside == 'r'; /* |: */
    if (inside == ']') return 0;
    if (inside == ':' && (letter == '|' || letter == ':')) {
        mg_end_bar(place);
        mg_end_section(place);
        place->inside = letter == '|' ? 'r' : 0;
        return 1;
    }
    if (inside == '|' && (letter == ']' || letter == '|' || letter == ':')) {
        mg_end_section(place);
        place->inside = letter != ':' ? ']' : 0;
        return 1;
    }
    if (inside == '|' || is_repeat) {
        if (mg_is_digit(letter)) {
            mg_begin_ending(place, letter);
            place->inside = 0;
            return 1;
        }
        if (letter == '[' || (is_repeat && (letter == ':' || letter == ' '))) return 1;
    }
    place->inside = 0;
    return 0;
}

static int32_t mg_read_inside(mg_position *place, int32_t letter) {
    int32_t inside = place->inside;
    if (inside == '"' || inside == '{') {
        if (letter == (inside == '"' ? '"' : '}')) place->inside = 0;
        return 1;
    }
    if (inside == '^') return mg_read_accidental(place, letter);
    if (inside == '(') {
        place->inside = 0;
        return mg_open_tuplet(place, letter);
    }
    return mg_read_line(place, letter);
}

static void mg_open_note(mg_position *place, int32_t letter) {
    int32_t step = mg_step(letter), alter, staff;
    mg_settle(place);
    place->factor_above = place->broken;
    place->factor_below = 2;
    if (place->tuplet_left) {
        place->factor_above *= place->tuplet_time;
        place->factor_below *= place->tuplet_count;
    }
    place->broken = 2;
    place->has_note = 1;
    place->is_rest = step < 0;
    place->degree_before = place->degree;
    if (step < 0) {
        place->degree = MG_REST;
        return;
    }
    alter = place->accidentals[step];
    if (alter == MG_NATURAL) {
        int32_t order = mg_sharp_order[step];
        alter = (place->signature > order) - (-place->signature > 6 - order);
    }
    staff = mg_staff(letter);
    if (place->staff != MG_NO_STAFF) {
        place->interval = (int32_t)mg_clip(staff - place->staff, -8, 8) + 8;
    }
    place->staff = staff;
    if (place->tonic >= 0) {
        place->degree = (mg_semitones[step] + alter - place->tonic + 24) % 12;
    }
    if (place->fill <= 0) place->first = place->degree;
}

static void mg_move_octave(mg_position *place, int32_t letter) {
    int32_t before = place->staff;
    if (!place->has_note || place->is_rest) return;
    place->staff = (int32_t)mg_clip(before + (letter == ',' ? -7 : 7), 0, 42);
    if (place->interval != MG_NO_INTERVAL) {
        place->interval = (int32_t)mg_clip(place->interval + place->staff - before, 0, 16);
    }
}

static void mg_add_digit(mg_position *place, int32_t letter) {
    int32_t *number = place->slashes ? &place->divisor : &place->digits;
    int32_t *count = place->slashes ? &place->divisor_count : &place->digit_count;
    if (!place->has_note || *count >= 2) return;
    *number = 10 * *number + letter - '0';
    (*count)++;
}

static void mg_break(mg_position *place, int32_t letter) {
    int64_t half;
    if (!place->has_note) return;
    half = mg_note_length(place) / 2;
    mg_settle(place);
    place->fill += letter == '>' ? half : -half;
    place->broken = letter == '>' ? 1 : 3;
}

static void mg_read_music(mg_position *place, int32_t letter) {
    if (place->inside && mg_read_inside(place, letter)) return;
    if (mg_step(letter) >= 0 || letter == 'z' || letter == 'x') {
        mg_open_note(place, letter);
    } else if (letter == ',' || letter == '\'') {
        mg_move_octave(place, letter);
    } else if (mg_is_digit(letter)) {
        mg_add_digit(place, letter);
    } else if (letter == '/') {
        place->slashes += place->has_note;
    } else if (letter == '<' || letter == '>') {
        mg_break(place, letter);
    } else {
        mg_settle(place);
        if (mg_is_accidental(letter)) {
            place->inside = '^';
            place->accidental = mg_first_accidental(letter);
        } else if (letter == '(' || letter == '"' || letter == '{' || letter == ':') {
            place->inside = letter;
        } else if (letter == '|') {
            mg_end_bar(place);
            place->inside = '|';
        }
    }
}

static void mg_feed(mg_position *place, int32_t letter) {
    place->count++;
    if (place->count > MG_READ) {
        if (letter == '\n' && place->last == '\n') mg_begin_position(place);
        place->last = letter;
        if (place->count > MG_READ) place->count = MG_READ + 1;
        return;
    }
    place->last = letter;
    if (letter == '\n') {
        mg_end_line(place);
    } else {
        int32_t is_field;
        place->line[place->length++] = (uint8_t)letter;
        is_field = mg_is_field(place->line[0]) && (place->length < 2 || place->line[1] == ':');
        if (!place->in_header && !is_field) mg_read_music(place, letter);
    }
    place->previous = letter;
}

static int32_t mg_token(const mg_position *place) {
    if (place->in_header) return 0;
    if (!place->length) return 10;
    if (place->has_note) return place->digit_count || place->slashes ? 3 : 2;
    if (place->broken != 2 || place->tuplet_left) return 11;
    switch (place->inside) {
        case 0: return 1;
        case '^': return 4;
        case '|': return 5;
        case ':': return 6;
        case 'r': return 7;
        case ']': return 8;
        default: return 9;
    }
}

static int32_t mg_left(const mg_position *place, int64_t length) {
    int64_t left = place->full - length, found;
    if (place->in_header || !place->full) return 0;
    if (left * 50 < -MG_SIXTEENTH) return 1;
    found = 2 + (left * 100 + (int64_t)98 * MG_SIXTEENTH) / ((int64_t)100 * MG_SIXTEENTH);
    return (int32_t)(found < 34 ? found : 34);
}

/* One row for each feature, behind `first`. */
static void mg_place_rows(const mg_position *place, int32_t first, int32_t *rows) {
    static const uint16_t sizes[MG_FEATURES] = {
        330, 35, 4, 22, 8, 20, 7, 98, 44, 14, 19, 105, 26, 12, 196, 12
    };
    int64_t length = place->fill + (place->has_note ? mg_note_length(place) : 0);
    int64_t whole = length < 0 ? 0 : (length + MG_TOLERANCE) / MG_SIXTEENTH;
    int64_t rest = length < 0 ? -1 : length - whole * MG_SIXTEENTH;
    int32_t bars_left = 0, sections_left = 0, at;
    if (!place->in_header && place->plan_length) {
        sections_left = 1 + (int32_t)mg_clip(place->plan_length - place->section, 0, 5);
        bars_left = place->section >= place->plan_length ? 1
            : 2 + (int32_t)mg_clip(place->plan[place->section] - place->bars, -1, 17);
    }
    rows[0] = place->meter * 33 + (int32_t)(whole < 32 ? whole : 32);
    rows[1] = mg_left(place, length);
    rows[2] = (rest * 50 >= MG_SIXTEENTH) + (rest * 5 >= 2 * MG_SIXTEENTH)
            + (rest * 5 >= 3 * MG_SIXTEENTH);
    rows[3] = place->in_header ? 0 : 1 + (place->bars < 19 ? place->bars : 19);
    rows[4] = place->section < 7 ? place->section : 7;
    rows[5] = bars_left;
    rows[6] = sections_left;
    rows[7] = place->degree * 7 + place->mode;
    rows[8] = place->staff;
    rows[9] = place->degree_before;
    rows[10] = place->interval;
    rows[11] = (place->signature + 7) * 7 + place->mode;
    rows[12] = place->rhythm * 2 + place->has_pickup;
    rows[13] = place->book * 2 + place->is_moved;
    rows[14] = place->first * 14 + place->first_before;
    rows[15] = mg_token(place);
    for (at = 0; at < MG_FEATURES; at++) {
        rows[at] += first;
        first += sizes[at];
    }
}

/* Adds to each letter what its degree and its interval are wanted (musicgen/models/relative.py). */
static void mg_add_relative(const mg_model *model, mg_state *state) {
    static const uint8_t letters[] = "CDEFGABcdefgab";
    const mg_position *place = &state->position;
    const int32_t *wanted = state->said + model->vocabulary + MG_ECHOES;
    int32_t fifths = place->signature + mg_mode_fifths[place->mode];
    int32_t tonic = ((4 * fifths) % 7 + 7) % 7, is_music = mg_token(place) > 0, at, id;
    for (at = 0; at < MG_LETTERS && is_music; at++) {
        int32_t staff = mg_staff(letters[at]), added = wanted[((staff - tonic) % 7 + 7) % 7];
        if (place->staff != MG_NO_STAFF) {
            added += wanted[mg_clip(staff - place->staff, -MG_REACH, MG_REACH) + MG_REACH + MG_DEGREES];
        }
        for (id = 0; id < model->vocabulary; id++) {
            if (model->characters[id] == letters[at]) state->said[id] += added;
        }
    }
}

/* Reads one character: afterwards state->said has the logits of the next, in Q16. */
static void mg_step_network(const mg_model *model, mg_state *state, int32_t id) {
    int32_t rows[MG_MOST_ROWS], offered[MG_ECHOES], levels[MG_ECHOES], count = 0, at;
    int32_t first = model->vocabulary + MG_LEVELS * MG_ECHOES;
    int32_t nothing = first + model->vocabulary * MG_ECHOES;
    rows[count++] = id;
    if (!model->has_echoes) {
        mg_run(model, state, rows, count);
        return;
    }
    mg_hear(model, &state->memory, id, offered, levels);
    for (at = 0; at < MG_ECHOES; at++) {
        rows[count++] = model->vocabulary + levels[at] * MG_ECHOES + at;
        rows[count++] = levels[at] ? first + offered[at] * MG_ECHOES + at : nothing;
    }
    if (model->has_positions) {
        mg_feed(&state->position, model->characters[id]);
        mg_place_rows(&state->position, nothing + 1, rows + count);
        count += MG_FEATURES;
    }
    mg_run(model, state, rows, count);
    for (at = 0; at < MG_ECHOES; at++) {
        if (levels[at]) {
            state->said[offered[at]] += state->said[model->vocabulary + at]
                                      + model->trust[levels[at] * MG_ECHOES + at];
        }
    }
    if (model->has_relative) mg_add_relative(model, state);
}

/* Drawing. */

static uint32_t mg_chance(const mg_state *state, int32_t id, int32_t largest) {
    int64_t fall = ((int64_t)(largest - state->said[id]) * state->sharpness) >> 16;
    int64_t whole = fall >> 16;
    int32_t place = (int32_t)((fall >> 8) & 255);
    uint32_t high = mg_exp2_table[place], low = mg_exp2_table[place + 1];
    if (whole > 31) return 0;
    return (high - (((high - low) * (uint32_t)(fall & 255)) >> 8)) >> whole;
}

/* A character by chance, each as the logits have it. */
static int32_t mg_draw(const mg_model *model, mg_state *state) {
    int32_t largest = state->said[0], id;
    uint64_t total = 0, point, sum = 0;
    for (id = 1; id < model->vocabulary; id++) {
        if (state->said[id] > largest) largest = state->said[id];
    }
    for (id = 0; id < model->vocabulary; id++) total += mg_chance(state, id, largest);
    point = mg_below(&state->random, total);
    for (id = 0; id < model->vocabulary - 1; id++) {
        sum += mg_chance(state, id, largest);
        if (sum > point) break;
    }
    return id;
}

static int32_t mg_find_id(const mg_model *model, int32_t letter) {
    int32_t id = 0;
    while (id < model->vocabulary - 1 && model->characters[id] != letter) id++;
    return id;
}

/* The beginning that the seed chooses: a text in model->prompts. */
static const uint8_t *mg_prompt(const mg_model *model, uint32_t seed) {
    const uint8_t *prompt = model->prompts;
    uint64_t total = 0, sum = 0;
    uint32_t point;
    int32_t at;
    mg_random random;
    for (at = 0; at < model->prompt_count; at++) total += model->prompt_counts[at];
    mg_seed(&random, seed, MG_HEADER_STREAM);
    point = mg_below(&random, total);
    for (at = 0; at < model->prompt_count - 1; at++) {
        sum += model->prompt_counts[at];
        if (sum > point) break;
        while (*prompt) prompt++;
        prompt++;
    }
    return prompt;
}

/* Begins a tune.
 *
 * seed: The same seed gives the same tune on every machine.
 * sharpness: log2(e) / temperature in Q16: 118186 for a temperature of 0.8, 94548 for 1.
 * most: Characters to draw at most.
 * prompt: What it begins with, ended by a 0; 0 lets the seed choose.
 */
static inline void mg_begin(
    const mg_model *model, mg_state *state, uint32_t seed, int32_t sharpness, int32_t most,
    const uint8_t *prompt
) {
    int32_t at;
    for (at = 0; at < MG_MAX_LAYERS * MG_MAX_HIDDEN; at++) state->cell[at] = 0;
    for (at = 0; at < MG_MAX_LAYERS * MG_ROOM(MG_MAX_HIDDEN); at++) state->hidden[at] = 0;
    for (at = 0; at < MG_ROOM(MG_MAX_HIDDEN); at++) state->values[at] = state->after[at] = 0;
    for (at = 0; at < MG_ROOM(MG_MAX_WIDTH); at++) state->width[at] = 0;
    for (at = 0; at < MG_OUTPUTS; at++) state->said[at] = 0;
    mg_forget(&state->memory);
    mg_begin_position(&state->position);
    mg_seed(&state->random, seed, MG_MUSIC_STREAM);
    state->sharpness = sharpness;
    state->most = most;
    state->written = 0;
    state->is_over = 0;
    state->previous = 0;
    state->prompt = prompt ? prompt : mg_prompt(model, seed);
    for (at = 0; at < 2; at++) mg_step_network(model, state, mg_find_id(model, '\n'));
}

/* The next character of the tune, its beginning included, in ASCII; -1 behind its end.
 *
 * A tune ends with a blank line: the last two characters are line ends. One that is cut at `most`
 * characters has no such end.
 */
static inline int32_t mg_next(const mg_model *model, mg_state *state) {
    int32_t id, letter;
    if (state->is_over) return -1;
    if (*state->prompt) {
        letter = *state->prompt++;
        id = mg_find_id(model, letter);
    } else {
        if (state->written >= state->most) {
            state->is_over = 1;
            return -1;
        }
        id = mg_draw(model, state);
        letter = model->characters[id];
        state->written++;
        if (letter == '\n' && state->previous == '\n') {
            state->is_over = 1;
            return letter;
        }
    }
    state->previous = letter;
    mg_step_network(model, state, id);
    return letter;
}
