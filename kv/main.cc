// solokv-server: the only file that touches what belongs to the process: its arguments and
// environment, its descriptors and limits, signals, daemon, title, exit status.
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/clock.h"
#include "kv/base/env.h"
#include "kv/base/logging.h"
#include "kv/base/process.h"
#include "kv/base/title_area.h"
#include "kv/server/config_loader.h"
#include "kv/server/server.h"
#include "kv/server/version.h"

extern char** environ;

namespace {

using kv::LogLevel;

// Descriptors the server needs beside those of its clients.
constexpr int64_t kReservedDescriptors = 32;

// How long a start waits for the addresses of a server that was killed just before, in
// microseconds.
constexpr int64_t kListenPatience = 1'000'000;

// What ends the server in order.
constexpr std::array<int, 2> kEndSignals = {SIGTERM, SIGINT};

constexpr std::string_view kUsage =
    "Usage: solokv-server [FILE|-] [--directive value ...]\n"
    "       solokv-server --version | --help\n"
    "\n"
    "FILE is a configuration file in the syntax of redis.conf, - reads it from standard input.\n"
    "Directives on the command line come after those of the file. An environment variable\n"
    "SOLOKV_<DIRECTIVE> sets a directive that neither names.\n"
    "\n"
    "Examples:\n"
    "       solokv-server\n"
    "       solokv-server /etc/solokv.conf --port 7777\n"
    "       SOLOKV_MAXMEMORY=1gb solokv-server --maxmemory-policy allkeys-lru\n";

// --- the process ---

class PosixProcess final : public kv::Process {
 public:
  explicit PosixProcess(char** arguments) : arguments_(arguments), program_(arguments[0]) {}

  absl::Status ChangeDirectory(const std::string& path) override {
    if (chdir(path.c_str()) == 0) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("cannot go to '", path, "': ", strerror(errno)));
  }
  unsigned SetUmask(unsigned mask) override { return umask(static_cast<mode_t>(mask)); }

  int64_t DescriptorLimit() const override {
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int64_t>(limit.rlim_cur) : 1024;
  }
  int64_t RaiseDescriptorLimit(int64_t wanted) override {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return DescriptorLimit();
    const auto target = static_cast<rlim_t>(wanted);
    if (limit.rlim_cur >= target) return static_cast<int64_t>(limit.rlim_cur);
    rlimit raised = limit;
    raised.rlim_cur = target;
    if (raised.rlim_max < target) raised.rlim_max = target;
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
      raised.rlim_max = limit.rlim_max;
      raised.rlim_cur = limit.rlim_max;
      setrlimit(RLIMIT_NOFILE, &raised);
    }
    return DescriptorLimit();
  }

  void OpenSyslog(const std::string& identity, int facility) override {
    syslog_identity_ = identity;
    openlog(syslog_identity_.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);
  }
  void Syslog(LogLevel level, std::string_view message) override {
    constexpr int kPriorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
    syslog(kPriorities[static_cast<size_t>(level)], "%.*s", static_cast<int>(message.size()),
           message.data());
  }
  std::string_view program() const override { return program_; }
  void SetTitle(std::string_view title) override {
    if (!title_area_) title_area_.emplace(arguments_, environ);
    title_area_->Set(title);
  }
  int64_t Fork(int kept) override;
  bool HasEnded(int64_t child) override {
    return waitpid(static_cast<pid_t>(child), nullptr, WNOHANG) != 0;
  }
  void Kill(int64_t child) override {
    kill(static_cast<pid_t>(child), SIGKILL);
    waitpid(static_cast<pid_t>(child), nullptr, 0);
  }
  bool IsAskedToEnd() override {
    sigset_t pending;
    sigpending(&pending);
    return std::any_of(std::begin(kEndSignals), std::end(kEndSignals),
                       [&](int number) { return sigismember(&pending, number) == 1; });
  }
  [[noreturn]] void Exit(int status) override { _exit(status); }

 private:
  char** arguments_;
  std::string program_;
  std::optional<kv::TitleArea> title_area_;
  std::string syslog_identity_;
};

int64_t PosixProcess::Fork(int kept) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  if (getppid() != parent) _exit(0);
  const auto first = static_cast<unsigned>(STDERR_FILENO) + 1;
  const auto own = static_cast<unsigned>(kept);
  if (own > first) close_range(first, own - 1, 0);
  close_range(std::max(first, own + 1), ~0u, 0);
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  return 0;
}

