// The bounds of an option that takes a fraction. CLI11's own Range lets "nan" pass, which compares
// with nothing and so ends no loop.
#pragma once

namespace CLI {
class Validator;
}

namespace foretide::cli {

CLI::Validator between(double low, double high);

}  // namespace foretide::cli
