// Threads of the libraries. They take no signals: those are for threads of the host.
#ifndef SOLOKV_KV_BASE_BACKGROUND_THREAD_H_
#define SOLOKV_KV_BASE_BACKGROUND_THREAD_H_

#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

namespace kv {

// A thread that runs `work` with all signals blocked; none (not joinable) if the system has no more
// threads to give.
template <class Work>
std::thread StartBackgroundThread(Work&& work) {
  // A thread inherits the mask of the one that makes it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(std::forward<Work>(work));
  } catch (const std::system_error&) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_BACKGROUND_THREAD_H_
