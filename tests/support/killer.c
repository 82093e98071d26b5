/* Ends a program, as kill -9 does, before a chosen step that puts something on the disk.
 *
 * Loaded before the C library (LD_PRELOAD), it stands in the way of the calls with which
 * Rust's library and SQLite write, sync, rename and remove, and counts them. Before number
 * KILL_AT is carried out, the program is dead. With KILL_PAGES every write counts too, and
 * of the last one the first half still reaches the file, as at a power cut. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long counted;
static long last;
static int pages;

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("KILL_AT");
    last = at ? atol(at) : 0;
    pages = getenv("KILL_PAGES") != NULL;
}

/* Counts a step; tells whether it is the last. */
static int is_last(void)
{
    return last != 0 && atomic_fetch_add(&counted, 1) + 1 == last;
}

static void end(const char *step)
{
    dprintf(STDERR_FILENO, "\nkilled before %s\n", step);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

#define STEP(result, name, parameters, arguments)                                 \
    result name parameters                                                        \
    {                                                                             \
        static result(*real) parameters;                                          \
        if (!real)                                                                \
            real = (result(*) parameters)dlsym(RTLD_NEXT, #name);                 \
        if (is_last())                                                            \
            end(#name);                                                           \
        return real arguments;                                                    \
    }

STEP(int, fsync, (int file), (file))
STEP(int, fdatasync, (int file), (file))
STEP(int, rename, (const char *from, const char *to), (from, to))
STEP(int, unlink, (const char *path), (path))
STEP(int, mkdir, (const char *path, mode_t mode), (path, mode))
STEP(int, ftruncate, (int file, off_t length), (file, length))
STEP(int, ftruncate64, (int file, off64_t length), (file, length))

#define PAGE(name, offset)                                                        \
    ssize_t name(int file, const void *bytes, size_t length, offset at)           \
    {                                                                             \
        static ssize_t (*real)(int, const void *, size_t, offset);                \
        if (!real)                                                                \
            real = (ssize_t(*)(int, const void *, size_t, offset))dlsym(          \
                RTLD_NEXT, #name);                                                \
        if (pages && is_last()) {                                                 \
            if (real(file, bytes, length / 2, at) < 0)                            \
                end("a failed write");                                            \
            end(#name);                                                           \
        }                                                                         \
        return real(file, bytes, length, at);                                     \
    }

PAGE(pwrite, off_t)
PAGE(pwrite64, off64_t)

ssize_t write(int file, const void *bytes, size_t length)
{
    static ssize_t (*real)(int, const void *, size_t);
    struct stat about;
    if (!real)
        real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    /* Of files alone: what goes to a pipe or a socket is not kept. */
    if (pages && file > STDERR_FILENO && fstat(file, &about) == 0 &&
        S_ISREG(about.st_mode) && is_last()) {
        if (real(file, bytes, length / 2) < 0)
            end("a failed write");
        end("write");
    }
    return real(file, bytes, length);
}
