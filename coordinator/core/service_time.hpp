// The mean time that a request of a service is in service (dispatch to last byte), learned from the
// balancers' counters while workers are not overloaded: a worker given more than its soft capacity
// stretches every request, and load must not seem to grow because workers are few.
//
// Over a stretch of time, busy seconds divided by (completed + half the change of what is in
// flight): the half stands for work begun and not ended yet, so that a service of 30 s requests is
// understood before the first of them ends. Old evidence fades with a half-life of a minute of such
// evidence.
#pragma once

#include <optional>

namespace foretide::coordinator {

class ServiceTime {
 public:
  struct Evidence {
    double seconds;  // how long the stretch was
    double busy_seconds;
    double completed;
    double in_flight_change;
    bool overloaded;  // workers had more than their soft capacity
  };
  void add(const Evidence& evidence);
  // From calm stretches if there are any, else from what there is.
  std::optional<double> mean() const;

 private:
  struct Sums {
    double busy_seconds = 0.0, requests = 0.0;
    void add(const Evidence& evidence);
    std::optional<double> mean() const;
  };
  Sums calm_, any_;
};

}  // namespace foretide::coordinator
