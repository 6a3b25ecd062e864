/* Composes on a Cortex-M4 without an operating system, and measures itself.
 *
 * SEEDS, SHARPNESS and MOST are given to the compiler. Writes by semihosting: of each seed the text
 * and a 0, then a line with instructions, characters and the bytes of the stack that were used. It is
 * meant for QEMU with -icount shift=0, where an instruction takes a nanosecond and SysTick counts 25
 * million times a second: every 40 instructions.
 */

#include "model.h"

#define STACK_BYTES 16384
#define SYSTICK ((volatile uint32_t *)0xE000E010)
#define PER_TICK 40

extern uint32_t data_source[], data_start[], data_end[], bss_start[], bss_end[];
extern uint32_t stack_low[], stack_free[], stack_top[];

void start(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*reset)(void);
} vectors = {stack_top, start};

static int semihost(int operation, const void *argument) {
    register int first __asm__("r0") = operation;
    register const void *second __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(first) : "r"(second) : "memory");
    return first;
}

static void write_letter(char letter) { semihost(3, &letter); }

static void write_number(uint64_t number) {
    char digits[24];
    int at = 0;
    do {
        digits[at++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    while (at) write_letter(digits[--at]);
}

static mg_state state;

static void compose(void) {
    static const uint32_t seeds[] = {SEEDS};
    uint64_t ticks = 0, characters = 0;
    uint32_t *low = stack_low, used = STACK_BYTES;
    unsigned at;
    for (at = 0; at < sizeof seeds / sizeof *seeds; at++) {
        int32_t letter;
        mg_begin(&mg_network, &state, seeds[at], SHARPNESS, MOST, 0);
        for (;;) {
            uint32_t before = SYSTICK[2];
            letter = mg_next(&mg_network, &state);
            ticks += (before - SYSTICK[2]) & 0xFFFFFF;
            if (letter < 0) break;
            characters++;
            write_letter((char)letter);
        }
        write_letter(0);
    }
    while (used && *low == 0x5A5A5A5A) {
        low++;
        used -= 4;
    }
    write_number(ticks * PER_TICK);
    write_letter(' ');
    write_number(characters);
    write_letter(' ');
    write_number(used);
    write_letter('\n');
}

void start(void) {
    uint32_t *from = data_source, *to;
    for (to = data_start; to < data_end;) *to++ = *from++;
    for (to = bss_start; to < bss_end;) *to++ = 0;
    for (to = stack_low; to < stack_free; to++) *to = 0x5A5A5A5A;
    SYSTICK[1] = 0xFFFFFF;
    SYSTICK[2] = 0;
    SYSTICK[0] = 5; /* the processor's clock, no interrupt */
    compose();
    semihost(0x18, (const void *)0x20026); /* ends the program well */
    for (;;) { }
}
