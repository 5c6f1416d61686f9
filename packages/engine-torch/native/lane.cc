#include "lane.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "engine.h"
#include "errors.h"
#include "values.h"

namespace dira {
namespace {

struct Job {
  Lane::Work work;
  napi_deferred promise = nullptr;
  std::vector<at::Tensor> results;
  std::string refusal;

  void perform() {
    try {
      results = work();
    } catch (const std::exception& error) {
      refusal = reason_of(error);
    }
    // What it worked with is let go of here: that can take a while too.
    work = nullptr;
  }
};

/// On JavaScript's thread.
void settle(napi_env env, Job& job) {
  if (!job.refusal.empty()) {
    napi_value error;
    napi_create_error(env, text(env, "ERR_LIBTORCH"), text(env, job.refusal), &error);
    napi_reject_deferred(env, job.promise, error);
    return;
  }
  Engine& engine = engine_of(env);
  napi_value slots;
  napi_create_array_with_length(env, job.results.size(), &slots);
  for (size_t i = 0; i < job.results.size(); i += 1) {
    napi_set_element(env, slots, i, number(env, engine.slots.keep(std::move(job.results[i]))));
  }
  napi_resolve_deferred(env, job.promise, slots);
}

}  // namespace

/// What both threads see.
struct Lane::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<Job>> jobs;
  bool working = false;
  /// No more jobs will come.
  bool ending = false;
  /// JavaScript's thread no longer listens.
  bool deaf = false;
  napi_threadsafe_function tell = nullptr;
  /// Promises not yet settled; only JavaScript's thread counts.
  size_t pending = 0;

  std::unique_ptr<Job> next() {
    std::unique_lock<std::mutex> lock(mutex);
    working = false;
    changed.wait(lock, [&] { return ending || !jobs.empty(); });
    if (jobs.empty()) return nullptr;
    std::unique_ptr<Job> job = std::move(jobs.front());
    jobs.pop_front();
    working = true;
    return job;
  }

  void deliver(std::unique_ptr<Job> job) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!deaf && napi_call_threadsafe_function(tell, job.get(), napi_tsfn_nonblocking) == napi_ok) job.release();
  }

  void run() {
    while (std::unique_ptr<Job> job = next()) {
      job->perform();
      deliver(std::move(job));
    }
    const std::lock_guard<std::mutex> lock(mutex);
    if (!deaf) napi_release_threadsafe_function(tell, napi_tsfn_release);
  }

  /// A job is done.
  static void hear(napi_env env, napi_value, void* context, void* data) {
    const std::unique_ptr<Job> job(static_cast<Job*>(data));
    if (env == nullptr) return;
    Shared& shared = *static_cast<Shared*>(context);
    settle(env, *job);
    if (--shared.pending == 0) napi_unref_threadsafe_function(env, shared.tell);
  }

  /// Node is about to free `tell`.
  static void stop_hearing(napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<Shared>> shared(static_cast<std::shared_ptr<Shared>*>(data));
    const std::lock_guard<std::mutex> lock((*shared)->mutex);
    (*shared)->deaf = true;
  }
};

Lane::Lane(napi_env env) : shared_(std::make_shared<Shared>()) {
  auto owner = std::make_unique<std::shared_ptr<Shared>>(shared_);
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, text(env, "dira:lane"), 0, 1, owner.get(),
                                      Shared::stop_hearing, shared_.get(), Shared::hear, &shared_->tell);
  TORCH_CHECK(status == napi_ok, "Node gave no thread-safe function");
  owner.release();
  napi_unref_threadsafe_function(env, shared_->tell);
  thread_ = std::thread([shared = shared_] { shared->run(); });
}

Lane::~Lane() {
  bool idle;
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->ending = true;
    idle = !shared_->working && shared_->jobs.empty();
  }
  shared_->changed.notify_one();
  if (idle) thread_.join();
  else thread_.detach();
}

napi_value Lane::submit(napi_env env, Work work) {
  auto job = std::make_unique<Job>();
  job->work = std::move(work);
  napi_value promise;
  napi_create_promise(env, &job->promise, &promise);
  if (shared_->pending++ == 0) napi_ref_threadsafe_function(env, shared_->tell);
  {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->jobs.push_back(std::move(job));
  }
  shared_->changed.notify_one();
  return promise;
}

}  // namespace dira
