/* A consumer of golden files: turns each rotary case as the file's normal form says, in float32, and compares. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* JSON of kind { [ " or 0, which is a number, or n, which is null, true or false; members of { have keys. */
typedef struct Node { char kind, *key, *text; double number; int count; struct Node *items; } Node;
static char *at; /* what is left of the file */
static void bad(const char *what) { fprintf(stderr, "no golden file: %s at \"%.20s\"\n", what, at); exit(2); }
static char blank(void) { at += strspn(at, " \n\r\t"); return *at; }
static void eat(char sign) { if (blank() != sign) bad("another sign"); at++; }
static char *string(void) { /* cut out of the file; escapes stay as they are, for no name that is looked up has one */
    char *begin = (eat('"'), at);
    while (*at && *at != '"') at += at[0] == '\\' && at[1] ? 2 : 1;
    if (*at) *at++ = 0;
    return begin;
}

static Node value(char *key) {
    if (key) eat(':');
    Node found = {blank(), key, NULL, 0, 0, NULL};
    char *begin = at;
    if (found.kind == '"') found.text = string();
    else if (found.kind == '{' || found.kind == '[') {
        for (at++; blank() != found.kind + 2; found.count++) { /* in ASCII } is { + 2, and ] is [ + 2 */
            if (found.count) eat(',');
            found.items = realloc(found.items, (size_t)(found.count + 1) * sizeof found);
            found.items[found.count] = value(found.kind == '{' ? string() : NULL);
        }
        at++;
    } else if (strspn(at, "aeflnrstu") > 3) found.kind = 'n', at += strspn(at, "aeflnrstu");
    else if (found.kind = '0', found.number = strtod(at, &at), at == begin) bad("no value");
    return found;
}

static const Node *get(const Node *object, const char *key) { /* NULL where it is not there */
    for (int i = 0; i < object->count; i++) if (strcmp(object->items[i].key, key) == 0) return object->items + i;
    return NULL;
}
static const Node *nth(const Node *list, int i) { return i < list->count ? list->items + i : (bad("too few"), list); }
static double number(const Node *list, int i) { return nth(list, i)->number; }
static int whole(const Node *list, int i) { return (int)number(list, i); }

static double angle(const Node *omega, const Node *position, int plane) { /* the sum of p_a omega_ak, in double */
    double sum = 0;
    for (int a = 0; a < omega->count; a++)
        sum += (position->count ? number(position, a) : position->number) * number(nth(omega, a), plane);
    return sum;
}

static void rotate(const Node *form, const Node *omega, const Node *x, const Node *position, float *y) {
    const Node *in = get(form, "pairs_in"), *out = get(form, "pairs_out"), *columns = get(form, "columns");
    double g = get(form, "magnitude")->number;
    for (int i = 0; i < x->count; i++) y[i] = (float)number(x, i);
    for (int k = 0; k < in->count; k++) {
        double first = angle(omega, position, columns ? whole(nth(columns, k), 0) : k);
        double second = angle(omega, position, columns ? whole(nth(columns, k), 1) : k);
        float a = (float)number(x, whole(nth(in, k), 0)), b = (float)number(x, whole(nth(in, k), 1));
        y[whole(nth(out, k), 0)] = a * (float)(g * cos(first)) - b * (float)(g * sin(first));
        y[whole(nth(out, k), 1)] = b * (float)(g * cos(second)) + a * (float)(g * sin(second));
    }
}

static int agrees(const Node *file, const char *name) {
    const Node *form = get(file, "normal_form"), *growth = get(get(file, "variant"), "growth");
    const char *reason = !form ? "no normal form" : growth && growth->kind != 'n' ? "growth" : NULL;
    if (reason) return printf("%s: skipped, %s\n", name, reason), 1;
    int values = 0, wrong = 0; double worst = 0;
    for (int c = 0; c < get(file, "cases")->count; c++) {
        const Node *one = nth(get(file, "cases"), c), *in = get(one, "inputs"), *x = get(in, "x");
        const Node *omega = get(form, "omega"), *pinned = get(one, "elements"), *head = get(in, "head");
        for (int t = 0; t < x->count; t++) {
            const Node *want = nth(get(one, "master"), t), *units = nth(get(get(one, "units"), "float32/tables"), t);
            float y[nth(x, t)->count];
            rotate(form, head ? nth(omega, (int)head->number) : omega, nth(x, t), nth(get(in, "positions"), t), y);
            for (int i = 0; i < want->count; i++, values++) {
                double error = fabs(y[pinned ? whole(pinned, i) : i] - number(want, i));
                wrong += !(error <= number(units, i) * 0x1p-24); /* so that NaN is wrong */
                worst = fmax(worst, error / (number(units, i) * 0x1p-24));
            }
        }
    }
    printf("%s: %d of %d values agree, worst %.2f\n", name, values - wrong, values, worst);
    return wrong == 0;
}

int main(int count, char **paths) {
    int fine = count > 1;
    for (int i = 1; i < count; i++) {
        static char text[(1 << 23) + 1];
        if (!freopen(at = paths[i], "rb", stdin)) bad("nothing");
        text[fread(text, 1, sizeof text - 1, stdin)] = 0;
        Node golden = (at = text, value(NULL));
        if (!get(&golden, "format") || get(&golden, "format")->number != 1) bad("another format");
        fine &= agrees(&golden, get(&golden, "name")->text);
    }
    return !fine;
}
