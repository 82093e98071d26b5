/* A PKCS#11 module for the tests: SoftHSM's, except where it is told to behave as vendors'
 * modules do on a bad day. What it does stands as words in the file LIBRARY.mode, read anew
 * at every call; every login is noted in LIBRARY.log.
 *
 * Built by the test: cc -shared -fPIC -DSOFTHSM='"path"' shim.c -o shim.so -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef unsigned char byte;
typedef struct { ulong type; void *value; ulong length; } attribute;

/* CK_FUNCTION_LIST of PKCS#11 2.40, the functions by their places. */
typedef struct { byte version[2]; void *call[68]; } functions;
enum {
    INITIALIZE = 0, GET_SLOT_LIST = 4, GET_TOKEN_INFO = 6, LOGIN = 18, LOGOUT = 19,
    GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS = 27, SIGN_INIT = 42, SIGN = 43, SIGN_UPDATE = 44,
    SIGN_FINAL = 45
};
enum {
    OK = 0, GENERAL_ERROR = 5, FUNCTION_FAILED = 6, ARGUMENTS_BAD = 7, DEVICE_ERROR = 0x30,
    FUNCTION_CANCELED = 0x50, PIN_INCORRECT = 0xA0, SESSION_HANDLE_INVALID = 0xB3,
    TOKEN_NOT_PRESENT = 0xE0, USER_ALREADY_LOGGED_IN = 0x100, USER_NOT_LOGGED_IN = 0x101
};
enum { USER = 1, CONTEXT_SPECIFIC = 2 };

static functions *real, list;
static char own[4096];
static char accepted[64];  /* the PIN of the last login that was accepted */
static int other_program;  /* still logged in there */
static int unlocked;       /* for the one signature that is under way */
static byte data[8192];    /* what C_SignUpdate has been given */
static ulong gathered;

/* Whether `word` stands in the mode; what follows a '=' goes into `rest`. */
static int mode(const char *word, char *rest, size_t size) {
    char path[4200], text[1024];
    snprintf(path, sizeof path, "%s.mode", own);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    for (char *save, *each = strtok_r(text, " \n", &save); each; each = strtok_r(0, " \n", &save)) {
        size_t n = strlen(word);
        if (strncmp(each, word, n) || (each[n] && each[n] != '=')) continue;
        if (rest) snprintf(rest, size, "%s", each[n] ? each + n + 1 : "");
        return 1;
    }
    return 0;
}
#define MODE(word) mode(word, 0, 0)

/* crash-NAME, exit-NAME, hang-NAME, noise, flood */
static void misbehave(const char *name) {
    char word[64];
    snprintf(word, sizeof word, "crash-%s", name);
    if (MODE(word)) *(volatile int *)0 = 1;
    snprintf(word, sizeof word, "exit-%s", name);
    if (MODE(word)) exit(0);
    snprintf(word, sizeof word, "hang-%s", name);
    while (MODE(word)) usleep(20000);
    if (MODE("noise")) write(1, "vendor: debug\n", 14);
    for (int i = 0; i < 10000 && MODE("flood"); i++)
        if (write(1, "0123456789abcdef0123456789abcdef", 32) < 0) break;
}

static ulong initialize(void *arguments) {
    misbehave("initialize");
    other_program = MODE("already");
    return ((ulong (*)(void *))real->call[INITIALIZE])(arguments);
}

static ulong get_slot_list(byte present, ulong *slots, ulong *count) {
    misbehave("list");
    ulong answer = ((ulong (*)(byte, ulong *, ulong *))real->call[GET_SLOT_LIST])(present, slots, count);
    if (MODE("many-slots")) *count = 1ul << 61;
    return answer;
}

static ulong get_token_info(ulong slot, byte *info) {
    misbehave("info");
    if (MODE("gone")) return TOKEN_NOT_PRESENT;
    ulong answer = ((ulong (*)(ulong, byte *))real->call[GET_TOKEN_INFO])(slot, info);
    ulong *flags = (ulong *)(info + 96);
    if (MODE("pad")) *flags |= 0x100;
    if (MODE("low")) *flags |= 0x10000;
    if (MODE("final")) *flags |= 0x20000;
    if (MODE("locked")) *flags |= 0x40000;
    return answer;
}

