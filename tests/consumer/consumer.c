/* A consumer of golden files: turns each rotary case as the file's normal form says, in float32, and compares. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* JSON of kind { [ " or 0, which is a number, or n, which is null, true or false; members of { have keys. */
typedef struct Node { char kind, *key, *text; double number; int count; struct Node *items; } Node;
static char *at; /* what is left of the file */
static Node *bad(const char *what, const char *at) { fprintf(stderr, "no golden file: %s %.20s\n", what, at); exit(2); }
static char blank(void) { at += strspn(at, " \n\r\t"); return *at; }
static void eat(char sign) { if (blank() != sign) bad("another sign", at); at++; }
static int word(const char *text) { return strncmp(at, text, strlen(text)) ? 0 : (at += strlen(text), 1); }
static char *string(void) { /* cut out of the file; escapes stay as they are, for no name that is looked up has one */
    eat('"'); char *begin = at;
    while (*at && *at != '"') at += at[0] == '\\' && at[1] ? 2 : 1;
    if (*at) *at++ = 0;
    return begin;
}
static Node value(char *key) {
    if (key) eat(':');
    Node found = {blank(), key, NULL, 0, 0, NULL};
    char *begin = at, end = found.kind == '{' ? '}' : ']';
    if (found.kind == '"') return found.text = string(), found;
    if (word("null") || word("true") || word("false")) return found.kind = 'n', found;
    if (found.kind != '{' && found.kind != '[') found.kind = '0', found.number = strtod(at, &at);
    if (found.kind == '0') return at == begin ? *bad("no value", at) : found;
    for (at++; blank() != end; found.count++) {
        if (found.count) eat(',');
        found.items = realloc(found.items, (size_t)(found.count + 1) * sizeof found);
        found.items[found.count] = value(found.kind == '{' ? string() : NULL);
    }
    return at++, found;
}
static const Node *get(const Node *of, const char *key) { /* NULL where it is not there */
    for (int i = 0; of->kind == '{' && i < of->count; i++) if (strcmp(of->items[i].key, key) == 0) return of->items + i;
    return NULL;
}
static const Node *member(const Node *of, const char *key, char kind) { /* what has to be there, and of a kind */
    const Node *found = get(of, key);
    return found && found->kind == kind ? found : bad("no member", key);
}
static const Node *nth(const Node *l, double i) { return 0 <= i && i < l->count ? l->items + (int)i : bad("few", ""); }
static double number(const Node *list, double i) { return nth(list, i)->number; }
static double angle(const Node *omega, const Node *p, double k) { /* the sum of p_a omega_ak in double; p is one */
    double sum = 0, one = p->number;                               /* number where there is one axis */
    for (int a = 0; a < omega->count; a++) sum += (p->count ? number(p, a) : one) * number(nth(omega, a), k);
    return sum;
}
static float *out_of(float *y, const Node *x, double e) { return y + (nth(x, e) - x->items); }
static void rotate(const Node *form, const Node *omega, const Node *x, const Node *position, float *y) {
    const Node *in = member(form, "pairs_in", '['), *out = member(form, "pairs_out", '['), *own = get(form, "columns");
    double g = member(form, "magnitude", '0')->number, turn[2];
    for (int i = 0; i < x->count; i++) y[i] = (float)number(x, i);
    for (int k = 0; k < in->count; k++) {
        for (int i = 0; i < 2; i++) turn[i] = angle(omega, position, own ? number(nth(own, k), i) : k);
        float a = (float)number(x, number(nth(in, k), 0)), b = (float)number(x, number(nth(in, k), 1));
        *out_of(y, x, number(nth(out, k), 0)) = a * (float)(g * cos(turn[0])) - b * (float)(g * sin(turn[0]));
        *out_of(y, x, number(nth(out, k), 1)) = b * (float)(g * cos(turn[1])) + a * (float)(g * sin(turn[1]));
    }
}
static const char *left_out(const Node *file) { /* what a file is that is not turned here; NULL where it is turned */
    const Node *family = member(file, "family", '"'), *growth = get(member(file, "variant", '{'), "growth");
    const Node *in = member(nth(member(file, "cases", '['), 0), "inputs", '{');
    if (strcmp(family->text, "rotary") != 0) return family->text;
    return growth && growth->kind == '{' ? "growth" : get(in, "length") ? "length" : NULL;
}
static int agrees(const Node *file, const char *name) {
    if (left_out(file)) return printf("%s: skipped, %s\n", name, left_out(file)), 1;
    const Node *form = member(file, "normal_form", '{'), *cases = get(file, "cases");
    int values = 0, wrong = 0; double worst = 0;
    for (int c = 0; c < cases->count; c++) {
        const Node *one = nth(cases, c), *in = member(one, "inputs", '{'), *pinned = get(one, "elements");
        const Node *units = member(member(one, "units", '{'), "float32/tables", '['), *head = get(in, "head");
        const Node *omega = member(form, "omega", '['), *masters = member(one, "master", '[');
        for (int t = 0; t < masters->count; t++) {
            const Node *want = nth(masters, t), *x = nth(member(in, "x", '['), t), *u = nth(units, t);
            float y[x->count + 1]; /* one more, so that there is one */
            rotate(form, head ? nth(omega, head->number) : omega, x, nth(member(in, "positions", '['), t), y);
            for (int i = 0; i < want->count; i++, values++) {
                double error = fabs(*out_of(y, x, pinned ? number(pinned, i) : i) - number(want, i));
                wrong += !(error <= number(u, i) * 0x1p-24); /* so that NaN is wrong */
                worst = fmax(worst, error / (number(u, i) * 0x1p-24));
            }
        }
    }
    return printf("%s: %d of %d values agree, worst %.2f\n", name, values - wrong, values, worst), wrong == 0;
}
int main(int count, char **paths) {
    int fine = count > 1;
    for (int i = 1; i < count; i++) {
        static char text[(1 << 23) + 1];
        if (!freopen(paths[i], "rb", stdin)) bad("nothing", paths[i]);
        text[fread(text, 1, sizeof text - 1, stdin)] = 0;
        Node golden = (at = text, value(NULL));
        if (member(&golden, "format", '0')->number != 1) bad("another format", "format");
        fine &= agrees(&golden, member(&golden, "name", '"')->text);
    }
    return !fine;
}
