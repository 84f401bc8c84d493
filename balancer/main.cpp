// The balancer program.
#include <cstdio>

int main() {
  std::puts("foretide-balancer 0.1.0");
  return 0;
}