// --- crashes ---

// The log's descriptor, for the handler of fatal signals, which can be handed nothing.
std::atomic<int> crash_descriptor = STDERR_FILENO;

void WriteText(int fd, const char* text) {
  const ssize_t ignored = write(fd, text, strlen(text));
  static_cast<void>(ignored);
}

// The addresses of the calls that led here. The unwinder in this program, unlike backtrace(3),
// loads no library, which a signal handler must not and which would stay resident.
struct Stack {
  void* frames[64];
  int size = 0;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* argument) {
  auto* stack = static_cast<Stack*>(argument);
  if (stack->size == std::ssize(stack->frames)) return _URC_END_OF_STACK;
  stack->frames[stack->size++] = reinterpret_cast<void*>(_Unwind_GetIP(context));
  return _URC_NO_REASON;
}

// Writes why and where, then lets the signal do what it does by default.
void ReportCrash(int signal_number, siginfo_t* info, void*) {
  const int fd = crash_descriptor.load();
  char line[160];
  std::snprintf(line, sizeof line,
                "\n=== SOLOKV CRASH REPORT ===\nsolokv %.*s crashed by signal %d, address %p\n",
                static_cast<int>(kv::kSolokvVersion.size()), kv::kSolokvVersion.data(),
                signal_number, info->si_addr);
  WriteText(fd, line);
  WriteText(fd, "--- stack ---\n");
  Stack stack;
  _Unwind_Backtrace(AddFrame, &stack);
  backtrace_symbols_fd(stack.frames, stack.size, fd);
  WriteText(fd, "=== END OF REPORT ===\n");
  std::signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void ReportCrashesTo(int fd) {
  crash_descriptor = fd;
  struct sigaction action {};
  action.sa_sigaction = ReportCrash;
  action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER;
  for (int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    sigaction(fatal, &action, nullptr);
  }
}

// --- logs ---

class SyslogSink final : public kv::LogSink {
 public:
  explicit SyslogSink(kv::Process& process) : process_(process) {}
  void Write(LogLevel level, std::string_view, std::string_view message) override {
    process_.Syslog(level, message);
  }

 private:
  kv::Process& process_;
};

class TeeSink final : public kv::LogSink {
 public:
  TeeSink(kv::LogSink& first, kv::LogSink& second) : first_(first), second_(second) {}
  void Write(LogLevel level, std::string_view line, std::string_view message) override {
    first_.Write(level, line, message);
    second_.Write(level, line, message);
  }

 private:
  kv::LogSink& first_;
  kv::LogSink& second_;
};

int SyslogFacility(std::string_view name) {
  constexpr std::string_view kLocal = "local";
  if (name.starts_with(kLocal) && name.size() == kLocal.size() + 1) {
    constexpr int kFacilities[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                   LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
    const int number = name.back() - '0';
    if (number >= 0 && number < 8) return kFacilities[number];
  }
  return LOG_USER;
}

// --- supervision ---

enum class Supervisor : uint8_t { kNone, kUpstart, kSystemd };

// The service manager that `setting` means. Each says by a variable of its own that it is there.
Supervisor FindSupervisor(const std::string& setting) {
  const bool any = setting == "auto";
  if ((any || setting == "upstart") && std::getenv("UPSTART_JOB") != nullptr) {
    return Supervisor::kUpstart;
  }
  if ((any || setting == "systemd") && std::getenv("NOTIFY_SOCKET") != nullptr) {
    return Supervisor::kSystemd;
  }
  return Supervisor::kNone;
}

// Tells systemd about the state of the service.
void NotifySystemd(const std::string& state) {
  const char* const socket_path = std::getenv("NOTIFY_SOCKET");
  const std::string path = socket_path != nullptr ? socket_path : "";
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size);
  close(fd);
}

void TellReady(Supervisor supervisor) {
  // upstart waits until the process stops itself, and lets it go on.
  if (supervisor == Supervisor::kUpstart) raise(SIGSTOP);
  if (supervisor == Supervisor::kSystemd) {
    NotifySystemd("STATUS=Ready to accept connections\nREADY=1\n");
  }
}

void TellStopping(Supervisor supervisor) {
  if (supervisor == Supervisor::kSystemd) NotifySystemd("STOPPING=1\n");
}

// Leaves the terminal: the caller's process ends, a child of its own session goes on.
absl::Status Daemonize() {
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "Can't become a daemon: fork");
  if (child != 0) _exit(0);
  setsid();
  const int null = open("/dev/null", O_RDWR);
  if (null < 0) return absl::ErrnoToStatus(errno, "Can't become a daemon: open /dev/null");
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
  if (null > STDERR_FILENO) close(null);
  return absl::OkStatus();
}

