/* Preloaded into a process: its wall clock is the machine's plus an offset that another process sets at any time.

   The offset is eight bytes, nanoseconds, in the file that AZURAFORGE_STORM_CLOCK names. The monotonic clocks stay as
   they are, as they do when an administrator or a time server sets a machine's clock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

static const volatile long long *offset;
static int (*machine_clock)(clockid_t, struct timespec *);
static int (*machine_wait)(sem_t *, const struct timespec *);

__attribute__((constructor)) static void begin(void) {
    machine_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    machine_wait = (int (*)(sem_t *, const struct timespec *))dlsym(RTLD_NEXT, "sem_timedwait");
    const char *path = getenv("AZURAFORGE_STORM_CLOCK");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    void *found = mmap(NULL, sizeof(long long), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (found != MAP_FAILED) offset = found;
}

static void move(struct timespec *at, long long by) {
    long long nanoseconds = at->tv_sec * SECOND + at->tv_nsec + by;
    if (nanoseconds < 0) nanoseconds = 0;
    at->tv_sec = nanoseconds / SECOND;
    at->tv_nsec = nanoseconds % SECOND;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int failed = machine_clock ? machine_clock(clock, at) : (int)syscall(SYS_clock_gettime, clock, at);
    if (!failed && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) move(at, *offset);
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

/* The kernel compares this deadline with the machine's own clock. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    if (!machine_wait) {
        errno = ENOSYS;
        return -1;
    }
    struct timespec moved = *until;
    if (offset) move(&moved, -*offset);
    return machine_wait(semaphore, &moved);
}
