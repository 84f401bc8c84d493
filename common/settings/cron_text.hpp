// Cron expressions as people write them: "0 8 * * mon-fri", "*/15 9-17 1,15 * *", "@daily".
//
// Five fields: minute, hour, day of the month, month, day of the week. Each is "*" or a list of
// numbers and ranges, both of the latter with a step if need be ("*/15", "9-17/2"). Months and days
// of the week have names, in any case of letters; Sunday is 0 and 7. What other crons took in
// silence is refused where it is more likely a slip: a range that runs backwards, a step that
// reaches beyond its field, a step behind a single number.
#pragma once

#include <string_view>

#include "common/cron.hpp"
#include "common/result.hpp"

namespace foretide::settings {

// The error goes on after the text: "..., whose hour is '25', wants 0 to 23, *, lists ...".
Result<Cron> parse_cron(std::string_view text);

}  // namespace foretide::settings
