#include <cstdio>
#include <cstdlib>
#include "balancer/io/traffic_thread.hpp"
#include "balancer/io/listener.hpp"
#include <iostream>
using namespace foretide; using namespace foretide::balancer;
int main(int argc,char**argv){
  auto l=open_listeners({"127.0.0.1",(uint16_t)atoi(argv[1])},1);
  if(!l){puts(l.error().c_str());return 1;}
  TrafficThread t(TrafficThread::Settings{.static_endpoints=true,.report_now={},.wake_other_threads={}});
  t.listen((*l)[0]);
  auto share=std::make_shared<ServiceShare>();
  wire::MatchTable m; m.stamp={1,1}; m.matches={{{"web"},"","","",""}};
  t.apply(m,{{{"web"},share}});
  wire::ServiceTable s; s.stamp={1,1}; s.service={"web"};
  for(int i=2;i<argc;i++) s.endpoints.push_back({{std::string("e")+argv[i]},{"127.0.0.1",(uint16_t)atoi(argv[i])},wire::EndpointState::kActive});
  t.apply(s,share,{});
  t.run();
}
