#include "collectives.h"

#include <cstdint>

#include "engine.h"
#include "group.h"
#include "lane.h"
#include "values.h"

namespace dira {
namespace {

/// What JavaScript holds of a group: only the lane's thread touches the group itself, which is there between joining and
/// leaving.
struct Membership {
  std::shared_ptr<std::unique_ptr<Group>> group = std::make_shared<std::unique_ptr<Group>>();
  Lane lane;

  explicit Membership(napi_env env) : lane(env) {}
};

Membership& to_membership(napi_env env, napi_value value) {
  void* data = nullptr;
  TORCH_CHECK(napi_get_value_external(env, value, &data) == napi_ok, "expected a group");
  return *static_cast<Membership*>(data);
}

/// A whole number that fits what it is cast to.
int64_t to_int_within(napi_env env, napi_value value, int64_t least, int64_t most) {
  const int64_t x = to_int(env, value);
  TORCH_CHECK(least <= x && x <= most, "collectives: expected a whole number from ", least, " to ", most, ", got ", x);
  return x;
}

std::chrono::milliseconds to_duration(napi_env env, napi_value value) {
  return std::chrono::milliseconds(to_int_within(env, value, 0, INT32_MAX));
}

napi_value open_group(napi_env env, Engine&, const Arguments&) {
  auto membership = std::make_unique<Membership>(env);
  const auto free = [](napi_env, void* data, void*) { delete static_cast<Membership*>(data); };
  napi_value result;
  TORCH_CHECK(napi_create_external(env, membership.get(), free, nullptr, &result) == napi_ok, "no memory for a group");
  membership.release();
  return result;
}

/// `joinGroup(group, host, port, rank, size, serves, prefix, patience, timeout)`.
napi_value join_group(napi_env env, Engine&, const Arguments& given) {
  Membership& membership = to_membership(env, given[0]);
  Rendezvous r;
  r.host = to_text(env, given[1]);
  r.port = static_cast<uint16_t>(to_int_within(env, given[2], 0, 65535));
  r.size = static_cast<int>(to_int_within(env, given[4], 1, 65536));
  r.rank = static_cast<int>(to_int_within(env, given[3], 0, r.size - 1));
  r.serves = to_int(env, given[5]) != 0;
  r.prefix = to_text(env, given[6]);
  r.patience = to_duration(env, given[7]);
  r.timeout = to_duration(env, given[8]);
  return membership.lane.submit(env, [group = membership.group, r] {
    *group = std::make_unique<Group>(r);
    return std::vector<at::Tensor>{};
  });
}

/// Puts a collective in the lane: `run` gets the group and a copy of the tensor as it is now.
template <typename Run>
napi_value submit(napi_env env, napi_value group, const at::Tensor& tensor, Run run) {
  Membership& membership = to_membership(env, group);
  return membership.lane.submit(env, [group = membership.group, own = Group::copy_for(tensor), run] {
    TORCH_CHECK(*group != nullptr, "collectives: this group was closed, or never joined");
    return run(**group, own);
  });
}

napi_value all_reduce(napi_env env, Engine& engine, const Arguments& given) {
  const auto reduction = static_cast<Reduction>(to_int_within(env, given[2], 0, kReductionCount - 1));
  return submit(env, given[0], engine.slots.at(to_slot(env, given[1])), [reduction](Group& group, at::Tensor own) {
    return std::vector<at::Tensor>{group.all_reduce(std::move(own), reduction)};
  });
}

napi_value broadcast(napi_env env, Engine& engine, const Arguments& given) {
  const int from = static_cast<int>(to_int_within(env, given[2], INT32_MIN, INT32_MAX));
  return submit(env, given[0], engine.slots.at(to_slot(env, given[1])), [from](Group& group, at::Tensor own) {
    return std::vector<at::Tensor>{group.broadcast(std::move(own), from)};
  });
}

napi_value all_gather(napi_env env, Engine& engine, const Arguments& given) {
  return submit(env, given[0], engine.slots.at(to_slot(env, given[1])),
                [](Group& group, at::Tensor own) { return group.all_gather(std::move(own)); });
}

napi_value barrier(napi_env env, Engine&, const Arguments& given) {
  return submit(env, given[0], at::empty({0}), [](Group& group, const at::Tensor&) {
    group.barrier();
    return std::vector<at::Tensor>{};
  });
}

napi_value refuse(napi_env env, Engine&, const Arguments& given) {
  return submit(env, given[0], at::empty({0}), [](Group& group, const at::Tensor&) {
    group.refuse();
    return std::vector<at::Tensor>{};
  });
}

napi_value leave_group(napi_env env, Engine&, const Arguments& given) {
  Membership& membership = to_membership(env, given[0]);
  return membership.lane.submit(env, [group = membership.group] {
    group->reset();
    return std::vector<at::Tensor>{};
  });
}

napi_value can_join(napi_env env, Engine&, const Arguments&) { return boolean(env, has_gloo()); }

}  // namespace

void define_collectives(napi_env env, napi_value exports) {
  define<open_group>(env, exports, "openGroup");
  define<join_group>(env, exports, "joinGroup");
  define<all_reduce>(env, exports, "allReduce");
  define<broadcast>(env, exports, "broadcast");
  define<all_gather>(env, exports, "allGather");
  define<barrier>(env, exports, "barrier");
  define<refuse>(env, exports, "refuse");
  define<leave_group>(env, exports, "leaveGroup");
  define<can_join>(env, exports, "canJoin");
}

}  // namespace dira