static ulong login(ulong session, ulong who, byte *pin, ulong length) {
    char given[64] = "", path[4200];
    snprintf(path, sizeof path, "%s.log", own);
    FILE *log = fopen(path, "a");
    if (log) { fprintf(log, "login %lu\n", who); fclose(log); }
    misbehave("login");
    if (MODE("gone-login")) {
        snprintf(path, sizeof path, "%s.mode", own);
        FILE *file = fopen(path, "w");
        if (file) { fputs("gone", file); fclose(file); }
        return PIN_INCORRECT;
    }
    if (MODE("device-login")) return DEVICE_ERROR;
    if (MODE("general-login")) return GENERAL_ERROR;
    if (MODE("failed-login")) return FUNCTION_FAILED;
    if (MODE("cancel")) return FUNCTION_CANCELED;
    if (mode("pad", given, sizeof given)) {
        if (pin) return ARGUMENTS_BAD;
    } else if (pin && length < sizeof given) {
        memcpy(given, pin, length);
    }
    if (who == CONTEXT_SPECIFIC) {
        if (strcmp(given, accepted)) return PIN_INCORRECT;
        unlocked = 1;
        return OK;
    }
    if (other_program) return USER_ALREADY_LOGGED_IN;
    ulong answer = ((ulong (*)(ulong, ulong, byte *, ulong))real->call[LOGIN])(session, who, (byte *)given, strlen(given));
    if (answer == OK) strcpy(accepted, given);
    return answer;
}

static ulong logout(ulong session) {
    if (other_program) { other_program = MODE("stubborn"); return OK; }
    return ((ulong (*)(ulong))real->call[LOGOUT])(session);
}

static ulong get_attribute_value(ulong session, ulong object, attribute *wanted, ulong count) {
    misbehave("attribute");
    if (MODE("always") && count == 1 && wanted->type == 0x202) {
        if (wanted->value) *(byte *)wanted->value = 1;
        wanted->length = 1;
        return OK;
    }
    ulong answer = ((ulong (*)(ulong, ulong, attribute *, ulong))real->call[GET_ATTRIBUTE_VALUE])(session, object, wanted, count);
    for (ulong i = 0; i < count && MODE("huge-lengths"); i++)
        if (!wanted[i].value) wanted[i].length = 1ul << 46;
    return answer;
}

static ulong find_objects(ulong session, ulong *objects, ulong most, ulong *count) {
    ulong answer = ((ulong (*)(ulong, ulong *, ulong, ulong *))real->call[FIND_OBJECTS])(session, objects, most, count);
    if (MODE("endless")) {
        for (ulong i = 0; i < most; i++) objects[i] = i + 1;
        *count = most;
    }
    return answer;
}

static ulong sign_init(ulong session, void *mechanism, ulong key) {
    unlocked = 0;
    gathered = 0;
    return ((ulong (*)(ulong, void *, ulong))real->call[SIGN_INIT])(session, mechanism, key);
}

static ulong sign(ulong session, byte *input, ulong length, byte *signature, ulong *size) {
    misbehave("sign");
    if (MODE("device-sign")) return DEVICE_ERROR;
    if (MODE("pin-sign")) return PIN_INCORRECT;
    if (MODE("closed-sign")) return SESSION_HANDLE_INVALID;
    if (MODE("always") && !unlocked) return USER_NOT_LOGGED_IN;
    ulong answer = ((ulong (*)(ulong, byte *, ulong, byte *, ulong *))real->call[SIGN])(session, input, length, signature, size);
    if (MODE("spoil") && answer == OK && signature) signature[*size / 2] ^= 1;
    return answer;
}

/* SoftHSM takes a ready DigestInfo in one part only. */
static ulong sign_update(ulong session, byte *part, ulong length) {
    (void)session;
    if (gathered + length > sizeof data) return ARGUMENTS_BAD;
    memcpy(data + gathered, part, length);
    gathered += length;
    return OK;
}

static ulong sign_final(ulong session, byte *signature, ulong *size) {
    return sign(session, data, gathered, signature, size);
}

ulong C_GetFunctionList(functions **out) {
    Dl_info info;
    if (!dladdr((void *)C_GetFunctionList, &info)) return GENERAL_ERROR;
    snprintf(own, sizeof own, "%s", info.dli_fname);
    misbehave("load");
    void *library = dlopen(SOFTHSM, RTLD_NOW);
    ulong (*get)(functions **) = library ? (ulong (*)(functions **))dlsym(library, "C_GetFunctionList") : 0;
    if (!get || get(&real)) return GENERAL_ERROR;
    list = *real;
    list.call[INITIALIZE] = (void *)initialize;
    list.call[GET_SLOT_LIST] = (void *)get_slot_list;
    list.call[GET_TOKEN_INFO] = (void *)get_token_info;
    list.call[LOGIN] = (void *)login;
    list.call[LOGOUT] = (void *)logout;
    list.call[GET_ATTRIBUTE_VALUE] = (void *)get_attribute_value;
    list.call[FIND_OBJECTS] = (void *)find_objects;
    list.call[SIGN_INIT] = (void *)sign_init;
    list.call[SIGN] = (void *)sign;
    list.call[SIGN_UPDATE] = (void *)sign_update;
    list.call[SIGN_FINAL] = (void *)sign_final;
    *out = &list;
    return OK;
}
