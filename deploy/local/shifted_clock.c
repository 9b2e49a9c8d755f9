/* Preloaded by `./agenda test --at …`: the wall clock tells another moment and goes on at its pace; every other clock, the
 * files' times and how long a wait lasts stay the machine's.
 *
 * Not libfaketime: under Debian 12's (0.9.10) clock_nanosleep on the monotonic clock, Python's time.sleep, fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

/* The machine's own function. */
#define MACHINE(name) \
    ({ \
        static __typeof__(&name) found; \
        if (!found) \
            found = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
        found; \
    })

static time_t shift(void) {
    static int known;
    static time_t seconds;
    if (!known) {
        const char *given = getenv("SHIFTED_CLOCK_SECONDS");
        seconds = given ? atol(given) : 0;
        known = 1;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = MACHINE(clock_gettime)(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift();
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    int result = MACHINE(gettimeofday)(now, zone);
    if (result == 0)
        now->tv_sec += shift();
    return result;
}

time_t time(time_t *now) {
    time_t seconds = MACHINE(time)(NULL) + shift();
    if (now)
        *now = seconds;
    return seconds;
}

int timespec_get(struct timespec *now, int base) {
    int result = MACHINE(timespec_get)(now, base);
    if (result == TIME_UTC)
        now->tv_sec += shift();
    return result;
}

/* The kernel waits by its own clock: a moment of the shifted one is shifted back. Which clock a moment belongs to is not
 * always told, but only the wall clock has counted a thousand million seconds. */
static struct timespec shifted_back(const struct timespec *moment) {
    struct timespec machines = *moment;
    if (machines.tv_sec > 1000000000)
        machines.tv_sec -= shift();
    return machines;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left) {
    struct timespec until = flags & TIMER_ABSTIME ? shifted_back(wanted) : *wanted;
    return MACHINE(clock_nanosleep)(clock, flags, &until, left);
}

int sem_timedwait(sem_t *semaphore, const struct timespec *moment) {
    struct timespec until = shifted_back(moment);
    return MACHINE(sem_timedwait)(semaphore, &until);
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *moment) {
    struct timespec until = shifted_back(moment);
    return MACHINE(sem_clockwait)(semaphore, clock, &until);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *moment) {
    struct timespec until = shifted_back(moment);
    return MACHINE(pthread_mutex_timedlock)(mutex, &until);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *moment) {
    struct timespec until = shifted_back(moment);
    return MACHINE(pthread_cond_timedwait)(condition, mutex, &until);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *moment) {
    struct timespec until = shifted_back(moment);
    return MACHINE(pthread_cond_clockwait)(condition, mutex, clock, &until);
}