std::string ReadStandardInput() {
  std::string text;
  char buffer[4096];
  ssize_t size;
  while ((size = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

std::string ExecutablePath() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : "";
}

// Lets go of the pages of code and constants that are mapped, of which starting needed most and
// serving needs few: those come back from the page cache, at a fault each.
void ReleaseStartupPages() {
  const auto release = [](dl_phdr_info* object, size_t, void*) {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
      const ElfW(Phdr)& segment = object->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
      const uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
      const uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
      madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 0;
  };
  dl_iterate_phdr(release, nullptr);
}

// The program around one server.
class Program {
 public:
  explicit Program(char** arguments) : process_(arguments) {}

  int Run(std::vector<std::string> arguments);

 private:
  absl::Status Configure(kv::Config& config, kv::ServerOptions& options);
  absl::Status OpenLog(const kv::ServerOptions& options);
  void FitClientsToDescriptors(kv::ServerOptions& options);
  void WritePidFile();

  kv::ConfigSources sources_;
  kv::SystemClock clock_;
  kv::PosixEnv env_;
  PosixProcess process_;
  std::unique_ptr<kv::Directory> working_directory_;
  std::unique_ptr<kv::LogSink> file_sink_;
  std::unique_ptr<kv::LogSink> syslog_sink_;
  std::unique_ptr<kv::LogSink> both_sinks_;
  kv::Logger logger_{&clock_, nullptr};
  std::string pid_file_;
  Supervisor supervisor_ = Supervisor::kNone;
};

absl::Status Program::OpenLog(const kv::ServerOptions& options) {
  int crash_fd = STDERR_FILENO;
  if (options.logfile.empty()) {
    file_sink_ = std::make_unique<kv::DescriptorSink>(STDOUT_FILENO);
    crash_fd = STDOUT_FILENO;
  } else {
    // Opened once here to say at the start that it cannot be written.
    crash_fd = open(options.logfile.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (crash_fd < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("Can't open the log file '", options.logfile, "': ", strerror(errno)));
    }
    file_sink_ = std::make_unique<kv::FileSink>(options.logfile);
  }
  kv::LogSink* sink = file_sink_.get();
  if (options.syslog_enabled) {
    process_.OpenSyslog(options.syslog_ident, SyslogFacility(options.syslog_facility));
    syslog_sink_ = std::make_unique<SyslogSink>(process_);
    both_sinks_ = std::make_unique<TeeSink>(*file_sink_, *syslog_sink_);
    sink = both_sinks_.get();
  }
  logger_.set_sink(sink);
  logger_.set_level(options.loglevel);
  if (options.crash_log_enabled) ReportCrashesTo(crash_fd);
  return absl::OkStatus();
}

void Program::FitClientsToDescriptors(kv::ServerOptions& options) {
  const int64_t wanted = options.maxclients + kReservedDescriptors;
  const int64_t limit = process_.RaiseDescriptorLimit(wanted);
  if (limit >= wanted) return;
  const int64_t fitting = std::max<int64_t>(1, limit - kReservedDescriptors);
  logger_.Logf(LogLevel::kWarning,
               "The limit of open files is %d, which allows for %d clients instead of the %d of "
               "maxclients. Raise it with 'ulimit -n'.",
               limit, fitting, options.maxclients);
  options.maxclients = fitting;
}

// Reads the directives and prepares the process as they say. Called before there is any loop,
// since a fork must not come after.
absl::Status Program::Configure(kv::Config& config, kv::ServerOptions& options) {
  std::vector<std::string> warnings;
  if (absl::Status status = LoadConfig(sources_, *working_directory_, &config, &warnings);
      !status.ok()) {
    return status;
  }
  supervisor_ = FindSupervisor(options.supervised);
  if (options.daemonize && supervisor_ == Supervisor::kNone) {
    if (absl::Status status = Daemonize(); !status.ok()) return status;
  }
  if (absl::Status status = OpenLog(options); !status.ok()) return status;
  for (const std::string& warning : warnings) logger_.Warning(warning);
  logger_.Logf(LogLevel::kNotice, "solokv %s starts, PID: %d", std::string(kv::kSolokvVersion),
               getpid());
  if (options.supervised != "no" && supervisor_ == Supervisor::kNone) {
    logger_.Logf(LogLevel::kWarning, "supervised %s, but no service manager says that it is there",
                 options.supervised);
  }
  FitClientsToDescriptors(options);
  options.listen_patience = kListenPatience;
  pid_file_ = options.pidfile;
  if (pid_file_.empty() && options.daemonize) pid_file_ = "/var/run/solokv.pid";
  return absl::OkStatus();
}

void Program::WritePidFile() {
  if (pid_file_.empty()) return;
  std::FILE* file = std::fopen(pid_file_.c_str(), "w");
  if (file == nullptr) {
    logger_.Logf(LogLevel::kWarning, "Can't write the pid file '%s': %s", pid_file_,
                 strerror(errno));
    return;
  }
  std::fprintf(file, "%d\n", getpid());
  std::fclose(file);
}

int Program::Run(std::vector<std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--version" || argument == "-v") {
      std::printf("solokv server v=%s (behaves as Redis %s) bits=%zu\n",
                  std::string(kv::kSolokvVersion).c_str(), std::string(kv::kRedisVersion).c_str(),
                  sizeof(void*) * 8);
      return 0;
    }
    if (argument == "--help" || argument == "-h") {
      std::fputs(std::string(kUsage).c_str(), stdout);
      return 0;
    }
  }
  sources_ = kv::ParseCommandLine(std::move(arguments));
  if (sources_.file == "-") sources_.standard_input = ReadStandardInput();
  for (char** variable = environ; *variable != nullptr; ++variable) {
    sources_.environment.emplace_back(*variable);
  }
  auto directory = env_.OpenDirectory(".");
  if (!directory.ok()) {
    std::fprintf(stderr, "%s\n", std::string(directory.status().message()).c_str());
    return 1;
  }
  working_directory_ = std::move(*directory);

  // Blocked before any thread begins; the loop takes them as events.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  for (int end_signal : kEndSignals) sigaddset(&blocked, end_signal);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);

  kv::ServerDependencies dependencies;
  dependencies.env = &env_;
  dependencies.logger = &logger_;
  dependencies.process = &process_;
  dependencies.executable = ExecutablePath();
  dependencies.configure = [this](kv::Config& config, kv::ServerOptions& options) {
    return Configure(config, options);
  };
  auto server = kv::Server::Create(kv::ServerOptions(), std::move(dependencies));
  if (!server.ok()) {
    const std::string message(server.status().message());
    if (logger_.Logs(LogLevel::kWarning)) logger_.Warning(message);
    std::fprintf(stderr, "\n*** FATAL: solokv cannot start ***\n%s\n", message.c_str());
    return 1;
  }
  WritePidFile();
  const absl::Status watched =
      (*server)->WatchSignals(kEndSignals, [this, &server](int signal_number) {
        logger_.Logf(LogLevel::kNotice, "Received signal %d, shutting down.", signal_number);
        (*server)->Stop();
      });
  if (!watched.ok()) logger_.Warning(watched.ToString());
  logger_.Notice("Server initialized");
  if ((*server)->port() != 0) {
    logger_.Logf(LogLevel::kNotice, "Ready to accept connections, port %d", (*server)->port());
  }
  if (const std::string& path = (*server)->options().unixsocket; !path.empty()) {
    logger_.Logf(LogLevel::kNotice, "Ready to accept connections, UNIX socket %s", path);
  }
  TellReady(supervisor_);
  ReleaseStartupPages();
  (*server)->Run();
  TellStopping(supervisor_);
  if (!pid_file_.empty()) unlink(pid_file_.c_str());
  logger_.Notice("solokv is ready to exit, bye bye...");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return Program(argv).Run(std::vector<std::string>(argv + 1, argv + argc));
}
