// CUDA's words for a C++ compiler of the host: the threads of a block are fibers that run one after
// the other, each up to the next barrier.
#include <math.h>
#include <string.h>
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__
#define __shared__ static

struct Place {
  unsigned x, y, z;
};
static Place threadIdx, blockIdx, blockDim, gridDim;

static inline double __longlong_as_double(long long bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline long long __double_as_longlong(double x) {
  long long bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

struct Fiber {
  ucontext_t context;
  std::vector<char> stack = std::vector<char>(1 << 16);
  bool done;
};
static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static Fiber *running;
static void (*entry)(void **);
static void **given;

static void __syncthreads() { swapcontext(&running->context, &scheduler); }

static void run_fiber() {
  entry(given);
  running->done = true;
}

static void run_block() {
  unsigned count = blockDim.x * blockDim.y, left = count;
  if (fibers.size() < count) fibers.resize(count);
  for (unsigned k = 0; k < count; k++) {
    Fiber &fiber = fibers[k];
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    fiber.context.uc_link = &scheduler;
    fiber.done = false;
    makecontext(&fiber.context, run_fiber, 0);
  }
  while (left > 0) {
    for (unsigned k = 0; k < count; k++) {
      running = &fibers[k];
      if (running->done) continue;
      threadIdx = Place{k % blockDim.x, k / blockDim.x, 0};
      swapcontext(&scheduler, &running->context);
      left -= running->done;
    }
  }
}

static void run_grid(void (*kernel)(void **), void **arguments, unsigned blocks, unsigned x, unsigned y) {
  entry = kernel;
  given = arguments;
  blockDim = Place{x, y, 1};
  gridDim = Place{blocks, 1, 1};
  for (unsigned k = 0; k < blocks; k++) {
    blockIdx = Place{k, 0, 0};
    run_block();
  }
}
