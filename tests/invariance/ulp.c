/* Preloaded, it moves what libm returns by an ulp: REFPOS_ULP is up, down or either, which is one after the other.
   Only 0, and powers of two that pow returns, are left alone: no libm misses those. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>

static double way(void) {
    static char asked;
    static unsigned calls;
    if (!asked) {
        const char *given = getenv("REFPOS_ULP");
        asked = given && *given ? *given : 'u';
    }
    return asked == 'd' || (asked == 'e' && calls++ % 2) ? -INFINITY : INFINITY;
}

static double off(double y) { return y == 0 || !isfinite(y) ? y : nextafter(y, way()); }
static float offf(float y) { return y == 0 || !isfinite(y) ? y : nextafterf(y, (float)way()); }
static double power(double y) { int e; return fabs(frexp(y, &e)) == 0.5 ? y : off(y); }
static float powerf(float y) { int e; return fabsf(frexpf(y, &e)) == 0.5F ? y : offf(y); }

#define NEXT(name) if (!next) *(void **)&next = dlsym(RTLD_NEXT, #name)
#define ONE(type, name, moved) \
    type name(type x) { static type (*next)(type); NEXT(name); return moved(next(x)); }
#define TWO(type, name, moved) \
    type name(type x, type y) { static type (*next)(type, type); NEXT(name); return moved(next(x, y)); }
#define PAIR(type, name, moved) \
    void name(type x, type *s, type *c) { \
        static void (*next)(type, type *, type *); NEXT(name); next(x, s, c); *s = moved(*s), *c = moved(*c); }
#define BOTH(how, name) how(double, name, off) how(float, name##f, offf)

BOTH(ONE, cos) BOTH(ONE, sin) BOTH(ONE, tan) BOTH(ONE, acos) BOTH(ONE, asin) BOTH(ONE, atan) BOTH(TWO, atan2)
BOTH(ONE, cosh) BOTH(ONE, sinh) BOTH(ONE, tanh) BOTH(TWO, hypot) BOTH(ONE, cbrt) BOTH(PAIR, sincos)
BOTH(ONE, exp) BOTH(ONE, exp2) BOTH(ONE, exp10) BOTH(ONE, expm1)
TWO(double, pow, power) TWO(float, powf, powerf)
BOTH(ONE, log) BOTH(ONE, log2) BOTH(ONE, log10) BOTH(ONE, log1p)
