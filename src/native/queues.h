// Queues that VMs share: whoever knows a token may put in and take out.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi_table.h"
#include "limits.h"

namespace tamis {

class Occasion;

// Lives with its world. Tokens count from 1 and are never given twice.
class Queues {
 public:
  struct Queue {
    std::string vm_id, name;
    Occasion* owner = nullptr;  // the plugin that hears of new items
    std::deque<std::string> items;
  };

  explicit Queues(size_t limit) : limit_(limit) {}

  // The queue's token; a known queue keeps its items and gets a new owner. Throws OutputLimit.
  uint32_t enroll(std::string_view vm_id, std::string_view name, Occasion* owner) {
    uint32_t token = resolve(vm_id, name);
    if (token == 0) {
      charge(sizeof(Queue) + vm_id.size() + name.size());
      queues_.push_back({std::string(vm_id), std::string(name), nullptr, {}});
      token = static_cast<uint32_t>(queues_.size());
      tokens_.emplace(std::pair(queues_.back().vm_id, queues_.back().name), token);
    }
    queues_[token - 1].owner = owner;
    return token;
  }

  // 0: there is no such queue.
  uint32_t resolve(std::string_view vm_id, std::string_view name) const {
    const auto at = tokens_.find(std::pair(vm_id, name));
    return at == tokens_.end() ? 0 : at->second;
  }

  // Who is to hear of it, if anybody is there, is in `owner`. Throws OutputLimit.
  Status enqueue(uint32_t token, std::string_view bytes, Occasion*& owner) {
    Queue* queue = find(token);
    if (queue == nullptr) return kNotFound;
    charge(sizeof(std::string) + bytes.size());
    queue->items.emplace_back(bytes);
    owner = queue->owner;
    return kOk;
  }

  Status dequeue(uint32_t token, std::string& bytes) {
    Queue* queue = find(token);
    if (queue == nullptr) return kNotFound;
    if (queue->items.empty()) return kEmpty;
    bytes = std::move(queue->items.front());
    queue->items.pop_front();
    total_ -= sizeof(std::string) + bytes.size();
    return kOk;
  }

  // To be called before `owner` dies: nobody hears of its queues until they are enrolled again.
  void forget(const Occasion& owner) {
    for (Queue& queue : queues_)
      if (queue.owner == &owner) queue.owner = nullptr;
  }

  // By token, from 1.
  const std::vector<Queue>& all() const { return queues_; }

 private:
  using Name = std::pair<std::string, std::string>;
  struct Before {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      const std::string_view id_a(a.first), id_b(b.first);
      return id_a != id_b ? id_a < id_b : std::string_view(a.second) < std::string_view(b.second);
    }
  };

  Queue* find(uint32_t token) {
    return token == 0 || token > queues_.size() ? nullptr : &queues_[token - 1];
  }

  void charge(size_t bytes) {
    if (total_ + bytes > limit_) throw OutputLimit("queues", limit_);
    total_ += bytes;
  }

  const size_t limit_;
  size_t total_ = 0;
  std::vector<Queue> queues_;
  std::map<Name, uint32_t, Before> tokens_;
};

}  // namespace tamis
