/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * Lets the n-th allocation, or the n-th write, of a process fail; loaded into a daemon by
 * LD_PRELOAD.  Who tests maps the file that FAIL_NTH names too, and arms:
 *
 *   kinds = 1 (memory) or 2 (output), n = 17, count = failed = 0, armed = 1
 *   ... what is to be tried ...
 *   armed = 0; count says how many such calls there were, failed whether the 17th came
 *
 * Memory: malloc, calloc, realloc, memalign and relatives give NULL (ENOMEM).  Output: write,
 * writev, send, sendto, sendmsg give EPIPE, and a socket is shut down; fsync, fdatasync and open
 * ENOSPC.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define KIND_MEMORY 1
#define KIND_OUTPUT 2
#define TRACE_MAX 24

struct control {
	uint32_t armed, kinds;
	uint64_t count, n, failed;
	uint64_t n_trace;
	void *trace[TRACE_MAX]; /* who called */
};

/* glibc's own, which need no look-up that allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static struct control *control;
static pid_t owner;
static __thread bool inside;

static bool fails(uint32_t kind)
{
	if (!control || !control->armed || !(control->kinds & kind) || inside || getpid() != owner)
		return false;
	if (__atomic_add_fetch(&control->count, 1, __ATOMIC_RELAXED) != control->n)
		return false;
	control->failed = 1;
	inside = true;
	control->n_trace = backtrace(control->trace, TRACE_MAX);
	inside = false;
	return true;
}

void *malloc(size_t size)
{
	if (!fails(KIND_MEMORY))
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	if (!fails(KIND_MEMORY))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *p, size_t size)
{
	if (!fails(KIND_MEMORY))
		return __libc_realloc(p, size);
	errno = ENOMEM;
	return NULL;
}

void *memalign(size_t alignment, size_t size)
{
	if (!fails(KIND_MEMORY))
		return __libc_memalign(alignment, size);
	errno = ENOMEM;
	return NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	*p = memalign(alignment, size);
	return *p ? 0 : ENOMEM;
}

/* The next definition of the function that this stands in, looked up once. */
#define NEXT(type, name, ...)                                        \
	static type (*next)(__VA_ARGS__);                            \
	if (!next) {                                                 \
		inside = true;                                       \
		next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name); \
		inside = false;                                      \
	}

/* As where the far end is gone: what is read next is the end. */
static bool output_fails(int fd)
{
	if (!fails(KIND_OUTPUT))
		return false;
	shutdown(fd, SHUT_RDWR);
	errno = EPIPE;
	return true;
}

#define REFUSE(error)             \
	if (fails(KIND_OUTPUT)) { \
		errno = error;    \
		return -1;        \
	}

ssize_t write(int fd, const void *octets, size_t n)
{
	NEXT(ssize_t, "write", int, const void *, size_t)
	if (output_fails(fd))
		return -1;
	return next(fd, octets, n);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	NEXT(ssize_t, "writev", int, const struct iovec *, int)
	if (output_fails(fd))
		return -1;
	return next(fd, v, n);
}

ssize_t send(int fd, const void *octets, size_t n, int flags)
{
	NEXT(ssize_t, "send", int, const void *, size_t, int)
	if (output_fails(fd))
		return -1;
	return next(fd, octets, n, flags);
}

ssize_t sendto(int fd, const void *octets, size_t n, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	NEXT(ssize_t, "sendto", int, const void *, size_t, int, const struct sockaddr *, socklen_t)
	if (output_fails(fd))
		return -1;
	return next(fd, octets, n, flags, to, to_len);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	NEXT(ssize_t, "sendmsg", int, const struct msghdr *, int)
	if (output_fails(fd))
		return -1;
	return next(fd, m, flags);
}

int fsync(int fd)
{
	NEXT(int, "fsync", int)
	REFUSE(ENOSPC)
	return next(fd);
}

int fdatasync(int fd)
{
	NEXT(int, "fdatasync", int)
	REFUSE(ENOSPC)
	return next(fd);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	NEXT(int, "open", const char *, int, ...)
	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	REFUSE(ENOSPC)
	return next(path, flags, mode);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAIL_NTH");
	void *trace[1];
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED
			  : mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	backtrace(trace, 1); /* loads libgcc now, not while something fails */
	owner = getpid();
	control = at == MAP_FAILED ? NULL : at;
}
