// Who gets the next free place: on one thread, and on two that share the places. The two are played
// by one: whoever wakes the other is noted, and the test decides when that is heard.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "balancer/io/local_service.hpp"
#include "balancer/io/stream.hpp"

namespace foretide::balancer {
namespace {

// One request, from its arrival to its end.
struct Request {
  HeldRequest held;
  Endpoint* endpoint = nullptr;  // that it took at once
  Endpoint* at() const { return endpoint != nullptr ? endpoint : held.given; }
  bool served() const { return at() != nullptr; }
};

class Arrivals : public testing::Test {
 protected:
  // One that broke at `avoid` arrives again there, if at any.
  Request& arrive(LocalService& service, const Endpoint* avoid = nullptr) {
    Request& request = requests_.emplace_back();
    request.held.waiter = &waiter_;
    request.held.avoid = avoid;
    service.arrived(request.held);
    request.endpoint = service.take(request.held);
    if (request.endpoint == nullptr) service.hold(request.held);
    return request;
  }
  void end(LocalService& service, Request& request, Finish how = Finish::kCompleted) {
    ASSERT_NE(request.at(), nullptr);
    service.finish(*request.at(), how, request.held.began);
  }

  EventLoop loop_;
  Waiter waiter_{loop_};
  std::deque<Request> requests_;
};

class TwoThreads : public Arrivals {
 protected:
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

  std::shared_ptr<ServiceShare> share_ = std::make_shared<ServiceShare>(2);
  std::deque<std::uint32_t> woken_;
  LocalService one_{loop_, settings(0)}, other_{loop_, settings(1)};
};

class SharedPlaces : public TwoThreads {
 protected:
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

  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
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
  other_.refused(*tried.endpoint, NoConnection::kRefused, tried.held);
  end(other_, tried);
  Request& resting = arrive(other_);
  EXPECT_FALSE(resting.served());
  Request& newcomer = arrive(one_);
  EXPECT_TRUE(newcomer.served());
  end(one_, newcomer);
  other_.leave(resting.held);
}

// Two workers, "a" and "b"; "a" is sent away on the first thread alone.
class PlacesOfTwo : public SharedPlaces {
 protected:
  void apply(wire::TrafficPolicy::Balance balance, std::vector<std::string> ids) {
    wire::ServiceTable table;
    table.stamp = {1, 2};
    table.service = {"web"};
    table.policy.hard_capacity = 1;
    table.policy.balance = balance;
    std::map<WorkerId, std::shared_ptr<Slots>> slots{{{"a"}, slots_}};
    for (const auto& id : ids) {
      const auto number = static_cast<std::uint32_t>(table.endpoints.size());
      const auto port = static_cast<std::uint16_t>(9001 + number);
      table.endpoints.push_back({.id = {id}, .address = {"127.0.0.1", port}});
      auto& shared = slots[{id}];
      if (!shared) shared = std::make_shared<Slots>();
      shared->number = number;
    }
    for (auto* service : {&one_, &other_}) service->apply(table, slots);
  }
  void fail_at_a(int times) {
    EndpointSet& set = one_.endpoints();
    for (int i = 0; i < times; ++i) {
      Endpoint& a = *set.find(WorkerId{"a"});
      ASSERT_TRUE(set.begin(a, loop_.now()));
      set.finish(a, Finish::kFailed, loop_.now(), loop_.now());
    }
  }
};

TEST_F(PlacesOfTwo, AreForTheNextWhereTheOldestCannotUseThem) {
  apply(wire::TrafficPolicy::Balance::kLeastLoad, {"a", "b"});
  fail_at_a(5);
  Request& busy = arrive(one_);  // at "b"
  Request& oldest = arrive(one_);
  EXPECT_FALSE(oldest.served());
  Request& newcomer = arrive(other_);
  Request& last = arrive(other_);
  hear();
  EXPECT_TRUE(newcomer.served()) << "\"a\" is idle";
  EXPECT_FALSE(oldest.served());
  EXPECT_FALSE(last.served());
  end(one_, busy);
  hear();
  EXPECT_TRUE(oldest.served()) << "it has kept its turn at \"b\"";
  end(other_, newcomer);
  hear();
  EXPECT_TRUE(last.served());
  end(one_, oldest);
  end(other_, last);
  hear();
  EXPECT_TRUE(woken_.empty());
}

TEST_F(PlacesOfTwo, AreForOthersWhenTheOneThatGivesThemBackHasNoUseForThem) {
  apply(wire::TrafficPolicy::Balance::kLeastLoad, {"a", "b"});
  fail_at_a(4);
  Request& first = arrive(one_);
  Request& second = arrive(one_);
  Request& at_a = first.endpoint->id.text == "a" ? first : second;
  Request& at_b = first.endpoint->id.text == "a" ? second : first;
  Request& oldest = arrive(one_);
  Request& waiting = arrive(other_);
  one_.finish(*at_a.endpoint, Finish::kFailed, at_a.held.began);
  hear();
  EXPECT_FALSE(oldest.served()) << "\"a\" has failed five times here";
  EXPECT_TRUE(waiting.served());
  end(other_, waiting);
  end(one_, at_b);
  hear();
  EXPECT_TRUE(oldest.served());
  end(one_, oldest);
}

// Leaving a place to the other thread is no turn of one's own.
TEST_F(PlacesOfTwo, AreLeftToOthersWithoutATurn) {
  apply(wire::TrafficPolicy::Balance::kRoundRobin, {"a", "b", "c"});
  Request& at_a = arrive(one_);
  Request& at_b = arrive(one_);
  Request& at_c = arrive(one_);
  Request& waiting = arrive(other_);
  end(one_, at_a);
  hear();
  ASSERT_TRUE(waiting.served());
  end(other_, waiting);
  end(one_, at_b);
  Request& next = arrive(one_);
  ASSERT_TRUE(next.served());
  EXPECT_EQ(next.endpoint->id.text, "a") << "it is its turn after \"c\"";
  end(one_, next);
  end(one_, at_c);
}

// Workers of which nothing is said, and of which it was learned that they serve one at a time.
class LearnedPlaces : public TwoThreads {
 protected:
  void apply(std::uint32_t queue_max) {
    wire::ServiceTable table;
    table.stamp = {1, 1};
    table.service = {"web"};
    table.policy.queue_max = queue_max;
    table.endpoints = {{.id = {"a"}, .address = {"127.0.0.1", 9001}},
                       {.id = {"b"}, .address = {"127.0.0.1", 9002}}};
    for (auto* service : {&one_, &other_}) service->apply(table, slots_);
    teach(one_);
    teach(other_);
    // So that the threads tell each other.
    for (auto* service : {&one_, &other_}) end(*service, arrive(*service));
  }
  // Pairs of requests at one worker, of which the second always ends 20 ms after the first.
  void teach(LocalService& service) {
    EndpointSet& set = service.endpoints();
    Instant at = loop_.now() - std::chrono::seconds(60);
    for (int i = 0; i < 60; ++i) {
      for (const auto& endpoint : set.endpoints()) {
        const Instant first = at, second = at + std::chrono::milliseconds(2);
        EXPECT_TRUE(set.begin(*endpoint, first));
        EXPECT_TRUE(set.begin(*endpoint, second));
        set.finish(*endpoint, Finish::kCompleted, first, at += std::chrono::milliseconds(20));
        set.finish(*endpoint, Finish::kCompleted, second, at += std::chrono::milliseconds(20));
      }
    }
    EXPECT_EQ(set.load().at_once(), 1u);
  }
  void end(LocalService& service, Request& request) {
    Arrivals::end(service, request, Finish::kReturned);
  }

