/* The engine for a browser: one program for all networks, which are read from a file of numbers.
 *
 * musicgen/export/wasm.py compiles this to engine.wasm and writes the file: whole numbers of 32 bits,
 * the least significant byte first: the fields of mg_model up to colon, the number of prompts, where
 * each array of mg_model begins in the file, then ten numbers for each layer.
 */

#define MG_MAX_CHARACTERS 255
#define MG_MAX_WIDTH 2048
#define MG_MAX_HIDDEN 2048
#define MG_MAX_LAYERS 8
#define MG_LANES 8

#include "tables.h"
#include "engine.h"

#define MG_EXPORT(name) __attribute__((export_name(#name)))

enum { MG_FIELDS = 11, MG_ARRAYS = 9, MG_LAYER_NUMBERS = 11, MG_PROMPT = 4096 };

extern uint8_t __heap_base;

static mg_model network;
static mg_layer layers[MG_MAX_LAYERS];
static mg_state state;
static uint8_t prompt[MG_PROMPT];

/* Where the file of a network is to be put: behind all that the program has. */
MG_EXPORT(room) uint8_t *room(void) {
    return (uint8_t *)(((uintptr_t)&__heap_base + 63) & ~(uintptr_t)63);
}

/* Where a beginning may be written, and how long it may be, its 0 included. */
MG_EXPORT(prompt_room) uint8_t *prompt_room(void) { return prompt; }
MG_EXPORT(prompt_size) int32_t prompt_size(void) { return MG_PROMPT; }

/* Opens the network that lies in room(); 0 where the program has no room for it. */
MG_EXPORT(open) int32_t open(void) {
    const uint8_t *file = room();
    const int32_t *numbers = (const int32_t *)file, *places = numbers + MG_FIELDS + 1;
    int32_t at;
    network.vocabulary = numbers[0];
    network.width = numbers[1];
    network.hidden = numbers[2];
    network.layers = numbers[3];
    network.outputs = numbers[4];
    network.has_echoes = numbers[5];
    network.has_positions = numbers[6];
    network.has_relative = numbers[7];
    network.bar = numbers[8];
    network.line = numbers[9];
    network.colon = numbers[10];
    network.prompt_count = numbers[11];
    if (network.width > MG_MAX_WIDTH || network.hidden > MG_MAX_HIDDEN
        || network.layers > MG_MAX_LAYERS || network.vocabulary > MG_MAX_CHARACTERS) {
        return 0;
    }
    network.characters = file + places[0];
    network.rows = (const int8_t *)(file + places[1]);
    network.row_scales = (const int32_t *)(file + places[2]);
    network.output = (const int8_t *)(file + places[3]);
    network.output_scales = (const int32_t *)(file + places[4]);
    network.output_bias = (const int32_t *)(file + places[5]);
    network.trust = (const int32_t *)(file + places[6]);
    network.prompts = file + places[7];
    network.prompt_counts = (const uint32_t *)(file + places[8]);
    network.layer = layers;
    for (at = 0; at < network.layers; at++) {
        const int32_t *of = places + MG_ARRAYS + at * MG_LAYER_NUMBERS;
        mg_layer *layer = layers + at;
        layer->inputs = (const int8_t *)(file + of[0]);
        layer->recurrent = (const int8_t *)(file + of[1]);
        layer->input_scales = (const int32_t *)(file + of[2]);
        layer->recurrent_scales = (const int32_t *)(file + of[3]);
        layer->bias = (const int32_t *)(file + of[4]);
        layer->norm_scale = of[5] ? (const int32_t *)(file + of[5]) : 0;
        layer->norm_shift = of[6] ? (const int32_t *)(file + of[6]) : 0;
        layer->norm_epsilon = (int64_t)((uint64_t)(uint32_t)of[7] | (uint64_t)(uint32_t)of[8] << 32);
        layer->norm_limit = of[9];
        layer->input_size = of[10];
    }
    return 1;
}

/* Begins a tune; with the text in prompt_room(), or, if that is empty, with one that the seed
 * chooses. */
MG_EXPORT(begin) void begin(uint32_t seed, int32_t sharpness, int32_t most) {
    mg_begin(&network, &state, seed, sharpness, most, prompt[0] ? prompt : 0);
}

/* The next character, -1 behind the end. */
MG_EXPORT(next) int32_t next(void) { return mg_next(&network, &state); }
