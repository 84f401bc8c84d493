// Two threads that share an endpoint's hard capacity, played by one: whoever wakes the other is
// noted, and the test decides when that is heard.
#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "balancer/io/local_service.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer {
namespace {

class SharedPlaces : public testing::Test {
 protected:
  // One request, from its arrival to its end.
  struct Request {
    HeldRequest held;
    Endpoint* endpoint = nullptr;
    bool served() const { return endpoint != nullptr || held.given != nullptr; }
  };

  SharedPlaces() {
    wire::ServiceTable table;
    table.stamp = {1, 1};
    table.service = {"web"};
    table.policy.hard_capacity = 1;
    table.endpoints = {{{"a"}, {"127.0.0.1", 9001}, wire::EndpointState::kActive}};
    for (auto* service : {&one_, &other_}) {
      service->apply(table, {{{"a"}, slots_}});
    }
  }

  Request& arrive(LocalService& service) {
    Request& request = requests_.emplace_back();
    request.held.waiter = &waiter_;
    service.arrived(request.held);
    request.endpoint = service.take(request.held);
    if (request.endpoint == nullptr) service.hold(request.held);
    return request;
  }
  void end(LocalService& service, Request& request) {
    Endpoint* endpoint = request.endpoint != nullptr ? request.endpoint : request.held.given;
    ASSERT_NE(endpoint, nullptr);
    service.finish(*endpoint, Finish::kCompleted, request.held.began);
  }
  void hear() {
    while (!woken_.empty()) {
      const auto thread = woken_.front();
      woken_.pop_front();
      (thread == 0 ? one_ : other_).let_go();
    }
  }
  LocalService::Settings settings(std::uint32_t thread) {
    return {.id = {"web"},
            .threads = 2,
            .thread = thread,
            .share = share_,
            .report_now = [] {},
            .wake_thread = [this](std::uint32_t woken) { woken_.push_back(woken); }};
  }

  EventLoop loop_;
  Waiter waiter_{loop_};
  std::shared_ptr<ServiceShare> share_ = std::make_shared<ServiceShare>(2);
  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
  std::deque<Request> requests_;
  std::deque<std::uint32_t> woken_;
  LocalService one_{loop_, settings(0)}, other_{loop_, settings(1)};
};

TEST_F(SharedPlaces, AreGivenInOrderOfArrivalOverAllThreads) {
  std::vector<std::pair<LocalService*, Request*>> arrived;
  for (LocalService* service : {&one_, &other_, &one_, &one_, &other_, &other_}) {
    arrived.emplace_back(service, &arrive(*service));
  }
  for (std::size_t i = 0; i < arrived.size(); ++i) {
    for (std::size_t k = 0; k < arrived.size(); ++k) {
      EXPECT_EQ(arrived[k].second->served(), k <= i) << "request " << k << " of turn " << i;
    }
    end(*arrived[i].first, *arrived[i].second);
    hear();
  }
  EXPECT_EQ(slots_->taken, 0u);
  EXPECT_EQ(share_->held, 0u);
}

TEST_F(SharedPlaces, AreNotTakenByANewcomerBeforeTheOtherThreadHasHeard) {
  Request& first = arrive(one_);
  Request& waiting = arrive(other_);
  end(one_, first);
  Request& newcomer = arrive(one_);
  EXPECT_FALSE(newcomer.served());
  hear();
  EXPECT_TRUE(waiting.served());
  end(other_, waiting);
  hear();
  EXPECT_TRUE(newcomer.served());
  end(one_, newcomer);
}

TEST_F(SharedPlaces, GoOnToTheNextWhenTheOldestHasLeft) {
  Request& first = arrive(one_);
  Request& oldest = arrive(other_);
  Request& next = arrive(one_);
  end(one_, first);
  EXPECT_FALSE(next.served());
  other_.leave(oldest.held);
  hear();
  EXPECT_TRUE(next.served());
  end(one_, next);
}

// The other thread could not use a place at present: its only endpoint has just refused it.
TEST_F(SharedPlaces, AreNotKeptForAThreadWhoseEndpointsAreAtRest) {
  Request& tried = arrive(other_);
  other_.refused(*tried.endpoint, tried.held);
  end(other_, tried);
  Request& resting = arrive(other_);
  EXPECT_FALSE(resting.served());
  Request& newcomer = arrive(one_);
  EXPECT_TRUE(newcomer.served());
  end(one_, newcomer);
  other_.leave(resting.held);
}

}  // namespace
}  // namespace foretide::balancer