  std::map<WorkerId, std::shared_ptr<Slots>> slots_{{{"a"}, std::make_shared<Slots>()},
                                                    {{"b"}, std::make_shared<Slots>()}};
};

TEST_F(LearnedPlaces, AreSharedByTheThreadsInOrderOfArrival) {
  slots_[{"b"}]->number = 1;
  apply(10);
  Request& first = arrive(one_);
  Request& second = arrive(other_);
  Request& third = arrive(one_);
  Request& fourth = arrive(other_);
  EXPECT_NE(first.at(), nullptr);
  EXPECT_NE(second.at(), nullptr);
  EXPECT_EQ(third.at(), nullptr) << "both workers have one";
  EXPECT_EQ(fourth.at(), nullptr);
  end(other_, second);  // the place is for the first thread's
  hear();
  EXPECT_NE(third.at(), nullptr);
  EXPECT_EQ(fourth.at(), nullptr);
  end(one_, first);
  hear();
  EXPECT_NE(fourth.at(), nullptr);
  end(one_, third);
  end(other_, fourth);
  hear();
  EXPECT_EQ(share_->in_flight(), 0u);
  EXPECT_EQ(share_->held, 0u);
}

TEST_F(LearnedPlaces, AreNotExceededForWhoOnlyLooks) {
  slots_[{"b"}]->number = 1;
  apply(10);
  Request& first = arrive(one_);
  Request& second = arrive(one_);
  Picker picker;
  const Asked asked{.waited = std::chrono::seconds(1)};
  EXPECT_FALSE(picker.has_place(one_.endpoints(), asked, loop_.now()));
  EXPECT_NE(picker.pick(one_.endpoints(), asked, loop_.now()), nullptr) << "nothing was spent";
  end(one_, first);
  end(one_, second);
}

TEST_F(LearnedPlaces, AreNoReasonToRefuseWhenTheQueueIsFull) {
  slots_[{"b"}]->number = 1;
  apply(1);
  Request& first = arrive(one_);
  Request& second = arrive(one_);
  Request& oldest = arrive(one_);
  EXPECT_EQ(oldest.at(), nullptr);
  Request& newest = arrive(one_);
  EXPECT_NE(oldest.at(), nullptr) << "it goes to a worker, to make room";
  EXPECT_EQ(newest.at(), nullptr);
  EXPECT_EQ(newest.held.refused, Refused::kNot);
  for (Request* request : {&first, &second, &oldest}) end(one_, *request);
  hear();
  end(one_, newest);
}

TEST_F(LearnedPlaces, AreNoReasonToWaitWhereNobodyMay) {
  apply(0);
  for (int i = 0; i < 5; ++i) EXPECT_NE(arrive(one_).endpoint, nullptr);
  for (std::size_t i = 2; i < requests_.size(); ++i) end(one_, requests_[i]);
}

TEST_F(SharedPlaces, TellWhoIsRefusedWhenToComeBack) {
  wire::ServiceTable table;
  table.stamp = {1, 2};
  table.service = {"web"};
  table.policy.hard_capacity = 1;
  table.policy.queue_max = 1;
  table.endpoints = {{.id = {"a"}, .address = {"127.0.0.1", 9001}}};
  one_.apply(table, {{{"a"}, slots_}});
  Request& first = arrive(one_);
  Request& waiting = arrive(one_);
  Request& refused = arrive(one_);
  EXPECT_EQ(refused.held.refused, Refused::kQueueFull);
  EXPECT_EQ(refused.held.retry_after, std::chrono::seconds(5)) << "nothing has ended yet";
  end(one_, first);
  Request& later = arrive(one_);
  Request& later_refused = arrive(one_);
  EXPECT_EQ(later_refused.held.retry_after, std::chrono::seconds(1));
  end(one_, waiting);
  end(one_, later);
}

// One thread with two workers, "x" and "y", of one place each.
class OneThread : public Arrivals {
 protected:
  OneThread() { apply(10); }
  void apply(std::uint32_t queue_max) {
    wire::ServiceTable table;
    table.stamp = {1, ++revision_};
    table.service = {"web"};
    table.policy.hard_capacity = 1;
    table.policy.queue_max = queue_max;
    table.endpoints = {{.id = {"x"}, .address = {"127.0.0.1", 9001}},
                       {.id = {"y"}, .address = {"127.0.0.1", 9002}}};
    service_.apply(table, {});
  }
  Endpoint& endpoint(const char* id) { return *service_.endpoints().find(WorkerId{id}); }
  Request& arrive(const Endpoint* avoid = nullptr) { return Arrivals::arrive(service_, avoid); }
  void end(Request& request) { Arrivals::end(service_, request); }
  // Until it is given a place, by nothing but time.
  bool gets_a_place(Request& request) {
    struct Watch {
      EventLoop& loop;
      Request& request;
      Instant end;
      Timer timer{[](void* owner) { static_cast<Watch*>(owner)->look(); }, this};
      void look() {
        if (request.at() != nullptr || loop.now() > end) return loop.stop();
        loop.timers().set(timer, loop.now() + std::chrono::milliseconds(10));
      }
    };
    Watch watch{.loop = loop_, .request = request, .end = loop_.now() + std::chrono::seconds(5)};
    watch.look();
    loop_.run();
    return request.at() != nullptr;
  }

