// The page that shows a server live, dashboard.html, as the executable carries it.
#ifndef SOLOKV_KV_SERVER_DASHBOARD_H_
#define SOLOKV_KV_SERVER_DASHBOARD_H_

#include <string_view>

namespace kv {

std::string_view DashboardPage();

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_DASHBOARD_H_