  LocalService service_{loop_,
                        {.id = {"web"},
                         .share = std::make_shared<ServiceShare>(),
                         .report_now = [] {},
                         .wake_thread = [](std::uint32_t) {}}};

 private:
  std::uint64_t revision_ = 0;
};

TEST_F(OneThread, LetsWhatWaitsGoOnToAnEndpointThatHasBeenAwayLongEnough) {
  Request& busy = arrive(&endpoint("x"));
  ASSERT_EQ(busy.at(), &endpoint("y"));
  EndpointSet& set = service_.endpoints();
  const Instant failed = loop_.now() - std::chrono::milliseconds(4950);  // away for five seconds
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(set.begin(endpoint("x"), failed));
    set.finish(endpoint("x"), Finish::kFailed, failed, failed);
  }
  Request& waiting = arrive();
  ASSERT_EQ(waiting.at(), nullptr);
  EXPECT_TRUE(gets_a_place(waiting));
  EXPECT_EQ(waiting.at(), &endpoint("x"));
  end(waiting);
  end(busy);
}

TEST_F(OneThread, SendsWhatBrokeElsewhereOrBackAndKeepsNobodyWaitingForIt) {
  Request& busy = arrive(&endpoint("x"));
  ASSERT_EQ(busy.at(), &endpoint("y"));
  Request& broken = arrive(&endpoint("x"));
  EXPECT_EQ(broken.at(), &endpoint("x")) << "the other one is full";
  Request& next = arrive();
  end(broken);
  EXPECT_EQ(next.at(), &endpoint("x"));
  end(next);
  apply(0);
  Request& unwilling = arrive(&endpoint("x"));
  EXPECT_EQ(unwilling.at(), &endpoint("x")) << "refused although there is room";
  end(unwilling);
  end(busy);
}

TEST_F(OneThread, CountsWhatItLetsBeRepeated) {
  int repeated = 0;
  while (service_.may_retry()) ++repeated;
  EXPECT_GT(repeated, 0);
  EXPECT_EQ(service_.sight().retries_total, repeated);
}

}  // namespace
}  // namespace foretide::balancer
